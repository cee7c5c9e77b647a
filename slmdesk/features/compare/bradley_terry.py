"""Bradley–Terry by hand: strengths from who beat whom, with a weak prior so that nothing is infinite.

Maximises the sum of w * log(sigmoid(a - b)) over wins of a over b, minus PRIOR * the sum of squares.
"""

import math
from collections.abc import Mapping, Sequence
from operator import mul
from typing import TypeAlias

PRIOR = 0.1
_MOST_STEPS = 50
_PRECISION = 1e-8

Wins: TypeAlias = Mapping[tuple[int, int], float]
Matrix: TypeAlias = list[list[float]]


def strengths(count: int, wins: Wins, start: Sequence[float] | None = None) -> list[float]:
    """Log-strengths of `count` contenders, their mean 0; `wins[a, b]` is how often a beat b, ties as halves.

    Newton's method: a few steps from `start`, which is 0 for all unless it is given.
    """
    theta = list(start) if start is not None else [0.0] * count
    for _ in range(_MOST_STEPS):
        gradient, information = _derivatives(theta, wins)
        step = _solve(_cholesky(information), gradient)
        longest = max(map(abs, step), default=0.0)
        scale = min(1.0, 2.0 / longest) if longest else 1.0  # far from the goal a whole step may overshoot
        theta = [value + scale * change for value, change in zip(theta, step, strict=True)]
        if longest < _PRECISION:
            break
    return theta


def covariance(theta: Sequence[float], wins: Wins) -> Matrix:
    """How uncertain the strengths are: the inverse of the information at `theta`.

    Without what moves all strengths alike, which means nothing and which the prior alone holds.
    """
    factor = _cholesky(_derivatives(theta, wins)[1])
    count = len(theta)
    units = ([float(row == column) for row in range(count)] for column in range(count))
    shared = 1 / (2 * PRIOR * count) if count else 0.0
    return [[value - shared for value in _solve(factor, unit)] for unit in units]


def chance(difference: float) -> float:
    """The chance that the stronger by `difference` wins."""
    return 1 / (1 + math.exp(-difference)) if difference > -700 else 0.0


def _derivatives(theta: Sequence[float], wins: Wins) -> tuple[list[float], Matrix]:
    """Gradient and negative Hessian."""
    gradient = [-2 * PRIOR * value for value in theta]
    information = [[0.0] * len(theta) for _ in theta]
    for index in range(len(theta)):
        information[index][index] = 2 * PRIOR
    for (winner, loser), weight in wins.items():
        expected = chance(theta[winner] - theta[loser])
        surprise, spread = weight * (1 - expected), weight * expected * (1 - expected)
        gradient[winner] += surprise
        gradient[loser] -= surprise
        information[winner][winner] += spread
        information[loser][loser] += spread
        information[winner][loser] -= spread
        information[loser][winner] -= spread
    return gradient, information


def _cholesky(matrix: Matrix) -> Matrix:
    """The lower triangle L with L times its transpose = matrix, row by row."""
    lower: Matrix = []
    for row, values in enumerate(matrix):
        line: list[float] = []
        for column in range(row):
            above = lower[column]
            line.append((values[column] - sum(map(mul, line, above))) / above[column])
        line.append(math.sqrt(values[row] - sum(map(mul, line, line))))
        lower.append(line)
    return lower


def _solve(lower: Matrix, right: Sequence[float]) -> list[float]:
    """x with L times its transpose times x = right."""
    forward: list[float] = []
    for line, value in zip(lower, right, strict=True):
        forward.append((value - sum(map(mul, line, forward))) / line[len(forward)])
    solution = [0.0] * len(right)
    for row in range(len(right) - 1, -1, -1):
        rest = sum(lower[below][row] * solution[below] for below in range(row + 1, len(right)))
        solution[row] = (forward[row] - rest) / lower[row][row]
    return solution
