"""What `rasa` returns for a message without context: the contract of the understanding pipeline, on the shipped model."""
from __future__ import annotations

import hashlib
import json

import pytest

from bot.intake.mentions import Lexicon, MentionReader
from bot.nlu.encoder import MAX_TOKENS, Encoder, model_path
from bot.nlu.text import rows
from bot.settings import ROOT
from tests.nlu_fixtures import Reader, reader  # noqa: F401


@pytest.mark.parametrize(
    "text, expected",
    [
        ("what is ketamine?", "what_is_ketamine"),
        ("does it actually work for ptsd", "effectiveness"),
        ("how much does one infusion cost", "cost"),
        ("when can i drive again after a session", "driving"),
        ("I take Lamictal, does that matter", "lamotrigine"),
    ],
)
def test_a_question_names_its_answer(reader: Reader, text: str, expected: str) -> None:  # noqa: F811
    parse = reader.parse(text)
    selected = parse["response_selector"]["faq"]
    assert parse["intent"]["name"] == "faq" and parse["intent"]["full_retrieval_intent_name"] == f"faq/{expected}"
    assert selected["response"]["intent_response_key"] == f"faq/{expected}"
    assert selected["response"]["utter_action"] == f"utter_faq/{expected}" and selected["response"]["responses"][0]["text"]
    assert selected["ranking"][0]["intent_response_key"] == f"faq/{expected}"
    assert all(0 <= entry["confidence"] <= 1 for entry in [*parse["intent_ranking"], *selected["ranking"]])


@pytest.mark.parametrize(
    "text, expected",
    [
        ("I want to kill myself", "crisis"),
        ("she took the whole bottle and won't wake up", "medical_emergency"),
        ("can I talk to a real person", "talk_to_human"),
        ("start my history", "start_intake"),
        ("are you a robot", "bot_challenge"),
        ("asdkjh qwpeoi zxmcn", None),
        ("who won the game last night", None),
        ("\U0001f937", None),
    ],
)
def test_intents_that_are_no_question(reader: Reader, text: str, expected: str | None) -> None:  # noqa: F811
    assert reader.intent(text) == (expected or "nlu_fallback")


@pytest.mark.parametrize("text, expected", [("I don't understand", "why"), ("huh?", "why"), ("is that normal", "nlu_fallback"), ("\u2060is that ok?", "nlu_fallback"), ("sure why not", "affirm")])
def test_what_only_asks_back_is_no_yes_and_no_distress(reader: Reader, text: str, expected: str) -> None:  # noqa: F811
    assert reader.intent(text) == expected


@pytest.mark.parametrize(
    "framed",
    ["hey {}", "{} Thank you and God bless", "question 1: {}", "{} \U0001f64f", "asking for my husband {}", "sorry to bother you but {}"],
)
def test_courtesies_do_not_hide_a_short_question(reader: Reader, framed: str) -> None:  # noqa: F811
    """Without that all but three of these are not answered, or by another answer."""
    for text, expected in (("who sits with me", "care_team"), ("can I fly home", "activities_after")):
        assert reader.answer(framed.format(text)) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Lexapro 20, do I have to stop it?", "antidepressants"),
        ("I take lamictal, do I have to stop it?", "lamotrigine"),
        ("xanax 0.5, do I have to stop?", "benzodiazepines"),
        ("lisinopril, can i keep taking it?", "day_of_medicines"),
        ("do i have to stop it?", "day_of_medicines"),
    ],
)
def test_to_stop_a_medicine_is_not_to_stop_a_session(reader: Reader, text: str, expected: str) -> None:  # noqa: F811
    """The answer to that begins with "Yes"."""
    selected = reader.parse(text)["response_selector"]["faq"]
    assert selected["response"]["intent_response_key"] == f"faq/{expected}" and selected["also"] == []


@pytest.mark.parametrize(
    "text, expected",
    [
        ("he's on prozac and restoril, would either one get in the way", {"antidepressants", "benzodiazepines"}),
        ("dad is on hydrocodone and he has afib. is that a problem", {"opioids", "heart_or_stroke"}),
        ("two years clean off coke. is it safe for me, and do people get hooked on it", {"recovery", "addiction"}),
        ("is it dangerous to smoke weed and have a few beers", {"cannabis", "alcohol"}),
        ("how much is it also i have tricare", {"cost", "insurance"}),
        ("do i gotta come back for boosters n can i just do them at home", {"boosters", "at_home"}),
    ],
)
def test_two_things_in_one_message_get_both_answers(reader: Reader, text: str, expected: set[str]) -> None:  # noqa: F811
    selected = reader.parse(text)["response_selector"]["faq"]
    assert {selected["response"]["intent_response_key"].partition("/")[2], *selected["also"]} == expected


@pytest.mark.parametrize(
    "text",
    [
        "I'm not suicidal", "no thoughts of suicide", "I have never thought about suicide", "I was suicidal in 2015 but not now",
        "I work on a suicide hotline", "i lost my brother to suicide last year", "we lost our baby last year", "my dog was put down",
        "my dad killed himself when i was 10",
    ],
)  # fmt: skip
def test_what_is_told_of_suicide_and_loss_is_no_question(reader: Reader, text: str) -> None:  # noqa: F811
    assert reader.intent(text) == "told"


def test_a_wish_for_a_person_keeps_the_question_beside_it(reader: Reader) -> None:  # noqa: F811
    parsed = reader.parse("how much does it cost, and can I talk to a person")
    assert parsed["intent"]["name"] == "talk_to_human" and parsed["beside"] == ["cost"]
    assert "beside" not in reader.parse("can I talk to a person")


@pytest.mark.parametrize("text", ["does ketamine help with suicidal thoughts?", "can ketamine stop suicidal ideation", "does it help if i was suicidal in the past"])
def test_a_question_about_suicidal_thoughts_keeps_its_answer(reader: Reader, text: str) -> None:  # noqa: F811
    assert reader.answer(text) == "suicidal_thoughts_benefit"


@pytest.mark.parametrize(
    "text",
    [
        "i cant sleep again", "i get headaches", "my husband doesn't know i'm here", "she doesnt know im asking", "you are useless", "a" * 2000,
        "my daughter cut herself with a kitchen knife by accident cooking", "im 15 and i want to start", "I'm a 14 year old and my mom said to write you",
        "I'm 17 and want to sign up", "i am 13 and have ptsd", "I can't go on Monday", "I give up trying to find your phone number", "I'm not suicidal today",
    ],
)  # fmt: skip
def test_everyday_talk_is_not_asked_about(reader: Reader, text: str) -> None:  # noqa: F811
    assert reader.intent(text) not in ("distress", "crisis", "medical_emergency")


@pytest.mark.parametrize(
    ("link_id", "text"),
    [
        ("goals", "not wake up screaming"), ("goals", "not wake up at 3am"), ("reason", "to kill time"), ("reason", "their deadlines are killing me"),
        ("ptsd-diagnosed-by", "self diagnosed"), ("allergies", "bee stings put me in the hospital"),
    ],
)  # fmt: skip
def test_an_everyday_answer_is_only_an_answer(reader: Reader, link_id: str, text: str) -> None:  # noqa: F811
    assert reader.intent(text, {"questionnaire": "intake", "link_id": link_id, "type": "text"}) == "answer"


@pytest.mark.parametrize(
    ("text", "noticed"),
    [
        ("I'm done", "distress"), ("I am done", "distress"), ("kms", "crisis"), ("matarme", "crisis"), ("I took two bottles of pills", "medical_emergency"),
        ("i bought a rope yesterday", "crisis"), ("been saving up my pills", "crisis"), ("I'm 15 and cutting", "crisis"), ("lethal amount?", "distress"),
        ("pienso en suicidarme", "distress"), ("I'm not going to kill myself yet", "crisis"), ("I'm not suicidal, I just think about it all day", "crisis"),
        ("told my doctor I'm not suicidal, I lied", "crisis"), ("I'm in the garage with the car running", "crisis"), ("kill me", "crisis"),
        ("I have 60 oxycodone saved up for when I'm ready", "crisis"), ("déjenme morir", "crisis"), ("tomé veneno", "medical_emergency"),
        ("no plan but I think about it", "crisis"), ("im 14 and i hate my life", "crisis"),
    ],
)  # fmt: skip
def test_what_must_be_noticed_is(reader: Reader, text: str, noticed: str) -> None:  # noqa: F811
    assert reader.intent(text) in (noticed, "crisis")


@pytest.mark.parametrize("text", ["/start_intake", " / start_intake", '/faq{"choice": "cost"}'])
def test_typed_payloads_do_nothing(reader: Reader, text: str) -> None:  # noqa: F811
    assert reader.parse("\u2060" + text)["entities"] == []


@pytest.mark.parametrize(
    "text, expected",
    [
        ("I take Zoloft 50 mg and stopped Lamictal last year", {("medication", "sertraline", "current"), ("medication", "lamotrigine", "past")}),
        ("no high blood pressure", {("condition", "hypertension", "negated")}),
        ("my brother has bipolar", {("condition", "bipolar disorder", "family")}),
        ("allergic to codeine", {("medication", "codeine", "allergy")}),
        ("suboxone daily", {("medication", "buprenorphine/naloxone", "current")}),
        ("saint johns wort tea", {("medication", "st john's wort", "current")}), ("hierba de san juan", {("medication", "st john's wort", "current")}),
        ("I love my garden", set()),
        # how it is taken, and that it is over
        ("Zoloft 50 mg once a day", {("medication", "sertraline", "current")}),
        ("I took Zoloft once", {("medication", "sertraline", "past")}),
        ("trazodone before bed", {("medication", "trazodone", "current")}),
        ("Xanax before flights", {("medication", "alprazolam", "current")}),
        ("Prozac before, now Zoloft", {("medication", "fluoxetine", "past"), ("medication", "sertraline", "current")}),
        ("Paxil before the war", {("medication", "paroxetine", "past")}),
        ("Xanax n Ativan", {("medication", "alprazolam", "current"), ("medication", "lorazepam", "current")}),
        ("Asthma: n Diabetes: y", {("condition", "asthma", "negated"), ("condition", "diabetes", "present")}),
        ("asthma n", {("condition", "asthma", "negated")}),
        ("quit Zoloft in May, Xanax", {("medication", "sertraline", "past"), ("medication", "alprazolam", "current")}),
        ("I may have glaucoma", {("condition", "glaucoma", "unsure")}),
        ("epilepsy as a teen, and sleep apnea", {("condition", "seizure disorder", "past"), ("condition", "sleep apnea", "present")}),
        ("one psychotic episode in my 20s", {("condition", "psychosis", "past")}),
        ("scared of hallucinations", {("condition", "psychosis", "unsure")}),
        # no history of something, and nobody in the family who has it
        ("no history of stroke", {("condition", "stroke", "negated")}),
        ("no hx of bipolar", {("condition", "bipolar disorder", "negated")}),
        ("denies any history of seizures", {("condition", "seizure disorder", "negated")}),
        ("no prior seizures", {("condition", "seizure disorder", "negated")}),
        ("without a history of heart failure", {("condition", "heart failure", "negated")}),
        ("no childhood asthma", {("condition", "asthma", "negated")}),
        ("No prior ketamine use", {("medication", "ketamine", "negated")}),
        ("I haven't tried lithium", {("medication", "lithium", "negated")}),
        ("I haven't had any seizures", {("condition", "seizure disorder", "negated")}),
        ("no family history of bipolar", {("condition", "bipolar disorder", "negated")}),
        ("no one in my family has psychosis", {("condition", "psychosis", "negated")}),
        ("neither of my parents had bipolar", {("condition", "bipolar disorder", "negated")}),
        ("my family has no history of schizophrenia", {("condition", "schizophrenia", "negated")}),
        ("my dad doesn't take warfarin", {("medication", "warfarin", "negated")}),
        ("my mother, not me, has bipolar", {("condition", "bipolar disorder", "family")}),
        ("nobody has ever said bipolar", {("condition", "bipolar disorder", "negated")}),
        ("PTSD w/o psychosis", {("condition", "ptsd", "present"), ("condition", "psychosis", "negated")}),
        # denied now, and so once there
        ("history of bipolar", {("condition", "bipolar disorder", "past")}),
        ("no seizures in 10 years", {("condition", "seizure disorder", "past")}),
        ("haven't had a seizure since 2015", {("condition", "seizure disorder", "past")}),
        ("I don't take Zoloft anymore", {("medication", "sertraline", "past")}),
        ("no more klonopin", {("medication", "clonazepam", "past")}),
        ("seizure free for 6 years", {("condition", "seizure disorder", "past")}),
        # a no that is about something else
        ("I haven't been the same since my TBI", {("condition", "traumatic brain injury", "present")}),
        ("can't sleep from anxiety", {("condition", "anxiety", "present")}),
        ("I can't leave the house with my PTSD", {("condition", "ptsd", "present")}),
        ("I don't have the energy, depression is bad", {("condition", "depression", "present")}),
        ("I haven't taken my lisinopril today", {("medication", "lisinopril", "current")}),
        ("I don't take Zoloft every day", {("medication", "sertraline", "current")}),
        ("my husband is a bear without his Zoloft", {("medication", "sertraline", "family")}),
        ("nothing helps my ptsd", {("condition", "ptsd", "present")}),
        ("can't function without Xanax", {("medication", "alprazolam", "current")}),
        # whether it is over
        ("off zoloft since june", {("medication", "sertraline", "past")}),
        ("I want to get off xanax", {("medication", "alprazolam", "current")}),
        ("tapering off klonopin", {("medication", "clonazepam", "current")}),
        ("should I stop taking Zoloft", {("medication", "sertraline", "current")}),
        ("do I have to quit Xanax", {("medication", "alprazolam", "current")}),
        ("prednisone taper ended last week", {("medication", "prednisone", "past")}),
        ("finished amoxicillin", {("medication", "amoxicillin", "past")}),
        ("I took a Xanax this morning", {("medication", "alprazolam", "current")}),
        ("stroke, 2016", {("condition", "stroke", "past")}),
        ("hep c cured", {("condition", "liver disease", "past")}),
        ("I want to start Zoloft", {("medication", "sertraline", "unsure")}),
        ("waiting to start lithium", {("medication", "lithium", "unsure")}),
        ("I want to try ketamine for my PTSD", {("medication", "ketamine", "unsure"), ("condition", "ptsd", "present")}),
        ("r/o psychosis", {("condition", "psychosis", "unsure")}),
        ("I'm worried I have bipolar", {("condition", "bipolar disorder", "unsure")}),
        ("I lost a baby at 8 weeks along", {("condition", "pregnancy", "past")}),
        # taken back
        ("was prescribed Klonopin but never took it", {("medication", "clonazepam", "negated")}),
        ("I was misdiagnosed with bipolar", {("condition", "bipolar disorder", "negated")}),
        ("they thought it was bipolar but it wasn't", {("condition", "bipolar disorder", "negated")}),
        ("COPD but I quit smoking", {("condition", "copd", "present")}),
        ("can't be pregnant", {("condition", "pregnancy", "negated")}),
        ("my wife thinks I have sleep apnea", {("condition", "sleep apnea", "unsure")}),
        # reactions
        ("allergic to penicillin, take Zoloft", {("medication", "penicillin", "allergy"), ("medication", "sertraline", "current")}),
        ("can't take ibuprofen, swells my face", {("medication", "ibuprofen", "allergy")}),
        ("reaction to morphine", {("medication", "morphine", "allergy")}),
        ("no reaction to penicillin", {("medication", "penicillin", "negated")}),
        # whose it is
        ("my ex-wife's ativan", {("medication", "lorazepam", "family")}),
        ("I take my mom's Xanax", {("medication", "alprazolam", "current")}),
        ("aunt with schizophrenia", {("condition", "schizophrenia", "family")}),
        # names
        ("nursing my 3 month old", {("condition", "breastfeeding", "present")}),
        ("I'm expecting", {("condition", "pregnancy", "present")}),
        ("I'm expecting a call", set()),
        ("8 weeks along", {("condition", "pregnancy", "present")}),
        ("I have DID", {("condition", "dissociative disorder", "present")}),
        ("what I DID, I did", set()),
        ("in recovery from heroin", {("condition", "opioid use disorder", "past")}),
        ("used to have an opioid problem", {("condition", "opioid use disorder", "past")}),
        ("I'm in recovery", {("condition", "substance use disorder", "past")}),
        ("woke up in recovery and cried", set()),
        ("no thyroid problems", set()),
        ("armour thyroid", {("medication", "thyroid", "current")}),
        ("hydrocodone apap 5/325", {("medication", "hydrocodone/acetaminophen", "current")}),
        ("losartan HCTZ", {("medication", "losartan/hydrochlorothiazide", "current")}),
        ("buprenorphine-naloxone film", {("medication", "buprenorphine/naloxone", "current")}),
        ("Tylenol PM", {("medication", "acetaminophen/diphenhydramine", "current")}),
        ("Claritin-D", {("medication", "loratadine/pseudoephedrine", "current")}),
        ("Ultracet", {("medication", "tramadol/acetaminophen", "current")}),
        ("Contrave", {("medication", "naltrexone/bupropion", "current")}),
        ("lisinopril, hctz", {("medication", "lisinopril", "current"), ("medication", "hydrochlorothiazide", "current")}),
        ("Zoloft/Xanax", {("medication", "sertraline", "current"), ("medication", "alprazolam", "current")}),
    ],
)
def test_medicines_and_conditions(reader: Reader, text: str, expected: set) -> None:  # noqa: F811
    found = reader.parse(text)["entities"]
    kept = [e for e in found if e["entity"] in ("medication", "condition")]
    assert {(e["entity"], e["value"], e["status"]) for e in kept} == expected
    assert all(text[e["start"] : e["end"]].strip() for e in kept)


@pytest.fixture(scope="module")
def mentions() -> MentionReader:
    return MentionReader(Lexicon.load(ROOT / "data" / "nlu" / "lexicon"))


@pytest.mark.parametrize(
    "text",
    [
        "a stroke of luck", "at the stroke of midnight", "brush strokes", "two strokes under par", "it broke my heart", "the heart of the matter", "depressing weather",
        "I nearly had a heart attack when I saw the bill", "I'm a coffee addict", "a pregnant pause", "blackout curtains", "the Great Depression", "the weather is bipolar",
        "a lithium battery", "iron man", "weeding the garden", "anxious to hear back", "special K cereal",
    ],
)  # fmt: skip
def test_a_figure_of_speech_names_nothing(mentions: MentionReader, text: str) -> None:
    assert mentions.read(text) == []


@pytest.mark.parametrize(
    ("text", "value", "status"),
    [
        ("I almost had a stroke", "stroke", "past"), ("I was too anxious to get started", "anxiety", "present"), ("after my stroke my dog helps me", "stroke", "present"),
        ("a stroke in 2019, a stroke of bad luck", "stroke", "past"), ("I take iron, will that matter", "iron", "current"), ("great, depression again", "depression", "present"),
        ("I smoke weed", "cannabis", "current"), ("drug addict", "substance use disorder", "present"), ("my boss is bipolar", "bipolar disorder", "family"),
    ],
)  # fmt: skip
def test_what_may_be_meant_in_earnest_is_read(mentions: MentionReader, text: str, value: str, status: str) -> None:
    assert [(one.value, one.status) for one in mentions.read(text)] == [(value, status)]


@pytest.mark.parametrize("row", rows(ROOT / "tests" / "data" / "nlu" / "dev" / "entities.tsv"), ids=lambda row: row["text"])
def test_medicines_and_conditions_as_patients_type_them(mentions: MentionReader, row: dict[str, str]) -> None:
    expected = {(e["entity"], e["value"], e["status"]) for e in json.loads(row["expected"])}
    found = mentions.read(row["text"])
    assert {(m.entity, m.value, m.status) for m in found} == expected
    assert all(row["text"][m.start : m.end].strip() for m in found)


BIRTH_DATE = {"questionnaire": "intake", "link_id": "birth-date", "type": "date", "options": [], "format": "birth-date"}
CONTACT_WAY = {"questionnaire": "intake", "link_id": "contact-way", "type": "choice", "options": ["Phone call", "Call me"], "format": None}
EMAIL = {"questionnaire": "intake", "link_id": "email", "type": "string", "options": [], "format": "email"}
MEDICATIONS = {"questionnaire": "intake", "link_id": "medications", "type": "text", "options": [], "format": None}
TREATED = {"questionnaire": "intake", "link_id": "high-bp-treated", "type": "choice", "options": ["Yes", "No"], "format": None}
CONSENT = {"questionnaire": "intake", "link_id": "consent-share", "type": "boolean", "options": ["Yes", "No"], "format": None}
VOICEMAIL = {"questionnaire": "intake", "link_id": "voicemail-ok", "type": "boolean", "options": ["Yes", "No"], "format": None}
PHONE = {"questionnaire": "intake", "link_id": "phone", "type": "string", "options": [], "format": "phone"}
NAME = {"questionnaire": "intake", "link_id": "name", "type": "string", "options": [], "format": "name"}
REVIEW = {"questionnaire": "", "link_id": "review", "type": "choice", "options": ["Send my history", "Yes", "No", "Looks good"], "format": None}
REASON = {"questionnaire": "intake", "link_id": "reason", "type": "text", "options": [], "format": None}


@pytest.mark.parametrize(
    "pending, text, expected",
    [
        (BIRTH_DATE, "march 4 1987", "answer"),
        (BIRTH_DATE, "what are the side effects?", "faq"),
        (BIRTH_DATE, "skip", "skip"),
        (CONTACT_WAY, "call me", "answer"),
        (EMAIL, "dont have one", "skip"),
        (EMAIL, "no, it's dana@example.org", "answer"),
        (EMAIL, "dana at example dot org", "answer"),
        (BIRTH_DATE, "why do you need my birthday", "why"),
        (MEDICATIONS, "lisinopril, sertraline 100, does that mix with ketamine?", "answer"),
        (MEDICATIONS, "does sertraline mix with ketamine?", "faq"),
        (TREATED, "lisinopril every morning", "answer"),
        (REASON, "I can't sleep since I came home", "answer"),
        (REASON, "does it work for ptsd?", "faq"),
        (REASON, "I want to kill myself", "crisis"),
        (PHONE, "no, that's wrong, it's 1/3/1980", "change_answer"),
        (PHONE, "my birthday is wrong", "change_answer"),
        (PHONE, "no that's not right, my name is Tessa", "change_answer"),
        (EMAIL, "wait, my name is John Smithe", "change_answer"),
        (VOICEMAIL, "change heart problems to no", "change_answer"),
        (VOICEMAIL, "update my phone number please", "change_answer"),
        (PHONE, "my phone is 503 555 0188", "answer"),
        (NAME, "ok never mind", "stop"),
        (PHONE, "how many questions are left", "progress"),
        (VOICEMAIL, "how much longer", "progress"),
        (CONSENT, "yes but don't share with my employer", "answer"),
        (CONSENT, "ok but please don't tell my boss", "answer"),
        (CONSENT, "ok but can I skip this", "skip"),
        (VOICEMAIL, "are we almost done", "progress"),
        (VOICEMAIL, "start over", "start_over"),
        (BIRTH_DATE, "can we start again from the first question", "start_over"),
        (NAME, "I'm filling this in for my husband", "answer"),
        (NAME, "how long does a session last", "faq"),
        (REVIEW, "looks good", "answer"),
        (REVIEW, "yes that's right", "answer"),
        (REVIEW, "everything is right", "answer"),
        (None, "march 4 1987", None),
    ],
)
def test_what_is_pending_decides(reader: Reader, pending: dict | None, text: str, expected: str | None) -> None:  # noqa: F811
    found = reader.intent(text, pending)
    assert found == expected if expected else found != "answer"


def test_the_card_describes_the_committed_encoder() -> None:
    card, model = json.loads(model_path().with_name("card.json").read_text()), model_path().read_bytes()
    assert (card["sha256"], card["bytes"]) == (hashlib.sha256(model).hexdigest(), len(model))
    assert card["base_licence"] == card["licence"] == "Apache-2.0"
    assert card["texts"] > 0 and isinstance(card["settings"]["seed"], int)


def test_the_encoder_reads_any_length_and_is_no_slower_than_the_published_one() -> None:
    tuned, base = Encoder(), Encoder(model_path("base"))
    assert tuned.encode(["word " * 5000, "", "x"]).shape == (3, 384)
    assert MAX_TOKENS == 128
    assert model_path().stat().st_size <= 25_000_000
    times: dict[str, list[float]] = {"tuned": [], "base": []}
    import time

    for i in range(60):
        for name, encoder in (("tuned", tuned), ("base", base)):
            begun = time.perf_counter()
            encoder.encode_one(f"how long until I can drive home after the {i}th session")
            times[name].append(time.perf_counter() - begun)
    assert sorted(times["tuned"])[30] < 1.3 * sorted(times["base"])[30]
