"""Medicines and conditions in what people write, each with what is said about it. Pure: no Rasa, no model.

A name is found by its words (`data/nlu/lexicon`), with a letter or two wrong in a long one. Then the clause around it is
read for who and when: "my mother takes warfarin", "I stopped Paxil", "no asthma", "allergic to sulfa and codeine".
What a clause says reaches over a list ("I don't take aspirin, ibuprofen or naproxen") and ends where a new statement
begins ("but", "and I take").
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable, Iterator, Mapping

import yaml
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from bot.intake.relatives import CLOSE

MEDICATION, CONDITION = "medication", "condition"
_JOINED = re.compile(r"[./-]")
TOKEN = re.compile(r"[A-Za-z0-9]+(?:['’./-][A-Za-z0-9]+)*")
_LONGEST_NAME = 5  # words
_ABBREVIATED = {"hydrochlorothiazide": "hctz", "acetaminophen": "apap"}  # in combinations
_SHORTEST_FUZZY = 6  # letters; below that a letter off is another word

RELATIVE = (
    rf"(?:{CLOSE}|mama|momma|daddy|papa|sibling|kids?|children|grandmother|grandma|grandfather|grandpa|granny|grandparents?|"
    r"mother-in-law|father-in-law|relatives?|family|budd(?:y|ies)|boss|co-?workers?|neighbou?rs?|landlord|supervisor)"
)
_FAMILY = re.compile(
    rf"\b(?:my|his|her|our|the|any of my|neither of my)\s+(?:(?:\w+['’]s|ex|older|younger|little|big|late|own|twin|half|great|step\w*|maternal|paternal|only|oldest|youngest|whole)[\s-]+)*{RELATIVE}\b(?!['’]?s?\s+(?:doctor|says?|said|thinks?|wants?|gives?|told|tells?|noticed|worries))"
    r"|\b(?:mom|dad|parent|grand\w+|mother|father|brother|sister|husband|wife|uncle|aunt|cousin|son|daughter)s?(?:['’]s)?\s+(?:(?:and|&) \w+\s+)?(?:both\s+|all\s+)?(?:has|have|had|takes?|took|uses|is|are|was|were|got|did|also|died|suffer(?:s|ed)?|with|side)\b"
    rf"|\b{RELATIVE}['’]s\s+(?:\w+\s+)?$|(?:^|[,;\n])\s*(?:my )?{RELATIVE}\s*(?:[:=]|\s[–-])\s|\bfam(?:ily)? (?:hx|history)\b|\bfhx?\b"
    rf"|\bfamily history\b|\b(?:runs?|ran|is|it['’]s|history) in (?:my|the|our) family\b|\bin (?:my|the) family\b|\bfamily\b.{{0,20}}\bhistory\b|\bon my (?:mother|father|mom|dad)['’]?s side\b|\bhereditary\b",
    re.IGNORECASE,
)  # fmt: skip
# "Heart attack: dad, stroke (my grandfather)", "an alcoholic father"
_FAMILY_BEHIND = re.compile(
    rf"^\s*(?:[:(=]|[–-]\s)\s*(?:my |on my )?{RELATIVE}(?:['’]?s? side)?\s*(?:$|[,.;)\n]|and\b)"
    rf"|^\s+{RELATIVE}\b(?! (?:therap|counsel|doctor|support|says?|said|thinks?)\w*)",
    re.IGNORECASE,
)
# "My mom has diabetes. She takes metformin."
_GOES_ON = re.compile(r"^\W*(?:and |but )?s?he(?:['’]s|\s+(?:also|has|had|is|was|takes|took|uses|got|gets))\b", re.IGNORECASE)
# "I take my mom's Xanax": whose it is does not tell who takes it.
_BORROWED = re.compile(
    rf"\b(?:take|taking|took|use|using|used|borrow\w*|share|sharing|tr(?:y|ied)|got|get|had (?:some|one|a few|two)|ate|snorted|smoked|swallowed)\b.*\b{RELATIVE}['’]s\s", re.IGNORECASE
)
GIVES_A_RELATIVE = re.compile(
    rf"\b(?:gives?|gave|makes?|made|causes?|caused)\s+(?:my|our)\s+(?:\w+\s+)?{RELATIVE}\b(?!['’]s)", re.IGNORECASE
)
_PETS = re.compile(
    r"\b(?:my|our|the) (?:\w+ ){0,2}(?:dog|cat|puppy|kitten|horse|pet)\s+(?:(?:also|just|has|had|is|was|takes|took|gets|got|needs|on|taking|an?|the)\s+)+$", re.IGNORECASE
)
_NOT_ONE_OF_THEM = re.compile(r"\b(?:nobody|no ?one|none)\b", re.IGNORECASE)
_NOT_ME = re.compile(r"\bnot (?:me|myself|mine)\b", re.IGNORECASE)
_SELF = re.compile(r"\b(?:i|i['’]?m|i['’]?ve|ive|im|me|i['’]?d|i['’]?ll|myself|mine)\b", re.IGNORECASE)
_ALLERGY = re.compile(
    r"\ballerg(?:ic|y|ies)\b|\banaphyla\w+|\bangi\w*edema\b|\b(?:intoleran\w+|sensitive|sensitivity) to\b|(?<!\bin )(?<!\bno )(?<!\bgood )\breactions? to\b|\breact(?:ed|s)? (?:badly )?to\b|\bcan['’]?t tolerate\b|"
    r"\bbreak(?:s)? (?:me )?out\b|\b(?:gives?|gave|got|get|causes?|caused)(?: me)?(?: \w+){0,2} (?:hives|welts|rash|rashes)\b|\bhives\b|\brash\b|\b(?:throat|face|lips|tongue|eyes) (?:\w+ )?swell\w*|\bthroat (?:\w+ )?clos\w*|\bmakes? (?:me|my \w+) (?:swell|itch)\w*|\bswell(?:s)? (?:me )?up\b",
    re.IGNORECASE,
)  # fmt: skip
_ALLERGY_BEHIND = re.compile(
    r"^[^.;]{0,60}?(?:\ballerg(?:y|ies|ic)\b|\banaphyla\w+|\bangi\w*edema\b|\bhives\b|\bwelts\b|\brash\b|\bswell\w*|\bthroat (?:\w+ )?clos\w*|\bitch\w*|\bbreak\w* (?:me )?out\b|\bmade me (?:break|swell|itch)\w*)",
    re.IGNORECASE,
)  # fmt: skip
# "Sulfa, codeine (all allergies)": said once behind the list.
_ALL_ALLERGIC = re.compile(r"^[^.;!?\n]{0,80}\b(?:(?:all|both)(?: \w+){0,2}|(?:listed|marked|noted|charted|down) (?:\w+ ){0,2}as an?) allerg", re.IGNORECASE)
_CANT_TAKE = re.compile(r"\b(?:can['’]?t|cannot) (?:take|have|use|tolerate)\s*$", re.IGNORECASE)
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|without|neither|nor|denies|deny|denied|negative for|ruled out|free of|don['’]?t|do not|dont|doesn['’]?t|doesnt|didn['’]?t|didnt|haven['’]?t|havent|"
    r"hasn['’]?t|hadn['’]?t|am not|isn['’]?t|aren['’]?t|wasn['’]?t|(?:can['’]?t|cannot) (?:\w+ )?(?:take|have|use|do|tolerate|be on|afford)|(?:can['’]?t|cannot) (?:be|get)(?=\s*$)|ain['’]?t|wouldn['’]?t (?:say|call|prescribe|give(?! up)|take(?! (?:me|us|him|her|folks|people|patients)))|won['’]?t (?:take|use|prescribe|give(?! up)|do)|misdiagnosed|wrongly (?:diagnosed|told|label+ed)|(?:nobody|no ?one) (?:has |ever )*(?:said|told|diagnosed)|w/o|nope|nah|zero|refuse(?:d)?|declined|avoid)\b|\bnon-?\s*$",
    re.IGNORECASE,
)  # fmt: skip
# "I haven't slept since my stroke", "I take nothing for my anxiety": what is denied ends before them.
_REACH_ENDS = re.compile(
    r"\b(?:since|after|due to|when|if|unless|until|(?<!wrong )(?<!problem )(?<!problems )(?<!trouble )(?<!issues )with my|from my|for my|about my|"
    r"(?:take|have|use|mix|drink) (?!any\b|my\b|it\b|part\b)\w+(?: \w+)? (?:on|with|because of)|(?:anything|nothing|meds?|medic\w+|pills?|therapy|help|hospitali[sz]ed|medicated) (?:for|about))\b|,\s*(?:one|two|three|some|a few|a couple|a little)\b",
    re.IGNORECASE,
)
# "Not only", "no longer", "I can't sleep": a negation in form that denies nothing.
_NO_NEGATION = re.compile(
    r"\b(?:no longer|not any ?more|not (?:only|just|sure|certain|all|always|every|well|good|great|as|too|very|really (?:helping|working))|no (?:idea|problem|doubt|matter|wonder|one(?! (?:has |ever )*(?:said|told|diagnosed)))|never (?:been (?:to war|in combat|married|deployed)|served|talked|told (?:anyone|anybody))|(?:no|not) (?:more|less) than|(?:do|does|did)(?: not|n['’]?t|nt) (?:\w+ly )?(?:sleep|eat|trust|believe|go|leave|feel(?!(?: \w+){0,3}\s*$)|drive|function|talk|get (?:out|along)|cope|(?:\w+ ){0,3}(?:quit|stop))|can['’]?t (?:remember|recall|stop|live|sleep|function|stand|believe)(?: (?:\w+ )?without)?|can['’]?t do without|"
    r"don['’]?t (?:know|remember|(?:tell|say)(?: me)?(?: that)? i|think (?:it|they|the)|like|want|mind|care|forget)|didn['’]?t (?:know|realize|help|work|do|like)|doesn['’]?t (?:help|work|do|seem)|never (?:miss|skip|forget|without)|never[- ]ending|not (?:working|helping|sleeping|eating)|(?:not|\w+n['’]t) (?:been )?able to|(?:can['’]?t|cannot|couldn['’]?t|won['’]?t) (?:\w+ ){1,5}without|without (?:fail|my|his|her|their|the|an? (?!history|hx|diagnosis|prior|past)))\b",
    re.IGNORECASE,
)  # fmt: skip
_NO_MORE = re.compile(
    r"\b(?:no longer|not any ?more|any ?more|no more|(?<!\bto )(?<!n['’]t )(?<!\bcant )(?<!not )(?<!\bme )(?<!dare )(?<!people )(?<!\bi )quit|(?<!can )(?<!should )(?<!do )i quit|stopped|(?:had to|made me|told me to|decided to) (?:stop|quit|come off)|discontinued|used to|formerly|previously|in the past|years ago|came off|"
    r"went off|got off|gotten off|been off|taken off|took me off|(?<!being )weaned|tapered|switched from|changed from|went from|moved from|was on|were on|was taking|"
    r"had been (?:on|taking)|(?:i|ive|i['’]?ve|we|have|also|she|he) (?:already )?(?:tried(?! to\b)|took|been through|been on and off)|tried(?! to\b)|took|failed|trials? of|last took|before i|back when|"
    r"was prescribed|were prescribed|gave me|put me on .{0,30}(?:then|but)|as a (?:kid|child|teen|teenager|baby)|when i was|grew out of|outgrew|recovered from|in remission|in recovery|survived|got over|cured|lost (?:a|the|my|our) (?:baby|pregnancy)|miscarried)\b"
    r"|\bsober (?:alcoholic|addict)\b",
    re.IGNORECASE,
)  # fmt: skip
# "Former heroin addict on methadone", "history of seizures, takes Keppra": an attribute, which ends where it is told what is taken.
_ONCE_SO = re.compile(
    r"\b(?:ex-|former|recovering)(?:\s*(?!(?:on|with|who)\b)\w+){0,2}\s*$"
    r"|\b(?:history of|hx of|(?:prior|past|childhood)(?! (?:auth\w*|trauma\w*|abuse|experiences?)\b))\b(?!.*\b(?:so|on|takes?|taking|uses?|using|treated with|managed with)\s+(?:\w+\s+){0,3}$)"
    r"|\b(?:clean|sober) (?:from|off)\s+(?:\w+,?\s+){0,3}$"
    r"|\bi was (?:(?:an?|so|very|really|severely|clinically|\w+ly)\s+){0,2}$|\b(?:19|20)\d\d during (?:an?|my|that) (?:\w+\s+)?$",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"^(?:childhood|ex-|former|recovering|past|prior|history of|hx of|clean|sober)\b", re.IGNORECASE)
# "I did Spravato for 3 months"; "did Zoloft help you" asks.
_DID = re.compile(r"(?<!\bif )\b(?:i|we|he|she|also|already|and|then|once)\s+did\s+(?:\w+\s+){0,3}$", re.IGNORECASE)
_DID_FIRST = re.compile(r"^\W*did\s+(?:(?:an?|some|my|the|few|couple|of|\d+|two|three|six|sessions?|rounds?|infusions?)\s+){0,4}$", re.IGNORECASE)
_SOME_TIME = re.compile(r"^(?: \w+)?\s+(?:for|in|at|last|back|once|twice|\d)", re.IGNORECASE)
# "Off Zoloft", "off my meds Lexapro", "finished the prednisone"; who is getting off it takes it still.
_DONE_WITH = re.compile(
    r"(?:^\W*|[,;]\s*|\b(?:i['’]?m|im|am|been|is|was|now|currently|completely|totally|finally|fully|still|recently|and)\s+)(?:all )?off(?: of)?(?: my| the| all)*(?: meds?| medic\w+| pills)?\W*$"
    r"|\b(?:finished|completed)(?: \w+){0,4}\s*$|\b(?:gave|given) up(?: on)?(?: my| the| all)*\s*$",
    re.IGNORECASE,
)
# "No seizures in ten years": denied now, and so once there.
_DENIED_NOW = re.compile(r"\b(?:any ?more|no more)\b", re.IGNORECASE)
_DENIED_SINCE = re.compile(
    r"\bsince\b|\bany ?more\b|\b(?:in|for) (?:(?:about|over|more than|almost|nearly|at least|like) )?(?:(?:a (?:few|couple(?: of)?)|many|several|some|\w+) )?(?:years|months|weeks|decades)\b"
    r"|\b(?:in|for) (?:ages|a (?:long )?(?:while|time)|a (?:year|month))\b",
    re.IGNORECASE,
)
# "I don't take Zoloft every day", "haven't taken my lisinopril today": how, and not that it is not taken.
_NOT_TAKEN = re.compile(r"(?:n['’]?t|\bnot) (?:\w+ )?(?:take|takes|taking|took|taken|use|using|used)\b(?P<mine>.*\bmy\s*$)?", re.IGNORECASE)
_NOT_ALWAYS = re.compile(
    r"^[^.;,]*\b(?:every ?(?:day|night)|daily|nightly|regularly|as prescribed|all the time|always|often|enough|consistently|today|yet|this (?:morning|week))\b",
    re.IGNORECASE,
)
_JUST_TOOK = re.compile(r"\b(?:took|did|last) (?:\w+ ){0,3}$", re.IGNORECASE)
_JUST_NOW = re.compile(
    r"\b(?:this morning|today|tonight|last night|yesterday|just now|earlier|(?:an?|few|couple|two|three|\d+) (?:min(?:ute)?s?|h(?:ou)?rs?|days?|nights?) ago)\b", re.IGNORECASE
)
# "They thought it was bipolar but it wasn't", "prescribed Klonopin but never took it": taken back behind the name.
_SUPPOSED = re.compile(r"\b(?:thought|suspected|believed|assumed|said|told|figured|wondered|tested|checked|diagnosed|labell?ed)\b", re.IGNORECASE)
# "I don't have the energy, depression is bad": what is denied ends where the name is what is spoken of.
_STATED, _IS_SO = re.compile(r",\s*(?:and )?(?:my |the )?$", re.IGNORECASE), re.compile(r"\s+(?:is|are|was|has|keeps?|makes?|gets?|got)\b", re.IGNORECASE)
_BUT_NOT = re.compile(
    r"^[^.;]{0,25}?\b(?:but|though|and|then)\s+(?:(?:my|the|a|another) (?:\w+ ){1,3}(?:says?|said|told me|thinks?) (?:that )?)?"
    r"(?:(?:i|i['’]?m|it|that|they|turned out|turns out|later|then)\b[^.;,]{0,20}?)?"
    r"(?:(?:was|is|do|did|does)(?:n['’]?t| not)|wrong|not|ruled (?:it |that )?out|an? (?:mistake|error|misdiagnosis))\b(?:\s+(?:have it|it|that|true|the case|so|really|actually))*\s*(?:$|[.,;!)])"
    r"|^\s*[,;]?\s*(?:but\s+)?(?:it\s+|that\s+)?(?:turned|turns) out (?:to be|it was)\b",
    re.IGNORECASE,
)
_NEVER_TAKEN = re.compile(
    r"^[^.;]{0,25}?\b(?:never|(?:did|have)(?: not|n['’]?t))(?: actually| really| ever| even)* (?:took|take|taken|started|start|filled|fill|used|use|picked|pick)\b(?: it| them| any| that)?(?: up)?(?: yet)?\s*(?:$|[.,;!)]|because|cause|or\b|bc\b)"
    r"|^\s*,?\s*(?:and |but |so )*i (?:refused|declined|turned (?:it|that|them) down)\b",
    re.IGNORECASE,
)
_HAD = re.compile(r"(?<!['’]ve )(?<!ve )(?<!have )(?<!has )\b(?:had|suffered|experienced|went through)\b", re.IGNORECASE)
_AFTER = re.compile(r"\b(?:after|following|survived) (?:(?!my\b)\w+ ){0,2}$", re.IGNORECASE)
# "They said I had bipolar", "had a baby and am breastfeeding": what was had is something else.
_HAD_ELSE = re.compile(r"\bhad (?:a|my|our|the) (?:baby|son|daughter|kid|child)\b|\b(?:told|said|says|found out|thinks?|learned)(?: me| us)?(?: that)? i had\b", re.IGNORECASE)
_HAVE_HAD = re.compile(r"\b(?:have|has|['’]?ve) had\b", re.IGNORECASE)
_STILL = re.compile(
    r"\b(?:still|currently|now|these days|every (?:day|night|morning)|daily|at the moment|since|for (?:\w+ )?(?:years|months|weeks|decades|as long|a long|most of)|all my life|going on \w+ years)\b",
    re.IGNORECASE,
)
# "Before bed", "once a day" tell how it is taken; "Zoloft before", "once" and "before the war" that it is over.
_BEFORE = (
    r"(?<!\bnight )(?<!\bday )before(?=\W*$|\s*[,.;!?)]|\s+(?:that|this|then|now|covid|20\d\d|19\d\d|(?:the|my) (?:war|accident|army|navy|military|service|deployment|"
    r"pandemic|divorce|diagnosis|kids|baby|pregnanc\w+)|(?:i|we|he|she|they|it) (?:was|were|got|had|went|met|came|left|became|knew|\w+ed))\b)"
)
_ONCE = (
    r"once(?![\s-]*(?:or twice |to twice )?(?:(?:a|an|per|every|each|daily|nightly|weekly|monthly|before|in (?:a while|the (?:morning|evening|afternoon|day))|"
    r"at (?:night|bed\w*|noon|lunch|dinner|breakfast)|with (?:food|meals?|breakfast|lunch|dinner))\b|/))"
)
_PAST_BEHIND = re.compile(
    rf"^[^.;,]{{0,45}}?\b(?:ago|any ?more|in (?:the )?(?:past|19\d\d|20(?:[01]\d|2[0-4]))|in my (?:teens|\w+ties|\d0['’]?s)|in (?:high school|college)|in the (?:early |mid |late )?(?:19|20)?['’]?\d0['’]?s|free (?:for|since)|cured(?! (?:me|my|them|him|her))|ended(?! (?:me|up))|back (?:in|then)|last (?:year|month|week|summer|winter|spring|fall)|as a (?:kid|child|teen|teenager|baby)|when i was|"
    rf"until|till|{_BEFORE}|{_ONCE}|did(?:n['’]?t| not)? (?:\w+ly )?(?:work|help|do)|did nothing|made (?:me|it) \w+|stopped working|in (?:\w+ )?remission|went away|is gone|resolved|cleared up|made me (?:sick|worse|feel)|gone away|(?:after|with) (?:my|the|our) (?:first|second|third|last|oldest|youngest)(?= (?:baby|child|kid|pregnancy|birth|son|daughter)|\s*(?:$|[.,;])))\b",
    re.IGNORECASE,
)  # fmt: skip
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
# "Quit Zoloft in May, Xanax", "epilepsy as a teen, asthma": the time belongs to what it stands behind, and ends there.
_TIME = (
    rf"(?:(?:(?:a|an|couple|few|of|many|some|several|\d+|one|two|three|four|five|six|ten) )*\w+ ago|in (?:{_MONTH}|19\d\d|20\d\d)|"
    r"last (?:year|month|week|summer|winter|spring|fall)|as a (?:kid|child|teen|teenager|baby))\b"
)
_TIME_ENDS = re.compile(rf"\b{_TIME}\s*,", re.IGNORECASE)
_OWN_TIME = re.compile(rf"[^.;,]*?\b{_TIME}", re.IGNORECASE)
_NO_BEHIND = re.compile(r"^\s*(?:[:?=-]\s*|\(\s*)?(?:is\s+|was\s+)?(?:no|none|never|negative|denied|ruled out|nope|n(?=\s*(?:$|[,.;)\n])))\b(?!\s+(?:longer|more|idea))|^\s*[:?=]\s*n\b", re.IGNORECASE)
# "Anxiety? yes. Bipolar? no.", "diabetes no, asthma yes"; "no seizures, +HTN"
_YES_BEHIND = re.compile(
    r"^\s*[:?=-]\s*(?:yes|yep|yeah|positive|y(?=\s*(?:$|[.,;)\n])))\b|^\s+(?:yes|yep|yeah)(?=\s*(?:$|[.,;)\n]))", re.IGNORECASE
)
_PLUS_BEFORE = re.compile(r"(?:^|\s)\+\s?$")
_QUIT_BEHIND = re.compile(
    r"^[^.;,]{0,20}?\b(?:i|and i|which i|that i|but i)\s+(?:stopped|quit|no longer|don['’]?t take any ?more|came off|used to(?! be))\b"
    r"|^[^.;,]{0,20}[\s,(–-]+(?:but |and )?(?:stopped|quit)(?= *(?:$|[.,;!)]|\d|(?:it|that|them|in|last|about|around|over|an?|years|months|weeks|because|when|due|this|since|cold turkey|recently)\b))"
    r"|^[^.;,]{0,20}?\b(?:19|20)\d\d\s*(?:-|–|to|until|till|through)\s*(?:19|20)\d\d\b"
    r"|^[^.;,]{0,40}[,(–-]+\s*(?:(?:but|and|now|all|i['’]?m|i am) )*(?:done|finished|through)(?: with (?:it|that|them|those))?\s*(?:$|[.,;!)])"
    r"|^[^.;]{0,40}?\b(?:and|but|then)\s+(?:(?:then|later|i)\s+)*(?:came|went|got|weaned) off(?: of)? (?:it|that|them)\b"
    r"|^[^.;]{0,40}?\b(?:so|and|but) (?:they|he|she|we|(?:my|the) (?:\w+ ){1,2})\s*(?:changed|switched|swapped|stopped|replaced|took me off) (?:it|that|me)\b",
    re.IGNORECASE,
)
_OVER_BEHIND = re.compile(
    r"^[^.;]{0,30}?(?:\b(?:it['’]?s|its|it|is|that|which|but|and)|,)\s*(?:has |have |was |is |got |all )*(?:gone(?! on)|went away|cured|cleared up|resolved|in (?:\w+ )?remission)\b(?! (?:me|my))"
    r"|^[^.;]{0,40}?\b(?:none|not (?:one|a single one)|nothing) since\b", re.IGNORECASE
)
# "Zoloft, Paxil, none of them worked"
_NONE_WORKED = r"\b(?:nothing|none(?: of (?:them|these|those))?|neither(?: of them)?) (?:has |have |ever )*(?:worked|helped|did (?:a|any)\w*)\b"
_NONE_WORKED_BEFORE, _NONE_WORKED_BEHIND = re.compile(_NONE_WORKED, re.IGNORECASE), re.compile(
    rf"^[^.;!?]{{0,80}}?{_NONE_WORKED}|^[^.;!?,]{{0,45}},\s*(?:(?:but|it|and|they|both) )*(?:did nothing|did(?:n['’]?t| not) (?:work|help|do (?:much|anything|a thing)))\b", re.IGNORECASE
)
# "Addicted to oxy for six years, clean now"; but "naltrexone, sober 14 months".
_CLEAN_BEHIND = re.compile(
    r"^[^.;]{0,30}?(?:,|\bbut\b)\s*(?:(?:but|and|now|i['’]?m|have|i['’]?ve|been)\s+)*(?:clean|sober) "
    r"(?:now|since|for|\d|(?:a|one|two|three|four|five|six|seven|eight|nine|ten|many|several) (?:days?|weeks?|months?|years?)\b)"
    r"|^\s+in (?:long[- ]term |early )?recovery\b",
    re.IGNORECASE,
)
_HOOKED = re.compile(r"\b(?:hooked|strung out|addicted|dependent)\b[^.;,]*$", re.IGNORECASE)
# "Tegretol, years ago": a time of its own behind a comma.
_AGO_BEHIND = re.compile(
    rf"^(?:\s+\d\S*(?:\s?(?:mgs?|mcg|g|ml)\b)?)?\s*[,(–-]+\s*(?:(?:but|that was|only|just|maybe|about|like|back)\s+)*(?!.{{0,20}}\b(?:min|hour|hr)\w* ago){_TIME}\s*(?:$|[.;,!)])", re.IGNORECASE
)
# An event that has a year, or a place in a life, is over.
_WHEN_BEHIND = re.compile(
    r"^[^.;]{0,30}?\b(?:(?:19|20)\d\d|in (?:the (?:army|navy|marines|military|service|war)|combat|iraq|afghanistan|vietnam|high school|college))\b", re.IGNORECASE
)
_UNSURE = re.compile(
    r"\b(?:(?:not|never|\w+n['’]t) (?:really |entirely |totally |quite |100% )?(?:sure|certain)|unsure|maybe|(?<!\bin )(?<!\bsince )(?<!\blast )(?<!\bof )may(?: have| be)?(?!\s+\d)|might|possibl[ey]|perhaps|probably|could (?:have|be)|i think|i believe|i guess|thinks? (?:i|i['’]?m|it)|(?<!n['’]t )(?<!not )either(?! way)(?=.*\bor\b|\s*$)|don['’]?t know|dont know|idk|suspect\w*|wonder\w*|"
    r"supposedly|borderline|checking (?:me )?for|testing (?:me )?for|tested for|being tested|being checked|worried (?:i|about)|(?:afraid|scared|fear) of\b(?=(?: \w+)?\s*$)|can['’]?t remember|don['’]?t remember|something like|some kind of|trying to (?:get|become|be|have|conceive)|(?:thinking (?:of|about)|planning (?:on|to)|hop(?:e|ing) to|want to) (?:get|getting|become|becoming)\b(?=\s*$)|late period|undiagnosed|rule out|r/o|pre-?)\b|\?",
    re.IGNORECASE,
)  # fmt: skip
# "Does my Ativan matter?", "can I come if I take lithium?": what is asked is not whether they take it.
_ASKS = re.compile(r"\b(?:do|does|can|could|is|are|will|would|should|what|how|must|when|if)\b", re.IGNORECASE)
# A question that is typed without its mark: "does ketamine help with ptsd", "can you treat people who have bipolar".
_ASKS_UNMARKED = re.compile(
    r"^\W*(?:(?:hi|hello|so|and|ok|okay|also|please)\W+)*(?:(?:how|what|why|when)\s+(?:\w+\s+)?)?(?:do|does|can|could|is|are|will|would|should)\s+(?:you|it|this|that|ketamine|spravato|people|someone|somebody|anyone|anybody|patients|there|veterans|vets)\b(?!.*\b(?:i|i['’]?m|i['’]?ve|my|me|we|our)\b)"
    r"|^\W*(?:how\s+)?(?:do|does|is|are|will|can|could|would)\s+(?:an?\s+|the\s+)?$|^\W*(?:what )?if i (?:had|were|was|got)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\bmy (?:(?!(?:during|with|for|and|or|if|while|before|after|in|on|from|to)\b)\w+ ){0,2}$"
    r"|\bi\b.*\b(?:stop|quit|skip|hold|keep|continue|come off|get off|go off)(?: (?:on|taking|using|the|my))*\s*$"
    r"|(?<!\bdo )(?<!\bcould )(?<!\bcan )(?<!\bmight )(?<!\bwould )(?<!\bshould )\b(?:i (?:take|use)|(?:i['’]?m|i am) (?:still )?(?:taking|on)|i['’]?ve been (?:taking|on))(?: \w+){0,2}\s*$",
    re.IGNORECASE,
)
# "Waiting to start lithium": a medicine that is not taken yet.
_PLANNED = re.compile(
    r"\b(?:want|wants|wanted|hop(?:e|es|ing)|plan(?:s|ning)?|wait(?:s|ing)?|going|about|supposed|scheduled|ready|like|think(?:ing)? (?:about|of)|consider(?:s|ing)?) "
    r"(?:me )?(?:to )?(?:start|starting|try|trying|go on|going on|get on|getting on|be on|begin|add|adding|put(?:ting)? me on|prescrib(?:e|ing)|switch(?:ing)? (?:me )?to)(?: \w+){0,5}\s*$"
    r"|\b(?:suggested|suggests|recommended|recommends|offered|mentioned|brought up|talked about|talking about|asked about)\s+(?:\w+\s+){0,3}$",
    re.IGNORECASE,
)
# "Starting Zoloft next week"
_STARTING = re.compile(r"\b(?:start|starts|starting|begin|begins|beginning)(?: (?:on|taking|my|me on|the|a))*\s*$", re.IGNORECASE)
_LATER = re.compile(
    r"^[^.;]{0,30}?\b(?:next|tomorrow|soon|this weekend|in (?:an? |a few |\d+ )(?:days?|weeks?|months?)|(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b", re.IGNORECASE
)
_UNSURE_BEHIND = re.compile(
    r"^,?[^.;,]{0,25}?(?:\?|\b(?:i think|i believe|maybe(?! (?:once|twice|\d|an?|every|one|two|three|four|half))|probably|possibly|i guess|not sure|or something|or whatever|if i remember|idk)\b)", re.IGNORECASE
)
_DOSED = re.compile(r"([a-z]{4,})\d+(?:[./]\d+)*(?:mgs?|mcg|ug|g|ml)?")
_NUMBER = re.compile(r"(?<!\S)\d+(?!\S)")  # a 0 in the lexicon: "0 weeks along"
_CLOSED = re.compile(r"\s*(?:$|[.,;:!?)\n]|(?:and|but|now|again|since|too|for (?:\S+ ){0,2}(?:years|months|weeks))\b)", re.IGNORECASE)
_WHO = r"(?:i|you|he|she|it|we|they|that|this|who|what|not)"
_WHO_BEFORE, _WHO_BEHIND = re.compile(rf"\b{_WHO}\s*$", re.IGNORECASE), re.compile(rf"\s*{_WHO}\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"[.;!\n]+(?:\s|$)|\?\s+|\s*[,-]?\s*\b(?:but|however|though|although|except(?: for)?|besides|apart from|other than|whereas|while|because|cause|cuz|only)\b|"
    r"\s*,?\s*\b(?:and|then|so|plus|also|or)\s+(?=(?:then\s+)?(?:i|i['’]?m|i['’]?ve|im|ive|my|his|her|now|currently|still|take|takes|taking|have|has|on|am|started|starting|she|he|they|we|stopped|quit|never|don['’]?t|do not|no|not|used to|was|is|allergic|had|switched|put|recently|just|it|that|there)\b)|"
    r"\s*,\s*(?=(?:and\s+|then\s+)?(?:i|i['’]?m|i['’]?ve|im|ive|my|now|currently|still|takes?|taking|have|has|am|started|she|he|they|we|stopped|quit|never|don['’]?t|no|not|used to|was|allergic|had|switched|recently|just|yes|kept|keep|stayed|restarted|do (?:take|have|use)|also (?:have|take|on)|on|it['’]?s|it is|(?:came|went|got|been) off)\b)|"
    r"(?<!\bif)(?<!\bworried)(?<!\bthinks)(?<!\bbelieves)(?<!\bsuspects)(?<!\bafraid)(?<!\bscared)(?<!\bthink)(?<!\bthat)(?<!\bsure)(?<!\bknow)(?<!\bwhen)(?<!\bnor)(?<!\bsays)(?<!\bsaid)(?<!dn['’]t say)(?<!\btold)(?<!\bmedicine)(?<!\bwhether)\s+(?=(?:i['’]?m|i am|i take|i have(?! to\b)|i['’]?ve|i used to|i stopped|i quit|i don['’]?t|i never)\b)",
    re.IGNORECASE,
)  # fmt: skip
_ASIDE = re.compile(r"\([^()]*\)")  # what is told of another name: "Lexapro (stopped), Buspar"
_EXCEPT = re.compile(r"\b(?:except(?: for)?|besides|apart from|other than|only)\s*$", re.IGNORECASE)
_NEW_SUBJECT = re.compile(r"^\W*(?:and|but|then|so|now|also|just|only|yes|however|though|\s)*\b(?:i|i['’]?m|i['’]?ve|im|ive|my|me|we)\b", re.IGNORECASE)
_SWITCH = re.compile(r"\b(?:switched|changed|went|moved|swapped|transitioned)\b(?:\s+\w+){0,3}?\s+from\b", re.IGNORECASE)
_SWITCHED_TO = re.compile(r"\b(?:to|onto|for|with)\s+(?:(?!from\b)\w+\s+){0,2}$", re.IGNORECASE)
_INSTEAD = re.compile(r"\b(?:(?:instead of|rather than|in place of)\s+(?:\w+\s+){0,2}|replaced\s+(?:(?:my|the|old)\s+)*)$", re.IGNORECASE)
# "Swapped my Depakote for Lamictal": the first is what it was.
_SWAPPED = re.compile(r"\b(?:switched|changed|swapped|traded|dropped|ditched)\s+(?:(?:my|the|me|out|old)\s+)*$", re.IGNORECASE)
_FOR_ANOTHER = re.compile(r"^(?:\s+[^\s.;,]+){0,3}?\s+(?:for|with|to)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Mention:
    """A name in a text: what it stands for and what is said about it. ``start`` and ``end`` are character offsets."""

    entity: str
    value: str
    status: str
    start: int
    end: int


@dataclass(frozen=True)
class Lexicon:
    """Every name that people use, in lower case, by what it stands for."""

    names: Mapping[str, tuple[str, str]]  # name -> (entity, canonical value)
    events: frozenset[str]  # conditions that happen and are over
    ordinary: frozenset[str] = frozenset()  # words that are no misspelt names
    hints: frozenset[str] = frozenset()  # names that only point to a condition
    closing: frozenset[str] = frozenset()  # names that count only where nothing follows: "I'm expecting", not "expecting a call"
    acronyms: Mapping[str, str] = field(default_factory=dict)  # "DID" -> condition; "did" is none
    phrases: tuple[tuple[re.Pattern[str], str], ...] = ()  # how a condition is told with words between: "BP runs a bit high"
    idioms: tuple[re.Pattern[str], ...] = ()  # "a stroke of luck": a name inside is none
    treatments: frozenset[str] = frozenset()  # names that tell of a condition and do not deny it: "I don't use my CPAP"
    forms: frozenset[str] = frozenset()  # kinds that are also what a medicine comes as: "albuterol inhaler"

    @classmethod
    def load(cls, directory: Path, *, answers: bool = False) -> Lexicon:
        """Read ``medications.yml`` and ``conditions.yml``.

        Args:
            answers: whether it is for answers of the history, where more names count (see the files).
        """
        medications = yaml.safe_load((directory / "medications.yml").read_text(encoding="utf-8"))
        conditions = yaml.safe_load((directory / "conditions.yml").read_text(encoding="utf-8"))
        names: dict[str, tuple[str, str]] = {}
        for entity, group in (
            (MEDICATION, medications["medications"]),
            (MEDICATION, medications["classes"]),
            (MEDICATION, medications["answers"] if answers else {}),
            (CONDITION, conditions["conditions"]),
            (CONDITION, conditions["closing"]),
            (CONDITION, conditions["treatments"]),
            (CONDITION, conditions["answers"] if answers else {}),
        ):
            for value, others in group.items():
                for name in others if value in medications["not_alone"] else (*_spellings(value), *others):
                    names[_plain(name)] = (entity, value)
        hints = {_plain(name): (CONDITION, value) for value, others in conditions["hints"].items() for name in others}
        if answers:
            names |= hints
        return cls(
            names,
            frozenset(conditions["events"]),
            frozenset(medications["ordinary"].split()),
            frozenset(hints),
            frozenset(_plain(name) for others in conditions["closing"].values() for name in others),
            {name: value for value, others in conditions["acronyms"].items() for name in others},
            tuple((re.compile(rf"\b(?:{p})\b", re.IGNORECASE), value) for value, others in conditions["phrases"].items() for p in others),
            tuple(re.compile(rf"\b(?:{p})\b", re.IGNORECASE) for p in conditions["idioms"]),
            frozenset(_plain(name) for others in conditions["treatments"].values() for name in others),
            frozenset(medications["forms"]),
        )


def _spellings(value: str) -> Iterator[str]:
    """A name; a combination as people write it: "lisinopril-hctz", "hydrocodone acetaminophen", "naloxone/buprenorphine"."""
    parts = value.split("/")
    for written in (parts, [_ABBREVIATED.get(part, part) for part in parts]):
        yield " ".join(written)
        for order in (written, written[::-1]):
            yield from ("/".join(order), "-".join(order))


def _plain(name: str) -> str:
    return " ".join(token.lower().replace("’", "'") for token in TOKEN.findall(name))


class MentionReader:
    """Finds the mentions of a text."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._first_words = {name.partition(" ")[0] for name in lexicon.names}
        self._fuzzy = _by_first_letter(lexicon.names)
        several = {word for name in lexicon.names if " " in name for word in name.split()}
        self._words = _by_first_letter(several)
        self._as_it_is = several | lexicon.ordinary

    def read(self, text: str) -> list[Mention]:
        """All mentions, in order; of overlapping names the longest counts."""
        found = list(self._find(text))
        clauses = list(_clauses(text)) if found else []
        mentions = [
            (name, Mention(entity, value, self._hinted(text, clauses, entity, value, name, start, end), start, end))
            for entity, value, name, start, end in found
            if not _PETS.search(text[:start])
        ]
        return [mention for name, mention in mentions if mention.status != "negated" or name not in self._lexicon.treatments]

    def _hinted(self, text: str, clauses: list[tuple[int, int]], entity: str, value: str, name: str, start: int, end: int) -> str:
        """The status; what only points to a condition is for a person to ask about."""
        status = self._status(text, clauses, entity, value, name, start, end)
        return "unsure" if status in ("present", "past") and name in self._lexicon.hints else status

    def status(self, text: str, start: int, end: int) -> str:
        """What is said about a medicine that the lexicon does not know, which stands between two offsets."""
        return self._status(text, list(_clauses(text)), MEDICATION, "", text[start:end], start, end)

    def _apart(self, text: str) -> str:
        """Names that are written together, apart: "Zoloft/Xanax", "Ativan-1mg"; but not "anti-anxiety"."""

        def spaced(token: re.Match[str]) -> str:
            written = token.group()
            if not _JOINED.search(written) or self._known(written.lower()):
                return written
            known = list(filter(None, map(self._known, _JOINED.split(written.lower()))))
            named = known if "/" in written or written.lower().startswith("ex-") else [one for one in known if one[0] == MEDICATION]
            return _JOINED.sub(" ", written) if named else written

        return TOKEN.sub(spaced, text) if _JOINED.search(text) else text

    def _find(self, text: str) -> Iterator[tuple[str, str, str, int, int]]:
        """Kind, value, name as it is meant, begin and end of each."""
        text = self._apart(text)
        tokens = list(self._tokens(text))
        unmeant = [match.span() for pattern in self._lexicon.idioms for match in pattern.finditer(text)]
        told = [(match.start(), match.end(), value) for pattern, value in self._lexicon.phrases for match in pattern.finditer(text)]
        position = 0
        while position < len(tokens):
            word, start, end = tokens[position]
            if any(begin <= start < stop for begin, stop in unmeant):
                position += 1
                continue
            phrase = max((one for one in told if one[0] == start), key=lambda one: one[1], default=None)
            if phrase is not None:
                yield CONDITION, phrase[2], _plain(text[phrase[0] : phrase[1]]), *phrase[:2]
                position = next((i for i, token in enumerate(tokens) if token[1] >= phrase[1]), len(tokens))
                continue
            longest = _LONGEST_NAME if word in self._first_words or word.isdigit() else 1
            for length in range(min(longest, len(tokens) - position), 0, -1):
                name = self._name([token for token, _, _ in tokens[position : position + length]])
                end = tokens[position + length - 1][2]
                known = self._known(name)
                if length > 1 and re.search(r"[,;\n]", text[start:end]) or name in self._lexicon.closing and not _CLOSED.match(text[end:]):
                    continue
                if length == 1 and self._is_acronym(text, start, end):
                    known = (CONDITION, self._lexicon.acronyms[text[start:end]])
                if known is not None:
                    position += length
                    while known[0] == MEDICATION and name not in self._lexicon.forms and position < len(tokens) and self._is_its_form(text, end, tokens[position]):
                        end = tokens[position][2]
                        position += 1
                    yield *known, name, start, end
                    break
            else:
                position += 1

    def _tokens(self, text: str) -> Iterator[tuple[str, int, int]]:
        """The words; a dose that was written together with a name, "Remeron15mg", is left out."""
        for token in TOKEN.finditer(text):
            word = token.group().lower().replace("’", "'")
            dosed = _DOSED.fullmatch(word)
            if dosed and word not in self._lexicon.names and (self._known(dosed[1]) or (None,))[0] == MEDICATION:
                word = dosed[1]
            yield word, token.start(), token.start() + len(word)

    def _name(self, words: list[str]) -> str:
        """Words as one name, each of several with a letter or two wrong as a name has it: "blood presure"."""
        if len(words) > 1:
            words = [word if word in self._as_it_is else _nearest(word, self._words) or word for word in words]
        return " ".join(words)

    def _is_its_form(self, text: str, end: int, token: tuple[str, int, int]) -> bool:
        return token[0] in self._lexicon.forms and not text[end : token[1]].strip()

    def _known(self, name: str) -> tuple[str, str] | None:
        """What a name in lower case stands for, with a letter or two wrong in a long one."""
        names = self._lexicon.names
        known = names.get(name) or names.get(name.removesuffix("'s")) or names.get(_NUMBER.sub("0", name))
        return known or self._near(name)

    def _is_acronym(self, text: str, start: int, end: int) -> bool:
        if text[start:end] not in self._lexicon.acronyms or text.isupper():
            return False
        return not (_WHO_BEFORE.search(text[:start]) or _WHO_BEHIND.match(text[end:]))  # "what I DID"

    def _near(self, word: str) -> tuple[str, str] | None:
        near = None if word in self._lexicon.ordinary else _nearest(word, self._fuzzy)
        if near is None:
            return None
        known = self._lexicon.names[near]
        close = known[0] == MEDICATION or DamerauLevenshtein.distance(word, near) <= 1  # conditions are ordinary words themselves
        return known if close else None

    def _status(
        self, text: str, clauses: list[tuple[int, int]], entity: str, value: str, name: str, start: int, end: int
    ) -> str:
        number = next(i for i, (_, stop) in enumerate(clauses) if start < stop)
        begin, stop = clauses[number]
        before, behind = _ASIDE.sub(" ", text[begin:start]), text[end:stop]
        rest = text[end:]
        if _is_family(text, clauses, number, start) or _FAMILY_BEHIND.match(rest) and not (entity == MEDICATION and rest[:1].isspace()):
            denied = _denied(_NOT_ME.sub(" ", before)) or _NOT_ONE_OF_THEM.search(before)
            return "negated" if denied else "family"
        if entity == MEDICATION and GIVES_A_RELATIVE.search(behind):
            return "family"
        if entity == MEDICATION and _is_allergy(text, clauses, number, start, end):
            return "allergy"
        if entity == MEDICATION and _SWITCH.search(before):
            return "current" if _SWITCHED_TO.search(before) else "past"
        if _INSTEAD.search(before) or entity == MEDICATION and _SWAPPED.search(before) and _FOR_ANOTHER.match(behind):
            return "past"
        if _is_taken_back(entity, before, rest):
            return "negated"
        affirmed = _YES_BEHIND.match(rest) or _PLUS_BEFORE.search(before)
        denied = _denied(before) and not (affirmed or _STATED.search(before) and _IS_SO.match(behind))
        if (denied or _NO_BEHIND.match(rest)) and not (entity == MEDICATION and _only_how(before, behind)):
            never = re.search(r"\bnever\b", before, re.IGNORECASE)
            once = _DENIED_NOW.search(before) or _DENIED_SINCE.search(behind) or entity == MEDICATION and _QUIT_BEHIND.match(rest)
            return "past" if once and not never else "negated"
        if not affirmed and _is_unsure(entity, before, behind, rest):
            return "unsure"
        if self._is_past(entity, value, name, before, behind, rest):
            return "past"
        return "current" if entity == MEDICATION else "present"

    def _is_past(self, entity: str, value: str, name: str, before: str, behind: str, rest: str) -> bool:
        if not _OWN_TIME.match(behind):
            before = _without_times_of_others(before)
        if entity == MEDICATION and _is_done_with(before, behind, rest):
            return True
        if _JUST_TOOK.search(before) and _JUST_NOW.search(behind):
            return False
        if _NO_MORE.search(before + name) or _ONCE_SO.search(before) or _ATTRIBUTE.match(name):
            return not re.search(r"\bstill\b", before + behind, re.IGNORECASE)
        if _OVER_BEHIND.match(rest):
            return True
        if _CLEAN_BEHIND.match(rest) and (entity == CONDITION or _HOOKED.search(before)):
            return True
        event = value in self._lexicon.events
        if (entity == MEDICATION or event) and _AGO_BEHIND.match(rest):
            return True
        if event and (_HAD.search(before + name) or _HAVE_HAD.search(before) or _AFTER.search(before) or _WHEN_BEHIND.match(behind)):
            return True
        if _HAD.search(_HAD_ELSE.sub(" ", before)) and not (_STILL.search(before) or _STILL.search(behind)):
            return True
        if _PAST_BEHIND.match(behind):
            diagnosed = re.search(r"\b(?:diagnosed|told|found|showed|since|started|began|have|['’]ve|am|take|taking|on)\b", before + behind[:25], re.IGNORECASE)
            if re.search(r"\bbeen on\b", before, re.IGNORECASE) and re.search(r"\bbefore\W*$", behind, re.IGNORECASE):
                return True
            return not (diagnosed and not re.search(r"\bany ?more\b|\bdid|went away|gone|remission|made me", behind, re.IGNORECASE))
        return False


def _by_first_letter(names: Iterable[str]) -> dict[str, list[str]]:
    """Those that are long enough to be told with a letter wrong."""
    found: dict[str, list[str]] = {}
    for name in names:
        if len(name) >= _SHORTEST_FUZZY and name.isalpha():
            found.setdefault(name[0], []).append(name)
    return found


def _nearest(word: str, names: Mapping[str, list[str]]) -> str | None:
    if len(word) < _SHORTEST_FUZZY or not word.isalpha():
        return None
    off = 1 if len(word) < 9 else 2
    near = process.extractOne(word, names.get(word[0], ()), scorer=DamerauLevenshtein.distance, score_cutoff=off)
    return near[0] if near else None


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for breaker in _CLAUSE.finditer(text):
        if breaker.start() > begin:
            yield begin, breaker.end()
            begin = breaker.end()
    if begin <= len(text):
        yield begin, len(text) + 1


def _denied(before: str) -> bool:
    before = before[max((end.end() for end in _REACH_ENDS.finditer(before)), default=0) :]
    plain = _NO_NEGATION.sub(lambda m: " " * len(m.group()), before)
    return bool(_NEGATION.search(plain))


def _is_taken_back(entity: str, before: str, rest: str) -> bool:
    """Whether what is behind a name says that it was never so."""
    return bool(_SUPPOSED.search(before) and _BUT_NOT.match(rest) or entity == MEDICATION and _NEVER_TAKEN.match(rest))


def _is_done_with(before: str, behind: str, rest: str) -> bool:
    """Whether somebody tells that they quit a medicine, that it was no use, or that they "did" it some time."""
    if _QUIT_BEHIND.match(rest) or _DONE_WITH.search(before) or _NONE_WORKED_BEFORE.search(before) or _NONE_WORKED_BEHIND.match(rest):
        return True
    did = _DID.search(before) or _DID_FIRST.match(before) and _SOME_TIME.match(behind)
    return bool(did and not _JUST_NOW.search(behind))


def _only_how(before: str, behind: str) -> bool:
    """Whether a medicine that is "not taken" is only not taken just now, or not as it should be."""
    denied = _NOT_TAKEN.search(before)
    return bool(denied and (denied["mine"] and not _DENIED_SINCE.search(behind) or _NOT_ALWAYS.match(behind)))


def _is_unsure(entity: str, before: str, behind: str, rest: str) -> bool:
    doubt = _UNSURE_BEHIND.match(rest)
    if doubt and doubt.group().endswith("?") and _ASKS.search(before) and _OWN.search(before):
        doubt = None
    if doubt or _UNSURE.search(_without_questions(before)) or _ASKS_UNMARKED.match(before):
        return True
    return entity == MEDICATION and bool(_PLANNED.search(before) or _STARTING.search(before) and _LATER.match(behind))


def _without_questions(before: str) -> str:
    """A question mark further back belongs to another name of the list."""
    return before.replace("?", " ")


def _without_times_of_others(before: str) -> str:
    ends = [time.end() for time in _TIME_ENDS.finditer(before) if before[: time.start()].strip()]
    return before[max(ends, default=0) :]


def _is_family(text: str, clauses: list[tuple[int, int]], number: int, start: int) -> bool:
    begin, stop = clauses[number]
    before, whole = text[begin:start], text[begin:stop]
    relative = list(_FAMILY.finditer(before))
    borrowed = _BORROWED.search(before)
    if borrowed and not _FAMILY.search(before[: borrowed.start()]):
        return False
    if relative:
        return not _SELF.search(_NOT_ME.sub(" ", before[relative[-1].end() :]))
    if re.search(r"\b(?:in (?:my|the|our) family|on my \w+['’]?s side|family history)\b", whole, re.IGNORECASE):
        return True
    if number and not _SELF.search(_NOT_ME.sub(" ", before)) and not _NEW_SUBJECT.match(before):
        earlier_begin, earlier_stop = clauses[number - 1]
        ends_sentence = re.search(r"[.;!?\n]\s*$", text[earlier_begin:earlier_stop])
        return (not ends_sentence or bool(_GOES_ON.match(before))) and _is_family(text, clauses, number - 1, earlier_stop)
    return False


def _is_allergy(text: str, clauses: list[tuple[int, int]], number: int, start: int, end: int) -> bool:
    begin = clauses[number][0]
    before = text[begin:start]
    said = list(_ALLERGY.finditer(before))
    if said:
        return not _denied(before[: said[-1].start()])
    if _ALL_ALLERGIC.match(text[end:]):
        return not _denied(before)
    reaction = _ALLERGY_BEHIND.match(text[end:])
    if reaction and _CANT_TAKE.search(before):
        return True
    if reaction and "," not in reaction.group():
        return not _denied(before) and not re.search(r"\b(?:for|but)\b", reaction.group(), re.IGNORECASE)
    earlier = text[: begin]
    if number and _EXCEPT.search(earlier):
        return bool(re.search(r"\ballerg", text[clauses[number - 1][0] : begin], re.IGNORECASE))
    return False
