"""What holds for all scorers: they never raise, stay between 0 and 1, and know their own expected answer."""

import time

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from slmdesk.base.errors import BadInput
from slmdesk.features.evaluate import scorers
from slmdesk.features.evaluate.normal_text import LONGEST, bare, folded, normal
from slmdesk.features.evaluate.pack import NOT_STATED, Kind, Question, Scorer
from slmdesk.features.evaluate.replies import read_answer, read_answers
from slmdesk.features.evaluate.rules import violated
from slmdesk.features.evaluate.scorers import plain_answer, require_expected, score
from slmdesk.features.evaluate.unstated import is_unstated
from tests.unit.features.evaluate.questions import CAUSES, asked
from tests.unit.features.evaluate.test_rules import A_CAUSE, NO_NAMES

BY_MODEL = (Scorer.EMBEDDING, Scorer.JUDGE)
QUESTIONS = (
    asked(Kind.YES_NO), asked(Kind.CHOICE, choices=CAUSES), asked(Kind.NUMBER, unit="EUR"),
    asked(Kind.NUMBER, tolerance=0.1),
    asked(Kind.DATE, tolerance=2), asked(Kind.LIST), asked(Kind.JSON), asked(Kind.TEXT, max_words=3),
    *(asked(Kind.TEXT, scorer) for scorer in Scorer if scorer not in BY_MODEL),
    asked(Kind.CHOICE, choices=("a", "b c", "")),
)  # fmt: skip

pieces = st.sampled_from(
    [
        *"0123456789.,'-–—:;/|()[]{}\"$€%+*#\n ", "yes", "no", "not", "kein", "nicht", "unknown",
        "not stated", "between", "and",
        "to", "bis", "million", "Mio.", "k", "dozen", "hundert", "und", "August", "Aug", "May", "2024", "11",
        "von", "in",
        "phishing", "or", "the answer is", "A", "b)", "null", "true", "```json\n", "<think>", "</think>",
        "\u202f", "\u0301", "½", "²",
    ]
)  # fmt: skip
texts = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.lists(pieces, max_size=15).map(" ".join),
    st.lists(pieces, max_size=15).map("".join),
)


@pytest.mark.parametrize(
    "question", QUESTIONS, ids=lambda question: f"{question.kind}-{question.scoring.scorer}"
)
@given(answer=texts, expected=texts)
@example(answer="\ud800", expected="\ud800")
def test_any_text_is_scored_between_0_and_1(question: Question, answer: str, expected: str) -> None:
    given_score = score(question, answer, expected)
    assert 0.0 <= given_score.value <= 1.0
    assert given_score.why.strip()
    assert isinstance(plain_answer(question, answer), str)


@pytest.mark.parametrize(
    "question",
    [each for each in QUESTIONS if each.scoring.scorer is not Scorer.REGEX and not each.max_words],
    ids=lambda question: f"{question.kind}-{question.scoring.scorer}",
)
@given(expected=texts)
def test_the_expected_answer_is_right(question: Question, expected: str) -> None:
    assume(expected.strip() and folded(expected))
    assert score(question, expected, expected).is_right


@pytest.mark.parametrize(
    "question", QUESTIONS, ids=lambda question: f"{question.kind}-{question.scoring.scorer}"
)
@given(raw=texts)
def test_any_reply_is_read_and_its_answer_reads_as_itself(question: Question, raw: str) -> None:
    read = read_answer(question, raw)
    assert read.is_valid != bool(read.problem)
    assert read_answers((question,), raw).keys() == {question.id}
    is_label = question.kind in (Kind.YES_NO, Kind.CHOICE) and "" not in question.choices
    if read.is_valid and is_label:  # an empty choice cannot be told from no answer
        assert read_answer(question, read.answer).answer == read.answer


SYMMETRIC = (Scorer.LABEL, Scorer.DATE, Scorer.SET_F1, Scorer.EXACT, Scorer.TOKEN_F1)


@pytest.mark.parametrize(
    "question",
    [each for each in QUESTIONS if each.scoring.scorer in SYMMETRIC and each.kind is not Kind.TEXT],
    ids=lambda question: f"{question.kind}-{question.scoring.scorer}",
)
@given(one=texts, other=texts)
def test_what_is_alike_is_alike_both_ways(question: Question, one: str, other: str) -> None:
    assume(folded(one) and folded(other))
    assert score(question, one, other).value == pytest.approx(score(question, other, one).value)


@given(one=texts, other=texts)
def test_the_measures_of_likeness_are_symmetric(one: str, other: str) -> None:
    from slmdesk.features.evaluate.scorers.likeness import edit_likeness, rouge_l, token_f1

    for measure in (rouge_l, token_f1, edit_likeness):
        assert measure(one, other) == pytest.approx(measure(other, one))
        assert measure(one, one) == 1.0


@given(text=texts)
def test_a_normal_text_stays_as_it_is(text: str) -> None:
    assert normal(normal(text)) == normal(text)
    assert bare(bare(text)) == bare(text)


@given(one=texts, other=texts)
def test_rules_take_any_answers(one: str, other: str) -> None:
    answers = {"third_parties": one, "names": other, "cause_known": one, "cause": other}
    assert violated(NO_NAMES, answers) in (True, False)
    assert not (violated(A_CAUSE, answers) and violated(NO_NAMES, answers))


@pytest.mark.parametrize("scorer", BY_MODEL)
def test_what_needs_a_model_is_not_scored_here(scorer: Scorer) -> None:
    with pytest.raises(ValueError, match="needs a model"):
        score(asked(Kind.TEXT, scorer), "a", "a")


def test_every_other_scorer_is_there() -> None:
    assert set(scorers._SCORERS) == set(Scorer) - set(BY_MODEL)


def test_no_answer_is_never_right() -> None:
    for question in QUESTIONS:
        assert score(question, " \n", NOT_STATED).value == 0.0
        assert score(question, "", "").why == "There is no answer."


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (asked(Kind.NUMBER), "many"), (asked(Kind.DATE), "soon"), (asked(Kind.YES_NO), "perhaps"),
        (asked(Kind.CHOICE, choices=CAUSES), "ransom"), (asked(Kind.JSON), '{"a": '),
        (asked(Kind.TEXT, Scorer.REGEX), "("),
        (asked(Kind.NUMBER), "42 or 43"), (asked(Kind.DATE), "31 June 2024"),
    ],
)  # fmt: skip
def test_an_expected_answer_that_nothing_could_match_is_refused(question: Question, expected: str) -> None:
    with pytest.raises(BadInput) as caught:
        require_expected(question, expected)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (asked(Kind.NUMBER), "2.6 million"), (asked(Kind.DATE), "11 to 19 August 2024"), (asked(Kind.YES_NO),
        "ja"),
        (asked(Kind.NUMBER), "Not stated"), (asked(Kind.DATE), "Unknown"),
        (asked(Kind.CHOICE, choices=CAUSES), "malware"),
        (asked(Kind.JSON), '{"a": 1}'), (asked(Kind.JSON), "plain"), (asked(Kind.TEXT, Scorer.REGEX), r"\d+"),
        (asked(Kind.LIST), "a; b"), (asked(Kind.TEXT), "anything"), (asked(Kind.TEXT, Scorer.REGEX),
        "Not stated"),
    ],
)  # fmt: skip
def test_an_expected_answer_that_can_be_read_is_taken(question: Question, expected: str) -> None:
    require_expected(question, expected)


HOSTILE = [
    "x" * 5_000_000, "1" * 5_000_000, "1," * 2_500_000, "a b " * 1_250_000, "\u0301" * 2_500_000,
    "{" * 5_000_000, "a" + "\u0301\u0327" * 9_990, "not " * 1_250_000, "11 August 2024 and " * 250_000,
    "- item\n" * 700_000, "yes no " * 700_000, "ﷺ" * 1_000_000, "\n" * 5_000_000,
    "one hundred and " * 300_000, "phishing or " * 400_000, "'" * 5_000_000, "answer " * 700_000,
    "und" * 1_500_000, "the " * 1_200_000, "a;" * 2_500_000, "1 000 " * 800_000, "'*" * 2_000_000,
    "(" * 5_000_000,
]  # fmt: skip


@pytest.mark.parametrize("answer", HOSTILE, ids=lambda answer: ascii(answer[:8]))
def test_five_megabytes_take_a_moment(answer: str) -> None:
    for question in QUESTIONS:
        expected = {Kind.NUMBER: "5", Kind.DATE: "11 August 2024", Kind.YES_NO: "No"}.get(
            question.kind, "a; b; phishing"
        )
        begin = time.process_time()
        assert score(question, answer, expected).value <= 1.0
        assert time.process_time() - begin < 0.6, question
        assert isinstance(is_unstated(answer), bool)
    assert len(normal(answer)) <= LONGEST
