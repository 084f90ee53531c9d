"""Play questionnaires: which question is next, what an answer means, when it is over, and the FHIR response.

The player keeps nothing of its own. It reads the mapping of answers that it was given, each time, so whoever owns the
answers (the database, the command line) changes them and simply asks again. Answers of questions that have become
disabled stay in that mapping and come back when the question does; they never show in a review or a response.

How conditions are read follows the definitions of http://hl7.org/fhir/R4/valueset-questionnaire-enable-operator.html:
with several answers one that fits is enough, ``!=`` holds when no answer is equal (so also when there is none), and a
disabled question has no answer. A question below another question is asked once that one has an answer, because the
response keeps it inside that answer.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from bot.intake import response as fhir
from bot.intake.answers import ANSWERED, SKIPPED, Answer, AnswerError, Ending, Key
from bot.intake.conditions import holds
from bot.intake.dates import age
from bot.intake.parsing import check_count, clean, doubt, is_shrug, parse_answer, read_values
from bot.intake.questionnaire import Condition, EndWhen, Item, Option, Questionnaire


class Player:
    """Plays one or more questionnaires, in order, over a mapping of answers.

    Args:
        questionnaires: what to play; names must differ.
        answers: ``(questionnaire name, link id) -> Answer``; anything with ``status``, ``values`` and ``text`` will do.
            Kept by reference and read anew at each call.
        today: the visitor's date, for ages and two-digit years; the UTC date where it is not given.
        timezone: of times that are typed without one (FHIR wants one in every dateTime).
    """

    def __init__(
        self,
        questionnaires: Sequence[Questionnaire],
        answers: Mapping[Key, Answer],
        *,
        today: Optional[dt.date] = None,
        timezone: dt.tzinfo = dt.timezone.utc,
    ):
        self.questionnaires = tuple(questionnaires)
        self.answers = answers
        self.today = today or dt.datetime.now(dt.timezone.utc).date()
        self.timezone = timezone
        self._by_name = {q.name: q for q in self.questionnaires}
        if len(self._by_name) != len(self.questionnaires):
            raise ValueError("two questionnaires of one run have the same name")

    # -- where we are ---------------------------------------------------------------------------------------------------

    def item(self, questionnaire: str, link_id: str) -> Item:
        """The item of that name. Raises KeyError where there is none."""
        return self._by_name[questionnaire].by_id[link_id]

    def questions(self) -> List[Item]:
        """The questions that are to be asked as things stand, in order."""
        return [item for q in self.questionnaires for item in self._asked(q, self._enabled(q))]

    def next_item(self) -> Optional[Item]:
        """The next open question; None when all are done or an answer has ended the run. Skipped counts as done, unless
        the item has become required since."""
        if self.ending():
            return None
        for questionnaire in self.questionnaires:
            enabled = self._enabled(questionnaire)
            for item in self._asked(questionnaire, enabled):
                if not self._done(item, enabled):
                    return item
        return None

    def previous(self, item: Optional[Item]) -> Optional[Item]:
        """The question before ``item`` (before the end, for None): where "back" leads. None at the start."""
        questions = self.questions()
        if item is None:
            return questions[-1] if questions else None
        before = None
        enabled = {question.key for question in questions}
        for questionnaire in self.questionnaires:
            for other in questionnaire.flat:
                if other.key == item.key:
                    return before
                if other.key in enabled:
                    before = other
        return None

    def is_enabled(self, item: Item) -> bool:
        """Whether the item's conditions, and those of all items it stands below, are met."""
        return self._enabled(self._by_name[item.questionnaire])[item.link_id]

    def is_required(self, item: Item) -> bool:
        """Whether the item cannot be skipped now (``required``, or a ``required-when`` that is met)."""
        return self._required(item, self._enabled(self._by_name[item.questionnaire]))

    def missing(self) -> List[Item]:
        """Required questions that have no answer yet, and required groups in which nothing that could be asked has one."""
        found = []
        for questionnaire in self.questionnaires:
            enabled = self._enabled(questionnaire)
            for item in self._asked(questionnaire, enabled):
                if self._required(item, enabled) and not self._answer(item):
                    found.append(item)
            for group in questionnaire.flat:
                below = [item for item in group.walk() if enabled[item.link_id] and item.is_question]
                if group.type == "group" and group.required and any(i.asked for i in below) and not any(map(self._values, below)):
                    found.append(group)
        return found

    def review(self) -> List[Tuple[Item, Answer]]:
        """Each enabled question that was answered or skipped, with its answer, in order."""
        return [(item, self.answers[item.key]) for item in self.questions() if item.key in self.answers]

    def ending(self) -> Optional[Ending]:
        """The first answer that ends the run, such as a consent not given; None while the run goes on."""
        for questionnaire in self.questionnaires:
            enabled = self._enabled(questionnaire)
            for item in questionnaire.flat:
                if item.end_when and enabled[item.link_id]:
                    for rule in item.end_when:
                        if any(self._ends(rule, value) for value in self._values(item)):
                            return Ending(rule.code, rule.text, item.questionnaire, item.link_id)
        return None

    # -- what to show ---------------------------------------------------------------------------------------------------

    def item_intro(self, item: Item) -> List[str]:
        """Texts that stand before the question: groups and displays since the question before it, then its own notes."""
        questionnaire = self._by_name[item.questionnaire]
        enabled = self._enabled(questionnaire)
        texts: List[str] = []
        for other in questionnaire.flat:
            if other is item:
                break
            if not enabled[other.link_id] or other.hidden:
                continue
            if other.asked:
                texts.clear()
            elif other.text and not other.is_question and not self._is_note(questionnaire, other):
                texts.append(other.text)
        stem = self.stem(item)
        if stem and stem not in texts:
            texts.append(stem)
        return texts + list(item.notes)

    def stem(self, item: Item) -> Optional[str]:
        """The text of a group that has to stand before each of its questions ("In the past month, have you...")."""
        ancestors = self._ancestors(self._by_name[item.questionnaire], item)
        return next((a.text for a in reversed(ancestors) if a.repeat_text and a.text), None)

    def outro(self) -> List[str]:
        """Texts that stand after the last question."""
        texts: List[str] = []
        for questionnaire in self.questionnaires:
            enabled = self._enabled(questionnaire)
            for item in questionnaire.flat:
                if item.asked and enabled[item.link_id]:
                    texts.clear()
                elif item.type == "display" and item.text and enabled[item.link_id] and not item.hidden:
                    texts += [] if self._is_note(questionnaire, item) else [item.text]
        return texts

    # -- answering ------------------------------------------------------------------------------------------------------

    def parse(self, item: Item, text: str, *, again: bool = False) -> Answer:
        """Read what was typed as an answer to the item; "idk" where that is none skips it.

        Args:
            again: something was typed to this question before, so a doubtful name is taken ("No").

        Raises:
            AnswerError: it does not fit or is not clear, or is needed to go on.
        """
        if is_shrug(item, text):
            return dataclasses.replace(self.skip(item), text=clean(text))
        if not again:
            doubt(item, text)
        return parse_answer(item, text, today=self.today, timezone=self.timezone)

    def parse_list(self, item: Item, texts: Sequence[str]) -> Tuple[Optional[Answer], List[AnswerError]]:
        """Read several texts as the answers to an item that repeats; those that fit are kept, the others are named.

        Returns:
            the answer (None where nothing fits or their number is wrong) and the errors met.
        """
        values: List[Any] = []
        errors: List[AnswerError] = []
        if len(texts) > 1 and not item.repeats:
            return None, [AnswerError("one-answer", "This question takes one answer. Which one fits best?")]
        for text in texts:
            try:
                found = read_values(item, text, today=self.today, timezone=self.timezone)
            except AnswerError as error:
                errors.append(error)
            else:
                values += [value for value in found if not item.options or value not in values]
        if not values:
            return None, errors
        try:
            check_count(item, values)
        except AnswerError as error:
            return None, [*errors, error]
        return Answer(ANSWERED, values, "\n".join(texts)), errors

    def choose(self, item: Item, code: str) -> Answer:
        """Read a tapped choice: ``true`` or ``false`` for a boolean, else the code of an option."""
        if item.type == "boolean" and code in ("true", "false"):
            return Answer(ANSWERED, [code == "true"])
        option: Optional[Option] = item.option(code)
        if option is None:
            raise AnswerError("not-an-option", "That choice isn't one of the answers to this question.")
        return Answer(ANSWERED, [option.value])

    def skip(self, item: Item) -> Answer:
        """The answer of a skipped item. Raises AnswerError("required") for one that is needed to go on."""
        if self.is_required(item):
            raise AnswerError("required", _why_required(item))
        return Answer(SKIPPED)

    def response(self, status: str = "in-progress", authored: dt.datetime | str | None = None) -> List[Dict[str, Any]]:
        """One FHIR R4 QuestionnaireResponse for each questionnaire; only enabled items that have an answer.

        Args:
            status: ``in-progress``, ``completed``, ``amended``, ``stopped`` or ``entered-in-error``.
            authored: when the answers were given; a datetime needs its time zone.
        """
        return [fhir.build(q, self._enabled(q), lambda item: self._values(item), status, authored) for q in self.questionnaires]

    # -- inside ---------------------------------------------------------------------------------------------------------

    def _answer(self, item: Item) -> Optional[Answer]:
        answer = self.answers.get(item.key)
        return answer if answer is not None and answer.status == ANSWERED and answer.values else None

    def _values(self, item: Item) -> Sequence[Any]:
        """The item's values. One that is never asked keeps its initial value; for others that is only a suggestion."""
        answer = self._answer(item)
        if answer:
            return answer.values
        return item.initial if not item.asked else ()

    def _done(self, item: Item, enabled: Mapping[str, bool]) -> bool:
        if self._answer(item):
            return True
        return item.key in self.answers and not self._required(item, enabled)

    def _asked(self, questionnaire: Questionnaire, enabled: Mapping[str, bool]) -> Iterator[Item]:
        return (item for item in questionnaire.flat if item.asked and enabled[item.link_id])

    def _enabled(self, questionnaire: Questionnaire) -> Dict[str, bool]:
        enabled: Dict[str, bool] = {}
        for item in questionnaire.order:
            parent = questionnaire.parents[item.link_id]
            if (
                parent
                and not enabled[parent.link_id]
                or parent
                and parent.is_question
                and item.type != "display"
                and not self._values(parent)
            ):
                enabled[item.link_id] = False
            else:
                enabled[item.link_id] = self._met(questionnaire, item.enable_when, item.enable_behavior, enabled)
        return enabled

    def _required(self, item: Item, enabled: Mapping[str, bool]) -> bool:
        if item.required or not item.required_when:
            return item.required
        return self._met(self._by_name[item.questionnaire], item.required_when, "any", enabled)

    def _met(self, questionnaire: Questionnaire, conditions: Sequence[Condition], behavior: str, enabled: Mapping[str, bool]) -> bool:
        if not conditions:
            return True
        results = (
            holds(c, questionnaire.by_id[c.question], self._values(questionnaire.by_id[c.question]) if enabled[c.question] else ())
            for c in conditions
        )
        return any(results) if behavior == "any" else all(results)

    def _ends(self, rule: EndWhen, value: Any) -> bool:
        if rule.age_below is not None:
            years = age(value, self.today)
            return years is not None and years < rule.age_below
        if isinstance(value, dict):
            wanted = rule.value.get("code") if isinstance(rule.value, dict) else rule.value
            return value.get("code") == wanted
        return type(value) is type(rule.value) and value == rule.value

    @staticmethod
    def _ancestors(questionnaire: Questionnaire, item: Item) -> List[Item]:
        found = []
        parent = questionnaire.parents[item.link_id]
        while parent:
            found.append(parent)
            parent = questionnaire.parents[parent.link_id]
        return found[::-1]

    @staticmethod
    def _is_note(questionnaire: Questionnaire, item: Item) -> bool:
        parent = questionnaire.parents[item.link_id]
        return item.type == "display" and parent is not None and item.text in parent.notes


def _why_required(item: Item) -> str:
    if item.required_when:
        return "I need this one so that the team can reach you."
    return "I need this one to go on. If you'd rather not answer here, you can ask for a person instead."
