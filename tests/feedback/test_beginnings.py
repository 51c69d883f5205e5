"""When two clips may be said to begin alike."""

from __future__ import annotations

import math

from armchair.feedback.beginnings import begin_alike

UPRIGHT = (1.0, 0.0, 0.0, 0.0)
MOMENT = (0.5, 0.0, 0.2, *UPRIGHT, 0.6, 0.1, 0.3, *UPRIGHT)  # a body, and the goal


def turned(degrees: float) -> tuple[float, ...]:
    half = math.radians(degrees) / 2
    return (math.cos(half), 0.0, 0.0, math.sin(half))


def test_alike_means_that_nothing_stands_elsewhere() -> None:
    assert begin_alike(MOMENT, MOMENT)
    assert begin_alike(MOMENT, (0.508, *MOMENT[1:]))
    assert not begin_alike(MOMENT, (0.512, *MOMENT[1:]))
    assert begin_alike(MOMENT, (0.512, *MOMENT[1:]), tolerance=0.02)
    assert not begin_alike(MOMENT, (*MOMENT[:9], 0.35, *UPRIGHT)), "another goal"


def test_alike_means_that_nothing_is_turned() -> None:
    assert begin_alike(MOMENT, (*MOMENT[:3], *turned(8.0), *MOMENT[7:]))
    assert not begin_alike(MOMENT, (*MOMENT[:3], *turned(12.0), *MOMENT[7:]))
    assert begin_alike(MOMENT, (*MOMENT[:3], *(-q for q in UPRIGHT), *MOMENT[7:])), "the same orientation"


def test_without_the_same_bodies_nothing_is_said() -> None:
    assert not begin_alike((), ())
    assert not begin_alike(MOMENT, MOMENT[:7])
