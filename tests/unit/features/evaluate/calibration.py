"""Is the verdict as sure as it says? Models of known accuracy answer made-up packs, many times.

    python -m tests.unit.features.evaluate.calibration 5000

prints how often the 95 % intervals hold the truth and how often a verdict names a model that is not good
enough. Answers on one document are alike: they are right with a chance that is drawn for each document from
a beta distribution, whose intraclass correlation (ICC) is stated; half of a document's difficulty is the
same for all models.
"""

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from slmdesk.features.evaluate.score_table import ScoreTable
from slmdesk.features.evaluate.setup import Target, TargetKind
from slmdesk.features.evaluate.standing import score_models
from slmdesk.features.evaluate.verdict import VerdictKind, find_verdict

DOCUMENTS = (6, 8, 12, 20, 30, 50)
QUESTIONS = range(1, 10)
SHARED = 0.5
SHARE = Target(TargetKind.SHARE, 0.85)
OF_BEST = Target(TargetKind.SHARE_OF_BEST, 0.95)

Accuracies = Callable[[random.Random], Sequence[float]]


@dataclass(frozen=True)
class World:
    """Packs of one sort. Accuracies are of the models, the smallest model first. `is_partial`: with marks of
    one half, too, and questions of different weight."""

    name: str
    target: Target
    accuracies: Accuracies
    documents: Sequence[int] = DOCUMENTS
    icc: Sequence[float] = (0.05, 0.1, 0.2, 0.3)
    is_partial: bool = False


@dataclass
class Outcome:
    """Counts of what came true."""

    rounds: int = 0
    named: int = 0
    falsely_named: int = 0
    wrongly_none: int = 0
    good_there: int = 0
    intervals: int = 0
    held: int = 0
    differences: int = 0
    differences_held: int = 0
    seconds: float = 0.0

    @property
    def coverage(self) -> float:
        return self.held / self.intervals

    @property
    def difference_coverage(self) -> float:
        return self.differences_held / self.differences

    @property
    def false_share(self) -> float:
        """Of all verdicts, those that name a model that is not good enough."""
        return self.falsely_named / self.rounds


def mixed(chance: random.Random) -> Sequence[float]:
    """Three models, anything from poor to excellent."""
    return [chance.uniform(0.6, 0.99) for _ in range(3)]


def just_too_bad(chance: random.Random) -> Sequence[float]:
    """Three models a hair below the target: every one that is named is an error."""
    del chance
    return [0.849] * 3


def one_just_too_bad(chance: random.Random) -> Sequence[float]:
    del chance
    return [0.849]


def just_below_the_best(chance: random.Random) -> Sequence[float]:
    """Two that a hair lacks to 95 % of the third."""
    del chance
    return [0.949 * 0.92, 0.949 * 0.92, 0.92]


def one_good(chance: random.Random) -> Sequence[float]:
    """One clearly good model among three: how often is it found?"""
    del chance
    return [0.6, 0.96, 0.97]


WORLDS = (
    World("three models, anything, 85 % wanted", SHARE, mixed),
    World("three models at 84.9 %, 85 % wanted", SHARE, just_too_bad),
    World("one model at 84.9 %, 85 % wanted", SHARE, one_just_too_bad),
    World("the same with 50 documents and ICC 0.3: the hardest", SHARE, one_just_too_bad, (50,), (0.3,)),
    World("three models, anything, 95 % of the best wanted", OF_BEST, mixed),
    World("two models at 94.9 % of the best, 95 % wanted", OF_BEST, just_below_the_best),
    World("the first, with half marks and weights", SHARE, mixed, is_partial=True),
    World("the second, with half marks and weights", SHARE, just_too_bad, is_partial=True),
    World("60 %, 96 % and 97 %, 85 % wanted", SHARE, one_good),
)


def simulate(world: World, rounds: int, seed: int = 1) -> Outcome:
    """So many packs, each with its verdict; the same seed gives the same."""
    chance = random.Random(seed)
    outcome = Outcome()
    began = time.perf_counter()
    for _ in range(rounds):
        accuracies = world.accuracies(chance)
        size = chance.choice(world.documents), chance.choice(QUESTIONS), chance.choice(world.icc)
        table = answered(accuracies, *size, chance, world.is_partial)
        _count(outcome, table, accuracies, world.target)
    outcome.seconds = time.perf_counter() - began
    return outcome


def answered(
    accuracies: Sequence[float],
    documents: int,
    questions: int,
    icc: float,
    chance: random.Random,
    is_partial: bool = False,
) -> ScoreTable:
    """Marks as models of these accuracies would earn them: 0 and 1, or also one half."""
    models = [f"model-{index}" for index in range(len(accuracies))]
    chances = [_chances(accuracies, icc, chance) for _ in range(documents)]
    parts = 2 if is_partial else 1
    marks = {
        model: [
            [sum(chance.random() < row[index] for _ in range(parts)) / parts for _ in range(questions)]
            for row in chances
        ]
        for index, model in enumerate(models)
    }
    names = [str(index) for index in range(max(documents, questions))]
    weights = [float(1 + index % 3) if is_partial else 1.0 for index in range(questions)]
    return ScoreTable(models, names[:documents], names[:questions], weights, marks)


def _chances(accuracies: Sequence[float], icc: float, chance: random.Random) -> list[float]:
    """Of each model to be right about one document: beta distributed, as a ratio of gammas of which half
    is the same for all."""
    scale = (1 - icc) / icc
    shared_right = SHARED * min(accuracies) * scale
    shared_wrong = SHARED * (1 - max(accuracies)) * scale
    right, wrong = chance.gammavariate(shared_right, 1), chance.gammavariate(shared_wrong, 1)
    ratios = []
    for accuracy in accuracies:
        ours = right + chance.gammavariate(accuracy * scale - shared_right, 1)
        against = wrong + chance.gammavariate((1 - accuracy) * scale - shared_wrong, 1)
        ratios.append(ours / (ours + against) if ours + against else accuracy)
    return ratios


def _count(outcome: Outcome, table: ScoreTable, accuracies: Sequence[float], target: Target) -> None:
    truth = dict(zip(table.models, accuracies, strict=True))
    needed = target.value * (max(accuracies) if target.kind is TargetKind.SHARE_OF_BEST else 1)
    verdict = find_verdict(table, {model: place for place, model in enumerate(table.models)}, target)
    is_found = verdict.kind is VerdictKind.FOUND
    outcome.rounds += 1
    outcome.good_there += max(accuracies) >= needed
    outcome.named += is_found
    outcome.falsely_named += is_found and truth[verdict.model] < needed
    outcome.wrongly_none += verdict.kind is VerdictKind.NONE and max(accuracies) >= needed
    for score in score_models(table):
        outcome.intervals += 1
        outcome.held += score.low <= truth[score.model] <= score.high
    for pair in verdict.pairs:
        outcome.differences += 1
        outcome.differences_held += pair.low <= truth[pair.better] - truth[pair.worse] <= pair.high


@dataclass
class Coverage:
    """How often an interval of "95 %" held the truth: ours, and a percentile bootstrap over documents."""

    ours: float
    bootstrap: float


def coverage(documents: int, icc: float, rounds: int, seed: int = 1, resamples: int = 200) -> Coverage:
    """Of single models of 70 to 97 % with 2 to 9 questions a document."""
    chance = random.Random(seed)
    ours = bootstrap = 0
    for _ in range(rounds):
        accuracy = chance.choice((0.7, 0.8, 0.85, 0.9, 0.95, 0.97))
        table = answered([accuracy], documents, chance.randint(2, 9), icc, chance)
        (score,) = score_models(table)
        ours += score.low <= accuracy <= score.high
        if resamples:
            low, high = percentile_bootstrap(
                [fmean(row) for row in table.marks["model-0"]], resamples, chance
            )
            bootstrap += low <= accuracy <= high
    return Coverage(ours / rounds, bootstrap / rounds)


def percentile_bootstrap(
    scores: Sequence[float], resamples: int, chance: random.Random
) -> tuple[float, float]:
    """Efron's interval for the mean, for comparison."""
    means = sorted(fmean(chance.choices(scores, k=len(scores))) for _ in range(resamples))
    return means[int(0.025 * resamples)], means[-1 - int(0.025 * resamples)]


def main(rounds: int) -> None:
    print(f"Coverage of the 95 % interval, {rounds:,} models each (percentile bootstrap beside it)")
    alikeness = (0.05, 0.1, 0.3, 0.5)
    print("documents " + "".join(f"{f'ICC {icc}':>18}" for icc in alikeness))
    for documents in DOCUMENTS:
        found = [
            coverage(documents, icc, rounds, resamples=200 if rounds <= 5000 else 0) for icc in alikeness
        ]
        print(f"{documents:9} " + "".join(f"{100 * c.ours:10.1f} ({100 * c.bootstrap:.1f})" for c in found))
    print(f"\nVerdicts, {rounds:,} packs of 6 to 50 documents and 1 to 9 questions, ICC 0.05 to 0.3")
    print(f"{'':52} named  falsely  none, wrongly  coverage  of differences")
    for world in WORLDS:
        one = simulate(world, rounds)
        of_differences = f"{100 * one.difference_coverage:12.1f} %" if one.differences else ""
        print(
            f"{world.name:52}{100 * one.named / one.rounds:4.0f} %{100 * one.false_share:7.2f} %"
            f"{100 * one.wrongly_none / one.rounds:12.2f} %{100 * one.coverage:10.1f} %{of_differences}"
            f"   {one.seconds:.0f} s"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
