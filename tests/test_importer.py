"""The importer hands Rasa what Rasa's own does, parses the examples once, and knows a retrieval intent in the rules."""
from __future__ import annotations

import pytest
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data import loading

from bot.nlu.importer import OnceImporter
from bot.settings import ROOT

PARTS = (str(ROOT / "config.yml"), str(ROOT / "domain.yml"), [str(ROOT / "data" / "nlu" / "talk.yml")])


def test_the_examples_are_those_that_rasa_reads() -> None:
    assert OnceImporter(*PARTS).get_nlu_data().fingerprint() == RasaFileImporter(*PARTS).get_nlu_data().fingerprint()


def test_a_training_parses_each_file_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    original = loading._load
    monkeypatch.setattr(loading, "_load", lambda name, *rest: parsed.append(name) or original(name, *rest))
    importer = TrainingDataImporter.load_from_config(*PARTS)
    importer.get_domain()
    whole = importer.get_nlu_data()
    assert len(whole.intent_examples) > 100
    assert parsed == PARTS[2]


def test_a_rule_may_name_a_retrieval_intent(recwarn: pytest.WarningsRecorder) -> None:
    files = [str(ROOT / "data" / "rules"), str(ROOT / "data" / "faq")]
    graph = TrainingDataImporter.load_from_config(*PARTS[:2], files).get_stories()
    assert "faq" in {event.intent_name for step in graph.story_steps for event in step.events if hasattr(event, "intent_name")}
    assert not [str(warning.message) for warning in recwarn if "not part of the domain" in str(warning.message)]
