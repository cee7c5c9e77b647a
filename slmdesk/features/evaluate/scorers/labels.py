"""Yes/no and choices: which label an answer in free words names, and whether it is the expected one."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from slmdesk.base.words import say
from slmdesk.features.evaluate.normal_text import bare, folded, shown, words_of
from slmdesk.features.evaluate.pack import NO, NOT_STATED, YES, Kind, Question
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.scorers.mentions import is_denied, whole_words
from slmdesk.features.evaluate.unstated import is_unstated, says_none, says_unstated

_LOOKED_AT = 2_000
_LIKE = 0.9  # a typing error in a label of some length

_YES = (
    r"(?:yes|yep|yeah|yup|ja|jawohl|true|correct|wahr|richtig|affirmative|✅|✓|✔"
    r"|(?:of course|certainly|definitely|absolutely|sure|indeed|natürlich|selbstverständlich)(?! not| nicht))"
)
_BOTH = re.compile(r"(?:yes|ja)[ ,/]+(?:no|nein)|(?:no|nein)[ ,/]+(?:yes|ja)")
_NO = r"(?:no|nope|nein|false|incorrect|falsch|negative|❌|✗|✘)"
_WHOLE = {"y": YES, "1": YES, "n": NO, "0": NO, "j": YES}
_EXPLICIT = re.compile(
    r"\b(?:answer|answered|antwort|label|verdict|conclusion|result|ergebnis|category|kategorie|classification"
    r"|sentiment|choice|option)\b(?:\s+(?:is|ist|would be|should be|lautet|option|clearly|a clear))*"
    r"\s*[:=]?[\s\"'*(]*"
)
_ANSWER_IS = re.compile(
    r"\b(?:(?:answer|antwort|verdict)\b(?:\s+(?:is|ist|would be|should be|lautet|clearly|a clear))*"
    r"|(?:i would|i'd|would) say|ich würde sagen)\s*[:=,]?[\s\"'*(]*"
)
_UNDECIDED = re.compile(
    r"\b(?:yes and no|ja und nein|yes or no|yes/no|ja/nein|ja oder nein|no/yes|no and yes|maybe|perhaps"
    r"|depends|possibly|vielleicht|möglicherweise|jein|may or may not|whether|might|either|unclear|uncertain"
    r"|not sure)\b"
)
_SURE = re.compile(r"\b(?:no|without(?: a| any)?|kein|ohne) (?:doubt|question|zweifel)\b[,:]?\s*")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nobody|without|cannot|\w+n't|false|incorrect|untrue|falsch|nicht|kein\w*|nie|niemand|ohne)\b"
)
_STATEMENT = re.compile(
    r"(?:it|this|that|there|they|he|she|we|es|das|dies|sie|the \w+|der \w+|die \w+)\b"
    r"(?: \w+){0,4}? (?:is|was|are|were|does|did|has|have|had|ist|war|wurden?|hat|haben|gab|sind)\b"
    r"|(?:it|this|that|there|they|es|das|dies)(?:'s| is| was| are| were| ist| war)\b"
)
_CLAUSE = re.compile(r"[.;:!?\n]|, |\band\b|\bund\b")


def score_label(question: Question, answer: str, expected: str) -> Score:
    """1 for the same label, else 0; an answer that names none or several is wrong."""
    wanted = read_label(question, expected) or shown(expected)
    given = read_label(question, answer)
    if given is None:
        return Score(0.0, say("“{answer}” cannot be read as one of the labels.", answer=shown(answer)))
    if given == wanted:
        return Score(1.0, say("The answer is read as {given}, as expected.", given=label_words(given)))
    return Score(
        0.0,
        say(
            "The answer is read as {given}, but {wanted} is expected.",
            given=label_words(given),
            wanted=label_words(wanted),
        ),
    )


def label_words(label: str) -> str:
    """A label in a sentence: those of the program in the reader's language, others in quotation marks."""
    return {YES: say("Yes"), NO: say("No"), NOT_STATED: say("Not stated")}.get(label, f"“{label}”")


def read_label(question: Question, text: str) -> str | None:
    """`YES`, `NO`, the choice as it stands in the question, or NOT_STATED; None if it stays open."""
    text = text[:_LOOKED_AT]
    if question.kind is Kind.YES_NO:
        return NOT_STATED if is_unstated(text) and not says_none(text) else read_yes_no(text)
    if not question.choices:
        return NOT_STATED if is_unstated(text) else bare(text)
    if (choice := read_choice(text, question.choices)) is not None:
        return choice
    return _unstated_choice(question.choices) if is_unstated(text) else None


def _unstated_choice(choices: Sequence[str]) -> str:
    """The choice that means it ("Unknown"), where one alone does."""
    meaning = [choice for choice in choices if is_unstated(choice)]
    return meaning[0] if len(meaning) == 1 else NOT_STATED


def read_yes_no(text: str) -> str | None:
    """`YES` or `NO`: what "the answer is" says, the first word, or a statement; None if it stays open."""
    return _yes_no(text[:_LOOKED_AT])


@lru_cache(maxsize=1_024)
def _yes_no(text: str) -> str | None:
    line = _SURE.sub("", folded(text)).lstrip("\"'*#-([ ")
    if (whole := _WHOLE.get(bare(line))) is not None:
        return whole
    if not line:
        return YES if folded(text) else None  # nothing but "no doubt"
    if _BOTH.fullmatch(bare(line)):
        return None
    if (explicit := _explicit_yes_no(line)) is not None:
        return explicit
    if _UNDECIDED.search(_first_sentence(line)):
        return None
    if (leading := re.match(rf"(?:({_YES})|({_NO}))(?!\w)", line)) is not None:
        return YES if leading[1] else NO
    _, asked, rest = line.rpartition("? ")
    if asked:  # the question again, and then the answer
        return _yes_no(rest)
    named = {YES if match[1] else NO for match in re.finditer(r"\b(?:(yes|ja)|(nein|nope))\b", line)}
    if len(named) == 1:
        return named.pop()
    return None if named else _from_statement(line)


def _first_sentence(line: str) -> str:
    return re.split(r"[.;!?] ", line, maxsplit=1)[0]


def _explicit_yes_no(line: str) -> str | None:
    found = [
        YES if match[1] else NO
        for lead in _ANSWER_IS.finditer(line)
        if (match := re.match(rf"(?:({_YES})|({_NO}))(?=[\s\"'*).,;:!]|$)", line[lead.end() :]))
        and not re.match(r"(?:or|and|oder|und|/)\b", line[lead.end() + match.end() :].lstrip())
    ]
    return found[-1] if found else None


def _from_statement(line: str) -> str | None:
    """ "This is not a breach": one negation says no, none says yes, two leave it open."""
    clause = _CLAUSE.split(line, maxsplit=1)[0]
    negations = len(_NEGATION.findall(clause))
    if negations:
        return NO if negations == 1 else None
    return YES if _STATEMENT.match(clause) else None


def read_choice(text: str, choices: Sequence[str]) -> str | None:
    """The choice that is named, by its words, its letter or with a typing error; None if not just one is."""
    return _choice(text[:_LOOKED_AT], tuple(choices))


@lru_cache(maxsize=4_096)
def _choice(text: str, choices: tuple[str, ...]) -> str | None:
    line = _canonical(bare(text))
    by_form = {_canonical(bare(choice)): choice for choice in choices}
    if line in by_form:
        return by_form[line]
    letter = _by_letter(bare(text), choices)
    named = _named(line, by_form)
    if letter is not None and (not named or named == [letter]):
        return letter
    if len(named) == 1:
        return named[0]
    if named:
        return _chosen_of_several(line, by_form)
    return _nearly(line, by_form)


def _canonical(line: str) -> str:
    """Without articles, and with one word for every "not", so that "not a breach" is "no breach"."""
    words = [word for word in re.findall(r"[\w+#.%-]*[\w+#%]|[,;:/|.!?()]", line) if word not in _ARTICLES]
    return " ".join("no" if word in _NOTS else word for word in words)


_ARTICLES = {"a", "an", "the", "der", "die", "das", "ein", "eine", "einen"}
_NOTS = {"not", "non", "no", "kein", "keine", "keinen", "nicht", "isn't", "wasn't"}
_LETTER = re.compile(r"\(?([a-z])(?:[).:\]]| -)(?=\s|$)|\(?([a-z])\)?$")
_NUMBER = re.compile(r"\(?(\d{1,2})(?:[).:\]])(?=\s|$)|(\d{1,2})$")
_SAID_LETTER = re.compile(
    r"\b(?:answer|antwort|option|choice|label)\b(?: is| ist|:)*(?: option| choice)?"
    r"[\s\"'*]*\(?([a-z]|\d{1,2})\)?(?=[.,;:)\"'*!]|$)"
)


def _by_letter(line: str, choices: Sequence[str]) -> str | None:
    """ "b)", "(B)", "The answer is B" as the place of a choice, where no choice is such a mark itself."""
    if any(len(bare(choice)) < 2 or bare(choice).isdecimal() for choice in choices):
        return None
    match = _LETTER.match(line) or _NUMBER.match(line) or _SAID_LETTER.search(line)
    if match is None:
        return None
    mark = next(group for group in match.groups() if group)
    place = int(mark) - 1 if mark.isdecimal() else ord(mark) - ord("a")
    return choices[place] if 0 <= place < len(choices) else None


def _mentions(line: str, forms: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Where which form stands as whole words, the longest first, so that none is found inside another."""
    for form in sorted(filter(None, forms), key=len, reverse=True):
        for start in list(whole_words(line, form)):
            yield start, form
            line = line[:start] + "\0" * len(form) + line[start + len(form) :]


def _named(line: str, by_form: dict[str, str]) -> list[str]:
    """The choices that are named and not denied ("not negative")."""
    found = {form for start, form in _mentions(line, list(by_form)) if not is_denied(line, start)}
    return [choice for form, choice in by_form.items() if form in found]


def _chosen_of_several(line: str, by_form: dict[str, str]) -> str | None:
    """The last one after "the answer is", or the one at the very beginning if no other follows at once."""
    places = dict(sorted(_mentions(line, list(by_form))))
    for lead in reversed(list(_EXPLICIT.finditer(line))):
        if (form := places.get(lead.end())) is not None and not _goes_on(
            line, lead.end() + len(form), places
        ):
            return by_form[form]
    form = places.get(0)
    return None if form is None or _goes_on(line, len(form), places) else by_form[form]


def _goes_on(line: str, end: int, places: dict[int, str]) -> bool:
    """ "positive or neutral": another choice stands beside it."""
    joint = re.compile(r"(?: (?:or|and|oder|und|,|;|/|\|))+ ").match(line, end)
    return joint is not None and joint.end() in places


def _nearly(line: str, by_form: dict[str, str]) -> str | None:
    from rapidfuzz.fuzz import ratio  # a moment to import

    if len(words_of(line)) > 8 or says_unstated(line):
        return None
    near = [choice for form, choice in by_form.items() if len(form) > 4 and ratio(line, form) >= 100 * _LIKE]
    return near[0] if len(near) == 1 else None
