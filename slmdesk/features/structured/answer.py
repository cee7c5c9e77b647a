"""An answer against its schema: the JSON found in the text, compared, and laid out as a tree."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from slmdesk.base.errors import BadInput
from slmdesk.base.words import counted, later, say
from slmdesk.features.structured.partial import DEEPEST, PartialJson
from slmdesk.features.structured.schema import CheckedSchema
from slmdesk.features.structured.tree import Problem, ResultNode, build_tree, path_words, problems_from
from slmdesk.features.structured.validating import errors_in

LONGEST_ANSWER = 1_000_000
LONGEST_NUMBER = 300

_CUT = later("The JSON ends too early: the answer was cut. Raise the longest answer and try again.")
_BEGINNINGS = ("{", "[", '"')

AnswerFit: TypeAlias = Literal["writing", "fits", "breaks", "no json"]

# Up to the closing fence or the end: an answer that was cut has none.
_FENCE = re.compile(r"```[\w+-]*[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """`fit` in one word, `words` in a sentence. `root` is None while there is nothing to show.

    `problems` are all places that break the schema, `note` says what else the reader should know
    (the JSON stood in a code block, a key comes twice).
    """

    fit: AnswerFit
    words: str
    root: ResultNode | None = None
    problems: tuple[Problem, ...] = ()
    note: str = ""


class AnswerCheck:
    """One answer from its first piece to its end: `feed` costs a look at each character.

    `so_far` is for the screen while the model writes (call it at the pace of the drawing), `final`
    for the whole text once it has ended; `final` may take up to a second: use a thread.
    """

    def __init__(self, schema: CheckedSchema) -> None:
        self._schema = schema
        self._partial = PartialJson()

    def feed(self, piece: str) -> None:
        self._partial.feed(piece)

    def so_far(self) -> CheckedAnswer:
        """The tree of what is written; nothing is called wrong that may still become right."""
        value = self._partial.value
        root = None if value is None else build_tree(value, {})
        return CheckedAnswer("writing", say("The answer is still being written."), root)

    def final(self, text: str) -> CheckedAnswer:
        """The whole text compared with the schema."""
        return check_answer(text, self._schema)


def check_answer(text: str, schema: CheckedSchema) -> CheckedAnswer:
    """Find the JSON in a finished answer and compare it; never raises for what a model wrote."""
    if len(text) > LONGEST_ANSWER:
        return CheckedAnswer(
            "no json",
            say("The answer is longer than {longest_answer:,} characters.", longest_answer=LONGEST_ANSWER),
        )
    try:
        value, note = _find(text)
    except _NoJsonError as error:
        return _without_json(text, str(error))
    if _is_too_deep(value):
        return CheckedAnswer(
            "no json",
            say("The JSON is nested more than {deepest} levels deep.", deepest=DEEPEST),
            note=note,
        )
    try:
        found = problems_from(errors_in(value, schema.local))
    except BadInput as error:
        return CheckedAnswer("breaks", error.sentence(), build_tree(value, {}), note=note)
    problems = tuple(
        Problem(path_words(keys), sentence) for keys, sentences in found.items() for sentence in sentences
    )
    fit: AnswerFit = "breaks" if problems else "fits"
    return CheckedAnswer(fit, _words(len(problems)), build_tree(value, found), problems, note)


class _NoJsonError(Exception):
    """There is no JSON in the text; the message says why not."""


def _find(text: str) -> tuple[Any, str]:
    """The value and a note on where it stood."""
    whole, first_fault = text.strip(), ""
    for candidate, note in _candidates(whole):
        try:
            value, doubled = _read(candidate)
        except ValueError as error:
            first_fault = first_fault or _fault(error, candidate)
            continue
        if doubled:
            note = say(
                "{note} The key “{doubled}” stands there more than once; the last one counts.",
                note=note,
                doubled=doubled,
            ).strip()
        return value, note
    for start in _starts(whole):
        try:
            value, _ = _decoder([]).raw_decode(whole, start)
        except (ValueError, RecursionError) as error:
            if isinstance(error, json.JSONDecodeError) and _is_cut(error, whole):
                raise _NoJsonError(_CUT) from error  # what stands inside is not the answer
            continue
        return value, say("There was text around the JSON; only the JSON was compared.")
    raise _NoJsonError(
        first_fault if whole[:1] in _BEGINNINGS or "{" in whole else say("There is no JSON in the answer.")
    )


def _starts(whole: str) -> list[int]:
    """Where JSON may begin in a text: at the first bracket, or the first brace after the mark of a note."""
    brace, bracket = whole.find("{"), whole.find("[")
    return [start for start in (bracket, brace) if start >= 0 and not (brace >= 0 and start > brace)]


def _candidates(whole: str) -> Iterator[tuple[str, str]]:
    yield whole, ""
    if fence := _FENCE.search(whole):
        is_all = fence.start() == 0 and fence.end() == len(whole)
        note = (
            say("The JSON stood in a code block.")
            if is_all
            else say("The JSON stood in a code block with text around it.")
        )
        yield fence[1], note


def _read(text: str) -> tuple[Any, str]:
    """The value and a key that came twice in one object, if any; raises ValueError."""
    doubled: list[str] = []
    try:
        value = _decoder(doubled).decode(text)
    except RecursionError as error:
        raise ValueError(say("it is nested too deeply")) from error
    return value, doubled[0][:60] if doubled else ""


def _decoder(doubled: list[str]) -> json.JSONDecoder:
    """JSON as the standard has it, without NaN and endless numbers; notes keys that come twice."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(items)
        if len(content) < len(items):
            doubled.append(Counter(key for key, _ in items).most_common(1)[0][0])
        return content

    return json.JSONDecoder(
        object_pairs_hook=pairs, parse_constant=_refuse, parse_int=_whole, parse_float=_number
    )


def _refuse(word: str) -> Any:
    raise ValueError(say("{word} is no JSON number", word=word))


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(say("a number has too many digits"))
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(say("a number is too large"))
    return number


def _fault(error: ValueError, text: str) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return say("The answer is not JSON: {error}.", error=error)
    if _is_cut(error, text):
        return _CUT
    return say(
        "The answer is not JSON: line {lineno}, column {colno}: {msg}.",
        lineno=error.lineno,
        colno=error.colno,
        msg=error.msg,
    )


def _is_cut(error: json.JSONDecodeError, text: str) -> bool:
    return error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")


def _without_json(text: str, reason: str) -> CheckedAnswer:
    """What there is of the JSON is shown all the same."""
    partial = PartialJson()
    partial.feed(text)
    root = None if partial.value is None else build_tree(partial.value, {})
    return CheckedAnswer("no json", reason, root)


def _is_too_deep(value: Any) -> bool:
    level, depth = [value], 0
    while level:
        if depth > DEEPEST:
            return True
        level = [
            child
            for part in level
            if isinstance(part, dict | list)
            for child in (part.values() if isinstance(part, dict) else part)
        ]
        depth += 1
    return False


def _words(count: int) -> str:
    if not count:
        return say("The answer fits the schema.")
    return counted(count, "{count} place does not fit the schema.", "{count} places do not fit the schema.")
