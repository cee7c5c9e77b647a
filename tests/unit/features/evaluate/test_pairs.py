"""Models against each other, on the cells that both have answered."""

import pytest
from scipy import stats

from slmdesk.features.evaluate.model_names import base_name, names_in_words
from slmdesk.features.evaluate.pairs import compare_pairs
from slmdesk.features.evaluate.score_table import ScoreTable
from tests.unit.features.evaluate.tables import table

HIGH = ["111111110"] * 10 + ["111011111"] * 10
LOW = ["101010110"] * 10 + ["111000000"] * 10


def test_who_is_better_stands_first_with_the_interval_of_the_difference() -> None:
    (pair,) = compare_pairs(table(low=LOW, high=HIGH))
    assert (pair.better, pair.worse) == ("engine/high", "engine/low")
    assert 0 < pair.low < pair.difference < pair.high < 1
    assert pair.is_clear
    assert (pair.documents_needed, pair.documents, pair.answers) == (0, 20, 180)
    assert pair.words.startswith("high is better than low by 44.4 points (")


def test_only_shared_cells_are_compared() -> None:
    (pair,) = compare_pairs(table(a=["11.", "1..", "..."], b=["01.", "1..", "111"]))
    assert (pair.better, pair.documents, pair.answers) == ("engine/a", 2, 3)
    assert pair.difference == pytest.approx(0.25)
    assert compare_pairs(table(a=["1.", "1."], b=[".1", ".1"])) == ()


def test_too_few_documents_say_how_many_more() -> None:
    rows = ["1110", "1111", "1101", "1111", "1111", "1011"] * 2
    other = [row if place % 6 != 1 else "1011" for place, row in enumerate(rows)]
    other[8] = "1100"
    (pair,) = compare_pairs(table(a=rows, b=other))
    assert not pair.is_clear
    needed = pair.documents_needed
    assert needed
    assert pair.words == f"12 documents cannot separate a and b; about {needed} more documents would."
    grown = compare_pairs(table(a=(rows * 200)[: 12 + needed], b=(other * 200)[: 12 + needed]))[0]
    assert grown.is_clear
    third = 12 + needed // 3
    assert not compare_pairs(table(a=(rows * 200)[:third], b=(other * 200)[:third]))[0].is_clear


def test_equal_models_are_called_equal() -> None:
    (pair,) = compare_pairs(table(a=HIGH, b=HIGH))
    assert (pair.difference, pair.documents_needed) == (0, None)
    assert pair.p_value == 1
    assert pair.words == "a and b are equal on 20 documents."


def test_all_pairs_are_corrected_for_being_several() -> None:
    alone = compare_pairs(table(a=LOW, b=HIGH))[0]
    pairs = compare_pairs(table(a=LOW, b=HIGH, c=LOW[::-1], d=LOW))
    assert len(pairs) == 6
    assert pairs[0].p_value >= 4 * alone.p_value
    few = compare_pairs(table(a=LOW, b=HIGH, c=LOW), [("engine/a", "engine/b")])
    assert few == (alone,)


def test_one_question_a_document_agrees_with_the_exact_test() -> None:
    """Ten documents that only one of the two gets right: McNemar's exact test says 0.002."""
    (pair,) = compare_pairs(table(a=["1"] * 30, b=["0"] * 10 + ["1"] * 20))
    exact = stats.binomtest(10, 10).pvalue
    assert pair.is_clear
    assert exact / 2 < pair.p_value < 4 * exact


@pytest.mark.parametrize(
    ("ref", "base"),
    [
        ("ollama/qwen2.5:1.5b-instruct-q4_K_M", "qwen2.5:1.5b-instruct"),
        ("ollama/qwen2.5:1.5b-instruct-q8_0", "qwen2.5:1.5b-instruct"),
        ("ollama/hf.co/maker/Model-GGUF:Q4_K_M", "hf.co/maker/model-gguf"),
        ("ollama/hf.co/maker/Model-GGUF:IQ3_XXS", "hf.co/maker/model-gguf"),
        ("builtin/SmolLM2-135M-Instruct.Q4_1.gguf", "smollm2-135m-instruct"),
        ("builtin/gemma-3-270m-it-UD-Q4_K_XL", "gemma-3-270m-it"),
        ("lan/phi-4-bf16", "phi-4"),
        ("ollama/llama3.2:3b", "llama3.2:3b"),
        ("lm/q4", "q4"),
    ],
)
def test_quantizations_of_one_model_are_known_by_their_names(ref: str, base: str) -> None:
    assert base_name(ref) == base


def test_quantizations_are_marked_in_their_pair() -> None:
    marks = [[1.0], [0.0], [1.0]]
    refs = ["ollama/a:1b-q4_0", "ollama/a:1b-q8_0", "ollama/b:1b-q8_0"]
    pairs = compare_pairs(ScoreTable(refs, list("xyz"), ["q"], [1.0], dict.fromkeys(refs, marks)))
    assert [pair.is_same_model for pair in pairs] == [True, False, False]


def test_the_engine_is_named_where_it_tells_models_apart() -> None:
    refs = ["ollama/a:1b", "lan/a:1b", "ollama/b", "ollama/hf.co/maker/c", "Vote of a/b and c"]
    assert list(names_in_words(refs).values()) == [
        "ollama/a:1b", "lan/a:1b", "b", "hf.co/maker/c", "Vote of a/b and c"
    ]  # fmt: skip


def test_beside_more_pairs_it_takes_more_documents() -> None:
    rows = ["1110", "1111", "1101", "1111", "1111", "1011"] * 2
    other = [row if place % 4 else "1011" for place, row in enumerate(rows)]
    (alone,) = compare_pairs(table(a=rows, b=other))
    beside = compare_pairs(table(a=rows, b=other, c=rows[::-1], d=other[::-1]))[0]
    assert alone.documents_needed
    assert beside.documents_needed
    assert beside.documents_needed > alone.documents_needed
