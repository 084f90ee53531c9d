"""A frozen, typed view on a FHIR R4 Questionnaire (https://hl7.org/fhir/R4/questionnaire.html).

The raw JSON is looked over by ``check.py`` first, so that this module can read it without asking twice. Extensions that
are understood stand in ``HL7`` and ``SDC``. A designation of an option is another name for it, in which ``#`` stands for any
number ("yes # weeks"); one with a full stop behind it counts only where it is the whole answer ("Normal."). The extensions of this project start with ``OWN``:

    also-called     valueString, another name of a question ("birthday"), by which somebody may ask to correct its answer
    answer-format   valueCode phone | email | phone-or-email | name | preferred-name | pronouns | place | birth-date | past-date:
                    how it is read
    asked-again     valueString, said where an answer that matters much is not plain; then a half no ("not really") is none
    end-when        answer (value[x]) or age-below (valueInteger), code, text: an answer that ends the run kindly
    example         valueString, shown when an answer could not be read
    repeat-text     valueBoolean on a group: its text stands before each of its questions, not only the first
    required-when   question, operator, answer: like enableWhen, but it makes the item required
    told-by         valueCode companion: a yes may be told by who would do it (``companions.py``)
    time-frame      valueCode now | 3-months | 12-months | ever: the time a yes-or-no question asks about (``timing.py``)
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

HL7 = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
OWN = "https://github.com/onward-intake/fhir/StructureDefinition/"

QUESTION_TYPES = frozenset(
    ["boolean", "decimal", "integer", "date", "dateTime", "time", "string", "text", "url", "choice", "open-choice", "quantity"]
)
#: what is asked for cannot be given in a chat: the question is there, and never asked
UNASKED_TYPES = frozenset(["attachment", "reference"])
#: the answer is computed; a person is not asked for a total
_COMPUTED = frozenset({SDC + "sdc-questionnaire-calculatedExpression", HL7 + "cqf-expression", HL7 + "cqf-calculatedValue"})
#: display items that only decorate a question: units, scale ends, hover text
_DECORATION = frozenset({"help", "flyover", "unit", "lower", "upper", "legal"})


class QuestionnaireError(ValueError):
    """A questionnaire that cannot be played. ``problems`` says each as ``linkId: what is wrong``."""

    def __init__(self, name: str, problems: List[str]):
        super().__init__(f"{name} cannot be played:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.name = name
        self.problems = list(problems)


@dataclass(frozen=True)
class Option:
    """One choice. ``code`` is what a tapped choice carries; ``value`` is what is stored when it is chosen."""

    code: str
    display: str
    system: Optional[str]
    value: Any
    kind: str = "Coding"  # which answer[x] it becomes: Coding, String, Integer, Date, Time, Reference
    exclusive: bool = False
    ordinal: Optional[float] = None
    synonyms: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Condition:
    """One enableWhen: the question it looks at, how, and the value (``kind`` is the x of answer[x])."""

    question: str
    operator: str
    kind: str
    value: Any


@dataclass(frozen=True)
class EndWhen:
    """An answer that ends the run: an exact value, or an age in whole years that is not reached yet."""

    code: str
    text: str
    value: Any = None
    age_below: Optional[int] = None


@dataclass(frozen=True, eq=False)
class Item:
    """One item of a questionnaire. Two items are the same only if they are the same object; ``key`` is their name."""

    questionnaire: str
    link_id: str
    type: str
    text: str = ""
    prefix: str = ""
    required: bool = False
    repeats: bool = False
    read_only: bool = False
    hidden: bool = False
    max_length: Optional[int] = None
    min_length: Optional[int] = None
    min_value: Any = None
    max_value: Any = None
    max_decimals: Optional[int] = None
    min_occurs: int = 0
    max_occurs: Optional[int] = None
    options: Tuple[Option, ...] = ()
    initial: Tuple[Any, ...] = ()
    initial_kind: str = ""
    computed: bool = False
    help: Optional[str] = None
    notes: Tuple[str, ...] = ()
    example: Optional[str] = None
    short: str = ""
    also_called: Tuple[str, ...] = ()
    entry_format: Optional[str] = None
    regex: Optional[str] = None
    unit: Optional[Mapping[str, Any]] = None
    units: Tuple[Mapping[str, Any], ...] = ()
    answer_format: Optional[str] = None
    asked_again: Optional[str] = None
    time_frame: Optional[str] = None
    told_by: Optional[str] = None
    control: Optional[str] = None
    repeat_text: bool = False
    enable_when: Tuple[Condition, ...] = ()
    enable_behavior: str = "all"
    required_when: Tuple[Condition, ...] = ()
    end_when: Tuple[EndWhen, ...] = ()
    code: Tuple[Mapping[str, Any], ...] = ()
    definition: Optional[str] = None
    items: Tuple["Item", ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> Tuple[str, str]:
        return (self.questionnaire, self.link_id)

    @property
    def is_question(self) -> bool:
        return self.type in QUESTION_TYPES | UNASKED_TYPES

    @property
    def asked(self) -> bool:
        """Whether a person is ever asked this: a question to answer in words that is not hidden, read-only or computed."""
        return self.type in QUESTION_TYPES and not (self.hidden or self.read_only or self.computed)

    @property
    def prompt(self) -> str:
        """The question as it is shown, with its number where the questionnaire gives one. One without a text is shown
        by what it is coded as."""
        text = self.text or next((c["display"] for c in self.code if c.get("display")), "") or self.link_id
        return f"{self.prefix} {text}".strip()

    @property
    def names(self) -> Tuple[str, ...]:
        """What a person may call the question: its short title, other names, its own words, and its link id if that is a word."""
        words = self.link_id.replace("-", " ")
        names = (self.short, *self.also_called, self.text, words if words[:3].isalpha() else "")
        return tuple({name.lower(): name for name in names if name})

    def option(self, code: str) -> Optional[Option]:
        return next((option for option in self.options if option.code == code), None)

    def extension(self, url: str) -> Optional[Mapping[str, Any]]:
        """The first extension with this url, as it stands in the JSON."""
        return next((e for e in self.raw.get("extension", ()) if e.get("url") == url), None)

    def walk(self) -> Iterator["Item"]:
        yield self
        for child in self.items:
            yield from child.walk()


class Questionnaire:
    """A questionnaire that is known to be playable. Build it with ``load`` or ``from_dict``."""

    def __init__(self, name: str, raw: Mapping[str, Any], items: Tuple[Item, ...]):
        self.name = name
        self.raw = raw
        self.url: Optional[str] = raw.get("url")
        self.version: str = raw.get("version", "")
        self.title: str = raw.get("title") or raw.get("name") or name
        self.items = items
        self.flat: Tuple[Item, ...] = tuple(i for top in items for i in top.walk())
        self.by_id: Mapping[str, Item] = {i.link_id: i for i in self.flat}
        self.parents: Mapping[str, Optional[Item]] = dict(_parents(items))
        self.order: Tuple[Item, ...] = _dependency_order(self)

    @property
    def canonical(self) -> Optional[str]:
        """``url|version``, as a QuestionnaireResponse names its questionnaire."""
        return f"{self.url}|{self.version}" if self.url and self.version else self.url

    @classmethod
    def load(cls, path: Path | str) -> "Questionnaire":
        """Read a questionnaire from a JSON file; its name is the file's stem.

        Raises:
            QuestionnaireError: the file cannot be read, is not JSON, or holds what cannot be played.
        """
        path = Path(path)
        try:
            raw = read_json(path)
        except OSError as error:
            raise QuestionnaireError(path.name, [f"file: cannot be read ({error.strerror})"]) from None
        except RecursionError:
            raise QuestionnaireError(path.name, ["file: nested too deeply"]) from None
        except UnicodeDecodeError:
            raise QuestionnaireError(path.name, ["file: is not UTF-8 text"]) from None
        except json.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            raise QuestionnaireError(path.name, [f"file: is not JSON ({where}: {error.msg})"]) from None
        except ValueError as error:
            raise QuestionnaireError(path.name, [f"file: is not JSON ({error})"]) from None
        return cls.from_dict(raw, path.stem)

    @classmethod
    def from_dict(cls, raw: Any, name: str) -> "Questionnaire":
        """Build a questionnaire from parsed JSON.

        Raises:
            QuestionnaireError: it holds what cannot be played.
        """
        from bot.intake.check import inspect  # the check reads this module's names, so it is imported late

        report = inspect(raw)
        if report.problems:
            raise QuestionnaireError(name, report.problems)
        value_sets = contained_options(raw)
        return cls(name, raw, tuple(_item(item, name, value_sets) for item in raw.get("item", ())))


def read_json(path: Path) -> Any:
    """What stands in a JSON file. Raises ValueError, OSError or RecursionError; a name given twice is refused, since only
    one of the two would count."""
    return json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=_refuse_constant, object_pairs_hook=_once_each)


def _once_each(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"'{next(name for name in names if names.count(name) > 1)}' is given twice in one object")
    return found


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON value")


def _parents(items: Tuple[Item, ...], parent: Optional[Item] = None) -> Iterator[Tuple[str, Optional[Item]]]:
    for item in items:
        yield item.link_id, parent
        yield from _parents(item.items, item)


def _dependency_order(questionnaire: Questionnaire) -> Tuple[Item, ...]:
    """Items so that each comes after its parent and after the questions its conditions look at (no recursion later)."""
    done: Dict[str, Item] = {}
    for start in questionnaire.flat:
        stack = [start]
        while stack:
            item = stack[-1]
            if item.link_id in done:
                stack.pop()
                continue
            parent = questionnaire.parents[item.link_id]
            needs = [questionnaire.by_id[c.question] for c in item.enable_when]
            needs += [parent] if parent else []
            waiting = [n for n in needs if n.link_id not in done]
            if waiting:
                stack.extend(waiting)
            else:
                done[item.link_id] = item
                stack.pop()
    return tuple(done.values())


# -- reading the JSON ---------------------------------------------------------------------------------------------------


def choice_value(element: Mapping[str, Any], stem: str) -> Tuple[str, Any]:
    """The ``value[x]``/``answer[x]`` of an element: (x, value); ("", None) where there is none."""
    for key, value in element.items():
        if key.startswith(stem) and len(key) > len(stem) and key[len(stem)].isupper():
            return key[len(stem) :], value
    return "", None


def extensions(element: Mapping[str, Any], url: str) -> List[Any]:
    """The values of all extensions with this url."""
    return [choice_value(e, "value")[1] for e in element.get("extension", ()) if e.get("url") == url]


def extension(element: Mapping[str, Any], url: str) -> Any:
    """The value of the first extension with this url, None where there is none."""
    return next(iter(extensions(element, url)), None)


def control_codes(element: Mapping[str, Any]) -> List[str]:
    """The codes of questionnaire-itemControl."""
    concepts = extensions(element, HL7 + "questionnaire-itemControl")
    return [coding.get("code", "") for concept in concepts if concept for coding in concept.get("coding", ())]


def contained_options(raw: Mapping[str, Any]) -> Dict[str, Tuple[Option, ...]]:
    """The options of each contained value set, by ``#id``: its expansion if it has one, else its listed concepts."""
    systems = {
        resource.get("url"): resource
        for resource in raw.get("contained", ())
        if resource.get("resourceType") == "CodeSystem" and resource.get("url")
    }
    named: Dict[str, Mapping[str, Any]] = {}
    for resource in raw.get("contained", ()):
        if resource.get("resourceType") == "ValueSet" and resource.get("id"):
            named["#" + resource["id"]] = resource
            if resource.get("url"):
                named[resource["url"]] = resource
    found: Dict[str, Tuple[Option, ...]] = {}

    def of(name: str) -> Tuple[Option, ...]:
        if name in named and name not in found:
            found[name] = ()  # a set that includes itself
            found[name] = tuple(_unique(_value_set_options(named[name], systems, of)))
        return found.get(name, ())

    return {name: of(name) for name in named}


def _value_set_options(
    resource: Mapping[str, Any], systems: Mapping[str, Any], of: Callable[[str], Tuple[Option, ...]]
) -> Iterator[Option]:
    """The options of a value set; ``of`` gives those of another contained one that it includes."""
    contains = resource.get("expansion", {}).get("contains", ())
    if contains:
        for concept in _flatten_concepts(contains, "contains"):
            if concept.get("code") and not concept.get("abstract"):
                yield _coded(concept, concept.get("system"))
        return
    compose = resource.get("compose", {})
    excluded = {(e.get("system"), c["code"]) for e in compose.get("exclude", ()) for c in e.get("concept", ())}
    for option in _included(compose, systems, of):
        if (option.system, option.code) not in excluded:
            yield option


def _included(compose: Mapping[str, Any], systems: Mapping[str, Any], of: Callable[[str], Tuple[Option, ...]]) -> Iterator[Option]:
    for include in compose.get("include", ()):
        concepts = include.get("concept", ())
        others = include.get("valueSet", ())
        if len(others) == 1 and not include.get("system"):
            yield from of(others[0].split("|")[0])
        if not concepts and not include.get("filter") and include.get("system") in systems:
            concepts = _flatten_concepts(systems[include["system"]].get("concept", ()), "concept")
        for concept in concepts:
            yield _coded(concept, include.get("system"))


def _flatten_concepts(concepts: Any, below: str) -> Iterator[Mapping[str, Any]]:
    for concept in concepts:
        yield concept
        yield from _flatten_concepts(concept.get(below, ()), below)


def _coded(concept: Mapping[str, Any], system: Optional[str]) -> Option:
    code = concept["code"]
    display = concept.get("display") or code
    synonyms = tuple(d["value"] for d in concept.get("designation", ()) if d.get("value"))
    value = {"code": code, "display": display, "system": system}
    return Option(code, display, system, value, ordinal=_ordinal(concept), synonyms=synonyms)


def _ordinal(*elements: Mapping[str, Any]) -> Optional[float]:
    for element in elements:
        for url in (HL7 + "ordinalValue", HL7 + "itemWeight"):
            value = extension(element, url)
            if value is not None:
                return value
    return None


def answer_option(raw: Mapping[str, Any]) -> Option:
    """One ``answerOption``."""
    kind, value = choice_value(raw, "value")
    exclusive = extension(raw, HL7 + "questionnaire-optionExclusive") is True
    if kind == "Coding":
        code = value.get("code") or value.get("display")
        stored = stored_value(kind, value)
        return Option(code, stored["display"], stored["system"], stored, kind, exclusive, _ordinal(raw, value))
    if kind == "Reference":
        code = value.get("reference") or value.get("display")
        stored = {"reference": value.get("reference"), "display": value.get("display") or code}
        return Option(code, stored["display"], None, stored, kind, exclusive, _ordinal(raw))
    return Option(str(value), str(value), None, value, kind, exclusive, _ordinal(raw))


def _unique(options: Iterator[Option]) -> Iterator[Option]:
    """Options whose codes repeat (the same code in two systems) are told apart by ``system|code``."""
    seen: Dict[str, Optional[str]] = {}
    for option in options:
        if option.code in seen:
            if seen[option.code] == option.system:
                continue
            option = Option(
                f"{option.system}|{option.code}",
                option.display,
                option.system,
                option.value,
                option.kind,
                option.exclusive,
                option.ordinal,
                option.synonyms,
            )
        seen[option.code] = option.system
        yield option


def initial_values(raw: Mapping[str, Any]) -> Tuple[str, Tuple[Any, ...]]:
    """What ``initial`` (or ``initialSelected``) puts in: (x of value[x], values as they are stored)."""
    pairs = [choice_value(entry, "value") for entry in raw.get("initial", ())]
    if not pairs:
        chosen = [answer_option(o) for o in raw.get("answerOption", ()) if o.get("initialSelected") is True]
        pairs = [(o.kind, o.value) for o in chosen]
    kind = pairs[0][0] if pairs else ""
    return kind, tuple(stored_value(k, v) for k, v in pairs)


def stored_value(kind: str, value: Any) -> Any:
    """A value[x] of the JSON in the form in which answers are kept."""
    if kind == "Coding":
        return {"code": value.get("code"), "display": value.get("display") or value["code"], "system": value.get("system")}
    return value


def conditions(raw: Mapping[str, Any]) -> Tuple[Condition, ...]:
    """The ``enableWhen`` of an item."""
    return tuple(Condition(c["question"], c["operator"], *choice_value(c, "answer")) for c in raw.get("enableWhen", ()))


def _parts(extension_: Mapping[str, Any]) -> Dict[str, Tuple[str, Any]]:
    return {part["url"]: choice_value(part, "value") for part in extension_.get("extension", ())}


def required_when(raw: Mapping[str, Any]) -> Tuple[Condition, ...]:
    """The ``required-when`` extensions of an item."""
    parts = [_parts(e) for e in raw.get("extension", ()) if e.get("url") == OWN + "required-when"]
    return tuple(Condition(p["question"][1], p["operator"][1], *p["answer"]) for p in parts)


def end_when(raw: Mapping[str, Any]) -> Tuple[EndWhen, ...]:
    """The ``end-when`` extensions of an item."""
    nothing = ("", None)
    parts = [_parts(e) for e in raw.get("extension", ()) if e.get("url") == OWN + "end-when"]
    return tuple(EndWhen(p["code"][1], p["text"][1], p.get("answer", nothing)[1], p.get("age-below", nothing)[1]) for p in parts)


def options_of(raw: Mapping[str, Any], value_sets: Mapping[str, Tuple[Option, ...]]) -> Tuple[Option, ...]:
    """The options of a choice, from its ``answerOption`` or its contained value set."""
    if raw.get("answerOption"):
        return tuple(_unique(answer_option(option) for option in raw["answerOption"]))
    return value_set(raw.get("answerValueSet", ""), value_sets) or ()


def value_set(url: str, contained: Mapping[str, Tuple[Option, ...]]) -> Optional[Tuple[Option, ...]]:
    """The options of a value set that is contained or well known; None where neither."""
    from bot.intake.valuesets import known_options  # it builds on Option

    url = url.split("|")[0]
    return contained[url] if url in contained else known_options(url)


def is_decoration(raw: Mapping[str, Any]) -> bool:
    """Whether a display item belongs to its question (help, unit, scale ends) and is not shown on its own."""
    return raw.get("type") == "display" and bool(_DECORATION & set(control_codes(raw)))


def is_computed(raw: Mapping[str, Any]) -> bool:
    """Whether the answer is meant to be worked out from others by an expression."""
    return any(e.get("url") in _COMPUTED for e in raw.get("extension", ()))


def _help(raw: Mapping[str, Any]) -> Optional[str]:
    for wanted in ("help", "flyover"):
        for child in raw.get("item", ()):
            if child.get("type") == "display" and wanted in control_codes(child) and child.get("text"):
                return child["text"]
    return None


def _unit(raw: Mapping[str, Any]) -> Optional[Mapping[str, Any]]:
    unit = extension(raw, HL7 + "questionnaire-unit")
    if unit:
        return unit
    for child in raw.get("item", ()):
        if child.get("type") == "display" and "unit" in control_codes(child) and child.get("text"):
            return {"display": child["text"]}
    return None


def _item(
    raw: Mapping[str, Any],
    name: str,
    value_sets: Mapping[str, Tuple[Option, ...]],
    hidden: bool = False,
    help_above: Optional[str] = None,
) -> Item:
    """``hidden`` and the help text of a group hold for what stands in it, too."""
    hidden = hidden or extension(raw, HL7 + "questionnaire-hidden") is True
    help_ = _help(raw) or help_above
    kind, initial = initial_values(raw)
    is_group = raw["type"] == "group"
    shown = [c for c in raw.get("item", ()) if c.get("type") == "display" and not c.get("enableWhen") and c.get("text")]
    return Item(
        questionnaire=name,
        link_id=raw["linkId"],
        type=raw["type"],
        text=raw.get("text", ""),
        prefix=raw.get("prefix", ""),
        required=raw.get("required", False),
        repeats=raw.get("repeats", False),
        read_only=raw.get("readOnly", False),
        hidden=hidden,
        max_length=raw.get("maxLength"),
        min_length=extension(raw, HL7 + "minLength"),
        min_value=extension(raw, HL7 + "minValue"),
        max_value=extension(raw, HL7 + "maxValue"),
        max_decimals=extension(raw, HL7 + "maxDecimalPlaces"),
        min_occurs=extension(raw, HL7 + "questionnaire-minOccurs") or 0,
        max_occurs=extension(raw, HL7 + "questionnaire-maxOccurs"),
        options=options_of(raw, value_sets),
        initial=initial,
        initial_kind=kind,
        computed=is_computed(raw),
        help=help_,
        notes=() if is_group else tuple(c["text"] for c in shown if not is_decoration(c)),
        example=extension(raw, OWN + "example"),
        short=extension(raw, SDC + "sdc-questionnaire-shortText") or "",
        also_called=tuple(extensions(raw, OWN + "also-called")),
        entry_format=extension(raw, HL7 + "entryFormat"),
        regex=extension(raw, HL7 + "regex"),
        unit=_unit(raw),
        units=tuple(extensions(raw, HL7 + "questionnaire-unitOption")),
        answer_format=extension(raw, OWN + "answer-format"),
        asked_again=extension(raw, OWN + "asked-again"),
        time_frame=extension(raw, OWN + "time-frame"),
        told_by=extension(raw, OWN + "told-by"),
        control=next(iter(control_codes(raw)), None),
        repeat_text=extension(raw, OWN + "repeat-text") is True,
        enable_when=conditions(raw),
        enable_behavior=raw.get("enableBehavior", "all"),
        required_when=required_when(raw),
        end_when=end_when(raw),
        code=tuple(raw.get("code", ())),
        definition=raw.get("definition"),
        items=tuple(_item(c, name, value_sets, hidden, help_) for c in raw.get("item", ()) if not is_decoration(c)),
        raw=raw,
    )
