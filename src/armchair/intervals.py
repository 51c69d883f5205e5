"""Intervals of means and shares, for few values too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist, fmean
from typing import NamedTuple


class Interval(NamedTuple):
    """A figure and its 95 % interval; NaN at both ends where there is none."""

    value: float
    low: float
    high: float


GOOD = 0.9  # success of a run that has learnt its task


class Reached(NamedTuple):
    """How many runs of how many came to at least `GOOD`, and where the share of such runs lies (95 %)."""

    runs: int
    of: int
    low: float
    high: float


def wilson(hits: float, of: float, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share (E. B. Wilson, 1927), (0, 1) of nothing; `hits` may hold halves, as of ties.

    (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)
    """
    if not of:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate, spread = hits / of, z * z / of
    middle = (rate + spread / 2) / (1 + spread)
    half = z * math.sqrt(rate * (1 - rate) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def mean_interval(values: Sequence[float], low: float = -math.inf, high: float = math.inf) -> Interval:
    """The mean of independent values, for example of one a seed, and its interval by Student's t (1908).

    low, high: what values can be, where that is known. One value has no interval. Of values that are mostly
    alike, and now and then far off, the interval misses more often: see `reached`.
    """
    mean = fmean(values)
    if len(values) < 2:
        return Interval(mean, math.nan, math.nan)
    spread = math.fsum((value - mean) * (value - mean) for value in values) / (len(values) - 1)
    half = student_t(len(values) - 1) * math.sqrt(spread / len(values))
    return Interval(mean, max(low, mean - half), min(high, mean + half))


def reached(successes: Sequence[float]) -> Reached:
    """How many of the runs learnt their task, by the success of each."""
    runs = sum(success >= GOOD for success in successes)
    return Reached(runs, len(successes), *wilson(runs, len(successes)))


@lru_cache
def student_t(freedom: int) -> float:
    """What Student's t of so many degrees of freedom (1 or more) exceeds with probability 0.025."""
    low, high = 0.0, 13.0  # of one degree it is 12.7
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < 0.95 else (low, middle)
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """Probability that |T| ≤ t. Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 4."""
    angle = math.atan(t / math.sqrt(freedom))
    odd, square = freedom % 2, math.cos(angle) ** 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for k in range(1 + odd, freedom, 2):
        total += term
        term *= square * k / (k + 1)
    total *= math.sin(angle)
    return 2.0 / math.pi * (angle + total) if odd else total
