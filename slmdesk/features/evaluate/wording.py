"""Kinds of questions and ways of scoring in words, for those who write and read packs."""

from collections.abc import Mapping, Sequence

from slmdesk.base.words import later, number, say
from slmdesk.features.evaluate.pack import NO, YES, Kind, Question, Scorer

KIND_WORDS: Mapping[Kind, str] = {
    Kind.YES_NO: later("yes or no"),
    Kind.CHOICE: later("one of several"),
    Kind.NUMBER: later("a number"),
    Kind.DATE: later("a date or range"),
    Kind.TEXT: later("a text"),
    Kind.LIST: later("a list"),
    Kind.JSON: later("a JSON field"),
}
SCORER_WORDS: Mapping[Scorer, str] = {
    Scorer.LABEL: later("the same answer"),
    Scorer.NUMBER: later("the same number"),
    Scorer.DATE: later("the same date"),
    Scorer.SET_F1: later("the same items"),
    Scorer.JSON_FIELDS: later("the same fields"),
    Scorer.EXACT: later("the same text"),
    Scorer.CONTAINS: later("contains the text"),
    Scorer.ANY_OF: later("one of several texts"),
    Scorer.FUZZY: later("nearly the same text"),
    Scorer.TOKEN_F1: later("the same words"),
    Scorer.REGEX: later("a pattern"),
    Scorer.ROUGE_L: later("the same words in the same order"),
    Scorer.EMBEDDING: later("the same meaning (embedding model)"),
    Scorer.JUDGE: later("a model judges"),
}
SCORERS_OF: Mapping[Kind, Sequence[Scorer]] = {
    Kind.YES_NO: (Scorer.LABEL,),
    Kind.CHOICE: (Scorer.LABEL,),
    Kind.NUMBER: (Scorer.NUMBER, Scorer.EXACT),
    Kind.DATE: (Scorer.DATE, Scorer.EXACT),
    Kind.TEXT: (
        Scorer.FUZZY, Scorer.EXACT, Scorer.CONTAINS, Scorer.ANY_OF, Scorer.TOKEN_F1, Scorer.REGEX,
        Scorer.ROUGE_L, Scorer.EMBEDDING, Scorer.JUDGE,
    ),
    Kind.LIST: (Scorer.SET_F1, Scorer.EXACT),
    Kind.JSON: (Scorer.JSON_FIELDS, Scorer.EXACT),
}  # fmt: skip
YES_OR_NO = YES, NO
WITH_TOLERANCE = Scorer.NUMBER, Scorer.DATE
WITH_THRESHOLD = Scorer.FUZZY, Scorer.ROUGE_L, Scorer.EMBEDDING


def kind_words(kind: Kind) -> str:
    """ "a date or range"."""
    return say(KIND_WORDS[kind])


def scorer_words(scorer: Scorer) -> str:
    """ "nearly the same text"."""
    return say(SCORER_WORDS[scorer])


def scoring_words(question: Question) -> str:
    """When an answer is right, in one sentence: "Right if within 1 %"."""
    scoring = question.scoring
    share = number(scoring.threshold * 100, ".3g")
    match scoring.scorer:
        case Scorer.NUMBER if scoring.tolerance:
            return say("Right if within {share} %.", share=number(scoring.tolerance * 100, ".3g"))
        case Scorer.NUMBER:
            return say("Right if the number is the same, however it is written.")
        case Scorer.DATE if scoring.tolerance:
            return say("Right if at most {days} days off.", days=number(scoring.tolerance, ".3g"))
        case Scorer.DATE:
            return say("Right if the date or the range is the same, however it is written.")
        case Scorer.LABEL:
            return say("Right if the answer is the same.")
        case Scorer.SET_F1:
            return say("Right if all items are there and no others; partly right by their share.")
        case Scorer.JSON_FIELDS:
            return say("Right if all fields are the same; partly right by their share.")
        case Scorer.FUZZY:
            return say("Right if at least {share} % alike.", share=share)
        case Scorer.ROUGE_L:
            return say("Right if at least {share} % of the words come in the same order.", share=share)
        case Scorer.EMBEDDING:
            return say("Right if the meaning is at least {share} % alike.", share=share)
        case Scorer.JUDGE:
            return say("A model judges by what you write below.")
    return say(_PLAIN_WORDS[scoring.scorer])


_PLAIN_WORDS: Mapping[Scorer, str] = {
    Scorer.EXACT: later("Right if the text is the same, apart from case and spaces."),
    Scorer.CONTAINS: later("Right if the answer contains the expected text."),
    Scorer.ANY_OF: later("Right if the answer is one of the expected texts, between semicolons."),
    Scorer.TOKEN_F1: later("Right if the words are the same; partly right by their share."),
    Scorer.REGEX: later("Right if the answer fits the expected pattern (a regular expression)."),
}
