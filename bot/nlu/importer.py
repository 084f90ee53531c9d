"""Rasa importer: reads the training data once, and the rules with the whole domain."""
from __future__ import annotations

from typing import Optional

from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import ResponsesSyncImporter
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.importers.utils import story_graph_from_paths
from rasa.shared.nlu.training_data.training_data import TrainingData


class OnceImporter(RasaFileImporter):
    """Rasa's own importer, but for two of its habits.

    It parses the examples twice, once to complete the domain and once to train, in two ways that its cache takes for two
    questions; parsing 20,000 examples takes 3 s. And it reads the rules with the domain as the file has it, where a
    retrieval intent is not known yet, so that each rule that names one is a warning.
    """

    _examples: Optional[TrainingData] = None

    def get_nlu_data(self, language: Optional[str] = "en") -> TrainingData:
        if self._examples is None:
            self._examples = super().get_nlu_data(language)
        return self._examples

    def get_stories(self, exclusion_percentage: Optional[int] = None) -> StoryGraph:
        return story_graph_from_paths(self._story_files, ResponsesSyncImporter(self).get_domain(), exclusion_percentage)
