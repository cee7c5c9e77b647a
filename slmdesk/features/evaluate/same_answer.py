"""Whether two answers to a question say the same, however they are written."""

from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.scorers import plain_answer


def is_same_answer(question: Question, answer: str, other: str) -> bool:
    """As the kind of the question reads them: "2,6 Mio." is "2600000"."""
    return answer == other or plain_answer(question, answer) == plain_answer(question, other)
