"""What is kept of a verdict comes back whole, or not at all."""

import json
from dataclasses import replace
from typing import Any

import pytest

from slmdesk.features.evaluate.answer_cost import AnswerCost
from slmdesk.features.evaluate.findings import (
    Finding,
    finding_from_stored,
    finding_of,
    finding_to_plain,
)
from slmdesk.features.evaluate.per_question import best_per_question
from slmdesk.features.evaluate.setup import Target, TargetKind
from slmdesk.features.evaluate.verdict import find_verdict
from slmdesk.store.findings import StoredFinding
from tests.unit.features.evaluate.tables import table


def found() -> Finding:
    scores = table(small=["10"] * 20, large=["11"] * 20)
    costs = {"engine/large": AnswerCost(2, 350.5, 1_400_000_000)}
    target = Target(TargetKind.SHARE, 0.8)
    verdict = find_verdict(scores, {"engine/small": 1, "engine/large": 2}, target, costs)
    return finding_of(verdict, best_per_question(scores))


def stored(content: dict[str, Any]) -> StoredFinding:
    """Through JSON, as the store does it."""
    return StoredFinding("1", "Reports", json.loads(json.dumps(content)), 5.0)


def test_a_finding_has_the_verdict_the_figures_and_the_best_by_question() -> None:
    finding = found()
    assert (finding.kind, finding.model) == ("found", "engine/large")
    assert finding.words[0].startswith("large is the smallest that is good enough")
    assert [(each.model, each.score, each.is_good) for each in finding.models] == [
        ("engine/small", 0.5, False),
        ("engine/large", 1.0, True),
    ]
    assert (finding.models[1].seconds, finding.models[1].memory_bytes) == (2, 1_400_000_000)
    assert finding.models[0].seconds is None
    assert finding.best_models == {"question 0": "engine/small", "question 1": "engine/large"}


def test_it_comes_back_as_it_was() -> None:
    finding = found()
    assert finding_from_stored(stored(finding_to_plain(finding))) == finding
    decided = replace(finding, target=Target(TargetKind.SHARE_OF_BEST, 1))
    assert finding_from_stored(stored(finding_to_plain(decided))) == decided


@pytest.mark.parametrize(
    "damage",
    [
        {"kind": "perhaps"},
        {"model": None},
        {"target": 0.85},
        {"target": {"kind": "share", "value": True}},
        {"words": [1]},
        {"models": [{}]},
        {"models": {"a": 1}},
        {"best_models": ["engine/a"]},
        {"best_models": {"question": 3}},
    ],
)
def test_a_damaged_one_is_not_used(damage: dict[str, Any]) -> None:
    assert finding_from_stored(stored(finding_to_plain(found()) | damage)) is None
    assert finding_from_stored(StoredFinding("1", "Reports", {}, 5.0)) is None


def test_a_count_that_is_none_damages_it() -> None:
    plain = finding_to_plain(found())
    plain["models"] = [{**each, "documents": True} for each in plain["models"]]
    assert finding_from_stored(stored(plain)) is None
