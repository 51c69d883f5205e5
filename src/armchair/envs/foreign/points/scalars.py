"""Proposing scalars: numbers of an observation that move and say what no point does, as a gripper's opening.

What is left out: numbers that follow from the points or from how they move, the joints that bring the points
to where they are, speeds, counters, and what was there before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from armchair.envs.foreign.points.declaration import Source
from armchair.envs.foreign.points.trial import Floats, Trial

FOLLOWS = 0.99  # share of a number's variance from which on it follows from the points
SPEED = 0.8  # correlation with another number's change from which on it is that one's speed
SAME = 0.85  # correlation of what is the same number twice, as of two fingers
ALIKE = 1e-6  # more than this and a number is not the same in every episode
GRIPPERS = ("grip", "finger", "jaw", "claw")


class Scalar(NamedTuple):
    """A number that is proposed, and what speaks for it."""

    name: str
    number: int  # of the flattened observation
    thing: str  # "joint:NAME" where it is a joint's
    low: float  # where it was between
    high: float
    source: Source = 0


def find_scalars(trial: Trial, spare: Iterable[int], places: Floats, chain: Iterable[str]) -> list[Scalar]:
    """Scalars among the numbers `spare`, which move and are part of no point.

    places (P, R, 3): of the points that were found. chain: the joints that move these.
    """
    later = np.flatnonzero(trial.first != np.arange(len(trial.obs)))  # states with one before in the episode
    explaining = _explaining(places, later)
    posture = _posture(trial, set(chain))
    found: list[int] = []
    for i in spare:
        own = trial.obs[later, i]
        known = [
            *posture[:, later],
            *(trial.obs[later, j] for j in found),
            *(trial.obs[later - 1, j] for j in found),
        ]
        if _follows(own, explaining) or any(_correlation(own, other) > SAME for other in known):
            continue
        if not _is_speed(trial, i, later) and not _counts(trial, i):
            found.append(i)
    names = list(_names(trial, found))
    return [
        Scalar(name, i, thing, float(trial.obs[:, i].min()), float(trial.obs[:, i].max()))
        for i, (name, thing) in zip(found, names, strict=True)
    ]


def _explaining(places: Floats, later: np.ndarray) -> Floats:
    """What the points say at once: where they are, how they moved, how far they are from each other."""
    now = places[:, later]
    apart = [np.linalg.norm(a - b, axis=1) for a, b in combinations(now, 2)]
    parts = (*now, *(now - places[:, later - 1]), *(one[:, None] for one in apart), np.ones((len(later), 1)))
    return np.concatenate(parts, axis=1)


def _follows(own: Floats, explaining: Floats) -> bool:
    """Whether least squares explain it, by the adjusted share of its variance."""
    answer = np.linalg.lstsq(explaining, own, rcond=1e-9)
    left, rank = own - explaining @ answer[0], int(answer[2])
    free = len(own) - rank
    if free < 1:
        return False
    return bool(left @ left / free < (1.0 - FOLLOWS) * own.var(ddof=1))


def _posture(trial: Trial, chain: set[str]) -> Floats:
    """How joints that move points may be told: as they are, or by cosine and sine. -> (K, R)."""
    rows = [i for i, name in enumerate(trial.joints) if name in chain]
    angles = trial.angles[:, rows].T
    return np.concatenate((angles, np.cos(angles), np.sin(angles)))


def _is_speed(trial: Trial, i: int, later: np.ndarray) -> bool:
    """Whether it goes with the change of another number or joint."""
    own = trial.obs[later, i]
    changes = np.concatenate((trial.obs, trial.angles), axis=1)
    changes = changes[later] - changes[later - 1]
    return any(_correlation(own, changes[:, j]) > SPEED for j in range(changes.shape[1]) if j != i)


def _counts(trial: Trial, i: int) -> bool:
    """Whether it goes the same way in every episode, whatever is done."""
    episodes = np.split(trial.obs[:, i], np.unique(trial.first)[1:])
    shortest = min(len(one) for one in episodes)
    return bool(np.ptp([one[:shortest] for one in episodes], axis=0).max() < ALIKE)


def _correlation(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return abs(float(a @ b)) / size if size > 0.0 else 0.0


def _names(trial: Trial, numbers: Sequence[int]) -> Iterator[tuple[str, str]]:
    """A name for each, and the joint that it is."""
    given: set[str] = set()
    for i in numbers:
        same = np.abs(trial.angles - trial.obs[:, i : i + 1]).max(0, initial=0.0) < 1e-3
        joint = next((trial.joints[j] for j in np.flatnonzero(same)), "")
        gripper = any(hint in joint.lower() for hint in GRIPPERS) and "gripper" not in given
        name = "gripper" if gripper else joint if joint.isidentifier() else f"number_{i}"
        given.add(name)
        yield name, f"joint:{joint}" if joint else ""
