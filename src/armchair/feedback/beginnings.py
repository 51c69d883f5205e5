"""Whether the two clips of a pair begin alike, so that the page may say so. Without torch: the page asks."""

from __future__ import annotations

import math
from collections.abc import Sequence

NEAR = 0.01  # m, no body may be further from where it is in the other clip
TURNED = math.radians(10.0)  # nor turned by more than this


def begin_alike(left: Sequence[float], right: Sequence[float], tolerance: float = NEAR) -> bool:
    """Whether everything stands in about the same place in two moments, as far as can be seen.

    Each moment: position (m) and quaternion of every body and the goal, 7 numbers each, one after the other.
    Moments of other bodies, and without any, are not alike.
    """
    if not left or len(left) != len(right) or len(left) % 7:
        return False
    for at in range(0, len(left), 7):
        one, other = left[at : at + 7], right[at : at + 7]
        if math.dist(one[:3], other[:3]) > tolerance or _angle(one[3:], other[3:]) > TURNED:
            return False
    return True


def _angle(one: Sequence[float], other: Sequence[float]) -> float:
    """Between two orientations, in rad; q and −q are the same one."""
    along = abs(sum(a * b for a, b in zip(one, other, strict=True)))
    sizes = math.hypot(*one) * math.hypot(*other)
    return 2.0 * math.acos(min(along / sizes, 1.0)) if sizes else 0.0
