"""Proposing points for an environment of others, from what a trial of random actions shows.

The hand is what moves in every episode. The goal stays where it is within an episode and is placed anew in
the next one. Objects are what else stands for a thing that can move. Where there is a MuJoCo model, numbers
of the observation are held against the places of its sites, bodies and geoms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from armchair.envs.foreign.mujoco.things import Named
from armchair.envs.foreign.points.declaration import GOALS, Source
from armchair.envs.foreign.points.runs import Role, numbers_in_roles, triples
from armchair.envs.foreign.points.scalars import Scalar, find_scalars
from armchair.envs.foreign.points.spaces import Key
from armchair.envs.foreign.points.trial import MOVED, PLACED, Floats, Tracks, Trial

SAME = 0.004  # m, as far as numbers and a thing may be apart: MuJoCo's places may be one small step old
HANDS = ("grip", "tcp", "tool", "hand", "finger", "tip", "ee", "eef", "end", "effector")
TARGETS = ("goal", "target")
KINDS = ("site", "body", "geom")  # the first one is preferred


class Proposed(NamedTuple):
    """A point that is proposed, and what speaks for it."""

    name: str
    source: Source
    thing: str  # "site:grip" where the numbers are those of a thing
    least: float  # m, how far it came in the episode in which it moved least
    most: float
    placed: float  # m, how much the beginnings of episodes differ


class Proposal(NamedTuple):
    """What `propose` found."""

    points: list[Proposed]
    scalars: list[Scalar]
    goal_observed: bool  # whether the goal is among the numbers of the observation
    hidden: bool  # whether the observation ends with zeros, where a goal may belong

    @property
    def sources(self) -> dict[str, Source]:
        """For `env.points`."""
        return {point.name: point.source for point in self.points}


class _Window(NamedTuple):
    """Three numbers of the observation that are those of a thing."""

    start: int
    thing: Named


def propose(trial: Trial, keys: Mapping[str, Key]) -> Proposal:
    """Points for an environment; keys: of an observation that is a Dict, see `keys_of`."""
    return _Search(trial, keys).proposal()


class _Search:
    def __init__(self, trial: Trial, keys: Mapping[str, Key]) -> None:
        self.trial, self.keys = trial, keys
        self.windows, self.things = trial.windows, trial.things
        self.matched = self._matched()
        self.found: list[Proposed] = []
        self.places: list[Floats] = []  # (R, 3) of each of them
        self.joints: set[str] = set()  # that move them
        self.taken: set[int] = set()  # numbers of the observation that are spoken for

    def proposal(self) -> Proposal:
        desired, goal = self.keys.get(GOALS["desired"]), None
        hand = self._hand()
        if desired is not None and desired.size == 3:
            goal = desired.start
        elif named := [w for w in self.matched if _hinted(w.thing.name, TARGETS) and self._still(w.start)]:
            goal = named[0].start
        if goal is not None:
            self._take(goal)
        self._objects()
        rest = triples(self._still_numbers(), self.taken, self.keys)
        rest = [start for start in rest if self.windows.placed[start] > PLACED]
        hidden = goal is None and not self.keys and not self.trial.obs[:, -3:].any()
        if goal is None and rest and not (hidden and not self._has("object") and len(rest) == 1):
            goal = rest.pop()
            self._take(goal)
        if not self._has("object"):
            for start in rest[:1] or self._sometimes():
                self._add("object", start)
        if goal is not None:
            self._add("goal", goal)
        elif hand and (thing := self._best_thing(TARGETS, moving=False)) is not None:
            self._add_thing("goal", thing)
        return Proposal(self.found, self._scalars(), goal is not None, hidden and goal is None)

    def _scalars(self) -> list[Scalar]:
        """What else moves in every episode."""
        spare = [i for i, always in enumerate(self._role(Role.ALWAYS)) if always and i not in self.taken]
        found = find_scalars(self.trial, spare, np.array(self.places), self.joints) if self.places else []
        return [scalar._replace(source=_source(scalar.number, self.keys)) for scalar in found]

    def _matched(self) -> list[_Window]:
        """Windows that stand for a thing, those below `achieved_goal` last: they are there a second time."""
        order = [i for i in range(self.windows.values.shape[1]) if _within_key(i, self.keys)]
        achieved = self.keys.get(GOALS["achieved"], Key(0, 0))
        order.sort(key=lambda i: achieved.start <= i < achieved.start + achieved.size)
        found: list[_Window] = []
        for i in order:
            values = self.windows.values[:, i]
            if not values.any() or not len(self.trial.named):
                continue
            apart = np.linalg.norm(self.trial.places - values[:, None], axis=2).max(0)  # (n,)
            best = min(
                range(len(apart)), key=lambda j: (round(apart[j], 4), KINDS.index(self.trial.named[j].kind))
            )
            if apart[best] < SAME:
                found.append(_Window(i, self.trial.named[best]))
        return found

    def _hand(self) -> bool:
        moving = [w for w in self.matched if self.windows.within[:, w.start].min() > MOVED]
        if moving:
            best = max(moving, key=lambda w: (_hinted(w.thing.name, HANDS), w.thing.depth))
            self._add("hand", best.start)
        elif (thing := self._best_thing(HANDS, moving=True)) is not None:
            self._add_thing("hand", thing)
        elif starts := triples(self._role(Role.ALWAYS), self.taken, self.keys):
            self._add("hand", starts[0])
        return bool(self.found)

    def _objects(self) -> None:
        """Things in the observation that can move and are not the hand."""
        for window in self.matched:
            numbers = set(range(window.start, window.start + 3))
            varies = (
                self.windows.placed[window.start] > PLACED
                or self.windows.within[:, window.start].max() > MOVED
            )
            if window.thing.movable and varies and not numbers & self.taken:
                count = sum(point.name.startswith("object") for point in self.found)
                self._add("object" if not count else f"object_{count + 1}", window.start)

    def _sometimes(self) -> list[int]:
        """What moves in some episodes and not in others."""
        return triples(self._role(Role.SOMETIMES), self.taken, self.keys)[:1]

    def _role(self, role: Role) -> list[bool]:
        return [found is role for found in numbers_in_roles(self.trial.numbers)]

    def _still_numbers(self) -> list[bool]:
        something = np.flatnonzero(self.trial.obs.any(axis=0)).tolist()
        return [still and i in something for i, still in enumerate(self._role(Role.STILL))]

    def _still(self, start: int) -> bool:
        return bool(self.windows.within[:, start].max() < MOVED)

    def _best_thing(self, hints: tuple[str, ...], *, moving: bool) -> int | None:
        """The thing of the model that moves in every episode, or that never does and is placed anew."""
        within, placed = self.things.within, self.things.placed
        fits: list[int] = []
        for j in range(len(self.trial.named)):
            always, never = within[:, j].min() > MOVED, within[:, j].max() < MOVED
            if always if moving else never and placed[j] > PLACED:
                fits.append(j)
        named = self.trial.named

        def rank(j: int) -> tuple[bool, int, int]:
            return _hinted(named[j].name, hints), -KINDS.index(named[j].kind), named[j].depth

        best = max(fits, key=rank, default=None)
        return best if best is None or moving or rank(best)[0] or not named[best].movable else None

    def _has(self, name: str) -> bool:
        return any(point.name == name for point in self.found)

    def _take(self, start: int) -> None:
        """These numbers are spoken for, and so are copies of them, from now or from the state before."""
        values = self.windows.values
        own, later = values[:, start], np.flatnonzero(self.trial.first != np.arange(len(values)))
        for i in range(values.shape[1]):
            same = np.abs(values[:, i] - own).max() < 1e-6
            before = np.abs(values[later, i] - own[later - 1]).max(initial=0.0) < 1e-6
            if i == start or same or (before and own.any()):
                self.taken |= {i, i + 1, i + 2}

    def _add(self, name: str, start: int) -> None:
        self._take(start)
        thing = next((w.thing for w in self.matched if w.start == start), None)
        known = "" if thing is None else f"{thing.kind}:{thing.name}"
        self.joints |= set(() if thing is None else thing.joints)
        self.places.append(self.windows.values[:, start])
        self.found.append(Proposed(name, _source(start, self.keys), known, *motion(self.windows, start)))

    def _add_thing(self, name: str, j: int) -> None:
        thing = f"{self.trial.named[j].kind}:{self.trial.named[j].name}"
        self.joints |= set(self.trial.named[j].joints)
        self.places.append(self.things.values[:, j])
        self.found.append(Proposed(name, thing, thing, *motion(self.things, j)))


def motion(tracks: Tracks, i: int) -> tuple[float, float, float]:
    """How far a point came, in the episode where it moved least and most, and how beginnings differ."""
    within: Floats = tracks.within[:, i]
    return float(within.min()), float(within.max()), float(tracks.placed[i])


def _source(start: int, keys: Mapping[str, Key]) -> Source:
    for name, key in keys.items():
        if key.start <= start < key.start + key.size:
            short = next((short for short, long in GOALS.items() if long == name and key.size == 3), None)
            return f"goal:{short}" if short else f"{name}[{start - key.start}]"
    return start


def _within_key(start: int, keys: Mapping[str, Key]) -> bool:
    """Whether three numbers from `start` on belong together."""
    return not keys or any(key.start <= start <= key.start + key.size - 3 for key in keys.values())


def _hinted(name: str, hints: Iterable[str]) -> bool:
    return any(hint in name.lower() for hint in hints)
