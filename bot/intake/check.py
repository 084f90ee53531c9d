"""Can this questionnaire be played? Each thing that stands in the way, in words for its author.

Rules come from the FHIR R4 invariants (que-1 to que-13, https://hl7.org/fhir/R4/questionnaire.html#invs) and from what
the player cannot do: fetch value sets, compute FHIRPath or CQL, take files that must be given. What breaks a rule but can be played all the
same is a note, not a problem, since published questionnaires are full of such.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

import regex

from bot.intake.conditions import OPERATORS, RELATIONS
from bot.intake.questionnaire import (
    HL7,
    OWN,
    QUESTION_TYPES,
    SDC,
    UNASKED_TYPES,
    Option,
    choice_value,
    contained_options,
    extension,
    is_computed,
    options_of,
    value_set,
)
from bot.intake.timing import FRAMES

STATUSES = ("draft", "active", "retired", "unknown")
DEEPEST = 50  # levels of items
MOST = 5_000  # items
CANNOT_BE_GIVEN = {
    "attachment": "asks for a file, which cannot be given in a chat",
    "reference": "asks for another FHIR resource, which cannot be given in a chat",
}
NOT_PLAYABLE = {
    "coding": "is a type of FHIR R5; this player reads R4, where it is called choice",
    "question": "is an abstract type and cannot be asked",
}
ANSWER_FORMATS = {
    "phone": "string",
    "email": "string",
    "phone-or-email": "string",
    "name": "string",
    "preferred-name": "string",
    "place": "string",
    "pronouns": "string",
    "birth-date": "date",
    "past-date": "date",
}

_TOP = {
    "resourceType",
    "id",
    "meta",
    "implicitRules",
    "language",
    "text",
    "contained",
    "extension",
    "modifierExtension",
    "url",
    "identifier",
    "version",
    "name",
    "title",
    "derivedFrom",
    "status",
    "experimental",
    "subjectType",
    "date",
    "publisher",
    "contact",
    "description",
    "useContext",
    "jurisdiction",
    "purpose",
    "copyright",
    "approvalDate",
    "lastReviewDate",
    "effectivePeriod",
    "code",
    "item",
}
_ITEM = {
    "id",
    "extension",
    "modifierExtension",
    "linkId",
    "definition",
    "code",
    "prefix",
    "text",
    "type",
    "enableWhen",
    "enableBehavior",
    "required",
    "repeats",
    "readOnly",
    "maxLength",
    "answerValueSet",
    "answerOption",
    "initial",
    "item",
}
_STU3 = {"option": "answerOption", "options": "answerValueSet"}
_OPTION_KINDS = ("Integer", "Date", "Time", "String", "Coding", "Reference")
_CONDITION_KINDS = {
    "boolean": {"Boolean"},
    "decimal": {"Decimal", "Integer"},
    "integer": {"Integer", "Decimal"},
    "date": {"Date"},
    "dateTime": {"DateTime", "Date"},
    "time": {"Time"},
    "string": {"String"},
    "text": {"String"},
    "url": {"String", "Uri"},
    "open-choice": {"Coding", "String"},
    "quantity": {"Quantity"},
    "reference": {"Reference"},
}
_VALUE_KINDS = {
    **_CONDITION_KINDS,
    "integer": {"Integer"},
    "decimal": {"Decimal", "Integer"},
    "url": {"Uri", "String", "Url"},
    "dateTime": {"DateTime", "Date"},
    "choice": {"Coding", "String", "Integer", "Date", "Time", "Reference"},
    "attachment": {"Attachment"},
    "reference": {"Reference"},
}
_ALL_KINDS = {
    "Boolean",
    "Decimal",
    "Integer",
    "Date",
    "DateTime",
    "Time",
    "String",
    "Coding",
    "Quantity",
    "Reference",
    "Uri",
    "Url",
    "Attachment",
}
_MAX_LENGTH_TYPES = {"boolean", "decimal", "integer", "string", "text", "url", "open-choice"}
_CODE = re.compile(r"^\S+(?:\s\S+)*$")
_DATE = re.compile(r"^\d{4}(-\d{2}(-\d{2})?)?$")
_MOMENT = re.compile(r"^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?$")
_TIME = re.compile(r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?$")
#: what the value of an extension must be for the player to read it
_EXTENSION_KINDS = {
    HL7 + "questionnaire-itemControl": {"CodeableConcept"},
    HL7 + "questionnaire-hidden": {"Boolean"},
    HL7 + "questionnaire-optionExclusive": {"Boolean"},
    HL7 + "questionnaire-unit": {"Coding"},
    HL7 + "questionnaire-unitOption": {"Coding"},
    HL7 + "questionnaire-minOccurs": {"Integer"},
    HL7 + "questionnaire-maxOccurs": {"Integer"},
    HL7 + "minLength": {"Integer"},
    HL7 + "maxDecimalPlaces": {"Integer"},
    HL7 + "ordinalValue": {"Decimal", "Integer"},
    HL7 + "itemWeight": {"Decimal", "Integer"},
    HL7 + "entryFormat": {"String"},
    HL7 + "regex": {"String"},
    HL7 + "minValue": {"Date", "DateTime", "Time", "Decimal", "Integer", "Quantity"},
    HL7 + "maxValue": {"Date", "DateTime", "Time", "Decimal", "Integer", "Quantity"},
    SDC + "sdc-questionnaire-shortText": {"String"},
    OWN + "also-called": {"String"},
    OWN + "answer-format": {"Code"},
    OWN + "asked-again": {"String"},
    OWN + "example": {"String"},
    OWN + "time-frame": {"Code"},
    OWN + "told-by": {"Code"},
    OWN + "repeat-text": {"Boolean"},
}
_PART_KINDS = {
    "question": {"String"},
    "operator": {"Code"},
    "code": {"Code"},
    "text": {"String"},
    "age-below": {"Integer"},
    "answer": _ALL_KINDS,
}
_NEEDS_COMPUTING = {
    SDC + "sdc-questionnaire-enableWhenExpression": "whether it is asked is computed (enableWhenExpression)",
    SDC + "sdc-questionnaire-answerExpression": "its answers are computed (answerExpression)",
    SDC + "sdc-questionnaire-candidateExpression": "its answers are computed (candidateExpression)",
    SDC + "sdc-questionnaire-subQuestionnaire": "its questions stand in another questionnaire (subQuestionnaire)",
}


@dataclass
class Report:
    """What was found: ``problems`` stop the questionnaire from being played, ``notes`` do not."""

    problems: List[str] = field(default_factory=list)
    notes: List[str] = field(default_factory=list)
    questions: int = 0

    def problem(self, where: str, what: str) -> None:
        self.problems.append(f"{where}: {what}")

    def note(self, where: str, what: str) -> None:
        self.notes.append(f"{where}: {what}")


@dataclass
class _Node:
    raw: Mapping[str, Any]
    where: str
    parent: Optional["_Node"]


def inspect(raw: Any) -> Report:
    """Look over a parsed Questionnaire. Never raises, whatever it is given."""
    report = Report()
    if not isinstance(raw, dict):
        report.problem("file", "is not a JSON object")
        return report
    if raw.get("resourceType") != "Questionnaire":
        report.problem("resourceType", f"must be Questionnaire, not {_show(raw.get('resourceType'))}")
        return report
    _check_top(raw, report)
    if report.problems:
        return report
    nodes = list(_nodes(raw.get("item", []), None, "item", report, 1))
    if len(nodes) > MOST:
        report.problem("item", f"has more than {MOST} items")
    shapes = [_shape(node, report) for node in nodes]
    _check_link_ids(nodes, report)
    if not all(shapes) or report.problems:
        return report
    value_sets = contained_options(raw)
    by_id = {node.raw["linkId"]: node for node in nodes}
    for node in nodes:
        _check_item(node, value_sets, report)
    if not report.problems:
        for node in nodes:
            _check_conditions(node, by_id, value_sets, report)
    if not report.problems:
        _check_cycles(nodes, by_id, report)
    report.questions = sum(node.raw["type"] in QUESTION_TYPES for node in nodes)
    if not report.problems and not report.questions:
        report.problem("item", "has no question to ask")
    return report


def _show(value: Any) -> str:
    return "missing" if value is None else f"'{value}'" if isinstance(value, str) else f"a {type(value).__name__}"


# -- shape: is everything of the JSON type that FHIR says ----------------------------------------------------------------


def _check_top(raw: Mapping[str, Any], report: Report) -> None:
    status = raw.get("status")
    if status is None:
        report.problem("status", f"is missing; it must be one of {', '.join(STATUSES)}")
    elif not isinstance(status, str) or status not in STATUSES:
        report.problem("status", f"{_show(status)} is not one of {', '.join(STATUSES)}")
    elif status == "retired":
        report.note("status", "is retired")
    for name in ("url", "version", "name", "title", "copyright", "description", "id", "publisher"):
        if name in raw and not isinstance(raw[name], str):
            report.problem(name, "must be text")
    for name in raw:
        if name.lstrip("_") not in _TOP:
            hint = " (it belongs to FHIR R5)" if name in ("versionAlgorithmString", "versionAlgorithmCoding", "copyrightLabel") else ""
            report.problem(name, f"is not an element of an R4 Questionnaire{hint}")
    if raw.get("modifierExtension"):
        report.problem("modifierExtension", "changes the meaning of the questionnaire in a way that is not understood")
    if raw.get("implicitRules"):
        report.problem("implicitRules", "asks for rules that are not understood")
    if "contained" in raw:
        _check_contained(raw["contained"], report)
    if "extension" in raw:
        _check_extensions("extension", raw["extension"], report)
    items = raw.get("item")
    if items is None or items == []:
        report.problem("item", "is missing: there is nothing to ask")
    elif not isinstance(items, list):
        report.problem("item", "must be a list")


def _check_contained(contained: Any, report: Report) -> None:
    if not isinstance(contained, list) or not all(isinstance(r, dict) for r in contained):
        report.problem("contained", "must be a list of resources")
        return
    for resource in contained:
        name = f"#{resource.get('id', '?')}"
        if resource.get("resourceType") == "ValueSet" and not _is_value_set(resource):
            report.problem(name, "is not a value set that can be read (compose.include.concept or expansion.contains)")
        url, concepts = resource.get("url", ""), resource.get("concept", [])
        if resource.get("resourceType") == "CodeSystem" and not (isinstance(url, str) and _concepts(concepts, "concept")):
            report.problem(name, "is not a code system that can be read")
    if not report.problems:
        for name, system in _left_out(contained):
            report.note(name, f"what it takes from {system} is not listed in the questionnaire, so it cannot be chosen")


def _left_out(contained: Sequence[Mapping[str, Any]]) -> Iterator[Tuple[str, str]]:
    """Value sets that list only a part of their codes: their ``#id`` and whose codes are left out."""
    systems = {r.get("url") for r in contained if r.get("resourceType") == "CodeSystem"}
    for resource in contained:
        if resource.get("resourceType") == "ValueSet" and not resource.get("expansion", {}).get("contains"):
            for include in resource.get("compose", {}).get("include", []):
                system = include.get("system")
                if system and not include.get("concept") and (include.get("filter") or system not in systems):
                    yield f"#{resource['id']}", system


def _is_value_set(resource: Mapping[str, Any]) -> bool:
    compose, expansion = resource.get("compose", {}), resource.get("expansion", {})
    if not isinstance(resource.get("id"), str) or not isinstance(compose, dict) or not isinstance(expansion, dict):
        return False
    includes = [compose.get(name, []) for name in ("include", "exclude")]
    if not all(isinstance(i, list) for i in includes):
        return False
    includes = sum(includes, [])
    if not all(isinstance(i, dict) and isinstance(i.get("system", ""), str) and _texts(i.get("valueSet", [])) for i in includes):
        return False
    if not isinstance(resource.get("url", ""), str):
        return False
    return all(_concepts(i.get("concept", []), "") for i in includes) and _concepts(
        expansion.get("contains", []), "contains", need_code=False
    )


def _texts(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(one, str) for one in found)


def _concepts(concepts: Any, below: str, need_code: bool = True) -> bool:
    if not isinstance(concepts, list):
        return False
    for concept in concepts:
        if not isinstance(concept, dict) or not all(isinstance(concept.get(name, ""), str) for name in ("display", "system")):
            return False
        code = concept.get("code", None if need_code else "x")
        if not isinstance(code, str) or not _CODE.match(code):
            return False
        designations = concept.get("designation", [])
        if not isinstance(designations, list) or not all(isinstance(d, dict) and isinstance(d.get("value", ""), str) for d in designations):
            return False
        scratch = Report()
        _check_extensions("", concept.get("extension", []), scratch)
        if scratch.problems:
            return False
        if below and below in concept and not _concepts(concept[below], below, need_code):
            return False
    return True


def _extension_shape(found: Any, depth: int = 0) -> bool:
    return (
        isinstance(found, list)
        and depth < 10
        and all(
            isinstance(e, dict) and isinstance(e.get("url"), str) and _extension_shape(e.get("extension", []), depth + 1) for e in found
        )
    )


def _check_extensions(where: str, found: Any, report: Report) -> None:
    """Problems of a list of extensions: its shape, and the values of those that the player reads."""
    if not _extension_shape(found):
        report.problem(where, "extension must be a list of objects, each with a url")
        return
    for entry in found:
        kinds = _EXTENSION_KINDS.get(entry["url"])
        if kinds:
            _check_extension_value(where, entry, kinds, report)
        if entry["url"] in (OWN + "end-when", OWN + "required-when"):
            for part in entry.get("extension", []):
                _check_extension_value(where, part, _PART_KINDS.get(part["url"], set()), report)


def _check_extension_value(where: str, entry: Mapping[str, Any], kinds: Set[str], report: Report) -> None:
    name = entry["url"].rsplit("/", 1)[-1]
    values = {key[5:]: value for key, value in entry.items() if re.fullmatch(r"value[A-Z]\w*", key)}
    if not values and not entry.get("extension") and not any(key.startswith("_value") for key in entry):
        report.problem(where, f"extension {name} has no value")
    for kind, value in values.items():
        if len(values) > 1 or kind not in kinds or not _fits_kind(kind, value):
            report.problem(where, f"extension {name} has a value that does not fit")


def _nodes(items: Any, parent: Optional[_Node], path: str, report: Report, depth: int) -> Iterator[_Node]:
    if depth > DEEPEST:
        report.problem(path.split("[")[0], f"is nested more than {DEEPEST} levels deep")
        return
    for index, raw in enumerate(items):
        where = f"{path}[{index}]"
        if not isinstance(raw, dict):
            report.problem(where, "must be an object")
            continue
        link_id = raw.get("linkId")
        node = _Node(raw, link_id if isinstance(link_id, str) and link_id else where, parent)
        yield node
        below = raw.get("item", [])
        if not isinstance(below, list):
            report.problem(node.where, "item must be a list")
        else:
            yield from _nodes(below, node, f"{where}.item", report, depth + 1)


def _shape(node: _Node, report: Report) -> bool:
    """Whether the item's elements have the JSON types of FHIR, so that the other checks can read them."""
    raw, before = node.raw, len(report.problems)
    for name in raw:
        plain = name.lstrip("_")
        if plain in _STU3:
            report.problem(node.where, f"{plain} is FHIR STU3; in R4 it is {_STU3[plain]}")
        elif plain not in _ITEM:
            report.problem(node.where, f"{name} is not an element of an R4 Questionnaire item")
    for name in ("linkId", "type"):
        if name not in raw or raw[name] == "":
            report.problem(node.where, f"{name} is missing")
        elif not isinstance(raw[name], str):
            report.problem(node.where, f"{name} must be text")
    for name in ("text", "prefix", "definition", "enableBehavior", "answerValueSet"):
        if name in raw and not isinstance(raw[name], str):
            report.problem(node.where, f"{name} must be text")
    for name in ("required", "repeats", "readOnly"):
        if name in raw and not isinstance(raw[name], bool):
            report.problem(node.where, f"{name} must be true or false")
    length = raw.get("maxLength")
    if "maxLength" in raw and (not isinstance(length, int) or isinstance(length, bool) or length < 1):
        report.problem(node.where, "maxLength must be a whole number above 0")
    for name in ("enableWhen", "answerOption", "initial", "code"):
        entries = raw.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
            report.problem(node.where, f"{name} must be a list of objects")
    if "extension" in raw:
        _check_extensions(node.where, raw["extension"], report)
    if raw.get("modifierExtension"):
        report.problem(node.where, "has a modifierExtension, which changes its meaning in a way that is not understood")
    if len(report.problems) == before:
        for name, stem, kinds in (
            ("answerOption", "value", _OPTION_KINDS),
            ("initial", "value", _ALL_KINDS),
            ("enableWhen", "answer", _ALL_KINDS - {"Uri", "Url", "Attachment"}),
        ):
            for entry in raw.get(name, []):
                _check_extensions(node.where, entry.get("extension", []), report)
                _check_value(node.where, name, entry, stem, kinds, report)
                value = choice_value(entry, stem)[1]
                if isinstance(value, dict):
                    _check_extensions(node.where, value.get("extension", []), report)
    return len(report.problems) == before


def _check_value(where: str, name: str, entry: Mapping[str, Any], stem: str, kinds: Sequence[str] | Set[str], report: Report) -> None:
    found = [k for k in entry if re.fullmatch(rf"{stem}[A-Z]\w*", k)]
    if not found:
        report.problem(where, f"{name} needs {stem}[x]")
    elif len(found) > 1:
        report.problem(where, f"{name} has more than one {stem}[x]: {', '.join(sorted(found))}")
    elif found[0][len(stem) :] not in kinds:
        report.problem(where, f"{name} cannot have {found[0]}")
    elif not _fits_kind(found[0][len(stem) :], entry[found[0]]):
        report.problem(where, f"{name} has a {found[0]} that is not a {found[0][len(stem) :]}")


def _fits_kind(kind: str, value: Any) -> bool:
    if kind == "Boolean":
        return isinstance(value, bool)
    if kind == "Integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "Decimal":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind in ("Coding", "Reference", "Quantity", "Attachment", "CodeableConcept"):
        if not isinstance(value, dict):
            return False
        if kind == "CodeableConcept":
            codings = value.get("coding", [])
            return isinstance(codings, list) and all(isinstance(c, dict) and isinstance(c.get("code", ""), str) for c in codings)
        if kind == "Coding":
            texts = [value.get(k) for k in ("code", "display", "system") if k in value]
            if not all(isinstance(t, str) for t in texts) or not (value.get("code") or value.get("display")):
                return False
            return "code" not in value or bool(_CODE.match(value["code"]))
        if kind == "Reference":
            return isinstance(value.get("reference") or value.get("display"), str)
        return kind != "Quantity" or "value" not in value or _fits_kind("Decimal", value["value"])
    if not isinstance(value, str):
        return False
    if kind == "Date":
        return bool(_DATE.match(value)) and _real_date(value)
    if kind == "DateTime":
        return bool(_MOMENT.match(value)) and _real_date(value[:10])
    return bool(_TIME.match(value)) if kind == "Time" else True


def _real_date(value: str) -> bool:
    try:
        dt.date.fromisoformat(value + "-01-01"[len(value) - 4 :] if len(value) < 10 else value)
    except ValueError:
        return False
    return True


def _check_link_ids(nodes: Sequence[_Node], report: Report) -> None:
    seen: Set[str] = set()
    for node in nodes:
        link_id = node.raw.get("linkId")
        if isinstance(link_id, str) and link_id:
            if link_id in seen:
                report.problem(link_id, "linkId is used more than once")
            seen.add(link_id)


# -- sense: can each item be asked ---------------------------------------------------------------------------------------


def _check_item(node: _Node, value_sets: Mapping[str, Any], report: Report) -> None:
    raw, where, kind = node.raw, node.where, node.raw["type"]
    if kind in NOT_PLAYABLE:
        report.problem(where, f"type {kind} {NOT_PLAYABLE[kind]}")
        return
    if kind in CANNOT_BE_GIVEN:
        tell = report.problem if raw.get("required") else report.note
        tell(where, f"type {kind} {CANNOT_BE_GIVEN[kind]}" + ("" if raw.get("required") else ", so it is not asked"))
    elif kind not in QUESTION_TYPES | {"group", "display"}:
        report.problem(where, f"type '{kind}' is not a type of an R4 Questionnaire item")
        return
    for url, why in _NEEDS_COMPUTING.items():
        if extension(raw, url) is not None or any(e.get("url") == url for e in raw.get("extension", [])):
            report.problem(where, f"{why}, which cannot be played")
    is_question = kind in QUESTION_TYPES | UNASKED_TYPES
    if kind == "display":
        if raw.get("item"):
            report.problem(where, "is a display and cannot have items below it")
        for name in ("required", "repeats", "readOnly"):
            if raw.get(name):
                report.problem(where, f"is a display and cannot be {name}")
        if not raw.get("text"):
            report.note(where, "is a display without text")
    if kind == "group" and not raw.get("item"):
        report.note(where, "is a group without items")
    if not is_question:
        for name in ("answerOption", "answerValueSet", "initial", "maxLength"):
            if name in raw:
                report.problem(where, f"is a {kind} and cannot have {name}")
        if kind == "group" and raw.get("repeats"):
            report.note(where, "repeats, but a group is played once")
    elif not raw.get("text"):
        report.note(where, "has no text; what it is coded as, or its linkId, is shown instead")
    if is_question and is_computed(raw):
        report.note(where, "is computed from other answers, so it is not asked")
    if is_question and raw.get("repeats") and any(c["type"] != "display" for c in raw.get("item", [])):
        report.note(where, "repeats; the questions below it are asked once")
    _check_options(node, value_sets, report)
    _check_initial(node, value_sets, report)
    _check_limits(node, report)
    _check_own(node, report)


def _check_options(node: _Node, value_sets: Mapping[str, Any], report: Report) -> None:
    raw, where, kind = node.raw, node.where, node.raw["type"]
    if raw.get("answerOption") is not None and raw.get("answerValueSet") is not None:
        report.problem(where, "has both answerOption and answerValueSet")
        return
    if kind not in ("choice", "open-choice"):
        if ("answerOption" in raw or "answerValueSet" in raw) and kind in QUESTION_TYPES | UNASKED_TYPES:
            report.problem(where, f"is of type {kind} and cannot have options")
        return
    source = raw.get("answerValueSet", "").split("|")[0]
    if source and value_set(source, value_sets) is None:
        if source.startswith("#"):
            report.problem(where, f"answerValueSet {source} is not contained in the questionnaire")
        elif kind == "open-choice":
            report.note(where, f"the value set {source} is not contained, so any text is taken")
        elif _will_be_asked(node):
            report.problem(where, f"answerValueSet {source} is not contained, and value sets are not fetched")
        return
    options = options_of(raw, value_sets)
    if not options and kind == "choice" and _will_be_asked(node):
        what = f"the value set {source} lists no codes" if source else "is a choice without options"
        report.problem(where, what)
    codes = [option.code for option in options]
    if len(raw.get("answerOption", options)) > len(set(codes)):
        report.problem(where, "has the same option more than once")
    labels = [option.display for option in options]
    for label in sorted({label for label in labels if labels.count(label) > 1}):
        report.note(where, f"has more than one option shown as {label!r}")


def _will_be_asked(node: Optional[_Node]) -> bool:
    if node is not None and (node.raw.get("readOnly") or is_computed(node.raw)):
        return False
    while node is not None:
        if extension(node.raw, HL7 + "questionnaire-hidden") is True:
            return False
        node = node.parent
    return True


def _check_initial(node: _Node, value_sets: Mapping[str, Any], report: Report) -> None:
    raw, where, kind = node.raw, node.where, node.raw["type"]
    entries = raw.get("initial", [])
    if len(entries) > 1 and not raw.get("repeats"):
        report.problem(where, "has more than one initial value but does not repeat")
    selected = [o for o in raw.get("answerOption", []) if o.get("initialSelected") is True]
    if len(selected) > 1 and not raw.get("repeats"):
        report.problem(where, "has more than one option selected at first but does not repeat")
    if entries and raw.get("answerOption"):
        report.note(where, "has both initial and answerOption; initialSelected is the R4 way")
    options = options_of(raw, value_sets) if kind == "choice" else ()
    for entry in entries:
        found, value = choice_value(entry, "value")
        if kind in _VALUE_KINDS and found not in _VALUE_KINDS[kind]:
            report.problem(where, f"initial value{found} does not fit type {kind}")
        elif options and found == "Coding" and not any(_same_system(value, option) for option in _same_code(value, options)):
            report.problem(where, f"initial '{value.get('code')}' is not one of its options")


def _check_limits(node: _Node, report: Report) -> None:
    raw, where, kind = node.raw, node.where, node.raw["type"]
    if "maxLength" in raw and kind in QUESTION_TYPES and kind not in _MAX_LENGTH_TYPES:
        report.note(where, f"maxLength has no meaning for type {kind}")
    low, high = extension(raw, HL7 + "minValue"), extension(raw, HL7 + "maxValue")
    for name, limit in (("minValue", low), ("maxValue", high)):
        if limit is None:
            if any(e.get("url") == HL7 + name for e in raw.get("extension", [])):
                report.note(where, f"{name} is computed and is not checked")
        elif not _limit_fits(kind, limit):
            report.problem(where, f"{name} does not fit type {kind}")
    if low is not None and high is not None and type(low) is type(high) and not isinstance(low, dict) and low > high:
        report.problem(where, "minValue is above maxValue")
    for name, least in (("minLength", 0), ("maxDecimalPlaces", 0), ("questionnaire-minOccurs", 0), ("questionnaire-maxOccurs", 1)):
        value = extension(raw, HL7 + name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
            report.problem(where, f"{name} must be a whole number, {least} or more")
    shortest = extension(raw, HL7 + "minLength")
    if isinstance(shortest, int) and isinstance(raw.get("maxLength"), int) and shortest > raw["maxLength"]:
        report.problem(where, "minLength is above maxLength")
    least, most = (extension(raw, HL7 + f"questionnaire-{n}Occurs") for n in ("min", "max"))
    if isinstance(least, int) and isinstance(most, int) and least > most:
        report.problem(where, "minOccurs is above maxOccurs")
    pattern = extension(raw, HL7 + "regex")
    if pattern is not None:
        try:
            regex.compile(pattern)
        except (regex.error, TypeError):
            report.problem(where, "its regex cannot be read")
    if any(e.get("url") == HL7 + "questionnaire-constraint" for e in raw.get("extension", [])):
        report.note(where, "has a computed constraint, which is not checked")
    unit = extension(raw, HL7 + "questionnaire-unit")
    if unit is not None and not isinstance(unit, dict):
        report.problem(where, "questionnaire-unit must be a Coding")


def _limit_fits(kind: str, limit: Any) -> bool:
    if isinstance(limit, bool):
        return False
    if kind in ("integer", "decimal"):
        return isinstance(limit, (int, float))
    if kind == "date":
        return isinstance(limit, str) and bool(_DATE.match(limit[:10]))
    if kind == "dateTime":
        return isinstance(limit, str) and bool(_MOMENT.match(limit))
    if kind == "time":
        return isinstance(limit, str) and bool(_TIME.match(limit))
    return kind == "quantity" and isinstance(limit, (dict, int, float))


def _check_own(node: _Node, report: Report) -> None:
    raw, where = node.raw, node.where
    fmt = extension(raw, OWN + "answer-format")
    if fmt is not None and fmt not in ANSWER_FORMATS:
        report.problem(where, f"answer-format must be one of {', '.join(ANSWER_FORMATS)}")
    elif fmt is not None and raw["type"] != ANSWER_FORMATS[fmt]:
        report.problem(where, f"answer-format {fmt} does not fit type {raw['type']}")
    frame = extension(raw, OWN + "time-frame")
    if frame is not None and frame not in FRAMES:
        report.problem(where, f"time-frame must be one of {', '.join(FRAMES)}")
    elif frame is not None and raw["type"] != "choice":
        report.problem(where, f"time-frame does not fit type {raw['type']}")
    if extension(raw, OWN + "told-by") not in (None, "companion"):
        report.problem(where, "told-by must be companion")
    for name, needed in (("end-when", {"code", "text"}), ("required-when", {"question", "operator", "answer"})):
        for entry in raw.get("extension", []):
            if entry.get("url") == OWN + name:
                parts = {p["url"]: choice_value(p, "value")[1] for p in entry.get("extension", [])}
                if needed - set(parts) or None in parts.values():
                    report.problem(where, f"{name} needs {', '.join(sorted(needed))}")
                elif name == "end-when" and not {"answer", "age-below"} & set(parts):
                    report.problem(where, "end-when needs answer or age-below")
    for code in raw.get("code", []):
        if not isinstance(code.get("code", ""), str):
            report.problem(where, "code must be a list of Codings")


# -- conditions -----------------------------------------------------------------------------------------------------------


def _own_conditions(raw: Mapping[str, Any]) -> Iterator[Tuple[Mapping[str, Any], str]]:
    for entry in raw.get("enableWhen", []):
        yield entry, "enableWhen"
    for entry in raw.get("extension", []):
        if entry.get("url") == OWN + "required-when":
            parts = {p["url"]: choice_value(p, "value") for p in entry.get("extension", [])}
            kind, value = parts["answer"]
            yield {"question": parts["question"][1], "operator": parts["operator"][1], f"answer{kind}": value}, "required-when"


def _check_conditions(node: _Node, by_id: Mapping[str, _Node], value_sets: Mapping[str, Any], report: Report) -> None:
    raw, where = node.raw, node.where
    behavior = raw.get("enableBehavior")
    if behavior is not None and behavior not in ("all", "any"):
        report.problem(where, f"enableBehavior must be all or any, not '{behavior}'")
    if len(raw.get("enableWhen", [])) > 1 and behavior is None:
        report.problem(where, "has more than one enableWhen, so enableBehavior must say all or any")
    for entry, name in _own_conditions(raw):
        question, operator = entry.get("question"), entry.get("operator")
        if not isinstance(question, str) or not question:
            report.problem(where, f"{name} does not say which question")
            continue
        if question not in by_id:
            report.problem(where, f"{name} points to '{question}', which does not exist")
            continue
        if not isinstance(operator, str) or operator not in OPERATORS:
            report.problem(where, f"{name} operator {_show(operator)} is not one of {' '.join(sorted(OPERATORS))}")
            continue
        target = by_id[question].raw
        if target["type"] not in QUESTION_TYPES | UNASKED_TYPES:
            report.problem(where, f"{name} points to '{question}', which is a {target['type']} and has no answer")
            continue
        _check_condition(where, name, operator, *choice_value(entry, "answer"), target, value_sets, report)


def _check_condition(
    where: str, name: str, operator: str, kind: str, value: Any, target: Mapping[str, Any], value_sets: Mapping[str, Any], report: Report
) -> None:
    question = target["linkId"]
    if operator == "exists":
        if kind != "Boolean":
            report.problem(where, f"{name} exists needs answerBoolean, not answer{kind}")
        return
    options = options_of(target, value_sets)
    allowed = _CONDITION_KINDS.get(target["type"]) or {o.kind for o in options} or {"Coding"}
    if kind not in allowed:
        report.problem(where, f"{name} compares '{question}' ({target['type']}) with answer{kind}")
    elif operator in RELATIONS and (kind == "Boolean" or kind == "Coding" and not any(o.ordinal for o in options)):
        report.problem(where, f"{name} operator {operator} has no meaning for the answers of '{question}'")
    elif target["type"] == "choice" and options and kind == "Coding":
        alike = _same_code(value, options)
        if not alike:
            report.problem(where, f"{name} waits for '{value.get('code')}', which is not an option of '{question}'")
        elif not any(_same_system(value, option) for option in alike):
            report.note(where, f"{name} waits for '{value.get('code')}' of another system than the options of '{question}', so it is never met")
    elif kind == "Quantity" and "value" not in value:
        report.problem(where, f"{name} compares '{question}' with a quantity without a value")


def _same_code(coding: Mapping[str, Any], options: Sequence[Option]) -> List[Option]:
    code = coding.get("code") or coding.get("display")
    return [o for o in options if isinstance(o.value, dict) and (o.value.get("code") or o.value.get("display")) == code]


def _same_system(coding: Mapping[str, Any], option: Option) -> bool:
    return len({coding.get("system"), option.system} - {None}) < 2


def _check_cycles(nodes: Sequence[_Node], by_id: Mapping[str, _Node], report: Report) -> None:
    """An item needs its parent and the questions it looks at; following that must never lead back."""
    needs: Dict[str, List[str]] = {}
    for node in nodes:
        needs[node.raw["linkId"]] = [c["question"] for c in node.raw.get("enableWhen", [])]
        if node.parent:
            needs[node.raw["linkId"]].append(node.parent.raw["linkId"])
    state: Dict[str, int] = {}
    for start in needs:
        path: List[Tuple[str, int]] = [(start, 0)] if start not in state else []
        while path:
            link_id, index = path.pop()
            state[link_id] = 1
            if index == len(needs[link_id]):
                state[link_id] = 2
                continue
            path.append((link_id, index + 1))
            following = needs[link_id][index]
            if state.get(following) == 1:
                loop = [p for p, _ in path]
                loop = loop[loop.index(following) :] + [following]
                report.problem(following, f"enableWhen goes in a circle: {' -> '.join(loop)}")
                return
            if following not in state:
                path.append((following, 0))
