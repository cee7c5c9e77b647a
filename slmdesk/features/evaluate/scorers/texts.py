"""Texts: the same, contained, nearly the same, by words, by a pattern; too many words cost something."""

import re
from collections.abc import Callable, Sequence

from slmdesk.base.errors import BadInput
from slmdesk.base.words import counted, say
from slmdesk.features.evaluate.normal_text import LONGEST, bare, folded, shown
from slmdesk.features.evaluate.pack import LIST_SEPARATOR, Question, Scorer
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.scorers.likeness import edit_likeness, rouge_l, token_f1
from slmdesk.features.evaluate.scorers.mentions import contains, is_opposite
from slmdesk.features.evaluate.scorers.patterns import TooLongError, is_found

_SEPARATORS = re.compile(rf"[|{LIST_SEPARATOR}]")
_ARTICLE = re.compile(r"^(?:a|an|the|der|die|das|ein|eine) (?=\S)")
_FIGURES = re.compile(r"\d+")
_NAMING = re.compile(
    r"(?:it|this|that|they|these|(?:the |its |their |die |der |das |es )?[\w' -]{1,60}?)"
    r"(?::| (?:is|was|are|were|ist|war|sind|lautet|heisst)) (?!not |nicht |no |kein)(.+)$"
)
_MOST_ALTERNATIVES = 50


def score_text(question: Question, answer: str, expected: str) -> Score:
    """By the question's scorer; the best of several expected texts counts."""
    alternatives = alternatives_in(expected)
    scored = max(
        (_SCORERS[question.scoring.scorer](question, answer, each) for each in alternatives),
        key=lambda score: score.value,
    )
    return within_limit(question, answer, scored)


def alternatives_in(expected: str) -> Sequence[str]:
    """The whole text, and the parts between semicolons or bars: each of them is right."""
    parts = [part.strip() for part in _SEPARATORS.split(expected)[:_MOST_ALTERNATIVES]]
    return tuple(dict.fromkeys([expected, *filter(None, parts)]))


def within_limit(question: Question, answer: str, score: Score) -> Score:
    """Takes from the score in the measure in which the answer has too many words."""
    words = len(answer[:LONGEST].split())
    if not question.max_words or words <= question.max_words:
        return score
    too_long = counted(
        words,
        "The answer has {count:,} word where {most:,} are allowed.",
        "The answer has {count:,} words where {most:,} are allowed.",
        most=question.max_words,
    )
    return Score(score.value * question.max_words / words, f"{too_long} {score.why}")


def _exact(question: Question, answer: str, expected: str) -> Score:
    del question
    if bare(answer) == bare(expected):
        return Score(1.0, say("The answer is the expected text."))
    return _other(answer, expected)


def _other(answer: str, expected: str) -> Score:
    return Score(
        0.0,
        say(
            "The answer is “{answer}”, but “{expected}” is expected.",
            answer=shown(answer),
            expected=shown(expected),
        ),
    )


def _any_of(question: Question, answer: str, expected: str) -> Score:
    del question
    if _without_article(expected) in _forms(answer):
        return Score(1.0, say("The answer is “{expected}”, as expected.", expected=shown(expected)))
    return Score(0.0, say("“{answer}” is none of the expected texts.", answer=shown(answer)))


def _forms(answer: str) -> Sequence[str]:
    """The answer, and what a sentence such as "The firm is Nordwind" names."""
    line = _without_article(answer)
    named = _NAMING.match(line)
    return (line,) if named is None else (line, _without_article(named[1]))


def _without_article(text: str) -> str:
    return _ARTICLE.sub("", bare(text))


def _contains(question: Question, answer: str, expected: str) -> Score:
    del question
    if contains(folded(answer), folded(expected)):
        return Score(1.0, say("“{expected}” stands in the answer.", expected=shown(expected)))
    return Score(0.0, say("“{expected}” does not stand in the answer.", expected=shown(expected)))


def _fuzzy(question: Question, answer: str, expected: str) -> Score:
    wanted = _without_article(expected)
    likeness, form = max((edit_likeness(form, wanted), form) for form in _forms(answer))
    is_right = likeness >= question.scoring.threshold
    if is_right and (otherwise := _says_otherwise(form, wanted, expected)):
        return Score(0.0, otherwise)
    return Score(float(is_right), _alike(question, likeness, is_right=is_right, expected=expected))


def _says_otherwise(form: str, wanted: str, expected: str) -> str:
    """A few letters that turn the meaning round: other figures, a "not"; empty if there are none."""
    if is_opposite(form, wanted):
        return say("The answer is nearly “{expected}”, but one of them says “not”.", expected=shown(expected))
    figures = _FIGURES.findall(form), _FIGURES.findall(wanted)
    if all(figures) and figures[0] != figures[1]:
        return say("The answer is nearly “{expected}”, but has other figures.", expected=shown(expected))
    return ""


def _rouge_l(question: Question, answer: str, expected: str) -> Score:
    likeness = rouge_l(answer, expected)
    is_right = likeness >= question.scoring.threshold
    return Score(
        1.0 if is_right else likeness, _alike(question, likeness, is_right=is_right, expected=expected)
    )


def _alike(question: Question, likeness: float, *, is_right: bool, expected: str) -> str:
    values = {"share": 100 * likeness, "least": 100 * question.scoring.threshold, "expected": shown(expected)}
    if is_right:
        return say("The answer is {share:.0f} % like “{expected}”; {least:.0f} % are enough.", **values)
    return say("The answer is only {share:.0f} % like “{expected}”; {least:.0f} % are needed.", **values)


def _token_f1(question: Question, answer: str, expected: str) -> Score:
    del question
    likeness = token_f1(answer, expected)
    return Score(
        likeness,
        say(
            "The answer shares {share:.0f} % of its words with “{expected}”.",
            share=100 * likeness,
            expected=shown(expected),
        ),
    )


_SCORERS: dict[Scorer, Callable[[Question, str, str], Score]] = {
    Scorer.EXACT: _exact,
    Scorer.CONTAINS: _contains,
    Scorer.ANY_OF: _any_of,
    Scorer.FUZZY: _fuzzy,
    Scorer.TOKEN_F1: _token_f1,
    Scorer.ROUGE_L: _rouge_l,
}


def score_pattern(question: Question, answer: str, expected: str) -> Score:
    """1 where the pattern is found in the answer; a broken or endless pattern is said, not raised."""
    try:
        is_right = is_found(expected, answer[:LONGEST])
    except BadInput as error:
        return Score(0.0, error.message)
    except TooLongError:
        return Score(0.0, say("The pattern took too long on this answer and was given up."))
    words = say("The answer fits the pattern.") if is_right else say("The answer does not fit the pattern.")
    return within_limit(question, answer, Score(float(is_right), words))
