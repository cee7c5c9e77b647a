"""How far a model repeats itself when it is asked again with other seeds."""

from collections.abc import Sequence

from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.same_answer import is_same_answer


def agreement(question: Question, answers: Sequence[str]) -> float | None:
    """The share of the seeds that say what the first one says, itself included (0 to 1); None with one seed.

    The first is the one that counts, so it alone is asked whether others bear it out.
    """
    if len(answers) < 2:
        return None
    return sum(is_same_answer(question, answers[0], each) for each in answers) / len(answers)
