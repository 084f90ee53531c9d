"""What the crisis rule layer promises about single texts: clinical-facts' own examples and what stands around a match."""
from __future__ import annotations

import time

import pytest

from bot.safety import CATEGORIES, SafetyDataError, Screener, Screening
from bot.safety.patterns import Matcher, compile_pattern


@pytest.fixture(scope="module")
def screener() -> Screener:
    return Screener.load()


EXPLICIT = """\
I want to kill myself
gonna suicide tonight
thinking of shooting up my former workplace
I will shoot up that factory next week
I'm going to end it tonight
I have a plan
I took a bunch of pills
I'm holding a gun
gonna kms
unalive myself
i want to die
wanna be dead
suicidal
sucidal
quiero morir
matarme
no quiero vivir"""

INDIRECT = """\
I don't want to wake up
I wish I could go to sleep and not wake up
everyone would be better off without me
what's the point anymore
I can't do this anymore
I'm a burden
no reason to live
tired of being alive
I just want it to stop
nobody would miss me
I've written letters
I've given away my things
said my goodbyes
this is my last hope, if ketamine doesn't work I'm done
I don't feel safe with myself
I can't promise I'll be here next week
I keep thinking about driving off the road
I cut myself
I feel like hurting someone
he hits me
I'm scared to go home
voices tell me to
chest pain after my infusion
my husband won't wake up
I'm not suicidal but I don't want to be here
I wouldn't do it, but I think about it
I'm fine lol I just want to die
I'm not going to do anything yet
not suicidal, just don't care if I die"""

AMBIGUOUS = """\
I give up
I can't take it anymore
I'm done
I'm hopeless
I hate my life
I'm losing it
ya no aguanto
ya no doy más"""

NO_TAKEOVER = """\
my friend died by suicide years ago
my dad killed himself when I was 10
I'm not suicidal
no thoughts of suicide
I was suicidal in 2015 but not now
this traffic is killing me
I'm dying to know the price
my back is killing me
does ketamine help with suicidal thoughts?
can suicidal people get ketamine?
what is your suicide policy?
I work on a suicide hotline
Suicide Squad
deadline
killer headache
dead battery
I'd kill for some sleep
shoot me an email
overdose of caffeine
I'm going to hang up
chest pain years ago, stent in 2019
no
sertraline 50 mg
my husband passed away
I had a seizure as a kid
I get panic attacks
I quit drinking in 2010
we shot people in Kandahar and I still see it
this paperwork is killing me
my pills are on the list, I will take them with me to the visit
your page is dead slow
took six days worth of antibiotics for a tick bite"""


@pytest.mark.parametrize("text", EXPLICIT.splitlines())
def test_an_explicit_statement_always_takes_over(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "takeover"


@pytest.mark.parametrize("text", INDIRECT.splitlines())
def test_an_indirect_statement_is_never_passed_over(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome in ("takeover", "check_in")


@pytest.mark.parametrize("text", AMBIGUOUS.splitlines())
def test_an_ambiguous_word_gets_one_kind_question_and_no_takeover(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "check_in"


@pytest.mark.parametrize("text", NO_TAKEOVER.splitlines())
def test_near_misses_do_not_take_over(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "none"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("I want to die", "suicidal"),
        ("I don't want to wake up tomorrow", "passive"),
        ("I cut my arms again last night", "self_harm"),
        ("I'm going to kill my neighbor", "harm_to_others"),
        ("my husband hits me", "abuse"),
        ("my throat is closing up", "medical_emergency"),
        ("I swallowed the whole bottle of Tylenol", "overdose"),
        ("I hear voices and there are cameras in the walls", "disorientation"),
        ("my son says he wants to die", "third_party"),
        ("I'm 15 and I want to die", "minor"),
        ("I stopped drinking on Sunday and I'm shaking and seeing bugs", "withdrawal"),
        # what voices or another person tell them to do to themselves is no danger to others
        ("the voices tell me to hurt myself", "self_harm"),
        ("god wants me to kill myself", "suicidal"),
        ("my ex keeps telling me to kill myself", "suicidal"),
        ("the voices tell me to hurt people", "harm_to_others"),
        # a child's age that a grown-up tells is not the writer's
        ("my 12 year old wants to die", "third_party"),
        ("my son is 14 years old and he wants to die", "third_party"),
        ("my 15 yo cut herself last night", "third_party"),
        ("my 8 year old is being hit by her stepdad", "abuse"),
        ("a 15 year old student of mine wants to die", "third_party"),
        ("a 16 yo at my church says she wants to kill herself", "third_party"),
        ("as a 15 year old I want to die", "minor"),
        # who writes may say what they are
        ("I'm a vet who wants to die", "suicidal"),
        ("i am a girl and want to die", "suicidal"),
        ("I'm one of those veterans who wants to die", "suicidal"),
        ("as a mother who wants to die what do i do", "suicidal"),
        ("soy una mujer que quiere morir", "suicidal"),
        ("I'm a mother and my son wants to die", "third_party"),
        ("I'm a nurse and a patient wants to die", "third_party"),
        ("I'm a friend of a guy who wants to kill himself", "third_party"),
        ("I need to see blood to feel anything", "self_harm"),
        ("15 years old, my uncle touches me", "minor"),
        # ... in the third person, or together with somebody else
        ("as somebody who plans to kill herself, can I come", "suicidal"),
        ("I'm the kind of person who wants to kill himself", "suicidal"),
        ("I coach four kids and I'm the one wanting to kill himself", "suicidal"),
        ("this tired old marine wants to kill himself", "suicidal"),
        ("the child in me wants to die", "suicidal"),
        ("half of me wants to be dead", "suicidal"),
        ("there's a guy who wants to kill himself. that guy is me", "suicidal"),
        ("my sister wants to die and so do I", "suicidal"),
        ("she's suicidal. me too", "suicidal"),
        ("my wife and I want to die", "suicidal"),
        ("una parte de mi se quiere morir", "suicidal"),
        ("mi hijo y yo nos queremos matar", "suicidal"),
        ("I'm a counselor who is suicidal", "suicidal"),
        ("my dad hung himself and I want to do the same", "suicidal"),
        ("my sister died and i cant stop thinking about joining her", "suicidal"),
        ("mi hermana se mato y yo quiero irme con ella", "suicidal"),
        ("I'm dating someone who wants to kill himself", "third_party"),
        ("I'm a patient there and my roommate said she wants to die", "third_party"),
        ("my son wants to die and I'm the one who found the rope", "third_party"),
        ("my son confides in me and wants to die", "third_party"),
        ("yes it's me, his wife. he wants to kill himself", "third_party"),
        ("my son wants to die. so am I a bad mother", "third_party"),
        ("as the father of a suicidal girl what do I do", "third_party"),
        ("I'm a man whose wife wants to die", "third_party"),
        ("I have a suicidal teenage son", "third_party"),
        ("I'm a counselor and one of my patients is suicidal", "third_party"),
        ("I'm a therapist whose client is planning suicide", "third_party"),
        ("I'm a social worker whose husband is suicidal", "third_party"),
        ("one of our players wants to die", "third_party"),
        ("I'm the caregiver of a veteran who wants to die", "third_party"),
        ("una paciente me dijo que se va a matar", "third_party"),
        # ... or leaves "I" out
        ("my husband left me, want to die", "suicidal"),
        ("my boyfriend dumped me wanna kms", "suicidal"),
        ("she cheated on me, thinking of suicide", "suicidal"),
        ("my husband makes me want to die", "suicidal"),
        ("I'm a single mom, want to die", "suicidal"),
        ("im a wife of a veteran, want to die", "suicidal"),
        ("my dad says kill yourself already", "suicidal"),
        ("my grandma was suicidal and now I am", "suicidal"),
        ("my son texted me want to die", "third_party"),
        ("my friend says want to kill myself", "third_party"),
        ("my son came to me suicidal", "third_party"),
        ("my daughter says her coach touched her privates", "abuse"),
        ("my stepdad is holding a knife to my throat", "abuse"),
        # who tells of a threat is in danger from it
        ("she has a knife and is threatening me", "abuse"),
        ("he said he wants me dead", "abuse"),
        ("ella me va a matar", "abuse"),
        ("she keeps telling me she will kill herself", "third_party"),
        ("my uncle is planning to kill his wife", "harm_to_others"),
        ("the guy upstairs beats his girlfriend", "abuse"),
        ("a boy in my class gets beaten by his father", "abuse"),
        ("mi vecino le pega a su esposa", "abuse"),
        ("mi bebe se trago unas pastillas", "overdose"),
        # school years and ages
        ("junior in high school, I cut my wrists", "minor"),
        ("8th grader here, my dad hits me", "minor"),
        ("tengo 13 y mi papa me pega", "minor"),
        ("I have a 16 yo daughter and I want to kill myself", "suicidal"),
        ("my 8th grader wants to kill herself", "third_party"),
    ],
)
def test_each_category_has_its_own_way(screener: Screener, text: str, category: str) -> None:
    assert screener.screen(text) == Screening("takeover", category, screener.screen(text).rule)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("I just wanted somebody to know before i go", "check_in"),
        ("I wanted someone to know how much I loved them before I leave", "check_in"),
        ("just wanted someone to know before I go in that I have asthma", "none"),
        ("I want somebody to know my allergies before I go", "none"),
        ("they put an implant in my head to control me", "takeover"),
        ("i have an implant in my arm", "none"),  # birth control
        ("I have dental implants in my teeth", "none"),
        ("do I need to have my blood drawn to feel better", "none"),
    ],
)
def test_the_same_words_stand_for_something_else(screener: Screener, text: str, outcome: str) -> None:
    assert screener.screen(text).outcome == outcome


@pytest.mark.parametrize("text", ["my wife wants to kill the spider", "my wife wants to kill our old couch", "my friend wants to shoot some hoops", "he beats his brother at golf"])
def test_a_verb_of_violence_without_a_victim_stops_nobody(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome != "takeover"


@pytest.mark.parametrize(
    ("category", "text", "expected"),
    [
        ("minor", "mi hija de 15 años se corta", "third_party"),
        ("minor", "we have a 12 yo who carves words in her skin", "third_party"),
        ("minor", "kids at school carve words in their skin", "minor"),
        ("minor", "im 15 and my 12 year old brother is here", "minor"),
        ("third_party", "she goes tonight, so do i", "suicidal"),
        ("self_harm", "my 12 year old saw it", "self_harm"),
    ],
)
def test_what_a_model_hears_is_of_who_says_it(screener: Screener, category: str, text: str, expected: str) -> None:
    assert screener.whose(category, text) == expected


def test_an_emergency_of_the_body_comes_before_everything_else(screener: Screener) -> None:
    assert screener.screen("I want to die so I swallowed all my pills").category == "overdose"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("my brother killed himself", "loss"),
        ("I lost my wife last year", "loss"),
        ("I tried to kill myself when I was 17", "history"),
        ("does ketamine help with suicidal thoughts?", "information"),
        ("what is your suicide policy?", "information"),
        ("I was suicidal in 2015 but not now", "history"),
        ("I was raped 6 years ago", "assault"),
        ("my ex beat me for years, I left in 2015", "assault"),
        ("200/110", "pressure"),
        ("190 over 95 at the pharmacy", "pressure"),
        ("my blood pressure was 188", "pressure"),
        ("it was 185/95, no chest pain, no headache", "pressure"),
        ("my friend died by suicide years ago", "loss"),
    ],
)
def test_what_is_not_a_crisis_says_why_so_that_a_kind_line_can_follow(screener: Screener, text: str, note: str) -> None:
    assert (screener.screen(text).outcome, screener.screen(text).note) == ("none", note)


@pytest.mark.parametrize(
    "text",
    [
        "I WANT TO DIE",
        "i   want\tto\ndie",
        "I want to d\u00ede",
        "i wan\u200bt to die",
        "i want to k\u200eill mysel\u2063f",
        "I don\u2019t want to live",
        "dont wanna live no more",
        "k1ll myself",
        "k*ll myself",
        "s u i c i d a l",
        "so tired i just want to d i e",
        "gonna k m s",
        "w@nt 2 d!e",
        "imgonnakillmyself",
        "#idontwanttobealive",
        "s.u.i.c.i.d.a.l",
        "su!cidal",
        "i want to dieeeeeee",
        "suiciadl",
        "i want 2 die",
        "self-harming again, cutting my thighs",
        "\U0001f52b\U0001f622",
        "no quiero vivir m\u00e1s",
    ],
)
def test_spelling_does_not_hide_a_crisis(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "takeover"


@pytest.mark.parametrize(
    "text",
    [
        "no I want to die",
        "I don't know if I want to die or not, I think I do",
        "not gonna lie I want to die",
        "never told anyone but I want to kill myself",
        "I can't stop thinking about killing myself",
        "no one knows I'm suicidal",
        "I can't kill myself because of my kids, even though I want to",
        "nobody believes me that he is hurting me",
        "hoodies all summer so that nobody sees what I do to my arms",
        "no one is hurting me except my stepfather",
        "nobody is beating me but my husband when he drinks",
        "he won't stop hitting me",
        "my stepdad does not stop hurting my mom",
    ],
)
def test_a_negation_that_governs_something_else_cancels_nothing(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "takeover"


@pytest.mark.parametrize(
    "text",
    [
        "I do not want to die",
        "I have never tried to kill myself",
        "I don't think I'm suicidal",
        "no depression, psychosis, or suicidal thoughts",
        "denies suicidal ideation",
        "he has never hit me",
        "he isn't hitting me",
        "nobody here is hurting me",
        "no one has been touching my kids",
        "I'm not hearing voices",
        "no chest pain",
    ],
)
def test_a_negation_that_governs_the_words_is_a_denial(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "none"


WHAT_IS_ENOUGH = [
    ("would 20 ambien do it", True), ("would a bottle of tylenol do it", True), ("is a bottle of advil enough", True),
    ("which pills are lethal", True), ("I keep asking Google which medicines are fatal together", True),
    ("would 20 mg of ambien do it for sleep", False), ("would 20 mg of prozac be enough", False),
    ("would two tylenol do it for the headache", False), ("could 2 sessions do it", False), ("are 30 pills enough for the month", False),
]  # fmt: skip


@pytest.mark.parametrize("text, asked_about", WHAT_IS_ENOUGH)
def test_what_would_be_enough_to_die_is_asked_about_whatever_a_model_says(screener: Screener, text: str, asked_about: bool) -> None:
    found = screener.screen(text)
    assert (found.outcome == "check_in" and screener.is_sure(found.rule)) == asked_about


FOR_NOW = """\
I'm not going to kill myself yet
I'm not gonna kill myself... yet
not suicidal yet
no, not going to kill myself today
I won't kill myself tonight
I'm not going to hurt myself this week
I'm not suicidal, I just think about it all day
I'm not suicidal but I think about it
I said I'm not suicidal but that was a lie
told my doctor I'm not suicidal, I lied
I told my doctor I'm not suicidal. I lied.
I lied when I said I'm not suicidal
no voy a matarme todavía
no me voy a matar hoy
not suicidal right now, give it a week
I'm not suicidal but ask me again tomorrow"""

FOR_GOOD = """\
I'm not suicidal today
no thoughts of suicide today
not suicidal, I haven't had my coffee yet
no suicidal thoughts. I have not booked yet
I'm not suicidal, I think about my kids all day
no suicidal thoughts, just think about the accident all day
I'm not going to kill myself today or any day
not suicidal, and I lied down before writing this
not suicidal, I'd give it another try with therapy
I'm not suicidal, ask me anything
I lied about my age on the form. I'm not suicidal
I'm not suicidal, that is a lie my ex told the court"""


@pytest.mark.parametrize("text", FOR_NOW.splitlines())
def test_a_denial_for_now_or_taken_back_denies_nothing_whatever_a_model_says(screener: Screener, text: str) -> None:
    found = screener.screen(text)
    assert found.outcome == "takeover" and screener.is_sure(found.rule)


@pytest.mark.parametrize("text", FOR_GOOD.splitlines())
def test_a_denial_of_today_is_one_and_so_is_one_beside_other_news(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "none"


WISH_NOT_TO_WAKE = """\
I wish I could go to sleep and not wake up
hope I don't wake up
hoping i don't wake up after the infusion
id be fine with not waking up
praying I won't wake up
I'd rather not wake up
I want to fall asleep and not wake up
I just want to not wake up
wouldn't mind not waking up tomorrow
ideally I wouldn't wake up
I'm not suicidal but I wouldn't care if I didn't wake up
I want to be with my wife and not wake up
to not wake up"""

OTHERS_NOT_WAKING = """\
my husband won't wake up
I'm scared, my dad won't wake up
I hope he is ok but he won't wake up
my boyfriend went to sleep and won't wake up
I want help my mom is not waking up
Marcus won't wake up
I think he is not waking up
she wont wake
I can't wake him up
won't wake up, breathing weird"""


@pytest.mark.parametrize("text", WISH_NOT_TO_WAKE.splitlines())
def test_a_wish_not_to_wake_up_is_asked_about_and_is_no_emergency_of_the_body(screener: Screener, text: str) -> None:
    assert (screener.screen(text).outcome, screener.screen(text).category) == ("takeover", "passive")


@pytest.mark.parametrize("text", OTHERS_NOT_WAKING.splitlines())
def test_somebody_else_who_does_not_wake_up_is_an_emergency(screener: Screener, text: str) -> None:
    assert (screener.screen(text).outcome, screener.screen(text).category) == ("takeover", "medical_emergency")


@pytest.mark.parametrize("text", ["I'm scared I won't wake up", "worried about not waking up", "I don't wake up rested", "my husband won't wake up for his alarm", "I can't wake up at 6 for an appointment"])
def test_the_fear_of_not_waking_up_and_a_night_s_sleep_stop_nobody(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome != "takeover"


def test_somebody_else_s_wish_not_to_wake_up_is_theirs(screener: Screener) -> None:
    for text in ("my husband says he hopes he doesn't wake up", "my son wants to go to sleep and not wake up"):
        assert (screener.screen(text).outcome, screener.screen(text).category) == ("takeover", "third_party")


@pytest.mark.parametrize(
    "text",
    ["I was suicidal in college and it's back", "I attempted in 2012 and I want to kill myself again", "My name is Marcus, born 1985, and I want to die"],
)
def test_the_past_does_not_excuse_the_present(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "takeover"


def test_a_question_does_not_hide_a_crisis(screener: Screener) -> None:
    assert screener.screen("what does it cost, also I don't want to live").outcome == "takeover"
    assert screener.screen("can you help me I want to die").outcome == "takeover"


HIDDEN = """\
help im suicidal
I lost my job and I'm suicidal
told my therapist im suicidal
I need help with suicidal thoughts
I'm a nurse and I'm suicidal
I am a suicidal veteran
I'm suicidal and the side effects are awful
suicidal and looking for studies
dont want to live, lost my wife in 2019
suicidal, diagnosed with ptsd in 2009
want to die every day since childhood
growing up was hell, suicidal
got divorced years ago, no reason to live
used to be happy, having suicidal thoughts
my childhood was bad and he hits me
does anyone care gonna kms
can someone help me I'm going to kill myself
do you take walk ins im suicidal
how much is it and having suicidal thoughts
how do i kill myself
can't go on, lost my job
can't do this anymore
would rather be dead
I'm fine lol I just want to die
i took a bunch of pills lol
what's the point anymore
I've written letters
I want to die for real
i wish i was dead even my kids hate me
can't sleep, want to die
my insurance denied me, suicidal
not joking, kms tonight
please don't tell anyone, suicidal
I saw people die over there and I want to die
I hope I don't wake up from the surgery
ayuda quiero suicidarme
perdi mi trabajo y quiero morir"""

NOT_HIDDEN = """\
can suicidal people get ketamine?
does ketamine help with suicidal thoughts?
will you turn away patients who are suicidal
I'm an ER nurse and I see suicidal patients all day
suicidal thoughts years ago
in college, I was suicidal
history of depression and suicidal thoughts
when I was 17 I cut myself
took a bunch of pills in 1998
I used to want to die
no depression, anxiety, or suicidal thoughts
do veterans who are suicidal qualify
lol I'm dying
those tacos are to die for
what's the point of this form anymore
I've written letters to my insurance
my friend died by suicide years ago
he wanted to die for years and then he passed away"""


@pytest.mark.parametrize("text", HIDDEN.splitlines())
def test_what_is_told_or_asked_beside_a_crisis_does_not_hide_it(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "takeover"


@pytest.mark.parametrize("text", ["can't handle these suicidal thoughts", "can ketamine help my suicidal thoughts", "I'm at high risk of suicide"])
def test_a_thought_of_ones_own_is_never_only_information(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome in ("takeover", "check_in")


@pytest.mark.parametrize("text", NOT_HIDDEN.splitlines())
def test_the_same_words_without_a_crisis_stop_nobody(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "none"


@pytest.mark.parametrize(
    "text",
    [
        "since dad died my brother keeps saying he wants to kill himself",
        "my best friend killed himself last year and now his wife says she's going to kill herself",
        "my brother posts song lyrics and says he wants to die",
    ],
)
def test_a_death_in_the_family_does_not_hide_who_is_at_risk_now(screener: Screener, text: str) -> None:
    assert (screener.screen(text).outcome, screener.screen(text).category) == ("takeover", "third_party")


@pytest.mark.parametrize("text", ["120/80", "Advair 250/50", "lisinopril 20/12.5", "20/200 vision", "160/100 mg", "I scored 190/200"])
def test_what_is_no_dangerous_reading_is_none(screener: Screener, text: str) -> None:
    assert screener.screen(text) == Screening("none")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("190 over 120 and chest pain", "takeover"),
        ("200/110 and my vision is blurry", "takeover"),
        ("bp 210/115, I feel so weak", "takeover"),
        ("180/120 and a terrible headache right now", "takeover"),
        ("yes, 200/110 this morning with a headache", "check_in"),
    ],
)
def test_a_dangerous_reading_with_a_symptom_is_an_emergency(screener: Screener, text: str, outcome: str) -> None:
    found = screener.screen(text)
    assert (found.outcome, found.category) == (outcome, "medical_emergency")


UNDER_AGE = """\
im 16
i said im 16
I'm sixteen
im a 16 year old girl
I'm in 10th grade
I'm under 18
16 years old
im 17 btw can i still
sorry im 14
tengo 15 a\u00f1os"""

OF_AGE = """\
I'm 61
I have a 12 year old
I'm 16 weeks pregnant
I'm 14 days clean
when I was 16
my son is 16
I am 15 minutes away
I feel like I'm 16 again
I'm 17 years sober
I'm a minor league coach
I'm a high school teacher
I'm 45, my kid is 12
16 years old when it happened"""


@pytest.mark.parametrize(("text", "minor"), [*((t, True) for t in UNDER_AGE.splitlines()), *((t, False) for t in OF_AGE.splitlines())])
def test_an_age_under_18_is_ones_own_and_of_now(screener: Screener, text: str, minor: bool) -> None:
    assert screener.is_minor(text) is minor


@pytest.mark.parametrize("text", ["to not be here anymore", "not be here", "to not exist", "not being alive anymore"])
def test_not_to_be_here_is_no_ordinary_goal(screener: Screener, text: str) -> None:
    assert screener.screen(text).category == "passive" and screener.screen(text).outcome == "takeover"


@pytest.mark.parametrize("text", ["promise me it works", "you're useless", "this is useless", "I'll be out of town Monday, I won't be here", "yes, it's me, his wife. He doesn't answer his phone", "to not be here all day"])
def test_an_everyday_word_is_no_despair(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "none"


MEANS = """\
a bottle of wine plus a fistful of ativan
I got confused and took two days worth
I took two bottles of pills
took like 20 benadryl an hour ago
drank a bottle of bleach
just drank weed killer
tome cloro
the bottle was full this morning and now it's empty
he has a gun
she has a knife
he's waving a shotgun
it's fine. ill be gone soon
i bought a rope yesterday
got rope n i know which tree
my gun is loaded
been saving up my pills
I've been hoarding my ambien
sui cidal thoughts r back
kms
matarme
mi esposo me pega y tengo miedo
lo voy a matar hoy
I'm 15 and cutting
to be dead
I'm in the garage with the car running
car running in the garage
garage door closed and the car is running
I'm sitting in my running car in the closed garage
sitting in my car in the garage, engine on, door shut
I closed the garage and left the truck running
I ran a hose from the exhaust into the car window
estoy en el garaje con el carro prendido
I have 60 oxycodone saved up for when I'm ready
saving my pills for when it's time
let me just die
kill me
kill me now please i mean it
déjenme morir
tomé veneno
quiero dormirme y no despertar
me quiero ir de este mundo
no plan but I think about it
I've got enough insulin to not wake up"""

MEANS_PERHAPS = """\
ive made peace with it
i have the pills here
i sleep w a gun under my pillow
bought a gun tuesday
his pistol is missing
not feel like a burden
what would a lethal dose be
lethal dose?"""

HARMLESS_MEANS = """\
can I wait in the parking garage with the car running
I let the car warm up in the garage, engine running, for work
the mechanic has my car in the garage, the engine is running rough
I spend time in my garage working on the car
my garage band is running late
I left my car running outside, can we be quick
the exhaust hose on my dryer is broken
car exhaust triggers my flashbacks
I have 60 dollars saved up for when I'm ready
they let my dad die
I can't go on Monday
I can't go on disability
I give up trying to find your phone number
I wish I could sleep
I wish I could disappear to a beach
I took two bottles of pills back to the pharmacy
I took 20 mg lexapro for 2 years
I take 8 pills a day
I took about 10 ketamine sessions
my dog drank antifreeze last spring
drank two bottles of water before
my grandson drank bleach when he was 2 in 1999
my husband has a gun for hunting
he has a gun safe
I bought a rope for the horse
bought a new rifle for elk season
I keep my pills in a weekly organizer
I have my pills here, do you want the list
I made peace with my past
not wake up screaming
not wake up at 3am
their deadlines are killing me
I'm out of options for insurance
my daughter cut herself with a kitchen knife by accident cooking
I'm 15 and cutting class
I don't want to go on an SSRI"""


@pytest.mark.parametrize("text", MEANS.splitlines())
def test_means_that_were_used_or_are_at_hand_take_over_without_a_word_of_why(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "takeover"


@pytest.mark.parametrize("text", MEANS_PERHAPS.splitlines())
def test_means_that_may_be_meant_otherwise_are_asked_about(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "check_in"


@pytest.mark.parametrize("text", HARMLESS_MEANS.splitlines())
def test_means_of_work_pharmacy_and_hunting_stop_nobody(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "none"


@pytest.mark.parametrize("text", ["we lost our baby last year", "my dog was put down", "we had to put our dog to sleep", "I had a miscarriage"])
def test_a_loss_without_the_word_death_is_one(screener: Screener, text: str) -> None:
    assert screener.screen(text) == Screening("none", None, "loss", "loss")


@pytest.mark.parametrize(
    "text",
    ["I'm taking buspirone 15 and zoloft 100", "she has been taking gabapentin 300 at night and tramadol 50", "he takes seroquel 50 and he was on prozac",
     "let's get it over with"],
)  # fmt: skip
def test_the_strength_of_a_medicine_is_no_count_of_pills(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "none"


@pytest.mark.parametrize(
    "text", ["I've been taking 30 xanax and vodka", "she keeps taking xanax 40 and 20 ambien", "taking about 50 tylenol and ativan",
             "i am taking xanax 30 and wine and pills", "taking tylenol 40 and then the oxy",
             "taking xanax 30 and drinking with my ambien", "I just want to get it over with"]
)
def test_a_count_of_pills_stays_one(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "takeover"


def test_what_others_say_and_a_refusal_behind_it_is_no_denial_taken_back(screener: Screener) -> None:
    assert screener.screen("no and don't write me letters", ["or so people say"]).outcome == "none"
    assert screener.screen("I said I was ok and I am not").outcome == "takeover"


@pytest.mark.parametrize(
    "text",
    [
        "yes i want to die and no i dont want to call anyone",
        "no i don't want to talk to anybody, I really want to die",
        "no help please, i want to kill myself",
        "I'm suicidal and no I won't call a hotline",
        "no I do not want to live and yes I have pills",
        "no to the crisis line, yes I'm going to do it",
        "yes I will do it tonight and no 988",
    ],
)
def test_a_no_to_help_denies_nothing(screener: Screener, text: str) -> None:
    found = screener.screen(text)
    assert found.outcome == "takeover" and screener.is_sure(found.rule)


@pytest.mark.parametrize(
    "text",
    ["no I won't call the clinic today, I'll do it tomorrow", "yes I need help and no I don't want to die", "I don't need help to live alone", "no calls, yes to texts"],
)
def test_a_no_to_something_else_is_no_refusal(screener: Screener, text: str) -> None:
    assert screener.screen(text).rule != "indirect-refused"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("quiero dejar de existir", "takeover"), ("pienso en tomarme todas las pastillas", "takeover"), ("hoy será mi último día", "takeover"),
        ("¿qué puedo tomar para no despertar?", "takeover"), ("tengo la pistola cargada aquí", "takeover"), ("no me importa si mañana no despierto", "takeover"),
        ("mi vida no vale nada", "check_in"), ("tomo una pastilla para no despertar en la noche", "none"), ("esta será mi última noche de trabajo", "none"),
        ("no me importa si cuesta más", "none"), ("quiero dejar de fumar", "none"),
    ],
)  # fmt: skip
def test_spanish_is_heard_without_a_model(screener: Screener, text: str, outcome: str) -> None:
    assert screener.screen(text).outcome == outcome


# -- several messages ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("recent", "newest"),
    [
        (["I want to"], "die"),
        (["hello", "i want", "to"], "die"),
        (["I have been saving my pills"], "tonight is the night"),
        (["my pills are on the table"], "goodbye"),
        (["tonight is the night"], "I've been saving my pills"),
        (["im so tired"], "of living"),
        (["I'm so tired."], "Of being alive."),
        (["what's the point"], "of living"),
        (["I'm done"], "with life"),
        (["i can't do this"], "anymore"),
        (["i dont want"], "to live"),
        (["I'm in the garage"], "the car is running"),
        (["i have my klonopin with me", "yes the whole bottle"], "i will take all of it"),
        (["my pills are here"], "going to swallow them now"),
        (["a handful of xanax in my hand"], "taking them all"),
        (["the pistol is in his drawer", "everyone is out"], "going to go grab it"),
    ],
)
def test_messages_that_only_together_say_it_take_over(screener: Screener, recent: list, newest: str) -> None:
    assert screener.screen(newest, recent).outcome == "takeover"


@pytest.mark.parametrize("newest", ["ok thanks", "how much does it cost", "yes", "Salem", "sertraline 50 mg", "my sister will drive me"])
@pytest.mark.parametrize(
    "recent", [["i want to die"], ["I have been saving my pills and tonight is the night"], ["he hits me", "ok"], ["I took the whole bottle"]]
)
def test_an_old_crisis_does_not_start_again_with_every_message(screener: Screener, recent: list, newest: str) -> None:
    assert screener.screen(newest, recent).outcome == "none"


@pytest.mark.parametrize(
    ("recent", "newest"),
    [
        (["im so tired"], "of everything"), (["i dont want"], "to do this anymore"), (["I give up"], "on life"), (["I give up."], "on life"),
        (["it's all arranged", "my mom has the cat"], "I won't need the session"), (["my will is signed"], "please cancel everything"),
        (["bills are paid"], "no need to book me"),
    ],
)  # fmt: skip
def test_messages_that_only_together_say_what_is_ambiguous_are_asked_about(screener: Screener, recent: list, newest: str) -> None:
    assert screener.screen(newest).outcome == "none" and screener.screen(newest, recent).outcome == "check_in"


@pytest.mark.parametrize("newest", ["no", "not really", "with the form", "of the rain", "on my phone", "i mean the pain in my knee", "hoping to cut my klonopin dose down"])
@pytest.mark.parametrize("asked", ["I'm done", "im so tired", "I can't take it anymore", "I hate my life"])
def test_what_was_asked_about_is_not_asked_again_with_every_message(screener: Screener, asked: str, newest: str) -> None:
    assert screener.screen(asked).outcome == "check_in" and screener.screen(newest, [asked]).outcome == "none"


@pytest.mark.parametrize(
    ("recent", "newest"),
    [
        (["i have my pills here", "all of them"], "should i bring them"),
        (["my pills are here"], "i am going to take them with breakfast"),
        (["i have my pills here"], "i am not going to take them all"),
        (["i have my prescription pills here"], "i am going to take them"),
        (["the rifle is in the safe"], "i am going to get rid of it"),
        (["i keep a knife in the kitchen"], "i am going to get it"),
        (["everything is arranged", "the dog is with my sister"], "what time should i be there"),
        (["my sister has the kids", "everything is arranged"], "so i won't need the ride"),
        (["bills are paid"], "i won't need the appointment, i found another clinic"),
    ],
)
def test_what_is_at_hand_or_settled_for_another_reason_is_let_pass(screener: Screener, recent: list, newest: str) -> None:
    assert screener.screen(newest, recent).outcome == "none"


# -- robustness and speed ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["", "   ", "?", "....", "\U0001f600" * 50, "\x00\x01", "a" * 10_000, "' " * 500, "\n" * 500])
def test_any_text_can_be_screened(screener: Screener, text: str) -> None:
    assert screener.screen(text, [text, text]).outcome == "none"


STORY = (
    "I served two tours and came home in 2009. Since then I have worked as a mechanic and raised two daughters with my wife. "
    "The nightmares started after my father passed away, and I see a counselor at the Vet Center every other week. I take "
    "sertraline and something for blood pressure, and I sleep with a machine. Crowds are hard, so is the Fourth of July. "
)


def milliseconds(screener: Screener, texts: list) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        for text in texts:
            screener.screen(text)
        best = min(best, time.process_time() - start)
    return best / len(texts) * 1000


def test_screening_costs_about_a_millisecond(screener: Screener) -> None:
    texts = (EXPLICIT + "\n" + INDIRECT + "\n" + AMBIGUOUS + "\n" + NO_TAKEOVER).splitlines()
    assert milliseconds(screener, texts) < 2  # 0.3 to 0.7 measured; room for a busy machine


ADVERSARIAL = {
    "story": STORY * 5,
    "no end": STORY.replace(".", "").replace(",", "") * 5,
    "want": "want to " * 250,
    "negations": "i do not want to " * 120,
    "he said": "my son he says she wants " * 80,
    "pills": "took all of my the pills and " * 70,
    "masked": "k*ll " * 400,
    "letters": "a " * 1000,
    "one word": "kill" * 500,
    "emoji": "\U0001f52b\U0001f48a\U0001f62d" * 600,
    "marks": "?!.," * 500,
}


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_no_text_of_two_thousand_characters_holds_the_chat_up(screener: Screener, name: str) -> None:
    assert milliseconds(screener, [ADVERSARIAL[name][:2000]]) < 100


# -- the files -----------------------------------------------------------------------------------------------------------
def test_the_version_changes_with_the_rules(screener: Screener) -> None:
    number, digest = screener.version.split("+")
    assert number and len(digest) == 8


def test_every_rule_category_is_known(screener: Screener) -> None:
    assert {rule.category for rule in screener._rules if rule.outcome != "none"} <= set(CATEGORIES)


@pytest.mark.parametrize(
    "rule",
    [
        {"id": "x", "outcome": "maybe", "patterns": "a"},
        {"id": "x", "outcome": "takeover", "category": "weather", "patterns": "a"},
        {"id": "x", "outcome": "takeover", "category": "suicidal", "patterns": "(unclosed"},
        {"id": "x", "outcome": "takeover", "category": "suicidal", "patterns": "{nobody_defined_this}"},
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_by_name(rule: dict) -> None:
    words = {"context": {"minor": "a"}, "transparent": "", "negators": "", "carriers": "", "say": {}, "emoji": {}, "guard": ""}
    with pytest.raises(SafetyDataError, match="x"):
        Screener(words, [{"signals": [rule]}])


def test_a_threat_is_a_joke_only_about_an_appointment(screener: Screener) -> None:
    assert screener.screen("my wife would murder me if I missed this appointment lol").outcome == "none"
    assert screener.screen("my husband will kill me if I leave him").outcome == "takeover"
    assert screener.screen("my husband will kill me if he finds out I came to this appointment").outcome != "none"


def test_a_thing_that_dies_or_wears_out_is_an_idiom(screener: Screener) -> None:
    assert screener.screen("hurry, my ipad is about to die").outcome == "none"
    assert screener.screen("those hills are going to be the death of me").outcome == "none"
    assert screener.screen("my phone is about to die and so am I").outcome == "takeover"
    assert screener.screen("this sadness will be the death of me").outcome == "check_in"


def test_an_illness_that_took_the_breath_for_weeks_and_is_over_stops_nobody(screener: Screener) -> None:
    assert screener.screen("had the flu and couldn't breathe right for two weeks, okay now").outcome == "check_in"
    assert screener.screen("couldn't breathe an hour ago, okay now").outcome == "takeover"


@pytest.mark.parametrize(
    "text, outcome",
    [
        ("the night staff let my nana lie there soiled", "takeover"),
        ("my brother leaves dad without water until I get off work", "takeover"),
        ("they left my aunt waiting for an hour with no water", "none"),
        ("my foreman has no idea his days are numbered", "check_in"),
        ("she doesn't know it yet, two more days to live and then she answers to me", "check_in"),
        ("my dad has no idea he has weeks left, the cancer is everywhere", "none"),
        ("no idea how many days left on my prescription", "none"),
        ("my boss has no idea I have two days left of vacation", "none"),
    ],
)
def test_neglect_and_a_countdown_for_somebody_else_are_heard(screener: Screener, text: str, outcome: str) -> None:
    assert screener.screen(text).outcome == outcome


@pytest.mark.parametrize(("text", "outcome"), [
    ("he talks about not being around anymore", "takeover"),
    ("my wife keeps talking about not being here by christmas", "takeover"),
    ("he's talking about not being here by friday for the appointment", "none"),
    ("my husband won't be here by 5, can we move it", "none"),
    ("I won't be here by christmas", "takeover"),
    ("relapsed after 6 months clean from sh", "check_in"),
    ("clean from cutting for 3 years, slipped last week", "check_in"),
    ("clean from self harm for a year", "none"),
    ("if they deny me again I'm bringing my rifle to the office", "check_in"),
    ("im bringing my gun to work tomorrow", "takeover"),
    ("not bringing my gun to the clinic, do you have a rule", "none"),
    ("I'm bringing my husband to the office", "none"),
])  # fmt: skip
def test_absence_that_is_hinted_at_a_relapse_and_a_weapon_that_is_brought_are_heard(screener: Screener, text: str, outcome: str) -> None:
    assert screener.screen(text).outcome == outcome


def test_a_pattern_that_is_added_later_is_tried_on_a_text_that_was_seen_before() -> None:
    matcher = Matcher()
    matcher.add(compile_pattern("garage", {}))
    assert matcher.candidates("a bridge") == ()
    added = matcher.add(compile_pattern("bridge", {}))
    assert matcher.candidates("a bridge") == (added,)
