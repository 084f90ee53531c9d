"""Understanding and safety on the project's own held-out sets: ``make eval``.

The sets in ``tests/data`` are written apart from the training texts by authors who did not read them; a test asserts that no
text stands in both. What stands in a folder ``dev`` there has been looked at since and serves to choose settings. Writes
docs/evaluation.md, evaluation.json and pictures. With ``--check`` the figures are compared with the last evaluation.json: a
fall (see ``falls``), or any explicit crisis missed, is an error.
"""
from __future__ import annotations

import asyncio
import collections
import dataclasses
import functools
import json
import logging
import math
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from actions.faq import ASKED_BESIDES, MOST_OFFERED, MOST_RELATED, NEAR
from actions.questions import pending
from bot.handoff.runs import questionnaires
from bot.intake import Item
from bot.nlu.text import rows
from bot.settings import ROOT, Settings

SETS = ROOT / "tests" / "data"
DEV_CRISES = [*sorted((SETS / "safety/dev").glob("*.tsv")), ROOT / "data/safety/dev.tsv"]
DOCS = ROOT / "docs"
REPORT = DOCS / "evaluation.json"
MOST_FALL = 0.01
TAKEOVER = {"crisis", "medical_emergency"}
NOTICED = TAKEOVER | {"distress"}

Parse = Dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Share:
    """A count out of a total, with its 95 % Wilson interval (Wilson 1927, doi 10.1080/01621459.1927.10502953)."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> Tuple[float, float]:
        if not self.total:
            return 0.0, 1.0
        z, n, p = 1.959964, self.total, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.1%} ({self.hits}/{self.total}, {low:.1%} to {high:.1%})"


class Reader:
    """The trained pipeline, as Rasa runs it."""

    def __init__(self, models: Path) -> None:
        from rasa.core.agent import Agent
        from rasa.core.channels.channel import UserMessage
        from rasa.utils.log_utils import configure_structlog

        configure_structlog(logging.WARNING)
        self._agent = Agent.load(str(models))
        self._message = UserMessage
        self._loop = asyncio.new_event_loop()

    def read(self, text: str, pending: Optional[Mapping[str, Any]] = None) -> Parse:
        message = self._message(text)
        return self._loop.run_until_complete(self._agent.processor.parse_message(message, self._tracker(pending)))

    def message(self, text: str, pending: Optional[Mapping[str, Any]] = None) -> Any:
        """With all that the components say of it to each other, too."""
        from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER

        processor = self._agent.processor
        target = processor.model_metadata.nlu_target
        inputs = {PLACEHOLDER_MESSAGE: [self._message(text)], PLACEHOLDER_TRACKER: self._tracker(pending)}
        return processor.graph_runner.run(inputs=inputs, targets=[target])[target][0]

    def _tracker(self, pending: Optional[Mapping[str, Any]]) -> Any:
        if pending is None:
            return None
        from rasa.shared.core.events import SlotSet
        from rasa.shared.core.trackers import DialogueStateTracker

        slots = self._agent.processor.domain.slots
        return DialogueStateTracker.from_events("evaluation", [SlotSet("pending", dict(pending))], slots=slots)


def intent(parse: Parse) -> str:
    return parse["intent"]["name"]


def answered(parse: Parse) -> Optional[str]:
    """The FAQ id that is answered at once."""
    if intent(parse) != "faq":
        return None
    return selection(parse)["response"]["intent_response_key"].partition("/")[2]


def said(parse: Parse) -> Set[str]:
    """The FAQ ids that are answered at once, further ones too."""
    first = answered(parse)
    return {first, *(selection(parse).get("also") or [])} if first else set()


def selection(parse: Parse) -> Dict[str, Any]:
    return parse.get("response_selector", {}).get("faq", {})


def offered(parse: Parse) -> List[str]:
    """The FAQ ids whose questions are offered, instead of an answer or under it, as actions/faq.py does."""
    found = selection(parse)
    if intent(parse) == "nlu_fallback":
        return list(found.get("offer") or [])[:MOST_OFFERED]
    if intent(parse) not in ("faq", "distress"):
        return []
    near = [r["intent_response_key"].partition("/")[2] for r in found.get("ranking", ())[:3] if r["confidence"] >= NEAR]
    if intent(parse) == "distress":
        return near[:MOST_RELATED] if near and found["ranking"][0]["confidence"] >= ASKED_BESIDES else []
    return [i for i in near if i not in said(parse)][:MOST_RELATED]


def share(found: Sequence[Any], holds: Callable[[Any], bool]) -> Share:
    return Share(sum(1 for one in found if holds(one)), len(found))


def understanding(reader: Reader, sets: Path) -> Tuple[Dict[str, Share], List[Dict[str, Any]]]:
    """Shares by name, and a record for each FAQ question for the table and the pictures."""
    faq = [(row, reader.read(row["text"])) for row in rows(sets / "faq.tsv")]
    records = [
        {
            "id": row["id"],
            "style": row["style"],
            "said": answered(parse),
            "offered": offered(parse),
            "intent": intent(parse),
            "confidence": parse["intent"].get("confidence") or 0.0,
        }
        for row, parse in faq
    ]
    two = [({row["id1"], row["id2"]}, reader.read(row["text"])) for row in rows(sets / "faq-two.tsv")]
    uncovered = [reader.read(row["text"]) for row in rows(sets / "uncovered.tsv")]
    person = [reader.read(row["text"]) for row in rows(sets / "person.tsv")]
    start = [reader.read(row["text"]) for row in rows(sets / "start.tsv")]
    shares = {
        "right answer at once": share(records, lambda r: r["said"] == r["id"]),
        "right answer at once or offered": share(records, lambda r: r["id"] in (r["said"], *r["offered"])),
        "wrong answer at once": share(records, lambda r: r["said"] not in (None, r["id"])),
        "both answers to two questions": share(two, lambda t: t[0] == said(t[1])),
        "both answers to two questions, or offered": share(two, lambda t: t[0] <= {*said(t[1]), *offered(t[1])}),
        "uncovered and not answered": share(uncovered, lambda p: answered(p) is None),
        "a person asked for": share(person, lambda p: intent(p) == "talk_to_human"),
        "the history begun": share(start, lambda p: intent(p) == "start_intake"),
    }
    return shares, records


@functools.lru_cache(maxsize=1)
def history_items() -> Dict[str, Item]:
    """Every item that can wait for an answer, by its linkId."""
    return {item.link_id: item for kind in ("intake", "callback") for q in questionnaires(kind) for item in q.flat}


def in_form(reader: Reader, sets: Path) -> Dict[str, Share]:
    found = collections.defaultdict(list)
    for row in rows(sets / "in-form.tsv"):
        expected, _, command = row["expected"].partition(":")
        parse = reader.read(row["text"], pending(history_items()[row["link_id"]]))
        got = intent(parse)
        kept = got == "answer" or (parse.get("safety") or {}).get("answer", False)  # under a check-in it is kept, too
        right = {"answer": kept, "question": got in ("faq", "nlu_fallback", "bot_challenge")}
        found[expected].append(got == command if expected == "command" else right[expected])
    return {f"{name} taken as {name} in the history": share(hits, bool) for name, hits in found.items()}


def entities(reader: Reader, sets: Path) -> Dict[str, Share]:
    """Of the medicines and conditions that stand in a text, how many are found, and how many found ones stand there.

    One counts when its kind, canonical name and status are all right.
    """
    found = expected = right = 0
    for row in rows(sets / "entities.tsv"):
        read = {
            (e["entity"], e["value"], e.get("status"))
            for e in reader.read(row["text"])["entities"]
            if e["entity"] in ("medication", "condition")
        }
        meant = {(e["entity"], e["value"], e["status"]) for e in json.loads(row["expected"])}
        found, expected, right = found + len(read), expected + len(meant), right + len(read & meant)
    return {"named and found, with its status": Share(right, expected), "found and really named": Share(right, found)}


def safety(reader: Reader, paths: Iterable[Path]) -> Dict[str, Share]:
    from bot.safety import Screener

    screener = Screener.load()
    found = [
        (row, intent(reader.read(row["text"])), screener.screen(row["text"]).outcome) for path in paths for row in rows(path)
    ]
    explicit = [f for f in found if f[0]["kind"] == "explicit" and f[0]["label"] == "takeover"]
    takeover = [f for f in found if f[0]["label"] == "takeover"]
    none = [f for f in found if f[0]["label"] == "none"]
    return {
        "explicit crisis noticed": share(explicit, lambda f: f[1] in NOTICED),
        "takeover texts noticed": share(takeover, lambda f: f[1] in NOTICED),
        "takeover texts taken over": share(takeover, lambda f: f[1] in TAKEOVER),
        "ambiguous texts noticed": share([f for f in found if f[0]["label"] == "check_in"], lambda f: f[1] in NOTICED),
        "false takeovers": share(none, lambda f: f[1] in TAKEOVER),
        "harmless texts asked about": share(none, lambda f: f[1] in NOTICED and f[1] not in TAKEOVER),
        "takeover texts noticed, rules alone": share(takeover, lambda f: f[2] != "none"),
        "false takeovers, rules alone": share(none, lambda f: f[2] == "takeover"),
    }


def report(understood: Dict[str, Share], form: Dict[str, Share], named: Dict[str, Share], safe: Dict[str, Share], records: List[Dict[str, Any]]) -> str:
    def table(shares: Dict[str, Share]) -> Iterator[str]:
        yield "| | share (count, 95 % interval) |"
        yield "|---|---|"
        yield from (f"| {name} | {one} |" for name, one in shares.items())

    by_style = collections.defaultdict(list)
    by_id = collections.defaultdict(list)
    for record in records:
        by_style[record["style"]].append(record)
        by_id[record["id"]].append(record)
    lines = [
        "# Evaluation",
        "",
        "Made by `make eval` on the project's own test sets (`tests/data/nlu/*.tsv`, `tests/data/safety/test.tsv`). Their authors",
        "had seen neither the training texts nor the rules, and nobody has read the misses; `faq`, `faq-two` and `entities` are older",
        "than the others, whose forerunners became development sets. The first run on a set is the blind one. Later runs are not:",
        "thresholds were moved, texts added and rules mended after it, by what the development sets below `dev/` show, which are",
        "read. Intervals are Wilson's.",
        "",
        "## Understanding", "", *table(understood), "", *table(form), "",
        "## Medicines and conditions", "", *table(named), "",
        "## Safety, both layers", "", *table(safe), "",
        "## By the way of asking", "",
        *table({style: share(r, lambda x: x["said"] == x["id"]) for style, r in sorted(by_style.items())}), "",
        "![confusion](evaluation-confusion.png)", "", "![calibration](evaluation-calibration.png)", "",
        "## By answer", "",
        "| id | at once | at once or offered | most often taken for |", "|---|---|---|---|",
    ]  # fmt: skip
    for faq_id, found in sorted(by_id.items()):
        wrong = collections.Counter(r["said"] or r["intent"] for r in found if r["said"] != faq_id)
        at_once = sum(r["said"] == faq_id for r in found)
        either = sum(faq_id in (r["said"], *r["offered"]) for r in found)
        taken = ", ".join(f"{name} {count}" for name, count in wrong.most_common(2))
        lines.append(f"| {faq_id} | {at_once}/{len(found)} | {either}/{len(found)} | {taken} |")
    return "\n".join(lines) + "\n"


def draw(records: List[Dict[str, Any]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import numpy as np
    from matplotlib import pyplot

    ids = sorted({r["id"] for r in records})
    at = {name: i for i, name in enumerate(ids)}
    matrix = np.zeros((len(ids), len(ids) + 1))
    for record in records:
        matrix[at[record["id"]], at.get(record["said"], len(ids))] += 1
    figure, axis = pyplot.subplots(figsize=(15, 14))
    axis.imshow(matrix, cmap="Blues")
    axis.set_xticks(range(len(ids) + 1), [*ids, "(no answer)"], rotation=90, fontsize=6)
    axis.set_yticks(range(len(ids)), ids, fontsize=6)
    axis.set(xlabel="answered", ylabel="asked")
    figure.tight_layout()
    figure.savefig(DOCS / "evaluation-confusion.png", dpi=90)
    said = [r for r in records if r["said"]]
    bins = np.linspace(0, 1, 11)
    figure, axis = pyplot.subplots(figsize=(4.5, 4))
    axis.plot([0, 1], [0, 1], ":", color="#8a8f98")
    for low, high in zip(bins[:-1], bins[1:], strict=True):
        inside = [r for r in said if low < r["confidence"] <= high]
        if inside:
            right = np.mean([r["said"] == r["id"] for r in inside])
            axis.plot(np.mean([r["confidence"] for r in inside]), right, "o", color="#1f6f78", markersize=3 + len(inside) ** 0.5)
    axis.set(xlabel="confidence", ylabel="share that is right", xlim=(0, 1.02), ylim=(0, 1.02), title="Answers given at once")
    figure.tight_layout()
    figure.savefig(DOCS / "evaluation-calibration.png", dpi=110)


LESS_IS_BETTER = {"wrong answer at once", "false takeovers", "harmless texts asked about", "false takeovers, rules alone"}


def falls(before: Mapping[str, Sequence[int]], after: Mapping[str, Share]) -> List[str]:
    """What got worse, in words: by more than a point and more than one text; and every explicit crisis that is missed.

    Args:
        before: hits and total of each share, as the last report has them.
    """
    worse = []
    for name, (hits, total) in before.items():
        was, now = Share(hits, total), after.get(name, Share(0, total))
        change = was.value - now.value if name not in LESS_IS_BETTER else now.value - was.value
        if change > MOST_FALL and change * now.total > 1.5:  # one text of a small set is more than a point
            worse.append(f"{name}: {was.value:.1%} before, {now.value:.1%} now")
    explicit = after.get("explicit crisis noticed", Share(0, 1))
    if explicit.hits < explicit.total:
        worse.append(f"explicit crisis noticed: {explicit.value:.1%}, must be 100 %")
    return worse


def main(settings: Settings, check: bool = False, development: bool = False) -> int:
    """Measure, write the report, and with ``check`` return 1 where something fell.

    On the ``development`` sets, which are read and tuned on, figures are printed and nothing is written.
    """
    before = json.loads(REPORT.read_text())["counts"] if REPORT.is_file() else {}
    reader = Reader(settings.models_dir)
    sets, crises = (SETS / "nlu/dev", DEV_CRISES) if development else (SETS / "nlu", [SETS / "safety/test.tsv"])
    understood, records = understanding(reader, sets)
    form, named, safe = in_form(reader, sets), entities(reader, sets), safety(reader, crises)
    if development:
        print("\n".join(f"{name}: {one}" for name, one in {**understood, **form, **named, **safe}.items()))
        return 0
    everything = {**understood, **form, **named, **safe}
    shares = {name: one.value for name, one in everything.items()}
    text = report(understood, form, named, safe, records)
    print(text.split("## By the way")[0])
    worse = falls(before, everything)
    if check:
        print("\n".join(worse) or "Nothing fell.", file=sys.stderr)
        return 1 if worse else 0
    counts = {name: [one.hits, one.total] for name, one in everything.items()}
    REPORT.write_text(json.dumps({"shares": shares, "counts": counts}, indent=1) + "\n")
    (DOCS / "evaluation.md").write_text(text)
    draw(records)
    return 0
