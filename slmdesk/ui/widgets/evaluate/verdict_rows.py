"""The tables below a verdict as rows: where each model stands, pairs of models, the best at each question."""

from collections.abc import Mapping, Sequence

from slmdesk.base.words import counted, joined, number, say
from slmdesk.features.evaluate.conclusion import Conclusion
from slmdesk.features.evaluate.pairs import MANY_DOCUMENTS, Pair
from slmdesk.features.evaluate.standing import Standing
from slmdesk.features.evaluate.tables import ModelLine
from slmdesk.features.evaluate.verdict import Verdict
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.chip import Tone
from slmdesk.ui.widgets.evaluate import figures
from slmdesk.ui.widgets.evaluate.plain_table import Entry

Rows = tuple[Sequence[str], Sequence[Sequence[Entry]], frozenset[int]]


def standing_rows(conclusion: Conclusion, verdict: Verdict) -> Rows:
    """The models, the smallest first, with what an answer of each costs."""
    lines = {line.contender.key: line for line in conclusion.models}
    headings = (
        tr("Model"), tr("Score"), tr("Interval"), tr("Good enough?"), tr("Memory"), tr("Seconds"),
        tr("Tokens"), tr("Stable"),
    )  # fmt: skip
    rows = [
        _standing_row(standing, lines[standing.model], conclusion, is_verdict=standing.model == verdict.model)
        for standing in verdict.standings
    ]
    return headings, rows, frozenset({3})


def pair_rows(conclusion: Conclusion, pairs: Sequence[Pair]) -> Rows:
    """Each pair with its difference in points, and whether that may be chance."""
    names = names_of(conclusion)
    headings = tr("Better"), tr("Than"), tr("Points"), tr("Interval"), tr("In words")
    rows = [
        [
            Entry(names[pair.better], is_best=pair.is_clear),
            Entry(names[pair.worse]),
            Entry(number(100 * pair.difference, ".1f"), pair.difference),
            Entry(f"{number(100 * pair.low, '.1f')} … {number(100 * pair.high, '.1f')}", pair.low),
            _pair_entry(pair),
        ]
        for pair in pairs
    ]
    return headings, rows, frozenset({1, 4})


def question_rows(conclusion: Conclusion) -> Rows:
    """The best model at each question, and those that may be as good."""
    names = names_of(conclusion)
    texts = {question.id: question.text for question in conclusion.survey.questions}
    headings = tr("Question"), tr("Best"), tr("Score"), tr("May be as good")
    rows = [
        [
            Entry(texts[best.question]),
            Entry(names[best.best.model], tip=best.words),
            Entry(figures.per_cent(best.best.score), best.best.score),
            Entry(joined([names[each] for each in best.equals]) or tr("none")),
        ]
        for best in conclusion.best
    ]
    return headings, rows, frozenset({1, 3})


def names_of(conclusion: Conclusion) -> Mapping[str, str]:
    return {contender.key: contender.name for contender in conclusion.survey.contenders}


def _standing_row(
    standing: Standing, line: ModelLine, conclusion: Conclusion, *, is_verdict: bool
) -> Sequence[Entry]:
    score, size = standing.score, conclusion.sizes_bytes.get(standing.model)
    words, tone = _standing_words(standing)
    known = line.prompt_tokens is not None and line.output_tokens is not None
    tokens = (line.prompt_tokens or 0.0) + (line.output_tokens or 0.0) if known else None
    return [
        Entry(line.contender.name, is_best=is_verdict, tip="\n".join(line.contender.members)),
        Entry(figures.per_cent(score.score), score.score),
        Entry(figures.interval(score.low, score.high), score.low),
        Entry(words, tone=tone),
        Entry(figures.memory(size), figures.or_least(size)),
        Entry(figures.seconds(line.seconds), figures.or_least(line.seconds)),
        Entry(figures.tokens(tokens), figures.or_least(tokens)),
        Entry(figures.per_cent(line.stability), figures.or_least(line.stability)),
    ]


def _standing_words(standing: Standing) -> tuple[str, Tone]:
    if standing.is_good:
        return tr("yes"), "good"
    if standing.is_below:
        return tr("no"), "bad"
    needed = _needed_words(standing.documents_needed)
    words = tr("looks so: {0}") if standing.is_likely else tr("open: {0}")
    return words.format(needed), "warn"


def _pair_entry(pair: Pair) -> Entry:
    tone: Tone | None = "good" if pair.is_clear else None
    return Entry(_pair_words(pair), pair.p_value, tip=_pair_tip(pair), tone=tone)


def _pair_words(pair: Pair) -> str:
    if pair.is_clear:
        return tr("clearly better")
    return tr("may be chance: {0}").format(_needed_words(pair.documents_needed))


def _pair_tip(pair: Pair) -> str:
    same = tr("Two quantizations of the same model.") if pair.is_same_model else ""
    return "\n".join(part for part in (pair.words, same) if part)


def _needed_words(documents: int | None) -> str:
    if documents is None:
        return say("over {many:,} more documents", many=MANY_DOCUMENTS)
    return counted(documents, "{count} more document", "{count:,} more documents")
