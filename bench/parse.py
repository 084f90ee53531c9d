"""What understanding a message costs, beside one bare run of the sentence encoder in the same process."""
from __future__ import annotations

import asyncio
import logging
import statistics
import time
from typing import Callable, Dict, List

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
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    from bot import rasa_overrides
    from bot.nlu.encoder import Encoder

    rasa_overrides.apply()  # both as the server does
    configure_structlog(logging.WARNING)
    agent = Agent.load(str(settings_module.load().models_dir))
    encoder = Encoder()
    loop = asyncio.new_event_loop()
    times: Dict[str, List[float]] = {"parse": [], "encoder": []}

    def timed(name: str, run: Callable[[], object]) -> None:
        begun = time.perf_counter()
        run()
        times[name].append((time.perf_counter() - begun) * 1000)

    for round_number in range(ROUNDS + 3):
        for text in TEXTS:
            # a text nobody has sent yet: what was encoded before must not help
            fresh = f"{text} {round_number}"
            timed("encoder", lambda t=fresh: encoder.encode_one(t))
            timed("parse", lambda t=fresh: loop.run_until_complete(agent.parse_message(t)))
        if round_number == 2:
            times = {"parse": [], "encoder": []}  # warmed up
    return {name: statistics.median(values) for name, values in times.items()}
