"""One turn of the chat, from the message to the replies, with everything kept on the way.

Order of a turn: keep the message, screen it, and only then let Rasa see it. A crisis that the rules notice is answered
here, so that it needs neither the model nor the action server; where the model can be asked and finds the words harmless,
the dialogue has the message, and mostly asks one kind question (check-in). When the dialogue fails, the visitor is told, gets the
numbers, and the message is kept for staff.
"""
from __future__ import annotations

import asyncio
import dataclasses
import logging
import re
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, List, Optional, Sequence, Union

from rasa.core.channels.channel import UserMessage
from sqlalchemy.orm import Session

from bot.channel.errors import Conflict, Unauthorized
from bot.channel.output import TurnOutput
from bot.handoff import service
from bot.handoff.crisis import take_over
from bot.intake import choices
from bot.intake.answers import AnswerError
from bot.intake.contact import parse_phone_or_email
from bot.intake.questionnaire import Option
from bot.records import conversations, intakes
from bot.records.database import Database
from bot.records.models import Intake, Message
from bot.records.retention import forget
from bot.safety import DOUBT, HARMLESS, NO, YES, CheckInReplies, Replies, Reply, Screener, Screening
from bot.settings import Clinic, Settings

logger = logging.getLogger(__name__)

TURN_TIMEOUT_S = 10  # many times what a turn takes: whoever writes of danger meanwhile waits behind it
DOUBT_TIMEOUT_S = 2  # a crisis text does not wait longer for the model
RECENT_TEXTS = 4
PROTECTED_PREFIX = "\u2060"  # word joiner: typed "/text" is never read as an intent payload
CRISIS_STATE = "crisis"
STAFF_STATE = "staff"  # somebody of the team writes in this chat: the assistant only listens for a crisis
ERASE = "erase"  # the choice that the privacy action offers
ERASED = (
    "I've deleted what you wrote here and hadn't sent. What was already sent to the team stays with them, and they can delete "
    "it when you ask them. You can close this page, or start anew."
)
ERASED_UNSENT = (
    "I've deleted the answers you hadn't sent. The team has something from you that they haven't dealt with yet. It stays with "
    "them, and so does this conversation. They can delete it when you ask them."
)
# A typed yes to the offer to delete. It says nothing else, because what deletes is not screened.
_CONFIRMS = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|yup|y|si|sí|sure|ok|okay|please|go ahead(?: and)?|do (?:it|that|so)|i'?m sure|i confirm|confirm|"
    r"(?:delete|erase|remove) (?:it all|it|that|everything|all of it|all|my (?:data|answers|messages|chat)))\b[\s,.!]*)+$",
    re.IGNORECASE,
)
# Not even guessed at: typed text in the form of a payload, whose words may name an intent all the same, and bare signs, which
# the model takes for a yes. "$" asks what it costs, "-" may answer a question.
_NOT_GUESSED = re.compile(PROTECTED_PREFIX + r"(?:[\s/\u200b-\u200f\u2060-\u2064\ufeff]*/\s*[A-Za-z_]+|[\s!-#%-,./:-@\[-`{-~]+$)")
_NOT_UNDERSTOOD = {"intent": {"name": "nlu_fallback", "confidence": 1.0}, "entities": []}
YES_TO_CHECK_IN, YES_TO_FORM = "check_in_yes", "check_in_form"  # choices of the text check_in_which
STOP = "stop"  # choice of the text resumed, and of the history
ASK_OF_DANGER = ("suicidal", "passive", "self_harm")  # crisis texts that ask a question whose yes means danger
UNDER_18 = f'/stop{{"choice": "{intakes.UNDER_AGE}"}}'  # payload: somebody in the history has said an age for which it is not meant
SAID_FIRST = ("loss", "assault", "pressure")  # notes whose sentence comes before what is said next
OF_THE_FORM = {"form", "the form", "about the form", "for the form", "the form's question", "the question", "el formulario", "formulario"}
OF_ME = {"me", "about me", "how i am", "about how i am", "how i feel", "myself", "de mí", "de mi"}
ASK_OF_LIFE = (*ASK_OF_DANGER, "minor")  # check-ins that ask for thoughts of ending one's life
# Who writes, or the person they wrote of, is safe; or is well and asks to go on. "I'm ok" alone is said in danger, too.
_GO_ON = r"(?:(?:please|let'?s|we can|i(?:'d| would)? (?:want|like) to) )*(?:continue|go on|resume|keep going)|(?:(?:podemos|quiero) )?(?:sigamos|seguir|siga|continuar|continuemos)(?: por favor)?"
_IS_SAFE = re.compile(
    rf"(?:(?:(?:no|yes|ok|okay)\W+)?(?:i'?m|i am|we'?re|we are|s?he'?s|s?he is|they'?re|they are) )?safe(?: right)?(?: now)?(?:(?: and|,)+ (?:{_GO_ON}))?(?:,? (?:thanks|thank you|thx)(?: so much)?)?"
    rf"|(?:(?:no,|s[ií],?|ok,?) )*(?:(?:ya )?(?:estoy|estamos|est[áa]n?) (?:ya )?)?(?:a salvo|fuera de peligro)(?: (?:ya|ahora))?(?:(?: y|,)+ (?:{_GO_ON}))?"
    rf"|(?:(?:yes|ok|okay),? )?(?:i'?m|i am) (?:ok|okay|fine|alright)(?: now)?(?: and|,)+ (?:{_GO_ON})"
    rf"|(?:(?:no,|s[ií],?|ok,?) )*(?:ya )?(?:estoy|me siento) (?:ya )?(?:bien|mejor)(?: ya| ahora)?(?: y|,)+ (?:{_GO_ON})|{_GO_ON}"
)
# What whoever wants a person types while the crisis path is open; the button says "Talk to staff".
_WHO = r"(?:(?:the |your |a |an |some |real |live |actual |human )*(?:staff|team|someone|somebody|anyone|anybody|person|human|nurse|doctor|clinician|therapist|counselor|receptionist|people))"
_REACH_ME = r"(?:call|ring|phone|text|contact|reach|message|e-?mail|get (?:back to|in touch with|hold of)|talk (?:to|with)|speak (?:to|with))"
_WANTS_A_PERSON = re.compile(
    rf"\b(?:talk|speak|chat) (?:to|with) {_WHO}\b|\b(?:connect|transfer|get|give|put) me (?:(?:to|with|through to) )?{_WHO}\b"
    rf"|\b(?:can|could|will|would|have|let|ask|tell|need|want|get) (?:you|{_WHO})(?: \w+){{0,3}}? {_REACH_ME} me\b"
    rf"|^\W*(?:please |pls |yes |just |so )*(?:(?:call|ring|phone|contact) me(?: back)?(?= at|\W*\d|\W*$| please| now| today)|(?:contact|call) (?:the )?(?:staff|team))"
    rf"|^\W*(?:please )?{_WHO}(?: please)?\W*$|\bhabl\w+ con (?:el personal|alguien|una persona|el equipo)\b|\b(?:ll[aá]me(?:n)?me|me (?:pueden|puede) llamar)\b",
    re.IGNORECASE,
)
_WANTS_NOBODY = re.compile(r"\b(?:no ?one|nobody|not|never|without|\w+n['’]t|dont|cant|wont|cannot|nadie)\b", re.IGNORECASE)
_MOST_CONTACT_WORDS = 12
_MOST_NAMED_WORDS = 16  # on a choice
ASKS = ("question", "check_in", "crisis")  # kinds of messages that have readers of their own for what is typed next
RATES = ("/affirm", "/deny")  # payloads of a yes or a no, above all to "was this helpful?"

Handler = Callable[[UserMessage], Awaitable[Any]]
Parse = Dict[str, Any]


class Queues:
    """One lock a conversation, first come first served and without Rasa's one-second polling."""

    def __init__(self) -> None:
        self._locks: Dict[str, asyncio.Lock] = {}
        self._waiting: Dict[str, int] = {}

    @asynccontextmanager
    async def turn(self, conversation_id: str) -> AsyncIterator[None]:
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        self._waiting[conversation_id] = self._waiting.get(conversation_id, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[conversation_id] -= 1
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id], self._locks[conversation_id]


@dataclasses.dataclass(frozen=True)
class _Kept:
    """A message that is kept and not answered yet, and what its turn needs to know."""

    message: Message
    words: str  # that the visitor typed, or those on the choice
    offered: Optional[Dict[str, Any]]
    recent: List[str]
    state: str  # of the conversation
    said: List[conversations.Said]  # by the bot since the message before, where this one was typed
    language: str  # to answer in


@dataclasses.dataclass
class Turns:
    """Answers visitors' messages."""

    settings: Settings
    clinic: Clinic
    database: Database
    screener: Screener
    replies: Replies
    handle: Handler
    understand: Optional[Callable[[str, str], Awaitable[Parse]]] = None  # the model alone, of a conversation's text
    begin: Optional[Callable[[str], None]] = None  # to understand a text, while it is kept and screened
    queues: Queues = dataclasses.field(default_factory=Queues)

    def __post_init__(self) -> None:
        self.check_ins = CheckInReplies.load(self.screener.normalise)

    async def open(self, conversation_id: str) -> List[Dict[str, Any]]:
        """The greeting of a new conversation."""
        said = await self._rasa(conversation_id, "/greet", None) or [_plain(self._greeting())]
        return await self.database.written(self._add_all, conversation_id, said, None)

    async def take(
        self, conversation_id: str, client_id: str, text: Optional[str], choice: Optional[str]
    ) -> List[Dict[str, Any]]:
        """The replies to a message; the same client id gives the same replies and no second turn.

        Raises:
            Conflict: the choice was never offered in this conversation.
            Unauthorized: the conversation has expired or was deleted.
        """
        # a visitor who closes the page in the middle of a turn does not end it: a crisis still reaches staff
        return await asyncio.shield(self._in_turn(conversation_id, client_id, text, choice))

    def is_urgent(self, conversation_id: str, text: Optional[str], choice: Optional[str]) -> bool:
        """Whether a message is a call for help, or a choice of the crisis text where the chat is in a crisis."""
        if text:
            return self.screener.screen(text).outcome == "takeover"
        if choice not in self._crisis_choices():
            return False
        with self.database.reading() as s:
            return conversations.get_state(s, conversation_id) == CRISIS_STATE

    async def _in_turn(
        self, conversation_id: str, client_id: str, text: Optional[str], choice: Optional[str]
    ) -> List[Dict[str, Any]]:
        async with self.queues.turn(conversation_id):
            return await self._take(conversation_id, client_id, text, choice)

    async def _take(
        self, conversation_id: str, client_id: str, text: Optional[str], choice: Optional[str]
    ) -> List[Dict[str, Any]]:
        self._begin(text)
        # Whoever is answered has the message on the disk, because the commit of the answer waits for it; before it, only what deletes must.
        confirms = bool(_CONFIRMS.match(text or ""))
        deletes = choice == ERASE or confirms
        kept = await self.database.written(self._keep, conversation_id, client_id, text, choice, confirms, durable=deletes)
        if not isinstance(kept, _Kept):
            return kept
        offered = kept.offered
        screening = Screening("none") if choice else self.screener.screen(text or "", kept.recent)
        if screening.outcome == "takeover" and not await self._doubted(conversation_id, text or ""):
            return await self._take_over(conversation_id, kept, screening)
        if kept.state == STAFF_STATE:
            return await self.database.written(self._leave_to_staff, conversation_id)
        if kept.state == CRISIS_STATE:
            return await self._in_crisis(conversation_id, kept, text, choice)
        checked_in = await self._checked_in(conversation_id, kept, text, screening)
        if checked_in is not None:
            return checked_in
        if text and self.check_ins.says_the_rest(text) and await self.database.written(self._waits_for_reply, conversation_id):
            return await self._take_over(conversation_id, kept, self._of_age(kept, "suicidal", "together"))
        if text and self.screener.is_minor(text) and await self.database.written(self._in_history, conversation_id):
            return await self._answer(conversation_id, kept, UNDER_18, Screening("none"))
        if choice and choice in self._crisis_choices():
            return await self._in_crisis(conversation_id, kept, text, choice)
        if text and screening.outcome == "check_in" and self.screener.screen(text).outcome == "none":
            return await self._ask_of_several(conversation_id, kept, screening)
        meant = offered or _named(kept.said, text or "")
        payload = meant["payload"] if meant else PROTECTED_PREFIX + (text or "")
        return await self._answer(conversation_id, kept, payload, screening)

    def _begin(self, text: Optional[str]) -> None:
        if not (text and self.begin):
            return
        try:
            self.begin(PROTECTED_PREFIX + text)
        except Exception as error:  # it only saves time
            logger.error("The model could not begin: %s", type(error).__name__)

    def _keep(
        self, s: Session, conversation_id: str, client_id: str, text: Optional[str], choice: Optional[str], confirms: bool
    ) -> Union["_Kept", List[Dict[str, Any]]]:
        """Keep a message; the replies at once where it was answered before, or where it asks to forget everything.

        With ``confirms`` it is a typed yes to whatever was offered.
        """
        state = conversations.get_state(s, conversation_id, locked=True)
        if state is None:
            raise Unauthorized()
        if confirms and any(c["id"] == ERASE for said in conversations.last_said(s, conversation_id) for c in said.choices):
            choice = ERASE
        offered = conversations.find_choice(s, conversation_id, choice) if choice else None
        if choice == ERASE or (choice and offered is None):
            return self._erase(s, conversation_id, client_id, offered)
        recent = [] if choice else conversations.recent_visitor_texts(s, conversation_id, RECENT_TEXTS)
        said = conversations.last_said(s, conversation_id) if text else []
        words = offered["label"] if offered else text or ""
        message, created = conversations.add_visitor_message(s, conversation_id, client_id, words, choice)
        if not created and message.status != "pending":
            return self._replies_to(s, message)
        language = self.replies.spoken(words, (one.text for one in said))
        return _Kept(message, words, offered, recent, state, said, language)

    def _erase(
        self, s: Session, conversation_id: str, client_id: str, offered: Optional[Dict[str, Any]]
    ) -> List[Dict[str, Any]]:
        """Forget what was not sent; said again where it was done before, although the choice is gone since."""
        again = conversations.sent(s, conversation_id, client_id)
        if again is not None:
            return self._replies_to(s, again)
        if offered is None:
            raise Conflict()
        everything = "messages" in forget(s, conversation_id)
        message, _ = conversations.add_visitor_message(s, conversation_id, client_id, offered["label"], ERASE)
        return self._finish(s, conversation_id, message.id, [_plain(ERASED if everything else ERASED_UNSENT, kind="notice")])

    @staticmethod
    def _leave_to_staff(s: Session, conversation_id: str) -> List[Dict[str, Any]]:
        """No reply, because it is for staff to answer: the message waits for them, on the disk."""
        conversations.touch(s, conversation_id)
        return []

    @staticmethod
    def _replies_to(s: Session, message: Message) -> List[Dict[str, Any]]:
        return [conversations.public(m) for m in conversations.replies_to(s, message.id)]

    async def _doubted(self, conversation_id: str, text: str) -> bool:
        """Whether the model finds harmless what a rule takes for a crisis, so that the dialogue may have it."""
        if self.understand is None or self.screener.screen(text).outcome != "takeover":
            return False  # only the messages before it make it one: the model reads one message
        if _NOT_GUESSED.match(PROTECTED_PREFIX + text):
            return False  # the dialogue would not read it
        safety = await self._model_says(conversation_id, text)
        return safety.get("outcome") == "check_in" or safety.get("note") == HARMLESS

    async def _model_says(self, conversation_id: str, text: str) -> Dict[str, Any]:
        """What the model says of a text's safety; nothing where it has nothing to say or cannot be asked."""
        if self.understand is None:
            return {}
        try:
            parsed = await asyncio.wait_for(self.understand(conversation_id, PROTECTED_PREFIX + text), DOUBT_TIMEOUT_S)
        except Exception as error:  # the rules stand without the model
            logger.error("The model could not be asked: %s", type(error).__name__)
            return {}
        return parsed.get("safety") or {}

    async def _answer(self, conversation_id: str, kept: _Kept, payload: str, screening: Screening) -> List[Dict[str, Any]]:
        said = await self._rasa(conversation_id, payload, kept.message.id)
        if not said:
            return await self._failed(conversation_id, kept, screening)
        line = self.replies.line(screening.note)
        if line and not any(m["kind"] in ("crisis", "check_in") or line in m["text"] or "988" in line and "988" in m["text"] for m in said):
            said.insert(0 if screening.note in SAID_FIRST else len(said), _plain(line, kind="notice"))
        return await self._reply(conversation_id, kept.message.id, said)

    async def _ask_of_several(self, conversation_id: str, kept: _Kept, screening: Screening) -> List[Dict[str, Any]]:
        """The check-in for what only several messages say together: the dialogue reads one. A question that waits goes on behind it."""
        asks = _from_reply(self.replies.reply(screening.category, "check_in", kept.language))
        said = [asks]
        if await self.database.written(_asked_run, conversation_id):
            answer = await self._rasa(conversation_id, PROTECTED_PREFIX + kept.words, kept.message.id)
            said = answer if any(m["kind"] in ("crisis", "check_in") for m in answer) else [asks, *answer]
        return await self._reply(conversation_id, kept.message.id, said)

    async def _rasa(
        self, conversation_id: str, payload: str, message_id: Optional[int]
    ) -> List[Dict[str, Any]]:
        """What Rasa says; nothing when it fails. No text of the visitor goes into the log."""
        parsed = _NOT_UNDERSTOOD | {"text": payload} if _NOT_GUESSED.match(payload) else None
        output = TurnOutput()
        message = UserMessage(
            payload,
            output,
            conversation_id,
            input_channel="chat",
            metadata={"message_id": message_id},
            parse_data=parsed,
        )
        try:
            await asyncio.wait_for(self.handle(message), TURN_TIMEOUT_S)
        except Exception as error:  # whatever fails behind the channel, the visitor gets an answer
            logger.error("The dialogue failed: %s", type(error).__name__)
            return []
        return output.messages

    # -- crisis --------------------------------------------------------------------------------------------------

    async def _take_over(self, conversation_id: str, kept: _Kept, screening: Screening) -> List[Dict[str, Any]]:
        def work(s: Session) -> List[Dict[str, Any]]:
            reply = take_over(
                s,
                conversation_id,
                category=screening.category,
                rule=screening.rule or "rule",
                version=self.screener.version,
                words=kept.words,
                replies=self.replies,
                settings=self.settings,
                clinic=self.clinic,
                language=kept.language,
            )
            return self._finish(s, conversation_id, kept.message.id, [_from_reply(reply)])

        return await self.database.written(work)

    async def _checked_in(
        self, conversation_id: str, kept: _Kept, text: Optional[str], screening: Screening
    ) -> Optional[List[Dict[str, Any]]]:
        """The answer to the reply to a check-in; None where this message is none.

        Where the form has asked its question again behind the check-in, a yes may be meant for either: it is asked for which.
        A reply that is neither a yes nor a no is asked about once more, and counts as a yes when it stays so.
        """
        message_id = kept.message.id
        if kept.offered and kept.offered["id"] == YES_TO_CHECK_IN:
            return await self._said_yes(conversation_id, kept, kept.offered["payload"].rpartition("/")[2])
        asked = next((said for said in reversed(kept.said) if said.kind == "check_in"), None)
        if asked is None or not text:
            return None
        back, reply, category = self.replies.asks_back(asked.text), self.check_ins.read(text), self.replies.asks_about(asked.text)
        if back:
            offered = await self.database.written(conversations.find_choice, conversation_id, YES_TO_CHECK_IN)
            category = offered["payload"].rpartition("/")[2]
        if back == "which" and _means(text, OF_THE_FORM):
            form = await self.database.written(conversations.find_choice, conversation_id, YES_TO_FORM)
            return await self._answer(conversation_id, kept, form["payload"], Screening("none"))
        if reply == NO and not await self._belied(conversation_id, text, screening):
            return await self._go_on(conversation_id, message_id, "/resume_intake", self.replies.resumed(kept.language))
        if reply == YES and not back and kept.said[-1] != asked:
            return await self._reply(conversation_id, message_id, [self._ask_back("which", category, kept)])
        if reply == YES or back and reply == DOUBT or back == "which" and _means(text, OF_ME):
            return await self._said_yes(conversation_id, kept, category)
        if reply == DOUBT:
            return await self._reply(conversation_id, message_id, [self._ask_back("again", category, kept)])
        return None

    def _waits_for_reply(self, s: Session, conversation_id: str) -> bool:
        """Whether somebody was asked for thoughts of ending their life in the last few turns and has not said no to it."""
        resumed = {self.replies.resumed(language).text for language in ("en", "es")}
        waits = False
        for said in conversations.last_said(s, conversation_id, turns=RECENT_TEXTS):
            if said.kind == "crisis" or said.text in resumed:
                waits = False
            elif said.kind == "check_in" and not self.replies.asks_back(said.text):
                waits = waits or self.replies.asks_about(said.text) in ASK_OF_LIFE
        return waits

    async def _said_yes(self, conversation_id: str, kept: _Kept, category: str) -> List[Dict[str, Any]]:
        return await self._take_over(conversation_id, kept, self._of_age(kept, category, "check-in"))

    def _of_age(self, kept: _Kept, category: str, rule: str) -> Screening:
        return Screening("takeover", self.screener.for_age(category, [*kept.recent, kept.words]), rule)

    async def _belied(self, conversation_id: str, text: str, screening: Screening) -> bool:
        """Whether a no goes on to say what it denies: "nothing like that, I'd only like to stay asleep"."""
        if screening.outcome != "none" and not self.screener.is_weak(screening.rule or ""):
            return True
        return (await self._model_says(conversation_id, text)).get("outcome") == "takeover"

    def _ask_back(self, name: str, category: str, kept: _Kept) -> Dict[str, Any]:
        """Asks whether a yes was meant for the check-in or for the form ("which"), or for a clearer word ("again")."""
        asks = _from_reply(self.replies.reply(name, "check_in", kept.language))
        payloads = {YES_TO_CHECK_IN: f"/{YES_TO_CHECK_IN}/{category}", YES_TO_FORM: PROTECTED_PREFIX + kept.words}
        return {**asks, "choices": [{**c, "payload": payloads.get(c["id"], c["payload"])} for c in asks["choices"]]}

    async def _in_crisis(
        self, conversation_id: str, kept: _Kept, text: Optional[str], choice: Optional[str]
    ) -> List[Dict[str, Any]]:
        """Until the visitor chooses to go on, nothing else happens than repeating where help is."""
        message_id, language = kept.message.id, kept.language
        if choice == "safe_now" or bool(text) and _IS_SAFE.fullmatch(_plainly(text)):
            return await self._go_on(conversation_id, message_id, "/resume_intake", self.replies.resumed(language))
        if text and self.screener.is_minor(text):
            return await self._take_over(conversation_id, kept, Screening("takeover", "minor", "age"))
        if text and kept.said and self.check_ins.read(text) == YES and self.replies.asks_about(kept.said[-1].text) in ASK_OF_DANGER:
            return await self._take_over(conversation_id, kept, Screening("takeover", "suicidal", "crisis-yes"))
        if choice == "talk_staff" or text and _wants_a_person(text):
            told = self.replies.chosen("talk_staff", language=language) if kept.state == CRISIS_STATE else None
            return await self._go_on(conversation_id, message_id, "/talk_to_human", told)
        chosen = self.replies.chosen(choice, self.clinic.get("phone"), language) if choice else None
        return await self._reply(conversation_id, message_id, [_from_reply(chosen or self.replies.hold(language))])

    async def _go_on(
        self, conversation_id: str, message_id: int, payload: str, first: Optional[Reply]
    ) -> List[Dict[str, Any]]:
        open_run = await self.database.written(self._open_again, conversation_id)
        said = [_from_reply(first)] if first else []
        if payload == "/resume_intake" and not open_run:
            payload = "/ask_question"
            said = [{**one, "choices": []} for one in said]  # nothing waits that could be stopped
        said += await self._rasa(conversation_id, payload, message_id) or [_plain(self._broken(), kind="notice")]
        return await self._reply(conversation_id, message_id, said)

    @staticmethod
    def _open_again(s: Session, conversation_id: str) -> Any:
        """Let the conversation go on; gives the questions that were interrupted, if any were."""
        if conversations.get_state(s, conversation_id, locked=True) != STAFF_STATE:  # they came while this turn was on its way
            conversations.set_state(s, conversation_id, "open")
        return _asked_run(s, conversation_id)

    @staticmethod
    def _in_history(s: Session, conversation_id: str) -> bool:
        run = _asked_run(s, conversation_id)
        return run is not None and run.kind == "intake"

    def _crisis_choices(self) -> set:
        return set(self.replies.choice_ids()) - {YES_TO_FORM, STOP}

    # -- failure -------------------------------------------------------------------------------------------------

    async def _failed(self, conversation_id: str, kept: _Kept, screening: Screening) -> List[Dict[str, Any]]:
        if screening.outcome == "none" and not kept.offered:  # the model may still hear what the rules do not
            heard = await self._model_says(conversation_id, kept.words)
            screening = Screening(heard.get("outcome") or "none", heard.get("category"), heard.get("rule"))
        if screening.outcome == "takeover":
            return await self._take_over(conversation_id, kept, screening)
        if screening.outcome == "check_in":
            reply = self.replies.reply(screening.category, "check_in", kept.language)
            return await self._reply(conversation_id, kept.message.id, [_from_reply(reply)])
        text = None if kept.offered else kept.words
        notice = self._broken(" Your message is kept and the team will see it." if text else "")

        def work(s: Session) -> List[Dict[str, Any]]:
            if text:
                service.keep_message(s, conversation_id, words=text, settings=self.settings)
            return self._finish(s, conversation_id, kept.message.id, [_plain(notice, kind="notice")], status="failed")

        return await self.database.written(work)

    def _broken(self, kept: str = "") -> str:
        phone = self.clinic.get("phone")
        call = f" You can also call the clinic at {phone}." if phone else ""
        return (
            f"I can't answer right now because something on our side isn't working.{kept}{call} If you're in danger or thinking "
            "of ending your life, call or text 988, or call 911."
        )

    # -- keeping -------------------------------------------------------------------------------------------------

    async def _reply(self, conversation_id: str, message_id: int, said: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
        return await self.database.written(self._finish, conversation_id, message_id, said)

    def _finish(
        self, s: Session, conversation_id: str, message_id: int, said: List[Dict[str, Any]], status: str = "answered"
    ) -> List[Dict[str, Any]]:
        replies = self._add_all(s, conversation_id, said, message_id)
        conversations.set_status(s, message_id, status)
        return replies

    def _add_all(
        self, s: Session, conversation_id: str, said: List[Dict[str, Any]], reply_to: Optional[int]
    ) -> List[Dict[str, Any]]:
        return [self._add(s, conversation_id, message, reply_to) for message in said]

    def _add(
        self, s: Session, conversation_id: str, message: Dict[str, Any], reply_to: Optional[int]
    ) -> Dict[str, Any]:
        row = conversations.add_message(
            s,
            conversation_id,
            author="bot",
            text=message["text"],
            kind=message["kind"],
            language=self.replies.written_in(message["text"]),
            choices=message["choices"],
            sources=message["sources"],
            reply_to=reply_to,
        )
        return conversations.public(row)

    @staticmethod
    def _greeting() -> str:
        return (
            "Hi, I'm the clinic's automated assistant. Something on our side isn't working right now, so I can only keep "
            "your message for the team. If you're in danger or thinking of ending your life, call or text 988, or call 911."
        )


def _asked_run(s: Session, conversation_id: str) -> Optional[Intake]:
    """The run whose question waits for an answer."""
    run = intakes.current_intake(s, conversation_id)
    return run if run is not None and run.status == "in_progress" else None


def _plain(text: str, kind: str = "message") -> Dict[str, Any]:
    return {"text": text, "kind": kind, "choices": [], "sources": []}


def _from_reply(reply: Reply) -> Dict[str, Any]:
    choices = [{**choice, "payload": f"/{choice['id']}"} for choice in reply.choices]
    return {"text": reply.text, "kind": reply.kind, "choices": choices, "sources": []}


def _wants_a_person(text: str) -> bool:
    """Whether a text asks for a person, or leaves a phone number or an e-mail address for one."""
    if _WANTS_NOBODY.search(text):
        return False
    if _WANTS_A_PERSON.search(text):
        return True
    try:
        return len(text.split()) <= _MOST_CONTACT_WORDS and bool(parse_phone_or_email(text))
    except AnswerError:
        return False


def _named(said: Sequence[conversations.Said], text: str) -> Optional[Dict[str, Any]]:
    """The choice that a typed text names or counts to: "the second one". Where something is asked, the text is left to answer that."""
    offered = {c["id"]: c for one in said for c in one.choices}
    if len(text.split()) > _MOST_NAMED_WORDS or ERASE in offered or any(one.kind in ASKS for one in said):
        return None
    rated = [c for c in offered.values() if c["payload"].startswith(RATES)]  # they stand apart from the list
    listed = [Option(c["id"], c["label"], None, c["id"]) for c in offered.values() if c not in rated]
    found = choices.named_or_placed(listed, text)
    return offered[found.code] if found else next((c for c in rated if _plainly(c["label"]) == _plainly(text)), None)


def _means(text: Optional[str], words: set) -> bool:
    return bool(text) and _plainly(text) in words


def _plainly(text: str) -> str:
    return text.strip().lower().rstrip(".! ").replace("\u2019", "'")
