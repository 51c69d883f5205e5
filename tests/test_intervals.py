"""Intervals against tables, and how often they hold what they should."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from armchair.intervals import mean_interval, reached, student_t, wilson

Draw = Callable[[random.Random], float]


def covered(draw: Draw, truth: float, seeds: int, times: int = 3000) -> float:
    """How often the interval of a success over so many seeds holds its mean."""
    hits = 0
    for k in range(times):
        rng = random.Random(k)
        found = mean_interval([draw(rng) for _ in range(seeds)], 0.0, 1.0)
        hits += found.low <= truth <= found.high
    return hits / times


def ordinary(rng: random.Random) -> float:
    return rng.gauss(0.8, 0.05)


def near_the_top(rng: random.Random) -> float:
    """One seed in twenty or so cannot do better."""
    return min(1.0, rng.gauss(0.94, 0.04))


def one_in_five_bad(rng: random.Random) -> float:
    return rng.gauss(0.95, 0.02) if rng.random() < 0.8 else rng.gauss(0.2, 0.05)


def test_student_against_tables() -> None:
    known = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 9: 2.262, 10: 2.228, 29: 2.045, 120: 1.980}
    assert {freedom: round(student_t(freedom), 3) for freedom in known} == known


def test_a_mean_by_hand() -> None:
    found = mean_interval([1.0, 2.0, 3.0])
    assert (found.value, found.low) == (2.0, pytest.approx(2 - 4.3027 / math.sqrt(3), abs=1e-4))
    assert mean_interval([0.9, 0.99, 1.0], 0.0, 1.0).high == 1.0
    assert mean_interval([0.7]).value == 0.7 and math.isnan(mean_interval([0.7]).low)
    assert mean_interval([1.0] * 5) == (1.0, 1.0, 1.0)
    assert math.isnan(mean_interval([math.nan, 1.0]).value), "of an environment that went wrong"


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_the_interval_of_few_seeds_holds_the_mean(seeds: int) -> None:
    assert covered(ordinary, 0.8, seeds) >= 0.93
    # E min(1, X) of a normal X: 0.94 Φ(1.5) + (1 - Φ(1.5)) - 0.04 φ(1.5)
    truth = 0.94 * 0.933193 + 0.066807 - 0.04 * 0.129518
    assert covered(near_the_top, truth, seeds) >= 0.93


def test_where_one_seed_in_five_fails_it_misses_as_long_as_none_was_seen() -> None:
    """0.8³ of three seeds and 0.8⁵ of five show no failure; no interval from such values can know of it."""
    truth = 0.8 * 0.95 + 0.2 * 0.2
    found = {seeds: covered(one_in_five_bad, truth, seeds) for seeds in (3, 5, 10)}
    assert found == pytest.approx({3: 0.49, 5: 0.67, 10: 0.89}, abs=0.03)


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_the_share_of_seeds_that_learnt_says_so(seeds: int) -> None:
    """How often it holds a share of 80 %, worked out over all outcomes; three seeds have few of them."""
    held = 0.0
    for k in range(seeds + 1):
        low, high = wilson(k, seeds)
        held += math.comb(seeds, k) * 0.8**k * 0.2 ** (seeds - k) * (low <= 0.8 <= high)
    assert held >= (0.89 if seeds == 3 else 0.93)


def test_reached_counts_ninety_per_cent() -> None:
    assert reached([0.9, 0.89, 1.0]) == (2, 3, *wilson(2, 3))
