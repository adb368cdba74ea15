"""The words around an object's name in spoken English commands, as patterns over one line of text."""

from __future__ import annotations

import re

_DETERMINER = (
    r"(?:all of the|all the|one of the|one of those|one of my|some of the|the|an?|that|this|these|those|my|your|our|"
    r"his|her|their|some|any|another|every)"
)
_PERSON = r"(?:me|us|him|her|them)"
# A word that is a noun too ("hand soap") is a verb before these only.
_NAMED = rf"(?= {_DETERMINER}\b)"
_GIVEN = rf"(?: over(?: to)?|(?= {_PERSON}\b)|{_NAMED})"
_FILLER = (
    r"(?:please|excuse me|kindly|just|now|then|okay|ok|alright|right|hey|hi|hello|well|so|yes|yeah|and|u+[hm]+|e+r+m*|"
    r"hm+|"
    r"(?:hey |dear |my )?(?:robot|computer)|go and|go ahead and|go|let's|try to|quickly|carefully|gently)"
)
_REQUEST = (
    r"(?:would you mind|do you mind|do you think you (?:can|could)|(?:can|could|would|will|won't|can't) you|"
    r"i (?:want|need|would like|order|ask) you to|i'd like you to|you (?:should|must|need to|can)|"
    r"be so kind (?:as to|and)|help me(?: to)?(?= find\b| look\b| get\b| locate\b)|your (?:task|job) is to)"
)
# Greetings, fillers and forms of asking before the verb.
OPENING = re.compile(rf"(?:{_REQUEST}|{_FILLER})\b[\s,.;:!…-]*", re.IGNORECASE)
FORBIDS = re.compile(
    r"(?:do not|don't|dont|never|you must not|you mustn't|you should not|you shouldn't) ", re.IGNORECASE
)

# Base form -> pattern at the sentence's start, up to the object. The first that fits is taken.
_VERBS = {
    "pick up": r"pick(?:ing)?(?: up| out)?",
    "grab": r"grab(?:bing)?(?: hold of)?",
    "grasp": r"grasp(?:ing)?",
    "grip": r"grip(?:ping)?",
    "get": r"get(?:ting)?(?: hold of)?(?! (?:rid|up|well)\b)",
    "fetch": r"fetch(?:ing)?",
    "retrieve": r"retriev(?:e|ing)",
    "take": r"tak(?:e|ing)(?: hold of| out| away)?(?! care\b)",
    "bring": r"bring(?:ing)?(?: over| back)?",
    "hand": rf"hand(?:ing)?{_GIVEN}",
    "pass": rf"pass(?:ing)?{_GIVEN}",
    "give": r"giv(?:e|ing)(?: over)?",
    "lift": r"lift(?:ing)?(?: up)?",
    "hold": rf"hold(?:ing)?{_NAMED}",
    "show": r"(?:show(?:ing)?(?: me)?|tell me|do you know) where|show(?:ing)?",
    "find": r"find(?: out)? where|find(?:ing)?",
    "point at": r"point(?:ing)? (?:at|to|out)",
    "look for": r"(?:look|search)(?:ing)? for|look(?:ing)? at",
    "reach for": r"reach(?:ing)? for",
    "locate": r"locat(?:e|ing)",
    "segment": r"segment(?:ing)?(?: out)?",
    "select": r"select(?:ing)?|choos(?:e|ing)",
    "highlight": r"highlight(?:ing)?",
    "where is": r"where(?: is| are|'s|'re)",
    "which is": r"which (?:one |of (?:these|those|them) |object |thing )?(?:is|are)",
    "is there": rf"(?:is|are) there|(?:do you )?see{_NAMED}",
    "have": r"(?:can|could|may) (?:i|we) (?:have|get)|let me have|i(?:'ll| will) (?:have|take)",
    # Wishes are for the model to understand ("I want some tea", "I need to open a package"), but for those that name.
    "want": r"i(?: want| would like|'d like)(?: to have)?(?= (?:the|that|this|my|your|something|anything)\b)",
    "need": r"i need(?: to have)?(?= (?:the|that|this|my|your)\b)",
}
STARTS = [(verb, re.compile(rf"(?:{pattern})\b(?: {_PERSON}\b)?", re.IGNORECASE)) for verb, pattern in _VERBS.items()]

_POLITE = r"(?:please|thanks|thank you)(?: a lot| (?:very|so) much)?"
_WHERE = r"(?:(?:that is|that's|which is|lying|standing|sitting) )?"
_ENDINGS = (
    rf"{_POLITE}|(?:right )?now|right away|immediately|quickly|carefully|gently|okay|ok|"
    rf"for {_PERSON}|(?:over )?to {_PERSON}|{_WHERE}(?:over )?(?:here|there)|"
    r"if (?:you (?:can|could|would|please)|possible)|(?:would|will|can|could) you|"
    rf"{_WHERE}(?:from|off|off of|on) (?:the|that|this|my|your|our) (?:table|table ?top|desk|counter|bench)|"
    r"(?:with|using|in) (?:your|the) (?:gripper|hands?|arm)"
)
# "... and put it into the box".
NEXT_STEP = re.compile(
    r"[\s,;.]{1,8}(?:(?:and )?then|and) "
    r"(?:give|bring|put|place|hand|pass|hold|drop|lift|move|show|carry|take|pour|set|keep) "
    r"(?:it|them|me|us|the|that)\b.*$",
    re.IGNORECASE,
)
ENDING = re.compile(rf"(?:[\s,;.!?…-]{{1,8}}(?:{_ENDINGS})|, robot)[\s,;.!?…-]{{0,8}}$", re.IGNORECASE)
HESITATION = re.compile(r"(?:^|(?<=\s))(?:u+h+m*|u+m+|er+m*|hm+)\b,?\s*", re.IGNORECASE)
QUOTED = re.compile(r"[\"“„]([^\"“”„]*)[\"“”]")
POLITE_AROUND = re.compile(rf"^please\b[\s,]*|(?:^|[\s,;.-]{{1,8}}){_POLITE}[\s.!]{{0,8}}$", re.IGNORECASE)
PARTICLE = {"pick up": " up", "lift": " up", "take": " away", "where is": " located", "bring": " over"}
# "show me where the mug is".
PLACED = re.compile(r" (?:is|are|lies|lie|stands|stand)$", re.IGNORECASE)

# Words that may stand before a noun and are not part of its name; for "not the red one".
_ADJECTIVE = (
    r"(?:red|green|blue|yellow|orange|purple|pink|brown|black|white|gr[ea]y|silver|gold|golden|teal|beige|turquoise|navy|"
    r"cyan|magenta|violet|light|dark|bright|big|small|large|little|tall|short|long|round|square|flat|thin|thick|old|new|"
    r"empty|full|open|closed|left|right|front|back|other|plain|plastic|metal|wooden|ceramic|glass|paper|leather|striped)"
)
_BUT = r"(?:but not|and not|not|except for|except|other than|rather than|instead of|(?:but )?i (?:don't|do not) mean)"
# "that is not the mug" is part of a description; "mug, not the red one" is not.
NEGATION = re.compile(
    rf"(?<!\bis)(?<!\bare)(?<!\bdo)(?<!\bmust)(?<!\bshould)(?<!\bcan)(?<!\bit's)(?<!\bthat's)[\s,;]{{1,8}}{_BUT} "
    rf"(?=(?:{_DETERMINER}|{_ADJECTIVE})\b)",
    re.IGNORECASE,
)
OR = re.compile(rf"(?:[\s,;]{{1,8}}(?:and|or|nor)|,)(?: not)? (?={_DETERMINER}\b)", re.IGNORECASE)
ARTICLE = re.compile(rf"{_DETERMINER} (?=\S)", re.IGNORECASE)
ONE = re.compile(r"\bones?\b", re.IGNORECASE)
# "the thing I can cut paper with".
USE = re.compile(
    r"(?:thing|one|object|item|what|whatever|something|anything)(?: that| which)?"
    r" (?:(?:i|we|you|one) (?:can|could|may|might)(?: use to)?|to) (?=\S)",
    re.IGNORECASE,
)
# What belongs to the described object alone, and not to another one of its kind.
DETAIL = re.compile(
    r" (?:with|without|that|which|next to|beside|near|on|in|behind|under|left of|right of)\b.*$", re.IGNORECASE
)
# What may follow a verb and names nothing.
NAMELESS = re.compile(
    r"(?:it|that|this|them|these|those|ones?|some|any|me|you|him|her|something|anything|everything|nothing|up)?",
    re.IGNORECASE,
)
# An adjective that leads a noun.
LED = re.compile(rf"{_ADJECTIVE} (?:and )?(?=\S)", re.IGNORECASE)
ADJECTIVES_ALONE = re.compile(rf"{_ADJECTIVE}(?:(?: and)? {_ADJECTIVE})*", re.IGNORECASE)
