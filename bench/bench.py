"""Speed and memory beside a stock Rasa bot, in one run on one machine: ``make bench``.

The stock bot is what ``rasa init`` makes (DIET, TED, UnexpecTED), trained here, on its REST channel. Both run at the same
time and their conversations take turns, so that a slow minute of the machine slows both; figures to quote are the ratios. (Turns
that take turns measure something else: right after one of the stock bot, ours took 16.5 ms in place of 12.4, with the
processor's caches full of the other's model.) Ours runs as
``make run`` starts it: SQLite on disk, actions over HTTP. Writes docs/benchmark.md, .json and .png.
"""
from __future__ import annotations

import argparse
import contextlib
import dataclasses
import http.client
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Sequence

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent
WORK = Path(tempfile.gettempdir()) / "onward-bench"  # not below the project, where `rasa test` would find the stock bot's stories
DOCS = ROOT / "docs"
STOCK_PORT = 5405
START_TIMEOUT_S = 180
SLICES = 3
CHAT_PORT, ACTIONS_PORT, STAFF_PORT = 5505, 5555, 8500
WINDOWS = {10: range(6, 16), 50: range(46, 56), 200: range(191, 201)}  # turns around the one that is named
STOCK_SAYS = ("hello", "I am very sad", "are you a bot?", "I am feeling great", "what is this", "goodbye")
WE_ARE_ASKED = (
    "does it work for ptsd",
    "what are the side effects",
    "when can I drive again",
    "is it FDA approved",
    "how much does it cost",
    "is it addictive",
    "how long does it last",
    "what does it feel like",
)


@dataclasses.dataclass
class Bot:
    """A running bot: its processes, how long it took to get ready, and a way to talk to it."""

    process: subprocess.Popen
    ready_s: float
    new_visitor: Callable[[], "Visitor"]

    def memory_mb(self) -> float:
        """Proportional set size of all its processes together, in MB: shared pages are counted once."""
        tree = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        return sum(p.memory_full_info().pss for p in tree) / 1e6


class Visitor:
    """Talks to a bot on a connection of its own. The standard library's client, because the client's time counts in every turn of
    both bots: it takes 0.13 ms a request, httpx 0.53 ms."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Content-Type": "application/json"}

    def _post(self, path: str, body: Dict[str, Any]) -> Any:
        self._connection.request("POST", path, json.dumps(body).encode(), self._headers)
        reply = self._connection.getresponse()
        said = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{path} answers with status {reply.status}")
        return json.loads(said)

    def say(self, text: str) -> List[Dict[str, Any]]:
        """Send a text and wait for the replies; raises when the bot does not answer."""
        raise NotImplementedError


class StockVisitor(Visitor):
    def __init__(self) -> None:
        super().__init__(STOCK_PORT)
        self._sender = uuid.uuid4().hex

    def say(self, text: str) -> List[Dict[str, Any]]:
        said = self._post("/webhooks/rest/webhook", {"sender": self._sender, "message": text})
        if text == STOCK_SAYS[0] and not said:  # to other texts its policies may choose to listen on
            raise RuntimeError("the stock bot does not answer a greeting")
        return said


class OurVisitor(Visitor):
    def __init__(self) -> None:
        super().__init__(CHAT_PORT)
        self._headers["Authorization"] = f"Bearer {self._post('/chat/session', {})['token']}"

    def say(self, text: str) -> List[Dict[str, Any]]:
        return self._send({"text": text})

    def choose(self, choice_id: str) -> List[Dict[str, Any]]:
        return self._send({"choice": choice_id})

    def _send(self, body: Dict[str, str]) -> List[Dict[str, Any]]:
        messages = self._post("/chat/messages", {"id": str(uuid.uuid4()), **body})["messages"]
        if not messages or any("isn't working" in m["text"] for m in messages):
            raise RuntimeError("the assistant did not answer")
        return messages


def stock_bot() -> Bot:
    project = WORK / "stock"
    rasa = [sys.executable, "-m", "rasa"]
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}
    if not list(project.glob("models/*.tar.gz")):
        print("Making and training the stock bot ...", flush=True)
        shutil.rmtree(project, ignore_errors=True)
        project.mkdir(parents=True)
        subprocess.run(
            [*rasa, "init", "--no-prompt", "--init-dir", str(project)],
            check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        (project / "credentials.yml").write_text("rest:\n")
    process, ready_s = _start(
        [*rasa, "run", "-p", str(STOCK_PORT), "-i", "127.0.0.1"],
        project, environment, f"http://127.0.0.1:{STOCK_PORT}/webhooks/rest/",
    )  # fmt: skip
    return Bot(process, ready_s, StockVisitor)


def our_bot() -> Bot:
    database = WORK / "ours.db"
    for path in WORK.glob("ours.db*"):
        path.unlink()
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "CHAT_PORT": str(CHAT_PORT),
        "ACTIONS_PORT": str(ACTIONS_PORT),
        "STAFF_PORT": str(STAFF_PORT),
        "MESSAGES_PER_MINUTE": "1000000",
        "ADDRESS_MESSAGES_PER_MINUTE": "1000000",
        "SESSIONS_PER_MINUTE": "1000000",
    }
    process, ready_s = _start(
        [sys.executable, "-m", "bot", "serve"], ROOT, environment, f"http://127.0.0.1:{CHAT_PORT}/ready"
    )
    return Bot(process, ready_s, OurVisitor)


def _start(command: Sequence[str], folder: Path, environment: Dict[str, str], address: str) -> "tuple[subprocess.Popen, float]":
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while time.perf_counter() - begun < START_TIMEOUT_S:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(address, timeout=2).status_code == 200:
                    return process, time.perf_counter() - begun
            if process.poll() is not None:
                raise RuntimeError(f"{command[-1]} stopped with status {process.returncode}")
            time.sleep(0.1)
        raise RuntimeError(f"{address} did not answer in {START_TIMEOUT_S} s")
    except BaseException:  # an interruption, too, must not leave the bot running
        _stop(process)
        raise


def _stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def timed(turn: Callable[[], Any]) -> float:
    """Milliseconds of one turn."""
    begun = time.perf_counter()
    turn()
    return (time.perf_counter() - begun) * 1000


def first_turns(bots: Dict[str, Bot], says: Dict[str, Sequence[str]], count: int) -> Dict[str, List[float]]:
    found: Dict[str, List[float]] = {name: [] for name in bots}
    for i in range(count):
        for name, bot in bots.items():
            visitor = bot.new_visitor()
            found[name].append(timed(lambda v=visitor, t=says[name][i % len(says[name])]: v.say(t)))
    return found


def long_conversations(bots: Dict[str, Bot], says: Dict[str, Sequence[str]], count: int) -> Dict[str, Dict[int, List[float]]]:
    found: Dict[str, Dict[int, List[float]]] = {name: {turn: [] for turn in WINDOWS} for name in bots}
    last = max(max(window) for window in WINDOWS.values())
    for _ in range(count):
        for name, bot in bots.items():
            visitor = bot.new_visitor()
            for turn in range(1, last + 1):
                text = says[name][turn % len(says[name])]
                ms = timed(lambda v=visitor, t=text: v.say(t))
                for named, window in WINDOWS.items():
                    if turn in window:
                        found[name][named].append(ms)
    return found


def intake_turns(bot: Bot, count: int) -> List[float]:
    """Turns inside the history: consents tapped, then questions skipped, as a visitor would."""
    found: List[float] = []
    for _ in range(count):
        visitor = bot.new_visitor()
        messages = visitor.say("start my history")
        for _ in range(30):
            ids = [c["id"] for c in messages[-1]["choices"]]
            pick = next((i for i in ids if i.endswith(".true")), None) or next((i for i in ids if i == "skip"), None)
            begun = time.perf_counter()
            messages = visitor.choose(pick) if pick else visitor.say("Jo Example" if "name" in messages[-1]["text"].lower() else "503 555 0100")
            found.append((time.perf_counter() - begun) * 1000)
            if messages[-1]["kind"] != "question":
                break
    return found


def throughput(visitors: Sequence[Visitor], says: Sequence[str], seconds: float) -> float:
    """Turns a second with these visitors at once."""
    done = [0] * len(visitors)
    stop = time.perf_counter() + seconds

    def talk(i: int) -> None:
        while time.perf_counter() < stop:
            visitors[i].say(says[done[i] % len(says)])
            done[i] += 1

    threads = [threading.Thread(target=talk, args=(i,)) for i in range(len(visitors))]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - begun)


def rates(bots: Dict[str, Bot], says: Dict[str, Sequence[str]], seconds: float) -> Dict[str, Dict[int, float]]:
    """Turns a second of each bot with 1 and with 8 visitors. They take turns at it, because the machine's speed drifts."""
    found: Dict[str, Dict[int, float]] = {name: {} for name in bots}
    for count in (1, 8):
        visitors = {name: [bot.new_visitor() for _ in range(count)] for name, bot in bots.items()}
        slices = [{name: throughput(visitors[name], says[name], seconds / SLICES) for name in bots} for _ in range(SLICES)]
        for name in bots:
            found[name][count] = statistics.mean(one[name] for one in slices)
    return found


def parse_cost() -> Dict[str, float]:
    """Parse p50 beside one bare run of the encoder on the same texts, in one process (milliseconds)."""
    code = "import json; from bench.parse import measure; print(json.dumps(measure()))"
    output = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def p50(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


@contextlib.contextmanager
def both() -> Iterator[Dict[str, Bot]]:
    """Both bots, ready. They start one after the other, so that neither slows the other's start."""
    bots: Dict[str, Bot] = {}
    try:
        bots["stock"] = stock_bot()
        bots["ours"] = our_bot()
        yield bots
    finally:
        for bot in bots.values():
            _stop(bot.process)


def measure(rounds: int, seconds: float) -> Dict[str, Any]:
    says = {"stock": STOCK_SAYS, "ours": WE_ARE_ASKED}
    parse = parse_cost()  # while no bot runs
    with both() as bots:
        first_turns(bots, says, 3)  # warm
        first: Dict[str, List[float]] = {name: [] for name in bots}
        intake: List[float] = []
        for _ in range(rounds):  # side by side: the machine's speed drifts
            for name, found in first_turns(bots, says, 10).items():
                first[name] += found
            intake += intake_turns(bots["ours"], 1)
        longer = long_conversations(bots, says, rounds)
        rate = rates(bots, says, seconds)
        memory = {n: bot.memory_mb() for n, bot in bots.items()}
        ready = {n: bot.ready_s for n, bot in bots.items()}
    return {
        "ready_s": ready,
        "memory_mb": memory,
        "first_turn_ms": {n: {"p50": p50(v), "p95": p95(v)} for n, v in first.items()},
        "intake_turn_ms": {"ours": {"p50": p50(intake), "p95": p95(intake)}},
        "turn_ms": {n: {str(t): {"p50": p50(v), "p95": p95(v)} for t, v in by.items()} for n, by in longer.items()},
        "turns_per_s": {n: {str(v): r for v, r in by.items()} for n, by in rate.items()},
        "parse_ms": parse,
        "machine": f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 1e9:.0f} GB, {platform.system()} {platform.machine()}",
    }


def aims(found: Dict[str, Any]) -> List["tuple[str, float, str, bool]"]:
    """What the project sets out to reach, as ratios of this run."""
    turn, first = found["turn_ms"], found["first_turn_ms"]["stock"]["p50"]
    rows = [
        ("FAQ turn p50 (turn 10) / stock first turn p50", turn["ours"]["10"]["p50"] / first, 1.0, "<="),
        ("intake turn p50 / stock first turn p50", found["intake_turn_ms"]["ours"]["p50"] / first, 1.0, "<="),
        ("turn 200 / turn 10, ours", turn["ours"]["200"]["p50"] / turn["ours"]["10"]["p50"], 1.2, "<="),
        ("turn 200, stock / ours", turn["stock"]["200"]["p50"] / turn["ours"]["200"]["p50"], 10.0, ">="),
        ("turns/s with 8 visitors, ours / stock", found["turns_per_s"]["ours"]["8"] / found["turns_per_s"]["stock"]["8"], 3.0, ">="),
        ("memory, ours / stock", found["memory_mb"]["ours"] / found["memory_mb"]["stock"], 1.0, "<="),
        ("parse p50 / bare encoder run p50", found["parse_ms"]["parse"] / found["parse_ms"]["encoder"], 2.0, "<="),
    ]
    return [(name, value, f"{sign} {aim:g}", value <= aim if sign == "<=" else value >= aim) for name, value, aim, sign in rows]


def report(found: Dict[str, Any]) -> str:
    turn = found["turn_ms"]

    def row(name: str, ours: float, stock: float, unit: str) -> str:
        return f"| {name} | {ours:.1f} {unit} | {stock:.1f} {unit} | {ours / stock:.2f} |"

    lines = [
        "# Benchmark",
        "",
        f"Made by `make bench` on {found['machine']}, both bots in one run; these machines are noisy, so quote the ratios.",
        "The stock bot is what `rasa init` makes, on its REST channel. Ours: SQLite on disk, actions over HTTP, and every",
        "message encrypted and kept. Memory is the proportional set size of all processes of a bot together.",
        "",
        "| | ours | stock | ours / stock |",
        "|---|---|---|---|",
        row("time to ready", found["ready_s"]["ours"], found["ready_s"]["stock"], "s"),
        row("memory", found["memory_mb"]["ours"], found["memory_mb"]["stock"], "MB"),
        row("first turn p50", found["first_turn_ms"]["ours"]["p50"], found["first_turn_ms"]["stock"]["p50"], "ms"),
        row("first turn p95", found["first_turn_ms"]["ours"]["p95"], found["first_turn_ms"]["stock"]["p95"], "ms"),
    ]
    for number in ("10", "50", "200"):
        for part in ("p50", "p95"):
            lines.append(row(f"turn {number} {part}", turn["ours"][number][part], turn["stock"][number][part], "ms"))
    intake = found["intake_turn_ms"]["ours"]
    lines.append(f"| intake turn p50 / p95 | {intake['p50']:.1f} / {intake['p95']:.1f} ms | | |")
    for visitors in ("1", "8"):
        ours, stock = found["turns_per_s"]["ours"][visitors], found["turns_per_s"]["stock"][visitors]
        lines.append(row(f"turns a second, {visitors} visitor{'s' if visitors == '8' else ''}", ours, stock, "/s"))
    lines += ["", "| aim | reached | aim | |", "|---|---|---|---|"]
    lines += [f"| {name} | {value:.2f} | {aim} | {'yes' if fine else '**no**'} |" for name, value, aim, fine in aims(found)]
    lines += ["", "![turn times](benchmark.png)", ""]
    return "\n".join(lines)


def draw(found: Dict[str, Any], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.4))
    turns = sorted(WINDOWS)
    for name, colour in (("stock", "#8a8f98"), ("ours", "#1f6f78")):
        left.plot(turns, [found["turn_ms"][name][str(t)]["p50"] for t in turns], "o-", color=colour, label=name)
        right.plot([1, 8], [found["turns_per_s"][name][v] for v in ("1", "8")], "o-", color=colour, label=name)
    left.set(title="A turn, p50 (ms)", xlabel="turn of one conversation", ylim=(0, None))
    right.set(title="Turns a second", xlabel="visitors at once", xticks=[1, 8], ylim=(0, None))
    for axis in (left, right):
        axis.legend(frameon=False)
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="long conversations a bot (10 times as many first turns)")
    parser.add_argument("--seconds", type=float, default=15, help="length of each throughput run")
    arguments = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    found = measure(arguments.rounds, arguments.seconds)
    DOCS.mkdir(exist_ok=True)
    (DOCS / "benchmark.json").write_text(json.dumps(found, indent=1) + "\n")
    text = report(found)
    (DOCS / "benchmark.md").write_text(text)
    draw(found, DOCS / "benchmark.png")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
