"""The bundle is valid FHIR R4, claims nothing that was not said, and can be sent twice."""

from __future__ import annotations

import json
import re

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from bot.handoff import fhir, summary
from bot.records import audit
from bot.records.models import Staff
from tests.handoff_fixtures import NAME, crisis, new_conversation, play, submit
from tests.records_fixtures import backend, database  # noqa: F401

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

VERIFIED = {  # clinical codes that the fact sheet marks as verified, with their display
    ("http://snomed.info/sct", "47505003"), ("http://snomed.info/sct", "38341003"), ("http://snomed.info/sct", "77386006"),
    ("http://snomed.info/sct", "716186003"), ("http://snomed.info/sct", "275526006"),
    *(("http://snomed.info/sct", code) for _, code in fhir.TOLD_CODES.values()),
    # FHIR R4's own profile for blood pressures
    ("http://loinc.org", "85354-9"), ("http://loinc.org", "8480-6"), ("http://loinc.org", "8462-4"),
    ("http://unitsofmeasure.org", "mm[Hg]"),
}  # fmt: skip
OURS = "https://github.com/onward-intake/fhir/"
HL7 = "http://terminology.hl7.org/CodeSystem/"


@pytest.fixture
def session(database):  # noqa: F811
    with database.session() as s:
        yield s


def resources(made, kind=None):
    return [e["resource"] for e in made["entry"] if kind in (None, e["resource"]["resourceType"])]


def walk(value):
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


BUNDLES = {
    "full": lambda s: submit(s, suicidal_now="yes", high_bp="yes", pregnant="possible"),
    "pressure and stroke": lambda s: submit(s, high_bp="yes, 200/125 today", stroke_aneurysm="yes", stroke_what="a TIA"),
    "sparse": lambda s: submit(
        s,
        **dict.fromkeys(("birth_date", "phone", "city", "state", "medications", "allergies", "gate", "goals")),
        adult="yes",
    ),
    "told": lambda s: submit(s, reason="bipolar, seizures as a kid, my mom has glaucoma"),
    "gate no": lambda s: submit(s, gate="no", allergies="none"),
    "half screened": lambda s: submit(s, guilt=None),
    "callback": lambda s: submit(s, "callback"),
    "question": lambda s: submit(s, "question"),
    "crisis": lambda s: crisis(s, new_conversation(s)),
}


@pytest.fixture(params=BUNDLES)
def made(request, session):
    return fhir.bundle(BUNDLES[request.param](session))


def test_it_is_a_valid_transaction(made):
    parsed = Bundle.parse_obj(made)
    assert parsed.type == "transaction"
    assert json.loads(parsed.json())["entry"]


def test_every_reference_points_into_the_bundle(made):
    known = {entry["fullUrl"] for entry in made["entry"]}
    references = [part["reference"] for part in walk(made) if isinstance(part.get("reference"), str)]
    assert references
    assert set(references) <= known


def test_every_entry_is_created_only_once(made):
    conditions = []
    for entry in made["entry"]:
        resource, request = entry["resource"], entry["request"]
        assert request["method"] == "POST"
        assert request["url"] == resource["resourceType"]
        search, token = request["ifNoneExist"].split("=", 1)
        found = resource["meta"]["tag"] if search == "_tag" else resource["identifier"]
        found = found if isinstance(found, list) else [found]
        assert token in [f"{one['system']}|{one.get('value') or one.get('code')}" for one in found]
        conditions.append((resource["resourceType"], request["ifNoneExist"]))
    assert len(conditions) == len(set(conditions)), "two entries would shadow each other"


def test_only_verified_codes_are_used(made):
    for part in walk(made):
        if "system" in part and "code" in part:
            system, code = part["system"], part["code"]
            assert system.startswith((OURS, HL7)) or (system, code) in VERIFIED, (system, code)


def test_nothing_is_claimed_that_was_not_said(made):
    assert not resources(made, "RiskAssessment")
    for patient in resources(made, "Patient"):
        assert "gender" not in patient
    assert "null" not in json.dumps(made)
    assert not [part for part in walk(made) if any(value in (None, [], {}, "") for value in part.values())]


def test_the_same_handoff_gives_the_same_bundle(session):
    handoff = submit(session)
    assert fhir.bundle(handoff) == fhir.bundle(handoff)


def test_an_unknown_birth_date_is_absent(session):
    made = fhir.bundle(submit(session, birth_date=None, adult="yes"))
    assert "birthDate" not in resources(made, "Patient")[0]
    known = fhir.bundle(submit(session))
    assert resources(known, "Patient")[0]["birthDate"] == "1987-03-04"


def test_the_responses_are_the_record_of_what_was_answered(session):
    made = fhir.bundle(submit(session))
    found = resources(made, "QuestionnaireResponse")
    assert len(found) == 2
    for response in found:
        parsed = QuestionnaireResponse.parse_obj(response)
        assert parsed.status == "completed"
        assert parsed.authored is not None
        assert response["source"] == response["subject"]
    given = {part["linkId"]: part["answer"][0] for response in found for part in walk(response) if part.get("answer")}
    assert given["name"] == {"valueString": NAME}
    assert given["nightmares"] == {"valueBoolean": True}


def test_the_score_is_derived_from_its_response(session):
    made = fhir.bundle(submit(session))
    (score,) = resources(made, "Observation")
    source = next(e for e in made["entry"] if e["fullUrl"] == score["derivedFrom"][0]["reference"])
    assert source["resource"]["questionnaire"].split("|")[0].endswith("/pc-ptsd-5")
    assert (score["valueInteger"], score["status"]) == (4, "final")
    assert "Gate question: yes" in score["note"][0]["text"]


def test_a_half_answered_screen_is_preliminary(session):
    (score,) = resources(fhir.bundle(submit(session, guilt=None)), "Observation")
    assert score["status"] == "preliminary"


def test_red_and_amber_are_flags_and_info_is_not(session):
    made = fhir.bundle(submit(session, suicidal_now="yes", breastfeeding="yes", veteran="yes"))
    texts = [flag["code"]["text"] for flag in resources(made, "Flag")]
    assert any(text.startswith("RED: Thoughts of ending") for text in texts)
    assert any(text.startswith("AMBER: Breastfeeding") for text in texts)
    assert not any("Veteran" in text for text in texts)


@pytest.mark.parametrize(("changes", "priority"), [({}, "routine"), ({"suicidal_now": "yes"}, "stat")])
def test_the_task_has_the_urgency_of_the_handoff(session, changes, priority):
    (task,) = resources(fhir.bundle(submit(session, **changes)), "Task")
    assert (task["priority"], task["status"]) == (priority, "requested")


def test_each_consent_tells_what_was_agreed_and_what_was_not(session):
    consents = resources(fhir.bundle(submit(session)), "Consent")
    assert len(consents) == 6
    assert {(c["status"], c["provision"]["type"]) for c in consents} == {("active", "permit"), ("rejected", "deny")}
    assert all(c["policy"][0]["uri"].endswith("|2026-1") and c["dateTime"] for c in consents)


def test_what_a_person_says_of_themselves_is_unconfirmed(session):
    made = fhir.bundle(submit(session, high_bp="yes"))
    found = resources(made, "Condition") + resources(made, "AllergyIntolerance")
    assert len(found) == 3
    assert all(r["verificationStatus"]["coding"][0]["code"] == "unconfirmed" for r in found)
    assert {m["medicationCodeableConcept"]["text"] for m in resources(made, "MedicationStatement")} == {
        "sertraline",
        "alprazolam",
    }


def test_a_relatives_substances_are_not_the_patients(session):
    made = fhir.bundle(submit(session, medications="Zoloft, my mom takes warfarin", allergies="penicillin gives my son hives"))
    assert [m["medicationCodeableConcept"]["text"] for m in resources(made, "MedicationStatement")] == ["sertraline"]
    assert not resources(made, "AllergyIntolerance")


def test_a_blood_pressure_that_was_typed_is_an_observation(session):
    made = fhir.bundle(submit(session, high_bp="yes", high_bp_treated="yes, 200/125 this morning"))
    (found,) = [one for one in resources(made, "Observation") if one["category"][0]["coding"][0]["code"] == "vital-signs"]
    values = {part["code"]["coding"][0]["code"]: part["valueQuantity"]["value"] for part in found["component"]}
    assert (found["code"]["coding"][0]["code"], values) == ("85354-9", {"8480-6": 200, "8462-4": 125})
    assert found["note"][0]["text"] == "Patient-reported via chat: yes, 200/125 this morning"


@pytest.mark.parametrize(
    ("what", "code", "text"),
    [
        ("a small stroke (TIA)", None, "stroke or aneurysm"),
        ("mini-stroke", None, "stroke or aneurysm"),
        ("a stroke", "275526006", "history of stroke"),
        ("a stroke and a TIA", None, "stroke or aneurysm"),
        ("brain aneurysm", None, "stroke or aneurysm"),
        ("not a stroke, a blood clot", None, "stroke or aneurysm"),
    ],
)
def test_what_they_had_in_the_brain_is_coded_where_it_is_one_thing(session, what, code, text):
    made = fhir.bundle(submit(session, stroke_aneurysm="yes", stroke_what=what, stroke_when="2019"))
    (found,) = resources(made, "Condition")[1:]
    assert (found["code"].get("coding", [{}])[0].get("code"), found["code"]["text"]) == (code, text)


@pytest.mark.parametrize(
    ("words", "code", "text", "clinical"),
    [
        ("I have bipolar 2", "13746004", "bipolar disorder", "active"),
        ("manic episodes", None, "bipolar disorder", "active"),
        ("eye pressure", None, "glaucoma", "active"),
        ("sleep apnea", "73430006", "sleep apnea", "active"),
        ("epilepsy", None, "seizure disorder", "active"),
        ("I had glaucoma as a kid", None, "glaucoma (in the past)", "inactive"),
        ("maybe glaucoma", None, "glaucoma (not sure)", None),
    ],
)
def test_a_condition_told_in_words_is_coded_only_where_they_name_it(session, words, code, text, clinical):
    (found,) = resources(fhir.bundle(submit(session, reason=words, ptsd_diagnosed="no")), "Condition")
    assert (found["code"].get("coding", [{}])[0].get("code"), found["code"]["text"]) == (code, text)
    assert found.get("clinicalStatus", {}).get("coding", [{}])[0].get("code") == clinical
    assert found["note"][0]["text"].startswith("Patient-reported via chat") and words in found["note"][0]["text"]


def test_a_relatives_condition_is_not_the_patients(session):
    made = fhir.bundle(submit(session, reason="my brother has schizophrenia", ptsd_diagnosed="no"))
    assert not resources(made, "Condition")


def test_what_they_are_not_sure_of_is_no_coded_problem(session):
    made = fhir.bundle(submit(session, pregnant="I think I might be pregnant"))
    found = next(one for one in resources(made, "Condition") if "pregnancy" in one["code"]["text"])
    assert found["code"] == {"text": "pregnancy (not sure)"}
    assert "clinicalStatus" not in found and "category" not in found


def test_of_a_crisis_the_person_is_the_one_of_the_summary(session):
    conversation = new_conversation(session)
    handoff = crisis(session, conversation)
    play(session, "callback", {"name": "Frida", "reach": "frida@example.com"}, conversation)
    person = summary.summarize(session, handoff)["person"]
    (patient,) = resources(fhir.bundle(handoff), "Patient")
    assert (patient["name"][0]["text"], patient["telecom"][0]["value"]) == (person["name"], person["email"])
    assert person["name"] == "Frida"


def test_no_allergies_is_said_only_by_who_said_it(session):
    said = fhir.bundle(submit(session, allergies="none"))
    assert resources(said, "AllergyIntolerance")[0]["code"]["text"] == "No known allergy"
    assert not resources(fhir.bundle(submit(session, allergies=None)), "AllergyIntolerance")


@pytest.mark.parametrize(
    "words",
    [
        "does latex count?", "do not know", "What I'm allergic to is bees", "none, does latex count?", "none?",
        "not sure if I'm allergic to latex", "can not have eggs",
    ],
)  # fmt: skip
def test_an_allergy_that_is_asked_about_is_kept_and_not_denied(session, words):
    found = resources(fhir.bundle(submit(session, allergies=words)), "AllergyIntolerance")
    assert [one["code"] for one in found] == [{"text": words.removeprefix("none, ")}]
    assert found[0]["note"][0]["text"] == f"Patient-reported via chat (unsure): {words.removeprefix('none, ')}"


@pytest.mark.parametrize("words", ["no meds", "I don't take any pills", "not allergic to any foods", "no food allergies"])
def test_a_no_to_something_else_denies_no_allergy(session, words):
    assert not resources(fhir.bundle(submit(session, allergies=words)), "AllergyIntolerance")


@pytest.mark.parametrize("words", ["No allergies", "NKDA", "none. nothing at all", "I don't have any that I know of"])
def test_a_clear_denial_has_the_code(session, words):
    (found,) = resources(fhir.bundle(submit(session, allergies=words)), "AllergyIntolerance")
    assert (found["code"]["coding"][0]["code"], found["note"][0]["text"]) == (
        "716186003",
        f"Patient-reported via chat: {words}",
    )


def test_an_older_handoff_without_the_allergy_that_was_asked_about_denies_nothing(session):
    handoff = submit(session, allergies="does latex count?")
    handoff.data = {**handoff.data, "summary": {**handoff.data["summary"], "allergies": []}}
    assert not resources(fhir.bundle(handoff), "AllergyIntolerance")


def test_a_crisis_says_what_text_was_shown_and_when(session):
    made = fhir.bundle(crisis(session, new_conversation(session), "I want to die"))
    (shown,) = resources(made, "Communication")
    assert shown["payload"][0]["contentString"] == "Call or text 988."
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", shown["sent"])
    assert resources(made, "Task")[0]["priority"] == "stat"


def test_the_origin_of_everything_is_said(session):
    made = fhir.bundle(submit(session))
    (provenance,) = resources(made, "Provenance")
    others = {e["fullUrl"] for e in made["entry"] if e["resource"]["resourceType"] not in ("Provenance", "AuditEvent")}
    assert {target["reference"] for target in provenance["target"]} == others
    assert any("automated" in agent["who"].get("display", "") for agent in provenance["agent"])


def test_who_did_what_with_a_handoff_is_an_audit_event(session):
    handoff = submit(session)
    person = Staff(email="nurse@example.org", password_hash="x")
    session.add(person)
    session.flush()
    audit.record(session, person.id, "view", "handoff", handoff.id)
    audit.record(session, person.id, "take_over", "handoff", handoff.id, "from waiting")
    audit.record(session, None, "export", "handoff", handoff.id, "fhir by command line")
    audit.record(session, person.id, "view", "handoff", "another")
    made = fhir.bundle(handoff)
    Bundle.parse_obj(made)
    events = resources(made, "AuditEvent")
    assert [(e["subtype"][0]["code"], e["action"], e["agent"][0]["who"]["display"]) for e in events] == [
        ("create", "C", "Onward intake assistant (automated)"),
        ("view", "R", f"Staff member {person.id}"),
        ("take-over", "U", f"Staff member {person.id}"),
        ("export", "R", "Command line"),
    ]
    assert "nurse@example.org" not in json.dumps(made)
    again = fhir.bundle(handoff)
    assert again == made, "an event that was sent keeps its tag, so that it is not created twice"
