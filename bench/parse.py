"""What understanding a message costs, beside one bare run of the sentence encoder in the same process."""
from __future__ import annotations

import asyncio
import logging
import statistics
import time
from typing import Dict, List

from bot import settings as settings_module

TEXTS = (
    "does ketamine work for ptsd",
    "how long till i can get behind the wheel",
    "my husband came back from his second tour a different man and I wonder whether this could help him, what are the risks",
    "is it covered by insurance",
    "will I be awake",
    "I take sertraline and lamotrigine, is that a problem",
)
ROUNDS = 100


def measure() -> Dict[str, float]:
    """Median milliseconds of a parse and of a bare encoder run over the same texts, asked in turn."""
    return asyncio.run(_measure())  # in one event loop, as the server does


async def _measure() -> Dict[str, float]:
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    from bot import memory, rasa_overrides
    from bot.nlu.encoder import Encoder

    rasa_overrides.apply()  # these two, and the memory below, as the server does
    configure_structlog(logging.WARNING)
    agent = Agent.load(str(settings_module.load().models_dir))
    encoder = Encoder()
    memory.settle()
    times: Dict[str, List[float]] = {"encoder": [], "parse": []}
    for round_number in range(ROUNDS + 3):
        for text in TEXTS:
            fresh = f"{text} {round_number}"  # a text nobody has sent yet: what was encoded before must not help
            begun = time.perf_counter()
            encoder.encode_one(fresh)
            encoded = time.perf_counter()
            await agent.parse_message(fresh)
            times["encoder"].append((encoded - begun) * 1000)
            times["parse"].append((time.perf_counter() - encoded) * 1000)
        if round_number == 2:
            times = {name: [] for name in times}  # warmed up
    return {name: statistics.median(values) for name, values in times.items()}
