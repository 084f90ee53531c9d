"""How replies to a check-in are read: a yes in any words, a no that says no more, and what leaves it open."""
from __future__ import annotations

import time

import pytest

from bot.safety import DOUBT, NO, YES, CheckInReplies, Screener

SAID = {
    YES: """\
yeah a lot
yes I am
yes, sometimes
yes but I wouldn't do it
yes, at night
yes
y
Yes.
i am
i do
kind of
kinda
sort of
maybe
sometimes
a little
si
sí
YEAH
yes sometimes I think about it
a lot, honestly
some nights
Mostly at night
i guess so
i think so
well, yes
oh yes
unfortunately yes
both
yes :(
yes...
I'm not safe
no I'm not safe
not safe
I do sometimes
I think about it
yes all the time
probably yes
yes, but not today
yea
yes it's happening now
it is
yes he does
yeah my wife hits me
every day
I have thoughts
at night mostly
i mean life
live i mean
no calls but yes
no I won't call anyone, yes I am going to
no hotline. yes.
living
with life
dying I guess""",
    NO: """\
what? no
lol no
no lol
no
n
nope
nah
no i'm not
no im not
no, i'm not
not at all
i'm fine
im fine
i'm ok
im ok
something else
no, something else
it's something else
its something else
no, I'm ok
no I'm not suicidal
no nothing like that
No dear, nothing like that
I just mean I'm worn out, not suicidal
not that, just tired
no nothing like that, I just want to correct my birthday
No dear, nothing like that, I just worry
it's something else, just worn out
just tired
no thank you
no, just exhausted
I'm safe
no, I would never hurt myself
I'm not thinking about that
just a figure of speech
it's a way of speaking
no no, nothing like that
I didn't mean it that way
No!
no worries, I'm fine
I don't want to die
no thoughts of suicide
it's something else
no I'm just stressed
nothing like that
God no
no it's from before
that was years ago
it's over now
No, it was a long time ago
heavens no
No, I'm good thanks
no, I am not having thoughts of ending my life
no it's something else, yes I'm sure""",
    DOUBT: """\
no but some nights
no, not tonight
no more than usual
not really
not right now
idk
I don't know
not sure
why do you ask
maybe not
yes it's something else
yeah I'm just tired
no, but I think about it
not exactly
hard to say
rather not say
no I'm not ok
nothing like that, but I wish it was over
no, not really
not anymore
does it matter
ok thanks bye
yeah no I'm fine
no and yes
it's not something else
no to the first, but yes""",
    None: """\
October 2019
my therapist
how much does it cost
my nightmares and the panic
Dr. Smith
PTSD from the war
sertraline 50 mg
the VA diagnosed me in 2012
March 4, 1987
no known allergies
none, I don't take anything
no medicines
ok thanks
I want to sleep better and be less angry
what do you mean by goals and how long does this whole thing take please
text is best
she/her
me
I want to kill myself
Oregon
503 555 0123
no voicemail please
no doctor has told me that
to sleep through the night""",
}


@pytest.fixture(scope="module")
def replies() -> CheckInReplies:
    return CheckInReplies.load(Screener.load().normalise)


@pytest.mark.parametrize(("text", "read"), [(text, read) for read, texts in SAID.items() for text in texts.splitlines()])
def test_a_reply_is_read_as_it_is_meant(replies: CheckInReplies, text: str, read: str) -> None:
    assert replies.read(text) == read


@pytest.mark.parametrize("text", ["no " * 600, "sometimes and " * 150, "i am just so very tired " * 80, "of about any thoughts " * 90, "not like that " * 140])
def test_no_reply_holds_the_chat_up(replies: CheckInReplies, text: str) -> None:
    start = time.process_time()
    replies.read(text)
    assert time.process_time() - start < 0.1
