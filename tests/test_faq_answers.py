"""Every answer is there, sourced, plain, honest about the evidence, and leaves medical decisions to a clinician.

The words that may never be said are those of misleading ketamine advertising. A word such as "cure" may stand in a
denial ("it is not a cure"), so each sentence is read for a negation before the word; the test of the test below seeds
over-claims and expects every one to be caught.
"""

from __future__ import annotations

import re
from urllib.parse import urlparse

import pytest
import yaml

from actions.library import FaqAnswer, FaqLibrary
from bot.settings import Clinic
from tests.faq_library import FAQ_DIR, ROOT, Faq, catalogue, library, sentences

IDS = catalogue()

EFFICACY = [
    "what_is_ketamine",
    "how_it_works",
    "effectiveness",
    "research_evidence",
    "fda_status",
    "off_label",
    "success_rate",
    "cure",
    "va_position",
    "spravato",
    "other_treatments",
    "psychedelics",
    "ptsd_types",
    "symptoms_helped",
    "suicidal_thoughts_benefit",
    "onset",
    "duration",
    "boosters",
    "not_working",
    "long_term_benefits",
    "tried_before",
]

MEDICINES = [
    "antidepressants",
    "benzodiazepines",
    "lamotrigine",
    "stimulants",
    "day_of_medicines",
    "opioids",
    "cannabis",
    "alcohol",
    "sleep_medicines",
]

CLINIC_ONLY = [
    "conditions_treated",
    "diagnosis_needed",
    "referral",
    "prior_treatments_needed",
    "therapist_needed",
    "age_limit",
    "weight_limit",
    "day_of_medicines",
    "cost",
    "insurance",
    "payment_options",
    "location_and_hours",
    "booking",
    "route",
    "session_frequency",
    "first_visit",
    "care_team",
    "companion",
    "therapy_integration",
    "after_hours",
]

CRISIS_NUMBER = [
    "suicidal_thoughts_benefit",
    "side_effects",
    "overdose_risk",
    "feeling_worse",
    "not_working",
    "bad_trip",
    "reliving_trauma",
    "after_hours",
]

# What may be said only while the clinic's own value is missing: beside the value it would contradict it.
ONLY_THE_CLINIC_KNOWS = re.compile(
    r"\bask (the clinic|the team|for its|for them|what (is|they)|how (long to|late)|whether)\b"
    r"|\b(the clinic's|its own|own) (rules?|policy|decision)\b"
    r"|\bclinics? (differs?|to clinic)\b|\brules (differ|vary)\b|\bfor the clinic to say\b|\bdepends on the clinic\b"
    r"|\bcomes? (only )?from the clinic\b|\b(the|each) clinic (sets|arranges|has its own)\b"
    r"|\bI (can't|won't) guess\b|\bI don't (have|know)\b"
    r"|\b(some|several|many) clinics (ask|let|have)\b",
    re.I,
)

NEGATION = re.compile(
    r"\b(no|not|never|nobody|nothing|none|neither|nor|cannot|without|whether|isn't|aren't|wasn't|doesn't|don't|didn't|"
    r"can't|won't|hasn't|haven't)\b",
    re.I,
)
# A claim that no sentence may make, denied or not: there is no honest sentence that needs it.
NEVER = {
    "non-addictive": r"\bnon[- ]?addictive\b",
    "no side effects": r"\b(no|without|zero|free of)( any| long-term)? side[- ]effects?\b",
    "a high success figure": r"\b([7-9]\d|100)\s?(%|percent|per cent)",
    "clinically proven": r"\b(clinically|scientifically) proven\b",
    "groundbreaking": r"\b(ground-?breaking|breakthrough|miracle|revolutionary|life-changing|game-changer)\b",
    "the clinic's page": r"lasting recovery|reclaim (your|their)|path to healing|restores? (normal )?brain|"
    r"most effective care|rapid relief|optimi[sz]ation of|promising",
    "superlatives": r"\b(best|safest) (treatment|option|choice|clinic)\b",
}
# A claim that may only stand in a denial.
NEEDS_DENIAL = {
    "cure": r"\bcur(e|es|ed|ing)\b",
    "proven": r"\bprove[ns]?\b",
    "safe": r"\b(safe|safely)\b",
    "guaranteed": r"\bguarantee[sd]?\b",
    "promise": r"\bpromis(e|es|ed)\b",
}
APPROVED_FOR_PTSD = re.compile(r"\bFDA[- ]approved\b[^.;]*\bPTSD\b", re.I)
APPROVED_MEDICINES = re.compile(r"\b(sertraline|Zoloft|paroxetine|Paxil)\b")

DOSE = re.compile(r"\b\d+([.,]\d+)?\s?(mg|mcg|milligrams?|micrograms?|ml|cc)\b|\bmg/kg\b", re.I)
TELLS_TO_CHANGE = re.compile(
    r"^(stop|skip|hold|start|reduce|lower|double|taper|increase|quit|cut)\b"
    r"|\byou (should|must|can|may|need to|have to) (now )?(stop|skip|hold|start|reduce|lower|double|taper|increase|quit|cut)"
    r" (it|them|this|that|one|your|any|all|taking|the|[a-z]+(am|ine|ol|in|ide|ium|one))\b",
    re.I,
)
WHO_DECIDES = re.compile(
    r"\b(clinicians?|prescribers?|doctors?|team|program|they)\b[^.]*\b(decides?|will tell you|set)\b|belongs to the doctor",
    re.I,
)
DECIDES_FOR_PERSON = re.compile(
    r"\byou (do )?(qualify|are eligible|are a good candidate|are not eligible)\b|\byou('re| are) (cleared|approved)\b",
    re.I,
)
LIMIT = re.compile(
    r"\bmixed\b|\bno (difference|benefit|PTSD benefit|overall)|\bfound no\b|\bfade|\bnobody\b|\bnot (been )?(known|established|"
    r"shown|determined|reviewed)\b|\bsuggests? against\b|\bdo(es)? not (know|extend)\b|\bno better\b",
    re.I,
)


def over_claims(sentence: str) -> list[str]:
    """The names of the forbidden claims a sentence makes."""
    found = [name for name, pattern in NEVER.items() if re.search(pattern, sentence, re.I)]
    for name, pattern in NEEDS_DENIAL.items():
        match = re.search(pattern, sentence, re.I)
        if match and not NEGATION.search(sentence[: match.start()]):
            found.append(name)
    match = APPROVED_FOR_PTSD.search(sentence)
    if match and not NEGATION.search(sentence[: match.start()]) and not APPROVED_MEDICINES.search(sentence):
        found.append("FDA-approved for PTSD")
    return found


def syllables(word: str) -> int:
    """A rough count by vowel groups: good enough to compare answers with one another."""
    word = re.sub(r"[^a-z]", "", word.lower())
    if len(word) <= 3:
        return 1
    word = re.sub(r"(?:[^laeiouy]es|[^aeioudt]ed|[^laeiouy]e)$", lambda m: m.group()[0], word)
    return max(1, len(re.findall(r"[aeiouy]+", word)))


def grade(text: str) -> float:
    """Flesch-Kincaid school grade. The words of the subject cannot be replaced, so they count as two syllables."""
    text = re.sub(r"\b(ketamine|esketamine|Spravato|PTSD|clinicians?|medicines?|FDA|VA/DoD)\b", "other", text)
    words = re.findall(r"[A-Za-z][A-Za-z'’-]*", text)
    count = len(re.findall(r"[.?:;]+(?=\s|$)", text)) or 1
    return 0.39 * len(words) / count + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


@pytest.fixture(params=IDS)
def faq(request) -> Faq:
    found = library().get(request.param)
    assert found is not None, f"{request.param} has no answer in data/faq"
    return found


def test_no_answer_without_a_place_in_the_catalogue() -> None:
    assert sorted(library()) == sorted(IDS)


def test_answer_has_one_reviewed_text_of_40_to_120_words(faq: Faq) -> None:
    assert faq.variants == 1
    assert 40 <= len(faq.text.split()) <= 120, len(faq.text.split())


def test_answer_names_its_sources(faq: Faq) -> None:
    assert faq.metadata["sources"]
    for source in faq.metadata["sources"]:
        assert source["title"].strip()
        url = urlparse(source["url"])
        assert url.scheme == "https" and "." in url.netloc, source


def test_answer_says_when_and_by_whom_it_was_reviewed(faq: Faq) -> None:
    assert re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", str(faq.metadata["reviewed"]))
    assert faq.metadata["reviewer"].strip()


def test_related_answers_exist_and_differ(faq: Faq) -> None:
    related = faq.metadata["related"]
    assert 2 <= len(related) == len(set(related))
    assert faq.id not in related
    assert set(related) <= set(IDS), set(related) - set(IDS)


def test_label_fits_on_a_button(faq: Faq) -> None:
    assert faq.metadata["id"] == faq.id
    assert 0 < len(faq.metadata["question"]) <= 60


def test_labels_are_not_repeated() -> None:
    labels = [found.metadata["question"].lower() for found in library().values()]
    assert len(labels) == len(set(labels))


def test_clinic_value_named_by_an_answer_exists(faq: Faq) -> None:
    keys = faq.metadata.get("clinic")
    if keys is None:
        assert "clinic_missing" not in faq.metadata
        return
    for key in [keys] if isinstance(keys, str) else keys:
        place = yaml.safe_load((ROOT / "clinic.yml").read_text(encoding="utf-8"))
        for part in key.split("."):
            assert isinstance(place, dict) and part in place, f"{key} is not a key of clinic.yml"
            place = place[part]
        assert not isinstance(place, dict), f"{key} is a group of keys"
    missing = faq.metadata["clinic_missing"]
    assert re.match(r"I don't (have|know)\b", missing) and missing.endswith("."), missing


@pytest.mark.parametrize("faq_id", CLINIC_ONLY)
def test_what_only_the_clinic_knows_comes_from_its_file(faq_id: str) -> None:
    assert library()[faq_id].metadata.get("clinic"), f"{faq_id} names no key of clinic.yml"


def with_clinic_value() -> list[str]:
    """The ids of the answers that begin with a value of clinic.yml."""
    return [faq_id for faq_id in IDS if faq_id in library() and "clinic" in library()[faq_id].metadata]


def composed(faq_id: str) -> FaqAnswer:
    answer = FaqLibrary.load(FAQ_DIR).known([faq_id])[0]
    assert answer.clinic_keys
    return answer


@pytest.mark.parametrize("faq_id", with_clinic_value())
def test_with_the_clinic_value_no_answer_says_that_only_the_clinic_knows(faq_id: str) -> None:
    answer = composed(faq_id)
    said, lacks = answer.compose(Clinic({answer.clinic_keys[0]: "This is what the clinic says."}))
    assert not lacks and said.startswith("This is what the clinic says.\n\n")
    own = said.partition("\n\n")[2]
    assert 40 <= len(own.split()) <= 120, len(own.split())
    assert not [sentence for sentence in sentences(own) if ONLY_THE_CLINIC_KNOWS.search(sentence)]


def test_what_the_clinic_has_set_of_several_values_is_said() -> None:
    place = composed("location_and_hours")
    said, lacks = place.compose(Clinic({"hours": "We are open on weekdays.", "phone": "503-555-0100"}))
    assert not lacks and said.startswith("We are open on weekdays. The phone number is 503-555-0100.\n\n")


@pytest.mark.parametrize("faq_id", with_clinic_value())
def test_without_the_clinic_value_the_answer_says_so_and_is_complete(faq_id: str) -> None:
    said, lacks = composed(faq_id).compose(Clinic({}))
    assert lacks and re.match(r"I don't (have|know)\b", said)
    assert 40 <= len(said.split()) <= 120, len(said.split())
    assert grade(said) <= 10.0, round(grade(said), 1)
    assert not DOSE.search(said)
    assert not [sentence for sentence in sentences(said) if over_claims(sentence) or TELLS_TO_CHANGE.search(sentence)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Please ask the clinic; I can't guess its rule.",
        "That is the clinic's rule, so please ask the team.",
        "Ask the clinic for its rule.",
        "Prices come only from the clinic.",
        "Clinics differ in what they treat.",
        "Ask how long to plan for.",
        "Whether the clinic allows it is its own policy.",
    ],
)
def test_a_contradiction_of_the_clinic_value_would_be_caught(sentence: str) -> None:
    assert ONLY_THE_CLINIC_KNOWS.search(sentence)


def test_answer_does_not_shout_or_flatter(faq: Faq) -> None:
    said = f"{faq.text} {faq.metadata.get('clinic_missing', '')} {faq.metadata['question']}"
    assert "!" not in said
    assert not re.search(
        r"as an AI|I understand how you feel|great question|don't worry|calm down|we've got you", said, re.I
    )
    assert said.isascii() or not re.search(r"[\U0001F000-\U0001FAFF]", said)


def test_answer_never_over_claims(faq: Faq) -> None:
    caught = {sentence: over_claims(sentence) for sentence in faq.sentences}
    assert not {sentence: names for sentence, names in caught.items() if names}


@pytest.mark.parametrize(
    "claim",
    [
        "Ketamine can cure PTSD.",
        "It is proven to help veterans.",
        "Ketamine is safe.",
        "Relief is guaranteed.",
        "Ketamine is FDA-approved for PTSD.",
        "It is non-addictive.",
        "It is not true that it is addictive, it is non-addictive.",
        "There are no side effects.",
        "It works for 85% of people.",
        "A clinically proven treatment.",
        "It restores normal brain function.",
        "We promise you relief.",
    ],
)
def test_an_over_claim_would_be_caught(claim: str) -> None:
    assert any(over_claims(sentence) for sentence in sentences(claim))


@pytest.mark.parametrize(
    "honest",
    [
        "Ketamine is not known to cure PTSD.",
        "It is not FDA-approved for PTSD.",
        "The FDA has not determined that ketamine is safe and effective for such uses.",
        "Only sertraline and paroxetine are FDA-approved for PTSD.",
        "Nobody can promise a result.",
    ],
)
def test_an_honest_sentence_would_pass(honest: str) -> None:
    assert not over_claims(honest)


@pytest.mark.parametrize("faq_id", EFFICACY)
def test_efficacy_answer_says_off_label_and_gives_the_limits(faq_id: str) -> None:
    text = library()[faq_id].text
    assert re.search(r"\boff-label\b|\bnot FDA-approved\b", text, re.I)
    assert LIMIT.search(text)


def test_mention_of_the_positive_trials_comes_with_the_negative_one(faq: Faq) -> None:
    if re.search(r"\bsmall trials?\b", faq.text):
        assert re.search(r"\blargest\b", faq.text), "a positive small trial stands alone"


def test_no_answer_gives_a_dose(faq: Faq) -> None:
    assert not DOSE.search(faq.text)


@pytest.mark.parametrize("faq_id", MEDICINES)
def test_medicine_answer_leaves_the_decision_to_a_clinician(faq_id: str) -> None:
    found = library()[faq_id]
    assert any(WHO_DECIDES.search(sentence) for sentence in found.sentences)
    assert re.search(r"\bclinic(ian)?\b", found.text)


def test_no_answer_tells_anyone_to_change_a_medicine(faq: Faq) -> None:
    assert not [sentence for sentence in faq.sentences if TELLS_TO_CHANGE.search(sentence)]


@pytest.mark.parametrize(
    "advice", ["Stop your Xanax the day before.", "You can skip your lithium.", "You should taper it."]
)
def test_advice_to_change_a_medicine_would_be_caught(advice: str) -> None:
    assert TELLS_TO_CHANGE.search(advice)


def test_no_answer_decides_who_may_have_treatment(faq: Faq) -> None:
    assert not DECIDES_FOR_PERSON.search(faq.text)


@pytest.mark.parametrize("faq_id", CRISIS_NUMBER)
def test_answer_near_thoughts_of_suicide_names_the_lifeline(faq_id: str) -> None:
    assert re.search(r"\bcall or text 988\b", library()[faq_id].text)


def test_answer_is_plain_enough(faq: Faq) -> None:
    assert grade(faq.text) <= 10.0, round(grade(faq.text), 1)


def test_answers_average_a_ninth_grade_reader_or_younger() -> None:
    grades = [grade(found.text) for found in library().values()]
    assert sum(grades) / len(grades) <= 8.0, round(sum(grades) / len(grades), 2)


def test_readability_tells_plain_from_bureaucratic() -> None:
    plain = "Tell the team what you take. They can help you plan the day."
    bureaucratic = (
        "Pharmacological contraindications necessitate comprehensive interdisciplinary evaluation beforehand."
    )
    assert grade(plain) < 5 < 12 < grade(bureaucratic)
