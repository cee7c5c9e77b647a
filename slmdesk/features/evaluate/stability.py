"""How far a model repeats itself when it is asked again with other seeds."""

from collections.abc import Sequence

from slmdesk.base.words import counted, say
from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.same_answer import is_same_answer
from slmdesk.features.evaluate.shares import per_cent

STABLE_FROM = 0.9


def agreement(question: Question, answers: Sequence[str]) -> float | None:
    """The share of the other seeds that say what the first one says (0 to 1); None with one seed.

    The first seed is the one that counts, so that it alone is asked whether others bear it out.
    """
    if len(answers) < 2:
        return None
    first, *others = answers
    return sum(is_same_answer(question, first, other) for other in others) / len(others)


def mean_agreement(agreements: Sequence[float | None]) -> float | None:
    """Over the cells of a model; None where no cell was asked twice."""
    known = [each for each in agreements if each is not None]
    return sum(known) / len(known) if known else None


def stability_words(agreements: Sequence[float | None]) -> str:
    """ "The same answer with other seeds in 97 % of cases; 3 answers changed."; "" with one seed."""
    if (mean := mean_agreement(agreements)) is None:
        return ""
    changed = sum(each is not None and each < 1 for each in agreements)
    if not changed:
        return say("The same answers with every seed.")
    return counted(
        changed,
        "The same answer with other seeds in {share} of cases; {count} answer changed.",
        "The same answer with other seeds in {share} of cases; {count:,} answers changed.",
        share=per_cent(mean, beside=1.0),
    )
