"""A handoff as a FHIR R4 transaction Bundle, from the summary that staff see.

The QuestionnaireResponses are the record of what was asked and answered; everything else is derived from them and
says so. What a person says about themselves is unconfirmed. There is no RiskAssessment (a program that screens words
does not assess risk), no birthDate that was not given, no gender, and no code that has not been verified: where none
has, there is text. Each entry is created only if none with its identifier exists, so sending a bundle again changes
nothing.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import object_session

from bot.handoff import rules
from bot.handoff.flags import NO_ALLERGIES
from bot.handoff.pressure import BloodPressure, blood_pressures
from bot.handoff.substances import denies_allergies
from bot.handoff.summary import KINDS, crisis_flag, note_flags, summarize
from bot.records import audit
from bot.records.models import AuditEntry, Handoff

BASE = "https://github.com/onward-intake/fhir"
IDENTIFIER = f"{BASE}/sid/handoff"
PERSON = f"{BASE}/sid/conversation"
STAFF = f"{BASE}/sid/staff"
EVENT = f"{BASE}/sid/audit"
CODES = f"{BASE}/CodeSystem"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"

# Verified in VSAC expansions and US Core; other conditions go as text.
CONDITION_CODES = {"ptsd": "47505003", "hypertension": "38341003", "pregnancy": "77386006"}
# Told in words, these are coded only where the words name the very thing: "eye pressure" is no glaucoma yet.
TOLD_CODES = {
    "bipolar disorder": (r"\bbi-?\s?polar", "13746004"),
    "schizophrenia": (r"\bschizophreni", "58214004"),
    "glaucoma": (r"\bglaucoma", "23986001"),
    "interstitial cystitis": (r"\binterstitial cystitis", "197834003"),
    "hyperthyroidism": (r"\bhyperthyroid|\boveractive thyroid", "34486009"),
    "hypothyroidism": (r"\bhypothyroid|\bunderactive thyroid", "40930008"),
    "sleep apnea": (r"\bsleep apno?ea", "73430006"),
}
# "Stroke or aneurysm" is asked as one, and whether they ever had it: the code is of what they say it was, if it is one thing.
BRAIN = (
    ("transient ischemic attack", r"\btias?\b|\btransient isch\w+(?: attack)?|\b(?:mini|small|little)[- ]?strokes?\b", None),
    ("stroke", r"\bstrokes?\b|\bcva\b", "275526006"),
    ("something else", r"\ban[eu]u?r\w+|\bbl(?:eed|ed|ood)\w*|\bha?emorr?h\w+|\bavm\b|\bmalform\w+|\bnot\b|\bmaybe\b|\?", None),
)
NO_KNOWN_ALLERGY = "716186003"
# AuditEvent.action: what was only looked at is read, every other row of the audit trail changes the handoff.
LOOKS = ("view", "print", "export")
MEDICINE_STATUS = {"current": "active", "past": "stopped", "negated": "not-taken", "unsure": "unknown"}

Resource = dict[str, Any]


def bundle(handoff: Handoff) -> Resource:
    """The transaction Bundle of a handoff."""
    return _Bundle(handoff).build()


class _Bundle:
    def __init__(self, handoff: Handoff) -> None:
        self.handoff = handoff
        self.told = summarize(object_session(handoff), handoff)
        self.at = handoff.created_at.isoformat(timespec="seconds")
        self.entries: list[Resource] = []
        self.patient = {"reference": self._full_url("patient")}
        self.assistant = {"display": "Onward intake assistant (automated)"}

    def build(self) -> Resource:
        self._add("patient", self._patient(), f"identifier={PERSON}|{self.handoff.conversation_id}")
        responses = {
            r["questionnaire"].split("|")[0].rsplit("/", 1)[-1]: r for r in self.handoff.data.get("responses", ())
        }
        for name, response in responses.items():
            self._add_identified(f"response-{name}", self._response(response))
        self.record = [{"reference": self._full_url(f"response-{name}")} for name in responses]
        for n, score in enumerate(self.told["scores"]):
            self._add_identified(f"score-{n}", self._observation(score))
        for kind, resources in (
            ("pressure", self._pressures()),
            ("condition", self._conditions()),
            ("medicine", self._medicines()),
            ("allergy", self._allergies()),
            ("consent", self._consents()),
            ("flag", self._flags()),
            ("communication", self._communications()),
        ):
            for n, resource in enumerate(resources):
                self._add_identified(f"{kind}-{n}", resource)
        self._add_identified("task", self._task())
        self._add("provenance", self._provenance(), f"_tag={IDENTIFIER}|{self.handoff.id}")
        self._add_event("create", self._event("create", self.handoff.created_at, self.assistant))
        for row in audit.of(object_session(self.handoff), "handoff", self.handoff.id):
            self._add_event(str(row.id), self._event(row.action, row.at, self._actor(row), row.detail))
        return {
            "resourceType": "Bundle",
            "id": self._uuid("bundle"),
            "type": "transaction",
            "timestamp": self.at,
            "entry": self.entries,
        }

    # -- resources -----------------------------------------------------------------------------------------------------

    def _patient(self) -> Resource:
        person, contact = self.told["person"], self.told["person"]["contact"]
        names = [{"use": "usual", "text": person["name"]}] if person["name"] else []
        if person["preferred_name"]:
            names.append({"use": "nickname", "text": person["preferred_name"]})
        telecom = [{"system": system, "value": person[system]} for system in ("phone", "email") if person[system]]
        address = {part: contact[part] for part in ("city", "state") if contact.get(part)}
        complete_date = person["birth_date"] and re.fullmatch(r"\d{4}(-\d\d){0,2}", person["birth_date"])
        return _filled(
            resourceType="Patient",
            identifier=[{"system": PERSON, "value": self.handoff.conversation_id}],
            name=names,
            telecom=telecom,
            birthDate=person["birth_date"] if complete_date else None,
            address=[{"use": "temp", **address}] if address else None,
        )

    def _response(self, response: Mapping[str, Any]) -> Resource:
        return {**response, "subject": self.patient, "source": self.patient}

    def _observation(self, score: Mapping[str, Any]) -> Resource:
        gate = {True: "yes", False: "no", None: "not answered"}[score["gate"]]
        items = ", ".join(f"{item['link_id']}: {_yes_no(item['value'])}" for item in score["items"])
        return _filled(
            resourceType="Observation",
            status="final" if score["complete"] else "preliminary",
            category=[_concept(f"{TERMINOLOGY}/observation-category", "survey", "Survey")],
            code=_concept(f"{CODES}/score", score["instrument"].lower(), f"{score['instrument']} total score"),
            subject=self.patient,
            effectiveDateTime=self.at,
            valueInteger=score["score"],
            dataAbsentReason=None
            if score["score"] is not None
            else _concept(f"{TERMINOLOGY}/data-absent-reason", "not-asked", "Not Asked"),
            interpretation=[{"text": score["band"]}],
            note=[{"text": f"Gate question: {gate}. {items}. Cut {score['cut']} of {score['max']}. Not a diagnosis."}],
            derivedFrom=[ref for ref in self.record if ref["reference"] == self._full_url(f"response-{_slug(score)}")],
        )

    def _pressures(self) -> Iterator[Resource]:
        texts = {(a["questionnaire"], a["link_id"]): a.get("text") or "" for a in (*self.told["answers"], *self.told["skipped"])}
        for told in blood_pressures(texts, rules.load()):
            yield _filled(
                resourceType="Observation",
                status="final",
                category=[_concept(f"{TERMINOLOGY}/observation-category", "vital-signs", "Vital Signs")],
                code=_concept(LOINC, "85354-9", None, "Blood pressure"),
                subject=self.patient,
                effectivePeriod={"end": self.at},  # when it was measured is only in their words
                performer=[self.patient],
                component=_components(told),
                note=[{"text": f"Patient-reported via chat: {told.words}"}],
                derivedFrom=self.record,
            )

    def _conditions(self) -> Iterator[Resource]:
        for named in self.told["conditions"]:
            if named["status"] == "family":
                continue
            # What they are not sure of is for a person to ask about, not for a problem list.
            sure = named["status"] != "unsure"
            code, text = _condition(named) if sure else (None, f"{named['name']} (not sure)")
            clinical = ("active", "Active") if named["status"] == "present" else ("inactive", "Inactive")
            category = _concept(f"{TERMINOLOGY}/condition-category", "problem-list-item", "Problem List Item")
            yield _filled(
                resourceType="Condition",
                clinicalStatus=_concept(f"{TERMINOLOGY}/condition-clinical", *clinical) if sure else None,
                verificationStatus=_concept(f"{TERMINOLOGY}/condition-ver-status", "unconfirmed", "Unconfirmed"),
                category=[category] if sure else None,
                code={"coding": [{"system": SNOMED, "code": code}] if code else None, "text": text},
                subject=self.patient,
                recordedDate=self.at,
                note=[{"text": f"Patient-reported via chat ({named['status']}): {named['words']}"}],
            )

    def _medicines(self) -> Iterator[Resource]:
        for named in self.told["medications"]:
            if named["status"] == "family":
                continue
            yield _filled(
                resourceType="MedicationStatement",
                status=MEDICINE_STATUS[named["status"]],
                medicationCodeableConcept={"text": named["name"]},
                subject=self.patient,
                dateAsserted=self.at,
                informationSource=self.patient,
                derivedFrom=self.record,
                note=[{"text": f"Patient-reported via chat: {named['words']}"}],
            )

    def _allergies(self) -> Iterator[Resource]:
        given = [named for named in self.told["allergies"] if named["status"] not in ("negated", "family")]
        for named in given:
            unsure = " (unsure)" if named["status"] == "unsure" else ""
            yield self._allergy({"text": named["name"]}, named["words"], unsure)
        words = next((a["text"] for a in self.told["answers"] if a["link_id"] == "allergies" and a["text"]), None)
        # An empty list is no denial: "no meds" names no allergy either, and older handoffs lack those only asked about.
        none_named = all(named["name"] == NO_ALLERGIES for named in self.told["allergies"])
        if words and none_named and denies_allergies(words):
            code = [{"system": SNOMED, "code": NO_KNOWN_ALLERGY, "display": "No known allergy"}]
            yield self._allergy({"coding": code, "text": "No known allergy"}, words)

    def _allergy(self, code: Resource, words: str, unsure: str = "") -> Resource:
        return _filled(
            resourceType="AllergyIntolerance",
            clinicalStatus=_concept(f"{TERMINOLOGY}/allergyintolerance-clinical", "active", "Active"),
            verificationStatus=_concept(f"{TERMINOLOGY}/allergyintolerance-verification", "unconfirmed", "Unconfirmed"),
            code=code,
            patient=self.patient,
            recordedDate=self.at,
            note=[{"text": f"Patient-reported via chat{unsure}: {words}"}],
        )

    def _consents(self) -> Iterator[Resource]:
        for consent in self.told["consents"]:
            yield _filled(
                resourceType="Consent",
                status="active" if consent["given"] else "rejected",
                scope=_concept(f"{TERMINOLOGY}/consentscope", "patient-privacy", "Privacy Consent"),
                category=[{"text": consent["what"]}],
                patient=self.patient,
                dateTime=_seconds(consent["at"]),
                policy=[{"uri": f"{BASE}/Questionnaire/intake|{consent['version']}"}],
                sourceReference=self.record[0] if self.record else None,
                provision={"type": "permit" if consent["given"] else "deny"},
            )

    def _flags(self) -> Iterator[Resource]:
        for raised in [*self.handoff.data["summary"]["flags"], *note_flags(self.handoff)]:  # the later ones last: each keeps its number
            if raised["level"] == "info":
                continue
            words = f' "{raised["words"]}"' if raised["words"] else ""
            yield _filled(
                resourceType="Flag",
                status="active",
                category=[_flag_category(raised)],
                code=_concept(
                    f"{CODES}/flag", raised["code"], None, f"{raised['level'].upper()}: {raised['reason']}{words}"
                ),
                subject=self.patient,
                period={"start": self.at},
            )

    def _communications(self) -> Iterator[Resource]:
        for event in self.handoff.data.get("events", ()):
            if "shown" in event:
                yield _filled(
                    resourceType="Communication",
                    status="completed",
                    topic={"text": f"Crisis text shown in the chat ({crisis_flag(event)['reason']})"},
                    subject=self.patient,
                    recipient=[self.patient],
                    sent=_seconds(event["at"]),
                    payload=[{"contentString": event["shown"]}],
                    note=[{"text": f"Raised by {event['rule']}, version {event['version']}."}],
                )

    def _task(self) -> Resource:
        return _filled(
            resourceType="Task",
            status={"new": "requested", "claimed": "in-progress"}.get(self.handoff.status, "completed"),
            intent="order",
            priority=self.handoff.urgency,
            code=_concept(f"{CODES}/handoff", self.handoff.kind, KINDS[self.handoff.kind]),
            focus=self.record[0] if self.record else None,
            **{"for": self.patient},
            authoredOn=self.at,
        )

    def _provenance(self) -> Resource:
        participant = f"{TERMINOLOGY}/provenance-participant-type"
        return _filled(
            resourceType="Provenance",
            meta={"tag": [{"system": IDENTIFIER, "code": self.handoff.id}]},
            target=[{"reference": entry["fullUrl"]} for entry in self.entries],
            recorded=self.at,
            agent=[
                {"type": _concept(participant, "author", "Author"), "who": self.patient},
                {"type": _concept(participant, "assembler", "Assembler"), "who": self.assistant},
            ],
        )

    def _event(self, action: str, at: datetime, actor: Resource, detail: str | None = None) -> Resource:
        """A row of the audit trail, and that the handoff was made, which needs no row. They tell who, when and what, and no health data."""
        return _filled(
            resourceType="AuditEvent",
            type={"system": f"{CODES}/audit", "code": "handoff", "display": "Handoff"},
            subtype=[{"system": f"{CODES}/audit-action", "code": action.replace("_", "-")}],
            action="C" if action == "create" else "R" if action in LOOKS else "U",
            recorded=at.isoformat(timespec="seconds"),
            outcome="0",
            outcomeDesc=detail,
            agent=[{"who": actor, "requestor": True}],
            source={"observer": self.assistant},
            entity=[{"what": self.patient}, {"what": {"reference": self._full_url("task")}}],
        )

    @staticmethod
    def _actor(row: AuditEntry) -> Resource:
        """A member of staff by number, since a name in a bundle outlives the account; no number is the command line's."""
        if row.staff_id is None:
            return {"display": "Command line"}
        return {"identifier": {"system": STAFF, "value": str(row.staff_id)}, "display": f"Staff member {row.staff_id}"}

    # -- entries -------------------------------------------------------------------------------------------------------

    def _add_identified(self, label: str, resource: Resource) -> None:
        value = f"{self.handoff.id}/{label}"
        identifier: Any = {"system": IDENTIFIER, "value": value}
        if resource["resourceType"] != "QuestionnaireResponse":  # the only one of these with a single identifier
            identifier = [identifier]
        resource = {"resourceType": resource["resourceType"], "identifier": identifier, **resource}
        self._add(label, resource, f"identifier={IDENTIFIER}|{value}")

    def _add_event(self, label: str, event: Resource) -> None:
        """An AuditEvent has no identifier, so a tag keeps it from being created twice."""
        code = f"{self.handoff.id}/{label}"
        event = {"resourceType": event["resourceType"], "meta": {"tag": [{"system": EVENT, "code": code}]}, **event}
        self._add(f"event-{label}", event, f"_tag={EVENT}|{code}")

    def _add(self, label: str, resource: Resource, unless: str) -> None:
        request = {"method": "POST", "url": resource["resourceType"], "ifNoneExist": unless}
        self.entries.append({"fullUrl": self._full_url(label), "resource": resource, "request": request})

    def _full_url(self, label: str) -> str:
        return f"urn:uuid:{self._uuid(label)}"

    def _uuid(self, label: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{IDENTIFIER}/{self.handoff.id}/{label}"))


def _concept(system: str, code: str, display: str | None, text: str | None = None) -> Resource:
    return _filled(coding=[_filled(system=system, code=code, display=display)], text=text or display)


def _condition(named: Mapping[str, Any]) -> tuple[str | None, str]:
    """Code, if there is a verified one, and name of a condition."""
    if named["name"] in TOLD_CODES and named["status"] == "present":
        pattern, code = TOLD_CODES[named["name"]]
        return code if re.search(pattern, named["words"], re.IGNORECASE) else None, named["name"]
    if named["status"] == "past":
        return None, f"{named['name']} (in the past)"
    if named["name"] != "stroke or aneurysm":
        return CONDITION_CODES.get(named["name"]), named["name"]
    words, found = named["words"], []
    for name, pattern, code in BRAIN:
        words, times = re.subn(pattern, " ", words, flags=re.IGNORECASE)
        found += [(code, f"history of {name}")] if times else []
    return found[0] if len(found) == 1 and found[0][0] else (None, named["name"])


def _components(told: BloodPressure) -> list[Resource]:
    return [
        {
            "code": _concept(LOINC, code, None, f"{name} blood pressure"),
            "valueQuantity": {"value": value, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"},
        }
        for code, name, value in (("8480-6", "Systolic", told.systolic), ("8462-4", "Diastolic", told.diastolic))
    ]


def _flag_category(raised: Mapping[str, Any]) -> Resource:
    code, display = ("safety", "Safety") if raised["level"] == "red" else ("clinical", "Clinical")
    return _concept(f"{TERMINOLOGY}/flag-category", code, display)


def _filled(**elements: Any) -> Resource:
    """The elements that hold something: FHIR has no nulls and no empty lists."""
    return {name: _without_none(value) for name, value in elements.items() if value not in (None, [], {})}


def _without_none(value: Any) -> Any:
    return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value


def _slug(score: Mapping[str, Any]) -> str:
    return score["instrument"].lower()


def _yes_no(value: bool | None) -> str:
    return {True: "yes", False: "no", None: "no answer"}[value]


def _seconds(moment: str) -> str:
    """FHIR instants and dateTimes as other systems read them: without fractions of a second."""
    return re.sub(r"\.\d+", "", moment)
