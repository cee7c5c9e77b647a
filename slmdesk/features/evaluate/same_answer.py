"""Whether answers to a question say the same, however they are written."""

from collections.abc import Sequence

from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.scorers import plain_answer


def is_same_answer(question: Question, answer: str, other: str) -> bool:
    """As the kind of the question reads them: "2,6 Mio." is "2600000"."""
    return answer == other or plain_answer(question, answer) == plain_answer(question, other)


def stability(question: Question, answers: Sequence[str]) -> float | None:
    """The share of the seeds that say what the first one says, itself included (0 to 1); None with one seed.

    The first is the one that counts, so it alone is asked whether others bear it out.
    """
    if len(answers) < 2:
        return None
    return sum(is_same_answer(question, answers[0], each) for each in answers) / len(answers)
