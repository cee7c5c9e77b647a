"""Whether two answers to a question say the same."""

from slmdesk.features.evaluate.pack import Question


def is_same_answer(question: Question, answer: str, other: str) -> bool:
    """By the letters alone, whatever their case and spacing."""
    del question
    return _plain(answer) == _plain(other)


def _plain(answer: str) -> str:
    return " ".join(answer.casefold().split())
