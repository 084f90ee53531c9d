"""How a message is cleaned, cut and compared, and what the readings of it are brought together to. No model."""
from __future__ import annotations

import time
from collections import Counter
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message

from bot import train
from bot.nlu.answer_detector import EVIDENCE, AnswerDetector, Heard, Pending
from bot.nlu.answer_detector import decide as in_form
from bot.nlu.answer_model import AnswerModel, blank
from bot.nlu.encoder import Encoder
from bot.nlu.fallback import Fallback, decide
from bot.nlu.faq_retriever import Evidence, FaqRetriever, Named, Retrieval, evidence, retrieve
from bot.nlu.forms import asks, asks_of_the_answer, asks_somewhere, command, introduces, only_asks, points_back
from bot.nlu.intent_classifier import VERDICTS, Verdict
from bot.nlu.ngrams import CharacterNgrams, Reductions, grams
from bot.nlu.sentence_encoder import read
from bot.nlu.text import MAX_SENTENCES, WORD_JOINER, clean, held_out, is_payload, normalise, sentences, unframed
from bot.nlu.topic_model import FARTHEST, TopicModel
from bot.nlu.topic_model import blank as blank_topics
from bot.settings import ROOT


@pytest.mark.parametrize(
    "text, cut",
    [
        ("I saw Dr. Lee. What does it cost?", ["I saw Dr. Lee.", "What does it cost?"]),
        ("I weigh 180.5 pounds", ["I weigh 180.5 pounds"]),
        ("what does it cost and do you take insurance", ["what does it cost", "do you take insurance"]),
        ("is it safe\nam i awake", ["is it safe", "am i awake"]),
        ("wats in it n wat does it cost", ["wats in it", "wat does it cost"]),
        ("do you take medicaid and if not can I pay later", ["do you take medicaid", "if not can I pay later"]),
        ("where are you, and might she qualify", ["where are you", "might she qualify"]),
        ("what do I bring, and when's it alright to lift again", ["what do I bring", "when's it alright to lift again"]),
        ("explain how it works, and show me what the studies found", ["explain how it works", "show me what the studies found"]),
        ("do u take tricare also my husband wants to sit with me", ["do u take tricare", "my husband wants to sit with me"]),
        ("he is also my brother", ["he is also my brother"]),
        ("I also take Xanax", ["I also take Xanax"]),
        ("bread and butter", ["bread and butter"]),
        ("hello ... ?", ["hello ... ?"]),
        ("", []),
    ],
)
def test_a_message_is_cut_where_another_question_begins(text: str, cut: list[str]) -> None:
    assert sentences(text) == cut


def test_of_a_long_story_the_beginning_and_the_end_are_read() -> None:
    cut = sentences(" ".join(f"Sentence number {i}." for i in range(50)))
    assert len(cut) == MAX_SENTENCES and cut[0].endswith("0.") and cut[-1].endswith("49.")


def test_what_is_typed_is_never_a_payload() -> None:
    assert is_payload("/greet") and not is_payload(f"{WORD_JOINER}/greet") and not is_payload("") and not is_payload(None)
    assert clean(f"{WORD_JOINER}/greet") == "/greet"


def test_form_makes_no_difference_to_comparison_and_to_the_split() -> None:
    assert normalise("It’s  FINE…") == normalise("it's fine") == "it s fine"
    assert held_out("Is it SAFE?") == held_out("is it safe")
    assert 0.15 < sum(held_out(f"text {i}") for i in range(2000)) / 2000 < 0.25


def test_ngrams_tell_misspelled_words_from_others() -> None:
    texts = ["ketamine infusion", "insurance coverage", "driving home", "nausea and vomiting", "veterans affairs"] * 3
    fitted, reduced = CharacterNgrams.fit(texts, 4, seed=1)
    assert reduced.shape == (15, 4)
    right, wrong = (float(fitted.reduce(Counter(grams("insurence covrage"))) @ reduced[i]) for i in (1, 2))
    assert right > 3 * abs(wrong)
    assert " a " in grams("a") and grams("") == []
    assert not fitted.reduce(Counter(grams("qqq"))).any()


@pytest.mark.parametrize(
    "text, kept",
    [
        ("Hey, is it safe?", "is it safe?"), ("hi i have a quick question. does it hurt", "does it hurt"), ("1) cost for all six", "cost for all six"),
        ("Does it hurt? Thank you and God bless", "Does it hurt?"), ("can i drive after \U0001f64f", "can i drive after"),
        # what is all that was said, and what says something
        ("hi there", "hi there"), ("no thanks", "no thanks"), ("thanks for everything", "thanks for everything"), ("\U0001f64f", "\U0001f64f"),
        ("goodbye \U0001f494", "goodbye \U0001f494"), ("sorry for everything", "sorry for everything"),
    ],
)  # fmt: skip
def test_courtesies_are_cut_off_a_question(text: str, kept: str) -> None:
    assert unframed(text) == kept


def test_the_crisis_model_sees_a_message_as_it_was_typed_too(encoder: Encoder) -> None:
    found = read(encoder, "hey is it safe")
    assert found.texts == ("is it safe",) and len(found.vectors) == 2
    assert np.allclose(found.vectors[1], encoder.encode_one("hey is it safe"), atol=0.02)


# -- several readings of one message ----------------------------------------------------------------------------------


def verdict(text: str, trust: float, **probabilities: float) -> Verdict:
    names = [name.replace("faq_", "faq/") for name in probabilities]
    order = sorted(range(len(names)), key=lambda i: -list(probabilities.values())[i])
    values = list(probabilities.values())
    return Verdict(text, np.array([names[i] for i in order]), np.array([values[i] for i in order]), np.array(order), trust)


STORY = verdict("he has not slept since he came home. what does it cost?", 0.8, faq_cost=0.95, nlu_fallback=0.03, faq_driving=0.02)
TOLD = verdict("he has not slept since he came home.", 0.5, faq_symptoms=0.8, told=0.1, faq_cost=0.01)
BOTH = verdict("what does it cost? can I drive home?", 0.6, faq_cost=0.5, faq_driving=0.4, nlu_fallback=0.1)
QUESTION = verdict("what does it cost?", 0.9, faq_cost=0.9, faq_driving=0.05, nlu_fallback=0.05)
OTHER = verdict("can I drive home?", 0.8, faq_driving=0.8, faq_cost=0.15, nlu_fallback=0.05)
FURTHER = (0.28, 0.75)  # as shipped


@pytest.fixture(scope="module")
def topics() -> TopicModel:
    return TopicModel.load()


def test_a_question_at_the_end_of_a_story_is_heard(topics: TopicModel) -> None:
    found = retrieve([STORY, TOLD, QUESTION], "faq", topics, FURTHER)
    assert (found.key, found.also) == ("faq/cost", ()) and found.trust > 0.8
    assert decide([STORY, TOLD, QUESTION], found, faq_trust=0.5, intent_trust=0.3) == ("faq", found.trust)


def test_two_questions_get_two_answers(topics: TopicModel) -> None:
    found = retrieve([BOTH, QUESTION, OTHER], "faq", topics, FURTHER)
    assert {found.key, *found.also} == {"faq/cost", "faq/driving"}
    assert retrieve([BOTH, QUESTION, OTHER], "faq", topics, (1.0,)).also == ()


def test_answers_that_are_certain_come_as_they_were_asked(topics: TopicModel) -> None:
    whole = verdict("can I drive home? what does it cost?", 0.8, faq_cost=0.55, faq_driving=0.44, nlu_fallback=0.01)
    driving = verdict("can I drive home?", 0.95, faq_driving=0.98, faq_cost=0.01, nlu_fallback=0.01)
    cost = verdict("what does it cost?", 0.97, faq_cost=0.98, faq_driving=0.01, nlu_fallback=0.01)
    found = retrieve([whole, driving, cost], "faq", topics, FURTHER)
    assert (found.key, found.also) == ("faq/driving", ("faq/cost",))
    turned = retrieve([whole, cost, driving], "faq", topics, FURTHER)
    assert (turned.key, turned.also) == ("faq/cost", ("faq/driving",))


def test_one_question_asked_twice_gets_one_answer(topics: TopicModel) -> None:
    whole = verdict("what does it cost? how much is it?", 0.9, faq_cost=0.9, faq_insurance=0.1, nlu_fallback=0.0)
    again = verdict("how much is it?", 0.9, faq_cost=0.8, faq_insurance=0.2, nlu_fallback=0.0)
    assert retrieve([whole, QUESTION, again], "faq", topics, FURTHER).also == ()


def test_what_points_back_asks_for_nothing_by_itself(topics: TopicModel) -> None:
    whole = verdict("I take Xanax. do I have to stop it?", 0.9, faq_benzodiazepines=0.9, faq_stop_session=0.1)
    taken = verdict("I take Xanax.", 0.8, faq_benzodiazepines=0.9, faq_stop_session=0.0)
    stop = verdict("do I have to stop it?", 0.9, faq_stop_session=0.9, faq_benzodiazepines=0.1)
    found = retrieve([whole, taken, stop], "faq", topics, FURTHER)
    assert (found.key, found.also) == ("faq/benzodiazepines", ())


def test_what_two_medicines_in_one_sentence_ask_for_is_answered_for_both(topics: TopicModel) -> None:
    whole = verdict("I'm on Xanax and Ambien, is either one a problem", 0.95, faq_benzodiazepines=0.99, faq_sleep_medicines=0.002)
    taken = verdict("I'm on Xanax and Ambien", 0.95, faq_benzodiazepines=0.99, faq_sleep_medicines=0.002)
    either = verdict("is either one a problem", 0.3, faq_companion=0.3, ask_question=0.2)
    names = {"faq/benzodiazepines": 0.9, "faq/sleep_medicines": 0.9}
    assert retrieve([whole, taken, either], "faq", topics, FURTHER).also == ()
    found = retrieve([whole, taken, either], "faq", topics, FURTHER, named=Named(names, names))
    assert {found.key, *found.also} == set(names)


def test_a_word_of_another_answer_speaks_for_that_answer() -> None:
    whole = verdict("can I eat before, and coffee", 0.9, faq_eat_drink_before=0.99, faq_caffeine=0.002)
    keys, pieces = evidence([whole], "faq", Named(words={"faq/caffeine": 0.8, "faq/driving": 0.3}))
    assert keys == ["faq/eat_drink_before", "faq/caffeine"]
    caffeine = dict(zip(Evidence._fields, pieces[1], strict=True))
    assert (caffeine["worded"], caffeine["worded_besides"], caffeine["named"]) == (0.8, 0.3, 0)


@pytest.mark.parametrize(
    "sentence, back",
    [
        ("is it safe for her", True),
        ("would that be a problem?", True),
        ("and do I have to come off of it first", True),
        ("is it safe?", False),
        ("is it fine to keep taking them", True),
        ("do I have to skip supper the night before", False),
        ("can I just do them at home", False),
        ("is the weight a problem", False),
    ],
)
def test_a_sentence_points_back_when_it_does_not_name_what_it_asks_about(sentence: str, back: bool) -> None:
    assert points_back(sentence) is back


def test_evidence_is_that_of_the_sentence_in_which_an_answer_is_likeliest() -> None:
    keys, pieces = evidence([BOTH, QUESTION, OTHER], "faq")
    assert keys == ["faq/cost", "faq/driving"]
    driving = dict(zip(Evidence._fields, pieces[1], strict=True))
    expected = {
        "whole": log(0.4), "rank": log(2), "own": log(0.8), "summed": log(0.85), "highest": log(0.8), "leads": 0, "whole_trust": 0,
        "alone_trust": 0.8, "own_trust": 0.8, "rival": log(0.15), "elsewhere": 0.9, "other_whole": log(0.1), "other_own": log(0.05),
        "undivided": 0, "asks": 1, "several": 1, "joins": 0, "last": 1, "length": log(5), "whole_length": log(9),
        "named": 0, "besides": 0, "worded": 0, "worded_besides": 0,
    }  # fmt: skip
    assert driving == pytest.approx(expected, abs=1e-6)
    alone = dict(zip(Evidence._fields, evidence([QUESTION], "faq")[1][0], strict=True))
    assert (alone["undivided"], alone["leads"], alone["whole_trust"], alone["alone_trust"], alone["several"]) == (1, 1, 0.9, 0.9, 0)


def test_evidence_counts_in_pairs_and_none_too_far_off() -> None:
    arrays = blank_topics(("a", "b"))
    arrays.update(weights=np.array([1.0, 0.0]), pairs=np.array([[0.0, 2.0], [0.0, 0.0]]), bias=np.array(-3.0))
    chances = TopicModel(arrays).chances(np.array([[1.0, 1.0], [100.0, 0.0], [0.0, 7.0]]))
    assert chances == pytest.approx([1 / (1 + np.exp(-each)) for each in (0.0, FARTHEST - 3, -3.0)])


def test_what_nothing_vouches_for_is_not_guessed(topics: TopicModel) -> None:
    unsure = verdict("hm", 0.2, faq_cost=0.3, faq_driving=0.3, nlu_fallback=0.4)
    found = retrieve([unsure], "faq", topics, FURTHER)
    assert decide([unsure], found, faq_trust=0.5, intent_trust=0.3)[0] == "nlu_fallback"
    assert retrieve([verdict("hi", 0.9, greet=1.0)], "faq", topics, FURTHER) is None


def test_a_wish_for_a_person_wins_wherever_it_stands(topics: TopicModel) -> None:
    said = [STORY, QUESTION, verdict("call me", 0.85, talk_to_human=0.9, faq_cost=0.1, faq_driving=0.0)]
    assert decide(said, retrieve(said, "faq", topics, FURTHER), faq_trust=0.5, intent_trust=0.3, beside_trust=0.8) == ("talk_to_human", 0.85)


def test_what_only_sounds_like_a_person_does_not_stand_before_a_question(topics: TopicModel) -> None:
    said = [STORY, verdict("my doctor told me to ask", 0.4, talk_to_human=0.6, ask_question=0.3, faq_cost=0.01), QUESTION]
    found = retrieve(said, "faq", topics, FURTHER)
    assert decide(said, found, faq_trust=0.5, intent_trust=0.3, beside_trust=0.8) == ("faq", found.trust)
    assert decide(said[:2], None, faq_trust=0.5, intent_trust=0.3, beside_trust=0.8) == ("talk_to_human", 0.4)


def test_a_wish_for_a_person_is_heard_where_nothing_else_is_certain() -> None:
    unsure = verdict("somebody get in touch", 0.2, faq_booking=0.5, talk_to_human=0.3, nlu_fallback=0.2)
    passed = verdict("forward me to your staff", 0.8, pass_question=0.6, talk_to_human=0.3, faq_cost=0.1)
    greeted = verdict("hello", 0.8, greet=0.7, talk_to_human=0.3, faq_cost=0.0)
    for said, expected in ((unsure, ("talk_to_human", 0.3)), (passed, ("talk_to_human", 0.3)), (greeted, ("greet", 0.8))):
        assert decide([said], None, faq_trust=0.8, intent_trust=0.3, person_share=0.2) == (expected[0], pytest.approx(expected[1]))
    assert decide([unsure], None, faq_trust=0.8, intent_trust=0.3)[0] == "nlu_fallback"


# -- the form of a sentence, while a question of the history waits ----------------------------------------------------


@pytest.mark.parametrize("text", ["can I drive after", "what does it cost", "ok but is it safe?", "does it hurt", "i wonder if it works"])
def test_these_ask(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize("text", ["I can drive", "when I was twenty I fell", "does not hurt", "what I want is sleep", "about ten, I think?"])
def test_these_tell(text: str) -> None:
    assert not asks(text)


def test_a_story_that_holds_a_question_is_not_only_a_question() -> None:
    assert only_asks("how long does it take?")
    assert not only_asks("I came back from the war and nothing was ever as it was before it. will it help?")


@pytest.mark.parametrize("text", ["Why?", "but why is that", "are you really sure about that?", "can you say it simpler please", "in plain English", "I don't get it", "I still don't understand", "hm, huh?"])
def test_what_only_asks_about_an_answer(text: str) -> None:
    assert asks_of_the_answer(text)


@pytest.mark.parametrize("text", ["why does it fade", "are you sure it is legal", "explain the infusion", "more sessions", "I don't understand my insurance", "is it true that it hurts"])
def test_what_asks_for_something_else(text: str) -> None:
    assert not asks_of_the_answer(text)


@pytest.mark.parametrize(("known", "intent"), [("why", "why"), ("definition", "definition")])
def test_only_a_model_that_knows_such_an_intent_gives_it(known: str, intent: str) -> None:
    message = Message.build("what does that mean")
    message.set(VERDICTS, [verdict("what does that mean", 0.9, **{known: 0.8, "greet": 0.2})])
    Fallback(Fallback.get_default_config()).process([message])
    assert message.get("intent")["name"] == intent


@pytest.mark.parametrize(
    "text, expected",
    [
        ("skip", "skip"), ("id rather not say", "skip"), ("go back please", "go_back"), ("why do you need that", "why"),
        ("stop here", "stop"), ("I go back to work monday", None), ("I passed out twice", None), ("I stopped Paxil in May", None),
        ("Most people call me Skip", None), ("nvm", "stop"), ("Never mind.", "stop"), ("my mind never stops", None), ("I want to skip", "skip"),
        ("I forgot something, take me back", "go_back"), ("sounds take me back", None), ("nightmares take me back to Iraq", None),
        ("i skip half of my messages", None), ("I skip it most weekends", None), ("please skip it", "skip"), ("skip this one for now", "skip"),
        ("can I go back to driving a forklift", None), ("go back to the last one", "go_back"), ("going back", "go_back"),
        ("how long have they used this for ptsd", None), ("what do you need that for", "why"), ("do I need my doctor to refer me", None),
        ("i dont want to continue", "stop"), ("dont wanna do this one, next", "skip"), ("too big a question, pass", "skip"),
    ],
)  # fmt: skip
def test_plain_commands(text: str, expected: str | None) -> None:
    assert command(text) == expected


@pytest.mark.parametrize(
    "text, asking",
    [
        ("2016? might have been 17", False),
        ("lorazepam i think? 0.5?", False),
        ("When the kids are at school, so 9 to 2", False),
        ("when people crowd me", False),
        ("when do you open", True),
        ("I have asthma. Is that a problem", True),
        ("maybe, is it safe?", True),
        ("side effects?", True),
        ("wat are the side effects", True),
        ("if i say yes can i undo it later", True),
        ("if I can I will take the bus", False),
        ("dose it pass into the milk", True),
        ("dose of 20 mg", False),
        ("dose went up in May", False),
        ("i take zoloft 100 can i keep taking it", True),
        ("isn't the drug supposed to numb you", True),
        ("My therapist Renee, who has since retired", False),
        ("I had just turned 50, which makes it 2017", False),
        ("I live in Bend, which bus goes there", True),
        ("We are two, who can sit with me?", True),
        ("trazodone the night before ok or no", True),
        ("so if I feel rough at night who at the clinic picks up", True),
        ("could prob ask my neighbor", False),
    ],
)
def test_a_doubtful_answer_is_no_question(text: str, asking: bool) -> None:
    assert asks_somewhere(text) is asking


def shipped() -> dict[str, Any]:
    """The settings of the answer detector in config.yml, without its name."""
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    (found,) = [dict(part) for part in config["pipeline"] if part["name"].endswith("AnswerDetector")]
    del found["name"]
    return found


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


@pytest.mark.parametrize(
    "kind, link_id, text, label, trust, expected",
    [
        # nobody tells a story for a place: the question at its end is one, where an answer is certain
        ("string", "city", "My sponsor is dead against all of this because I have six years clean. Is it okay?", "faq/recovery", 0.9, "faq"),
        ("text", "reason", "I was deployed twice and I can't sleep since", "faq/symptoms_helped", 0.5, "answer"),
        # a worry about the treatment, told where something else was asked
        ("string", "name", "I heard ketamine wrecks your bladder", "faq/ketamine_before", 0.9, "faq"),
        ("choice", "ketamine", "yes, I had ketamine in the army once", "faq/ketamine_before", 0.9, "answer"),  # it was asked for
        ("boolean", "nightmares", "yes, and the treatment scares me too", "faq/needle_fear", 0.9, "answer"),
        ("choice", "heart", "no, never", "faq/heart_or_stroke", 0.9, "answer"),
        # a wish or a command, and what only sounds like one
        ("string", "name", "please let me talk to a person first", "talk_to_human", 0.95, "talk_to_human"),
        ("string", "name", "please let me talk to a person first", "talk_to_human", 0.5, "answer"),
        ("string", "name", "Robin Callback", "talk_to_human", 0.85, "answer"),
        ("text", "goals", "wake up rested", "resume_intake", 0.8, "answer"),
        ("choice", "heart", "I don't feel like carrying on", "stop", 0.95, "stop"),
        ("boolean", "nightmares", "no thank you", "stop", 0.95, "answer"),
        ("text", "medications", "lisinopril, does that mix?", "faq/blood_pressure", 0.95, "answer"),  # it must not be lost
        ("date", "birth-date", "skip", "skip", 0.9, "skip"),
    ],
)  # fmt: skip
def test_evidence_tells_an_answer_from_a_question(
    encoder: Encoder, kind: str, link_id: str, text: str, label: str, trust: float, expected: str
) -> None:
    pending = Pending("intake", link_id, kind, ("Yes", "No", "Not sure") if kind == "choice" else (), None)
    heard = Heard(
        text,
        (verdict(text, trust, **{label.replace("/", "_", 1): 0.9, "answer": 0.01}),),
        Retrieval(label, trust, (), ()) if "/" in label else None,
        encoder.encode_one(clean(text)),
        ("lisinopril",),
    )
    assert in_form(pending, heard, label.partition("/")[0], AnswerModel.load(), **shipped()) == expected


@pytest.mark.parametrize(
    "kind, link_id, form, text, label, expected",
    [
        ("choice", "heart", None, "does a heart cath count?", "faq/heart_or_stroke", "why"),
        ("boolean", "gate", None, "would a house fire count or not", "faq/trauma_types", "why"),
        ("choice", "high-bp", None, "what counts as high", "faq/blood_pressure", "why"),
        ("choice", "safe-contact", None, "what do you mean safe?", "repeat", "why"),
        ("choice", "heart", None, "does my VA insurance count", "faq/insurance", "faq"),
        ("string", "pronouns", "pronouns", "they is good, thank you", "thanks", "answer"),
        ("string", "pronouns", "pronouns", "ok thank you", "thanks", "thanks"),
    ],
)
def test_a_word_about_the_question_is_told_from_the_clinic_s(
    encoder: Encoder, kind: str, link_id: str, form: str | None, text: str, label: str, expected: str
) -> None:
    pending = Pending("intake", link_id, kind, ("Yes", "No", "Not sure") if kind == "choice" else (), form)
    heard = Heard(
        text,
        (verdict(text, 0.95, **{label.replace("/", "_", 1): 0.9, "answer": 0.01}),),
        Retrieval(label, 0.95, (), ()) if "/" in label else None,
        encoder.encode_one(clean(text)),
    )
    assert in_form(pending, heard, label.partition("/")[0], AnswerModel.load(), **shipped()) == expected


def test_a_model_fitted_on_other_evidence_is_named() -> None:
    with pytest.raises(InvalidConfigException, match="make weigh"):
        AnswerDetector(shipped(), AnswerModel(blank(EVIDENCE[1:])))
    with pytest.raises(InvalidConfigException, match="make weigh"):
        FaqRetriever({}, None, None, TopicModel(blank_topics(Evidence._fields[1:])))


def test_names_are_learned_again_when_the_lexicon_or_its_reader_changes(tmp_path: Path) -> None:
    lexicon = tmp_path / "medications.yml"
    lexicon.write_text("a: 1")
    before = FaqRetriever.fingerprint_addon({"lexicon": str(tmp_path)})
    lexicon.write_text("a: 2")
    assert FaqRetriever.fingerprint_addon({"lexicon": str(tmp_path)}) != before
    assert ROOT / "bot/intake/mentions.py" in list(train._files(ROOT))


def test_what_one_message_was_reduced_by_is_done_at_once_for_the_next() -> None:
    fitted, reduced = CharacterNgrams.fit(["insurance coverage", "parking lot"], 1, seed=0)
    reducers: list[CharacterNgrams] = []
    first = Reductions(["insurance coverage", "parking lot"], reducers)
    assert np.allclose(first.by(fitted), reduced, atol=1e-6) and reducers == [fitted]
    first.by(fitted)
    second = Reductions(["parking lot"], reducers)
    reducers.clear()
    assert np.allclose(second.by(fitted), reduced[1:], atol=1e-6) and reducers == []  # nothing was left to do


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("Good evening, my name is Harold and I am 81", True),
        ("my name is harold", True),
        ("Hi, this is Ruth Miller, 74 years old.", True),
        ("my name is Dale help me", False),
        ("my name is Dale and I'm going to blow my brains out", False),
        ("this is hopeless", False),
        ("my name is Dale and I can't do this", False),
        ("I am 81", False),  # to whom an age limit may matter
    ],
)
def test_who_only_says_who_they_are_says_nothing_else(text: str, only: bool) -> None:
    assert introduces(text) is only


@pytest.mark.parametrize("text", ["before i go so " * 130, "before i " * 220, "hm " * 660, "so well " * 250])
def test_no_text_holds_the_reading_of_its_form_up(text: str) -> None:
    begun = time.process_time()
    asks(text), asks_of_the_answer(text), introduces(text)
    assert time.process_time() - begun < 0.5
