"""Numbers of an observation by how they move, and stretches of them that may be points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from armchair.envs.foreign.points.spaces import Key
from armchair.envs.foreign.points.trial import MOVED, Tracks


class Role(Enum):
    """How a number moves."""

    ALWAYS = "in every episode"
    SOMETIMES = "in some episodes"
    STILL = "in none"


def numbers_in_roles(numbers: Tracks) -> list[Role]:
    """The role of each number; `numbers` has one each."""
    within = numbers.within
    roles: list[Role] = []
    for least, most in zip(within.min(0), within.max(0), strict=True):
        roles.append(Role.ALWAYS if least > MOVED else Role.STILL if most < MOVED else Role.SOMETIMES)
    return roles


def triples(fits: Sequence[bool], taken: set[int], keys: Mapping[str, Key]) -> list[int]:
    """Where three numbers begin that fit and are not taken.

    Each stretch of such numbers is cut from its start; none goes over the border of a key.
    """
    borders = {key.start for key in keys.values()}
    starts: list[int] = []
    length = 0
    for i, fit in enumerate(fits):
        length = 0 if i in borders else length
        length = length + 1 if fit and i not in taken else 0
        if length == 3:
            starts.append(i - 2)
            length = 0
    return starts
