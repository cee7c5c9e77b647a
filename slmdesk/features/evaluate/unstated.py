"""Whether an answer says that the document does not say it."""

import re
from functools import lru_cache

from slmdesk.features.evaluate.normal_text import bare, folded

_LOOKED_AT = 300

_HOW = r"(?:(?:\w+ly|yet|been|further|näher|genau|explizit|ausdrücklich|öffentlich|direkt) )*"
_SAID = (
    r"(?:stated|mentioned|specified|given|provided|disclosed|reported|available|applicable|known|indicated|named"
    r"|identified|found|included|clear|discussed|described|listed|present|determined|revealed|published"
    r"|released|announced|quantified|certain|sure"
    r"|angegeben|genannt|erwähnt|bekannt(?: ?gegeben)?|spezifiziert|mitgeteilt|beziffert|ersichtlich"
    r"|verfügbar|vorhanden|enthalten|zutreffend|benannt|veröffentlicht|beschrieben|feststellbar|sicher)"
)
_UNSAID = (
    rf"(?:(?:not|never|nicht|nirgends) {_HOW}{_SAID}"
    r"|unknown|unspecified|undisclosed|unstated|unclear|undetermined|unidentified|unreported|unavailable|unsure"
    r"|(?:nobody|no one|no-one|niemand) (?:knows|weiss(?: es)?)"
    r"|n/a|n\. ?a\.?|no (?:information|data|details?|mention|indication|answer|idea)"
    r"|(?:can ?not|can't|could not|couldn't) be (?:determined|known|said|found|answered|inferred)"
    r"|(?:it is )?impossible to (?:say|tell|determine|know)"
    r"|i (?:do not|don't|cannot|can't) (?:know|say|tell|find|determine)"
    r"|keine (?:angaben?|informationen?|auskunft|aussage|daten)|k\. ?a\.?|ohne angaben?"
    r"|unbekannt|unklar|ungenannt|entfällt|(?:das )?weiss (?:ich )?(?:es )?nicht|ich weiss (?:es )?nicht)"
)
_SUBJECT = (
    r"(?:(?:it|this|that|which|there|they|es|das|dies|dazu)"
    r"|(?:the|its|their|der|die|das|eine?) (?:[\w'-]+ ){0,5}?[\w'-]+)"
)
_VERB = (
    r"(?: (?:is|was|are|were|has|have|had|been|remains?|still|currently|gibt|"
    r"wird|wurden?|werden|ist|sind|war|bleibt|noch|es|laut|dem|text|dokument))+"
)
# What may follow: where, or a reason after a mark; never "but …" with an answer after all.
_TAIL = (
    r"(?:(?: (?:of|in|by|from|about|on|for|anywhere|at|to|im|in|vom|zu|zum|über|darüber|dazu|laut|whether|if"
    r"|how|who|what|when|ob|wie|wer|wann)\b[^.;:(]*)?(?: ?[.,;:!(\n-].*)?)$"
)
_NO_SUBJECT = r"(?:is|was|wird|wurden?|ist|sind)(?: (?:in|im) (?:\w+ )?\w+)? "
_STATED = re.compile(
    rf"(?:{_SUBJECT}{_VERB} |{_NO_SUBJECT})?{_UNSAID}(?:{_VERB})?(?: {_SAID})?{_TAIL}", re.DOTALL
)
_SOURCE = (
    r"(?:documents?|text|article|report|passage|release|statement|source|e-?mail|message|invoice|author|review|letter"
    r"|page|story|notice|note|contract|transcript|dokument|bericht|artikel|meldung|rechnung|mail|quelle|schreiben"
    r"|brief|mitteilung|vertrag|seite)"
)
_SENTENCE = re.compile(
    rf"(?:(?:the|this) (?:[\w'-]+ ){{0,2}}{_SOURCE}|it) (?:does|did|do)(?: not|n't) (?:\w+ly )?"
    r"(?:state|mention|specify|say|provide|give|disclose|indicate|contain|include|name|report|identify|reveal"
    r"|list|tell|discuss|describe|explain)\b"
    rf"|(?:the|this) (?:[\w'-]+ ){{0,2}}{_SOURCE} "
    r"(?:mentions|names|states|gives|contains|provides|lists) no\b"
    rf"|(?:(?:das|der|die|dieser?|dieses) (?:[\w'-]+ ){{0,2}}{_SOURCE}|es) "
    r"(?:nennt|enthält|erwähnt|macht|gibt|sagt|liefert|geht) (?:[\w'-]+ ){0,4}?(?:keine?n?|nichts|nicht)\b"
)
_NONE_SAID = re.compile(
    r"(?:no|keine?[nrs]?) (?:[\w'-]+ ){1,6}?"
    r"(?:(?:is|was|are|were|has|have|been|wird|wurden?|werden|ist|sind) )+"
    rf"{_HOW}{_SAID}\b{_TAIL}",
    re.DOTALL,
)
_AFTER_ALL = re.compile(
    r"\b(?:but|however|although|though|probably|likely|aber|jedoch|vermutlich|wahrscheinlich)\b"
)
_WEAK = {"none", "null", "nil", "na", "nan", "keine", "keiner", "keines", "nichts", "nothing", "kein", "ka"}
_MARKS = {"-", "--", "---", "?", "??", "???", "...", "/", "[]", "{}", '""', "''"}
_LEAD = re.compile(r"^(?:the )?(?:final )?(?:answer|antwort)(?: is| ist|:)+ ")


def says_unstated(text: str) -> bool:
    """Whether it says in so many words that the document does not say it: "not mentioned", "keine Angabe"."""
    return _says_unstated(text[:_LOOKED_AT])


@lru_cache(maxsize=4_096)
def _says_unstated(text: str) -> bool:
    line = _LEAD.sub("", bare(text))
    if not (_STATED.match(line) or _SENTENCE.match(line) or _NONE_SAID.match(line)):
        return False
    return not _AFTER_ALL.search(line)


def says_none(text: str) -> bool:
    """ "No third parties are named": what is not stated, or a plain no where that is asked."""
    return _NONE_SAID.match(bare(text[:_LOOKED_AT])) is not None


def is_unstated(text: str) -> bool:
    """As says_unstated, and also for "none", a dash or nothing at all."""
    return (
        folded(text[:_LOOKED_AT]) in _MARKS or bare(text[:_LOOKED_AT]) in _WEAK | {""} or says_unstated(text)
    )
