"""Which model is better, by all votes: a Bradley–Terry rating that says when it does not know.

Best beats each other column that answered; a tie is half a win for both of every two columns;
"none good" says nothing about which is better and is counted apart. Intervals are the wider of two:
a bootstrap over runs, and the normal approximation, since votes that all agree have no bootstrap spread.
"""

import json
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TypeAlias

from slmdesk.base.words import counted, number, say
from slmdesk.features.compare.bradley_terry import Wins, chance, covariance, strengths
from slmdesk.features.compare.lane import spec_from_plain
from slmdesk.features.compare.plan import LaneSpec
from slmdesk.store.ballots import Ballot, Contestant

RESAMPLES = 200
_SEED = 20_000
_POINTS = 400 / math.log(10)  # 400 points more: wins ten times of eleven, as in chess
_MIDDLE = 1000
_Z95 = 1.96
_MANY_VOTES = 1000

# The pairs of one ballot as (winner, loser, weight).
_Pairs: TypeAlias = tuple[tuple[int, int, float], ...]


@dataclass(frozen=True, slots=True)
class RatedModel:
    """One contender. `rating` in points (1,000 is the middle), with its 95 % interval.

    `name` tells the settings only where the same model stood beside itself. `vote_count` counts the
    votes it stood in, of which it won, tied and lost.
    """

    model_ref: str
    name: str
    rating: float
    low: float
    high: float
    vote_count: int
    won: int
    tied: int
    lost: int


@dataclass(frozen=True, slots=True)
class Separation:
    """Two neighbours in the ranking. `more_votes` is about how many more votes between the two it would
    take to tell them apart if they go on as so far; 0 when they are apart, None for more than 1,000."""

    better: str
    worse: str
    is_clear: bool
    more_votes: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Rating:
    """Best first. `separations` are of each with the next; `words` is the sentence above the table."""

    models: tuple[RatedModel, ...]
    separations: tuple[Separation, ...]
    vote_count: int
    none_count: int
    blind_count: int
    words: str


def rate(ballots: Sequence[Ballot], *, is_blind_only: bool = False) -> Rating:
    """Rate everyone who stood in a vote; the same ballots give the same rating.

    5,000 votes over 30 models take some seconds: call it in a thread.
    """
    counted = [ballot for ballot in ballots if ballot.is_blind or not is_blind_only]
    keys = [_keys(ballot) for ballot in counted]
    names = sorted({key for row in keys for key in row})
    index = {key: number for number, key in enumerate(names)}
    places = [[index[key] for key in row] for row in keys]
    pairs = [_pairs(ballot, row) for ballot, row in zip(counted, places, strict=True)]
    informative = [each for each in pairs if each]
    wins = _wins(Counter(informative))
    theta = strengths(len(names), wins)
    spread = _Spread(theta, wins, _bootstrap(theta, informative))
    order = sorted(range(len(names)), key=lambda number: -theta[number])
    models = tuple(
        _rated(names[number], theta[number], spread.half_widths(number), _tally(number, counted, places))
        for number in order
    )
    separations = tuple(
        _separation(
            names[better][1], names[worse][1], theta[better] - theta[worse], spread.pair(better, worse)
        )
        for better, worse in pairwise(order)
    )
    none_count = sum(ballot.kind == "none" for ballot in counted)
    blind_count = sum(ballot.is_blind for ballot in counted)
    words = _words(models, separations, len(informative))
    return Rating(models, separations, len(informative), none_count, blind_count, words)


# A contender: the model, and the name it is shown by.
_Key: TypeAlias = tuple[str, str]


def _keys(ballot: Ballot) -> list[_Key]:
    """By model; by model and settings where one model stands there more than once."""
    refs = Counter(contestant.model_ref for contestant in ballot.contestants)
    return [
        (each.model_ref, each.model_ref if refs[each.model_ref] == 1 else _name_with_settings(each))
        for each in ballot.contestants
    ]


def _name_with_settings(contestant: Contestant) -> str:
    spec = spec_from_plain(contestant.model_ref, contestant.settings)
    return f"{contestant.model_ref} ({settings_words(spec)})"


def settings_words(spec: LaneSpec) -> str:
    """What sets a column apart from another of the same model; never empty."""
    options, parts = spec.options, []
    for name, value in (
        ("temperature", options.temperature),
        ("top-p", options.top_p),
        ("seed", options.seed),
        ("limit", options.max_tokens),
    ):
        if value is not None:
            parts.append(f"{name} {number(value, 'g')}")
    parts += [say("context {context_tokens:,}", context_tokens=options.context_tokens)]
    parts += [say("stop {stop}", stop=json.dumps(list(options.stop)))] if options.stop else []
    parts += [say("thinking")] if spec.is_thinking else []
    prompt = " ".join(spec.system_prompt.split())
    return ", ".join(parts + ([say("system “{prompt}”", prompt=prompt)] if prompt else []))


def _pairs(ballot: Ballot, places: Sequence[int]) -> _Pairs:
    """Who beat whom; equal columns and votes that name nobody teach nothing."""
    if ballot.kind == "best" and ballot.best is not None:
        best = places[ballot.best]
        return tuple(sorted((best, other, 1.0) for other in places if other != best))
    if ballot.kind == "tie":
        halves = [(a, b) for a, b in combinations(sorted(places), 2) if a != b]
        return tuple(pair for a, b in halves for pair in ((a, b, 0.5), (b, a, 0.5)))
    return ()


def _wins(counted: Counter[_Pairs]) -> Wins:
    wins: dict[tuple[int, int], float] = {}
    for pairs, times in counted.items():
        for winner, loser, weight in pairs:
            wins[winner, loser] = wins.get((winner, loser), 0.0) + weight * times
    return wins


def _bootstrap(theta: Sequence[float], informative: Sequence[_Pairs]) -> list[list[float]]:
    """Strengths from resampled runs, each from the same seed."""
    chance_of = random.Random(_SEED)  # noqa: S311 (statistics, no secret)
    size = len(informative)
    return [
        strengths(len(theta), _wins(Counter(chance_of.choices(informative, k=size))), theta)
        for _ in range(RESAMPLES if size else 0)
    ]


class _Spread:
    """How far off strengths and their differences may be: the wider of bootstrap and normal approximation."""

    def __init__(self, theta: Sequence[float], wins: Wins, samples: Sequence[Sequence[float]]) -> None:
        self._theta = theta
        self._covariance = covariance(theta, wins)
        self._samples = samples

    def half_widths(self, number: int) -> tuple[float, float]:
        """Below and above the strength of one contender."""
        normal = _Z95 * math.sqrt(self._covariance[number][number])
        return self._wider(normal, self._theta[number], [sample[number] for sample in self._samples])

    def pair(self, better: int, worse: int) -> float:
        """Below the difference of two."""
        cov = self._covariance
        normal = _Z95 * math.sqrt(max(0.0, cov[better][better] + cov[worse][worse] - 2 * cov[better][worse]))
        gaps = [sample[better] - sample[worse] for sample in self._samples]
        return self._wider(normal, self._theta[better] - self._theta[worse], gaps)[0]

    @staticmethod
    def _wider(normal: float, middle: float, values: list[float]) -> tuple[float, float]:
        if not values:
            return normal, normal
        values.sort()
        cut = int(0.025 * len(values))
        return max(normal, middle - values[cut]), max(normal, values[-1 - cut] - middle)


def _tally(number: int, ballots: Sequence[Ballot], places: Sequence[Sequence[int]]) -> tuple[int, int, int]:
    """Votes won, tied and lost."""
    won = tied = lost = 0
    for ballot, row in zip(ballots, places, strict=True):
        if number in row and ballot.kind == "tie":
            tied += len(set(row)) > 1
        elif number in row and ballot.best is not None and len(set(row)) > 1:
            is_best = row[ballot.best] == number
            won, lost = won + is_best, lost + (not is_best)
    return won, tied, lost


def _rated(key: _Key, theta: float, widths: tuple[float, float], tally: tuple[int, int, int]) -> RatedModel:
    below, above = widths
    won, tied, lost = tally
    return RatedModel(
        model_ref=key[0],
        name=key[1],
        rating=_MIDDLE + _POINTS * theta,
        low=_MIDDLE + _POINTS * (theta - below),
        high=_MIDDLE + _POINTS * (theta + above),
        vote_count=won + tied + lost,
        won=won,
        tied=tied,
        lost=lost,
    )


def _separation(better: str, worse: str, gap: float, half_width: float) -> Separation:
    if gap > half_width:
        percent = 100 * chance(gap)
        words = say(
            "{better} is ahead of {worse}: it would win about {percent:.0f} of 100 votes.",
            better=better,
            worse=worse,
            percent=percent,
        )
        return Separation(better, worse, True, 0, words)
    more = _more_votes(gap, half_width)
    needed = (
        say("more than {many_votes:,} more votes", many_votes=_MANY_VOTES)
        if more is None
        else say("about {more:,} more", more=more)
    )
    words = say(
        "The votes so far cannot separate {better} and {worse}; {needed} between them would.",
        better=better,
        worse=worse,
        needed=needed,
    )
    return Separation(better, worse, False, more, words)


def _more_votes(gap: float, half_width: float) -> int | None:
    """Each vote between the two adds p(1 - p) to the information; enough is (1.96 / gap) squared."""
    if gap <= 0:
        return None
    expected = chance(gap)
    missing = (_Z95 / gap) ** 2 - (_Z95 / half_width) ** 2
    votes = math.ceil(missing / (expected * (1 - expected)))
    return max(1, votes) if votes <= _MANY_VOTES else None


def _words(models: Sequence[RatedModel], separations: Sequence[Separation], vote_count: int) -> str:
    if not vote_count:
        return say("No votes yet that compare two models: vote for the best answer, or call it a tie.")
    unclear = [each for each in separations if not each.is_clear]
    votes = counted(vote_count, "{count:,} vote", "{count:,} votes")
    if len(unclear) == len(separations):
        return say(
            "{votes}, too few to separate any two neighbours among {count}. {words}",
            votes=votes,
            count=len(models),
            words=separations[0].words,
        )
    return f"{votes}. {separations[0].words}"
