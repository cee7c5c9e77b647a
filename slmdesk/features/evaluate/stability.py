"""How far a model repeats itself when it is asked again with other seeds."""

from collections.abc import Sequence

from slmdesk.base.words import counted, say
from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.same_answer import is_same_answer
from slmdesk.features.evaluate.shares import per_cent


def agreement(question: Question, answers: Sequence[str]) -> float | None:
    """The share of the seeds that say what the first one says, itself included (0 to 1); None with one seed.

    The first is the one that counts, so it alone is asked whether others bear it out.
    """
    if len(answers) < 2:
        return None
    return sum(is_same_answer(question, answers[0], each) for each in answers) / len(answers)


def mean_agreement(agreements: Sequence[float | None]) -> float | None:
    """Over the cells of a model; None where no cell was asked twice."""
    known = [each for each in agreements if each is not None]
    return sum(known) / len(known) if known else None


def stability_words(agreements: Sequence[float | None]) -> str:
    """ "Over all seeds 97 % of the answers are the same; 3 changed."; "" with one seed."""
    if (mean := mean_agreement(agreements)) is None:
        return ""
    changed = sum(each is not None and each < 1 for each in agreements)
    if not changed:
        return say("The same answers with every seed.")
    return counted(
        changed,
        "Over all seeds {share} of the answers are the same; {count} changed.",
        "Over all seeds {share} of the answers are the same; {count:,} changed.",
        share=per_cent(mean, beside=1.0),
    )
