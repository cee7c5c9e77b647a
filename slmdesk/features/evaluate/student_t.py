"""Student's t distribution, which the standard library lacks."""

import math
from statistics import NormalDist

_MOST_DEGREES = 1000
"""From here on the normal distribution is less than 0.0002 off."""


def t_tail(t: float, degrees: int) -> float:
    """The chance of a value of at least `t` with this many degrees of freedom (at least 1).

    The finite series of Abramowitz & Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
    """
    if degrees > _MOST_DEGREES:
        return NormalDist().cdf(-t)
    theta = math.atan2(t, math.sqrt(degrees))
    sine, cosine = math.sin(theta), math.cos(theta)
    is_odd = degrees % 2 == 1
    term = cosine if is_odd else 1.0
    total = term if degrees > 1 else 0.0
    for number in range(3 if is_odd else 2, degrees - 1, 2):
        term *= cosine * cosine * (number - 1) / number
        total += term
    within = 2 / math.pi * (theta + sine * total) if is_odd else sine * total
    return min(1.0, max(0.0, (1 - within) / 2))


def t_quantile(tail: float, degrees: int) -> float:
    """The t that is passed with the chance `tail`, which is between 0 and 0.5: t_tail(t) = tail."""
    low, high = 0.0, 1.0
    while t_tail(high, degrees) > tail:
        low, high = high, 2 * high
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if t_tail(middle, degrees) > tail else (low, middle)
    return high
