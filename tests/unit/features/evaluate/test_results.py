"""The answers of an evaluation looked through: filters, sums, votes, and pieces that let the loop turn."""

import asyncio
from dataclasses import replace

import pytest

from slmdesk.features.evaluate.cell import Cell, CellKey, CellState
from slmdesk.features.evaluate.conclusion import conclude
from slmdesk.features.evaluate.contenders import contenders_of, size_bytes_of
from slmdesk.features.evaluate.filters import Filter, Shown, shown
from slmdesk.features.evaluate.pack import Condition, Kind, Question, Relation, Rule, Scorer, Scoring
from slmdesk.features.evaluate.results import Results, Survey
from slmdesk.features.evaluate.setup import Setup, Target
from slmdesk.features.evaluate.tables import by_document, by_model, by_question, confusion
from slmdesk.features.evaluate.verdict import VerdictKind
from tests.fakes.made_evaluation import (
    BREACH,
    ENTITY,
    MODELS,
    MadeEvaluation,
    done,
    pack_of,
    setup_of,
)

SMALL, MIDDLE, LARGE = MODELS


def right(key: CellKey) -> Cell:
    return done("Yes" if key.question == "breach" else "Harbour")


async def surveyed(evaluation: MadeEvaluation) -> Survey:
    results = Results(evaluation)
    await results.refresh()
    results.close()
    return results.survey


def survey_of(evaluation: MadeEvaluation) -> Survey:
    return asyncio.run(surveyed(evaluation))


def names(survey: Survey, found: Shown) -> tuple[list[str], list[str]]:
    return (
        [survey.rows[at].document for at in found.documents],
        [survey.questions[at].id for at in found.questions],
    )


def filtered(survey: Survey, chosen: Filter, search: str = "") -> Shown:
    return shown(survey.rows, survey.usual_s, len(survey.contenders), chosen, search)


def test_a_wrong_answer_is_found_with_its_document_and_question() -> None:
    evaluation = MadeEvaluation(pack_of(), setup_of(2), right)
    evaluation.cells[CellKey(MIDDLE, "r2", "entity")] = done("Nobody", 0.0)
    survey = survey_of(evaluation)
    found = filtered(survey, Filter.WRONG)
    assert names(survey, found) == (["r2"], ["entity"])
    assert found.masks == (0b1000,)  # the second question's second model
    assert survey.counts is not None
    assert survey.counts[Filter.WRONG] == 1
    assert survey.counts[Filter.ALL] == 12


def test_half_right_is_not_wrong_and_a_correction_counts_instead() -> None:
    evaluation = MadeEvaluation(pack_of(), setup_of(1), right)
    evaluation.cells[CellKey(SMALL, "r1", "entity")] = done("Harb", 0.6)
    evaluation.cells[CellKey(SMALL, "r2", "entity")] = done("Harb", 0.6)
    asyncio.run(evaluation.correct(CellKey(SMALL, "r2", "entity"), 0.0, "No."))
    survey = survey_of(evaluation)
    assert names(survey, filtered(survey, Filter.WRONG)) == (["r2"], ["entity"])


def test_models_disagree_by_meaning_not_by_letters() -> None:
    evaluation = MadeEvaluation(pack_of(), setup_of(3), right)
    evaluation.cells[CellKey(SMALL, "r1", "entity")] = done("  harbour ")
    evaluation.cells[CellKey(MIDDLE, "r2", "entity")] = done("Parcel", 0.0)
    evaluation.cells[CellKey(LARGE, "r3", "entity")] = Cell(CellState.RUNNING)
    survey = survey_of(evaluation)
    found = filtered(survey, Filter.DISAGREE)
    assert names(survey, found) == (["r2"], ["entity"])
    assert found.masks == (0b111000,)  # all answers to it, not those alone that differ
    assert survey.counts is not None
    assert survey.counts[Filter.DISAGREE] == 1


def test_two_right_answers_agree_whatever_they_look_like() -> None:
    evaluation = MadeEvaluation(pack_of(), setup_of(2), right)
    evaluation.cells[CellKey(SMALL, "r1", "entity")] = done("The Harbour Group", 1.0)
    assert filtered(survey_of(evaluation), Filter.DISAGREE).documents == ()


def test_a_broken_rule_marks_both_its_answers_once_for_each_model() -> None:
    rule = Rule(Condition("breach", Relation.IS, "No"), Condition("entity", Relation.IS_EMPTY))
    evaluation = MadeEvaluation(replace(pack_of(), rules=(rule,)), setup_of(2), right)
    evaluation.cells[CellKey(SMALL, "r3", "breach")] = done("No", 0.0)
    survey = survey_of(evaluation)
    found = filtered(survey, Filter.INCONSISTENT)
    assert names(survey, found) == (["r3"], ["breach", "entity"])
    assert found.masks == (0b0101,)
    assert survey.counts is not None
    assert survey.counts[Filter.INCONSISTENT] == 1


def test_a_rule_waits_for_both_answers() -> None:
    rule = Rule(Condition("breach", Relation.IS, "No"), Condition("entity", Relation.IS_NOT_EMPTY))
    evaluation = MadeEvaluation(replace(pack_of(), rules=(rule,)), setup_of(1), right)
    evaluation.cells[CellKey(SMALL, "r1", "breach")] = done("No", 0.0)
    evaluation.cells[CellKey(SMALL, "r1", "entity")] = Cell()
    survey = survey_of(evaluation)
    assert survey.counts is not None
    assert survey.counts[Filter.INCONSISTENT] == 0


def test_replies_of_another_form_are_found_failed_ones_are_not_among_them() -> None:
    evaluation = MadeEvaluation(pack_of(), setup_of(1), right)
    evaluation.cells[CellKey(SMALL, "r1", "breach")] = done("Perhaps", 0.0, is_valid=False)
    evaluation.cells[CellKey(SMALL, "r2", "breach")] = Cell(CellState.FAILED, is_valid=False, error="Gone.")
    survey = survey_of(evaluation)
    assert names(survey, filtered(survey, Filter.INVALID)) == (["r1"], ["breach"])


def test_slow_is_against_what_the_model_usually_takes_for_that_question() -> None:
    def make(key: CellKey) -> Cell:
        slow = key.question == "breach"  # the prompt is read with the first question
        return done("Yes", seconds=9.0 if slow else 1.0)

    evaluation = MadeEvaluation(pack_of(5), setup_of(1), make)
    evaluation.cells[CellKey(SMALL, "r4", "entity")] = done("Harbour", seconds=2.1)
    survey = survey_of(evaluation)
    assert names(survey, filtered(survey, Filter.SLOW)) == (["r4"], ["entity"])


def test_too_few_answers_are_not_usual() -> None:
    evaluation = MadeEvaluation(pack_of(2), setup_of(1), right)
    evaluation.cells[CellKey(SMALL, "r1", "breach")] = done("Yes", seconds=100.0)
    assert filtered(survey_of(evaluation), Filter.SLOW).documents == ()


def test_words_are_looked_for_in_documents_and_answers() -> None:
    evaluation = MadeEvaluation(pack_of(), setup_of(2), right)
    evaluation.cells[CellKey(MIDDLE, "r2", "entity")] = done("Parcelwind Ltd", 0.0)
    survey = survey_of(evaluation)
    assert names(survey, filtered(survey, Filter.ALL, "PARCEL yes"))[0] == ["r2"]
    assert names(survey, filtered(survey, Filter.ALL, "r3"))[0] == ["r3"]
    assert filtered(survey, Filter.ALL, "nothing of this").documents == ()


def test_only_the_row_that_changed_is_read_again() -> None:
    evaluation = MadeEvaluation(pack_of(50), setup_of(2), right)

    async def scenario() -> None:
        results = Results(evaluation)
        await results.refresh()
        before = evaluation.looked_at
        assert before == 50 * 2 * 2
        evaluation.put(CellKey(SMALL, "r7", "entity"), done("Nobody", 0.0))
        assert results.is_stale
        await results.refresh()
        assert evaluation.looked_at - before == 2 * 2
        assert results.survey.rows[6].masks[Filter.WRONG]
        results.close()
        evaluation.put(CellKey(SMALL, "r8", "entity"), done("Nobody", 0.0))
        assert not results.is_stale

    asyncio.run(scenario())


def test_the_loop_has_its_turns_while_much_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slmdesk.features.evaluate.results.PIECE_S", 0.0)  # every row is a piece
    evaluation = MadeEvaluation(pack_of(200), setup_of(2), right)

    async def scenario() -> int:
        results, turns = Results(evaluation), 0
        work = asyncio.ensure_future(results.refresh())
        while not work.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(scenario()) >= 200


def test_another_pack_while_it_looks_is_what_it_ends_with() -> None:
    evaluation = MadeEvaluation(pack_of(30), setup_of(2), right)

    async def scenario() -> Survey:
        results = Results(evaluation)
        work = asyncio.ensure_future(results.refresh())
        await asyncio.sleep(0)
        evaluation.show(pack_of(4), setup_of(1))
        await work
        return results.survey

    survey = asyncio.run(scenario())
    assert [row.document for row in survey.rows] == ["r1", "r2", "r3", "r4"]
    assert len(survey.contenders) == 1


# votes


def test_a_vote_is_one_more_model_with_the_costs_of_all() -> None:
    evaluation = MadeEvaluation(pack_of(), setup_of(3, (MODELS,)), right)
    for ref, answer, mark in zip(MODELS, ("Parcel", "Parcel", "Harbour"), (0.0, 0.0, 1.0), strict=True):
        evaluation.cells[CellKey(ref, "r1", "entity")] = done(answer, mark)
    survey = survey_of(evaluation)
    vote = survey.contenders[3]
    assert vote.is_vote
    assert vote.name == "Vote of 3"
    cell = survey.cells(3, 1)[0]
    assert (cell.answer, cell.score and cell.score.value) == ("Parcel", 0.0)
    assert cell.score is not None
    assert "2 of 3 models" in cell.score.why
    assert cell.timings is not None
    assert (cell.timings.total_s, cell.timings.prompt_tokens) == (3.0, 300)
    assert size_bytes_of(vote, {SMALL: 1, MIDDLE: 2, LARGE: 4}) == 7
    assert size_bytes_of(vote, {SMALL: 1, MIDDLE: 2}) is None


def test_of_two_that_differ_the_one_that_is_better_elsewhere_wins() -> None:
    def make(key: CellKey) -> Cell:
        return done("Harbour") if key.model == MIDDLE else done("Parcel", 0.0)

    survey = survey_of(MadeEvaluation(pack_of(6), setup_of(2, ((SMALL, MIDDLE),)), make))
    assert [cell.answer for cell in survey.cells_of(2)] == ["Harbour"] * 12


def test_a_vote_waits_for_all_and_leaves_out_who_failed() -> None:
    evaluation = MadeEvaluation(pack_of(), setup_of(2, ((SMALL, MIDDLE),)), right)
    evaluation.cells[CellKey(SMALL, "r1", "breach")] = Cell(CellState.RUNNING)
    evaluation.cells[CellKey(SMALL, "r2", "breach")] = Cell()
    evaluation.cells[CellKey(SMALL, "r3", "breach")] = Cell(CellState.FAILED, error="Gone.")
    survey = survey_of(evaluation)
    states = [cell.state for cell in survey.cells(2, 0)]
    assert states == [CellState.RUNNING, CellState.WAITING, CellState.DONE]


def test_a_vote_of_a_model_that_is_gone_is_no_column() -> None:
    setup = Setup(model_refs=(SMALL,), votes=((SMALL, MIDDLE),))
    assert [each.key for each in contenders_of(setup)] == [SMALL]


def test_two_votes_of_one_size_are_told_apart_and_so_are_namesakes() -> None:
    setup = setup_of(3, ((SMALL, MIDDLE), (MIDDLE, LARGE)))
    found = [each.name for each in contenders_of(setup)]
    assert found[3:] == ["Vote of 2: small:1b, middle:3b", "Vote of 2: middle:3b, large:7b"]
    twins = Setup(model_refs=("builtin/a", "ollama/a"))
    assert [each.name for each in contenders_of(twins)] == ["builtin/a", "ollama/a"]


# sums


def test_the_best_at_each_question_and_document() -> None:
    evaluation = MadeEvaluation(pack_of(), setup_of(2), right)
    evaluation.cells[CellKey(SMALL, "r1", "entity")] = done("Nobody", 0.0)
    survey = survey_of(evaluation)
    breach, entity = by_question(survey)
    assert (breach.scores, breach.best) == ((1.0, 1.0), ())
    assert entity.scores == (pytest.approx(2 / 3), 1.0)
    assert (entity.best, entity.wrong, entity.scored) == ((1,), 1, 6)
    assert by_document(survey)[0].scores == (0.5, 1.0)


def test_weights_count_in_the_sum_of_a_document() -> None:
    questions = replace(BREACH, weight=3.0), ENTITY
    evaluation = MadeEvaluation(pack_of(1, questions), setup_of(1), right)
    evaluation.cells[CellKey(SMALL, "r1", "entity")] = done("Nobody", 0.0)
    assert by_document(survey_of(evaluation))[0].scores == (0.75,)


def test_what_a_model_did_and_what_an_answer_costs() -> None:
    evaluation = MadeEvaluation(pack_of(), setup_of(1), right)
    evaluation.cells[CellKey(SMALL, "r1", "entity")] = done("Harb", 0.6, seconds=4.0, stability=0.5)
    evaluation.cells[CellKey(SMALL, "r2", "entity")] = done("Nobody", 0.0, is_valid=False)
    evaluation.cells[CellKey(SMALL, "r3", "entity")] = Cell(CellState.FAILED, error="Gone.")
    (line,) = by_model(survey_of(evaluation))
    counts = (line.answers, line.right, line.partial, line.wrong, line.invalid, line.failed)
    assert counts == (5, 3, 1, 1, 1, 1)
    assert line.seconds == pytest.approx(8 / 5)
    assert (line.prompt_tokens, line.output_tokens) == (100, 5)
    assert line.cached_share == pytest.approx(0.8)
    assert line.stability == 0.5


def test_what_was_taken_for_what() -> None:
    kinds = Scoring(Scorer.LABEL)
    cause = Question("cause", "Why?", Kind.CHOICE, kinds, choices=("phishing", "theft"))
    pack = pack_of(4, (cause,), {"cause": "Phishing"})
    answers = {"r1": "phishing", "r2": "theft", "r3": "Not stated", "r4": "a comet"}
    evaluation = MadeEvaluation(pack, setup_of(1), lambda key: done(answers[key.document], 0.0))
    found = confusion(survey_of(evaluation), pack, 0, 0)
    assert found.labels == ("phishing", "theft", "Not stated", "")
    assert found.counts[0] == (1, 1, 1, 1)
    assert found.total == 4


def test_nothing_is_concluded_from_nothing() -> None:
    survey = survey_of(MadeEvaluation(pack_of(), setup_of(2), lambda _key: done("Yes", None)))
    conclusion = conclude(survey, {}, Target())
    assert conclusion.verdict is None
    assert conclusion.scores == {}
    assert conclude(Survey(), {}, Target()).verdict is None


def test_the_smallest_that_is_good_enough_is_the_verdict() -> None:
    def make(key: CellKey) -> Cell:
        if key.model == SMALL and key.question == "entity":
            return done("Nobody", 0.0)
        return right(key)

    survey = survey_of(MadeEvaluation(pack_of(40), setup_of(3), make))
    sizes = {SMALL: 1_000_000_000, MIDDLE: 3_000_000_000, LARGE: 7_000_000_000}
    conclusion = conclude(survey, sizes, Target())
    assert conclusion.verdict is not None
    assert (conclusion.verdict.kind, conclusion.verdict.model) == (VerdictKind.FOUND, MIDDLE)
    assert [each.best.model for each in conclusion.best] == [SMALL, MIDDLE]  # the smaller of equal ones


def test_a_reply_that_cannot_be_read_has_no_voice() -> None:
    evaluation = MadeEvaluation(pack_of(), setup_of(3, (MODELS,)), right)
    evaluation.cells[CellKey(SMALL, "r1", "entity")] = done("{", 0.0, is_valid=False)
    evaluation.cells[CellKey(MIDDLE, "r1", "entity")] = done("{", 0.0, is_valid=False)
    assert survey_of(evaluation).cells(3, 1)[0].answer == "Harbour"


def test_an_expected_answer_in_other_words_stands_under_its_label() -> None:
    pack = replace(pack_of(2), expected={("r1", "breach"): "ja", ("r2", "breach"): "perhaps"})
    survey = survey_of(MadeEvaluation(pack, setup_of(1), right))
    found = confusion(survey, pack, 0, 0)
    counts = {
        (found.labels[row], found.labels[column]): count
        for row, line in enumerate(found.counts)
        for column, count in enumerate(line)
        if count
    }
    assert counts == {("Yes", "Yes"): 1, ("", "Yes"): 1}
