"""What an answer is worth beside the expected one: pure functions, one module a family of scorers."""

from collections.abc import Callable, Mapping

from slmdesk.base.errors import BadInput
from slmdesk.base.words import joined, say
from slmdesk.features.evaluate.json_reading import find_json
from slmdesk.features.evaluate.normal_text import folded, shown
from slmdesk.features.evaluate.pack import NOT_STATED, Kind, Question, Scorer
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.scorers.date_reading import read_dates
from slmdesk.features.evaluate.scorers.dates import plain_date, score_date
from slmdesk.features.evaluate.scorers.json_fields import plain_json, score_json
from slmdesk.features.evaluate.scorers.labels import read_label, score_label
from slmdesk.features.evaluate.scorers.lists import plain_list, score_list
from slmdesk.features.evaluate.scorers.number_reading import read_numbers
from slmdesk.features.evaluate.scorers.numbers import plain_number, score_number
from slmdesk.features.evaluate.scorers.patterns import compiled
from slmdesk.features.evaluate.scorers.texts import alternatives_in, score_pattern, score_text, within_limit
from slmdesk.features.evaluate.unstated import is_unstated, says_unstated

_SCORERS: Mapping[Scorer, Callable[[Question, str, str], Score]] = {
    Scorer.LABEL: score_label,
    Scorer.NUMBER: score_number,
    Scorer.DATE: score_date,
    Scorer.SET_F1: score_list,
    Scorer.JSON_FIELDS: score_json,
    Scorer.EXACT: score_text,
    Scorer.CONTAINS: score_text,
    Scorer.ANY_OF: score_text,
    Scorer.FUZZY: score_text,
    Scorer.TOKEN_F1: score_text,
    Scorer.REGEX: score_pattern,
    Scorer.ROUGE_L: score_text,
}
_OWN_UNSTATED = (Scorer.LABEL, Scorer.SET_F1, Scorer.JSON_FIELDS)
"""These know themselves what "not stated" is: a choice of that name, a list without items, a field."""


def score(question: Question, answer: str, expected: str) -> Score:
    """From 0 to 1 by the question's scorer, with the reason in one sentence; never raises for any text.

    Raises ValueError for EMBEDDING and JUDGE, which need a model.
    """
    scorer = question.scoring.scorer
    if scorer not in _SCORERS:
        raise ValueError(f"{scorer} needs a model")
    if not answer.strip():
        return Score(0.0, say("There is no answer."))
    if scorer is not Scorer.REGEX and folded(answer) and folded(answer) == folded(expected):
        return within_limit(question, answer, Score(1.0, say("The answer is the expected one.")))
    if scorer not in _OWN_UNSTATED and (unstated := _about_unstated(question, answer, expected)) is not None:
        return unstated
    return _SCORERS[scorer](question, answer, expected)


def _about_unstated(question: Question, answer: str, expected: str) -> Score | None:
    """The score where one of them says that the document does not say it; None where neither does."""
    if _expects_unstated(question, expected):
        if is_unstated(answer):
            return Score(1.0, say("Not stated, as expected."))
        return Score(
            0.0,
            say("The document does not say it, but the answer is “{answer}”.", answer=shown(answer)),
        )
    if question.scoring.scorer is not Scorer.REGEX and says_unstated(answer):
        return _is_accepted_unstated(question, expected) or Score(
            0.0,
            say(
                "The answer says that it is not stated, but “{expected}” is expected.",
                expected=shown(expected),
            ),
        )
    return None


def _is_accepted_unstated(question: Question, expected: str) -> Score | None:
    if question.kind is Kind.TEXT and any(map(says_unstated, alternatives_in(expected))):
        return Score(1.0, say("Not stated, as expected."))
    return None


def _expects_unstated(question: Question, expected: str) -> bool:
    """A pattern is a pattern, and a text can be "none" or a dash itself."""
    if question.scoring.scorer is Scorer.REGEX:
        return expected.strip() == NOT_STATED
    return says_unstated(expected) if question.kind is Kind.TEXT else is_unstated(expected)


def plain_answer(question: Question, answer: str) -> str:
    """One spelling for all answers that say the same, to count and compare them: "2,6 Mio." and "2600000"."""
    if question.kind not in (Kind.TEXT, Kind.CHOICE) and is_unstated(answer):
        return NOT_STATED
    read: str | None = None
    match question.kind:
        case Kind.YES_NO | Kind.CHOICE:
            read = read_label(question, answer)
        case Kind.NUMBER:
            read = plain_number(answer, question.unit)
        case Kind.DATE:
            read = plain_date(answer)
        case Kind.LIST:
            read = plain_list(answer)
        case Kind.JSON:
            read = plain_json(answer)
        case Kind.TEXT:
            read = NOT_STATED if is_unstated(answer) else None
    return folded(answer) if read is None else read


def require_expected(question: Question, expected: str) -> None:
    """Raises BadInput, with what can be typed instead, for an expected answer that nothing could match."""
    if question.scoring.scorer is Scorer.REGEX and expected.strip() != NOT_STATED:
        compiled(expected)
    elif not is_unstated(expected) and (example := _example(question, expected)):
        raise BadInput(
            say("“{expected}” cannot be read as an answer to this question.", expected=shown(expected)),
            next_step=example,
        )


def _example(question: Question, expected: str) -> str:
    """What could be typed instead; empty for an expected answer that can be read."""
    match question.scoring.scorer:
        case Scorer.LABEL if read_label(question, expected) is None:
            choices = question.choices if question.kind is Kind.CHOICE else (say("Yes"), say("No"))
            return say("Type one of these: {choices}.", choices=joined([*choices, say("Not stated")]))
        case Scorer.NUMBER if not read_numbers(expected, question.unit)[0]:
            return say("Type one number or range, such as 184,302 or “5 to 7 thousand”.")
        case Scorer.DATE if not read_dates(expected)[0]:
            return say("Type one date or range, such as 11-Aug-2024 or “11 to 19 August 2024”.")
        case Scorer.JSON_FIELDS if _is_broken_json(expected):
            return say("Type JSON, such as {example}.", example='{"total": 12.5}')
    return ""


def _is_broken_json(expected: str) -> bool:
    found = find_json(expected)
    return expected.lstrip()[:1] in ("{", "[") and (found is None or not found.is_whole)
