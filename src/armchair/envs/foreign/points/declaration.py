"""Where the points of an environment of others are to be found, as it is written down.

A point is three numbers, its position; a scalar is one. What stands for them:

    0                    the numbers 0, 1 and 2 of the observation, flattened (of a scalar: number 0)
    4,5   or  7,8,9      these numbers; with two of them the third is 0
    observation[3]       numbers 3 to 5 below a key of an observation that is a Dict
    goal:achieved        `achieved_goal` of such an observation; `goal:desired` is `desired_goal`
    site:grip            the place of a site of the MuJoCo model; so do `body:NAME` and `geom:NAME`
    joint:finger         of scalars: the position of a hinge or a slide
    env:hand             what the environment's own `armchair_points` says, see `found.points_function`
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from armchair.errors import InvalidInput, nearest
from armchair.tasks.base import SPEED
from armchair.tasks.cues import Cue
from armchair.types import VisibleLayout

Source = int | str
Kind = Literal["numbers", "site", "body", "geom", "joint", "env"]

ARRIVED = 0.05  # m, within which a point is at its place
NEARBY = 0.3  # how much it counts that the hand is at the thing, against the thing at its goal
GOALS = {"achieved": "achieved_goal", "desired": "desired_goal"}
POINT_KINDS = ("site", "body", "geom", "goal", "env")
SCALAR_KINDS = ("joint", "env")
NUMBERS = re.compile(r"\d+(?:,\d+){0,2}")
BELOW_KEY = re.compile(r"(?P<key>.+)\[(?P<number>\d+)\]")
POINT_FORMS = "0, '0,1', KEY[0], site:NAME, body:NAME, geom:NAME, goal:achieved, goal:desired, env:NAME"
SCALAR_FORMS = "0, KEY[0], joint:NAME, env:NAME"


class Place(NamedTuple):
    """A source, understood."""

    kind: Kind
    name: str = ""  # of the key that numbers are below, or of the thing
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Declared:
    """The points and scalars of an environment by name, in order, and what is made of them."""

    points: Mapping[str, Source] = field(default_factory=dict[str, Source])
    scalars: Mapping[str, Source] = field(default_factory=dict[str, Source])
    motion: bool = False
    """Whether the points' speeds are among what is visible."""
    differences: bool = False
    """Whether policies get the ways between points after their observation."""

    def __bool__(self) -> bool:
        """Whether anything is declared."""
        return bool(self.points or self.scalars)

    def places(self) -> dict[str, Place]:
        """All of them by name, points first. Raises InvalidInput, which names the key, for a wrong one."""
        found = {name: _place(f"env.points.{name}", source, 3) for name, source in self.points.items()}
        for name, source in self.scalars.items():
            if name in found:
                raise InvalidInput(f"{name} is both in env.points and in env.scalars: leave one out")
            found[name] = _place(f"env.scalars.{name}", source, 1)
        return found

    @property
    def moving(self) -> tuple[str, ...]:
        """The points that have a speed: all but the goal."""
        return tuple(name for name, source in self.points.items() if not is_goal(name, source))

    @property
    def cues(self) -> tuple[Cue, ...]:
        """What is usually wanted of such points: the last thing at the goal, and the hand at the first thing.

        The hand is the point of that name, else the first; where there is nothing besides, it is wanted at
        the goal. Without a goal nothing is.
        """
        goals = [name for name in self.points if name not in self.moving]
        hand = "hand" if "hand" in self.moving else next(iter(self.moving), None)
        things = [name for name in self.moving if name != hand]
        if not goals or hand is None:
            return ()
        if not things:
            return (Cue(hand, goals[-1], ARRIVED),)
        return Cue(things[-1], goals[-1], ARRIVED), Cue(hand, things[0], ARRIVED, weight=NEARBY)

    @property
    def layout(self) -> VisibleLayout:
        """What the visible numbers mean."""
        speeds = tuple(name + SPEED for name in self.moving) if self.motion else ()
        units = ("",) * len(self.scalars) + ("m/s",) * len(speeds)
        return VisibleLayout(tuple(self.points), (*self.scalars, *speeds), units)


def is_goal(name: str, source: Source) -> bool:
    """Whether a point is where something is to be brought, as far as names tell."""
    words = name.lower().split("_")
    named = ("goal" in words or "target" in words) and words[0] != "achieved"
    return source == "goal:desired" or (named and source != "goal:achieved")


def _place(key: str, source: Source, size: int) -> Place:
    """key: for the error; size: 3 for a point, 1 for a scalar."""
    point, text = size == 3, str(source).replace(" ", "")
    if NUMBERS.fullmatch(text):
        numbers = tuple(int(number) for number in text.split(","))
        if len(numbers) == 1:
            return Place("numbers", "", tuple(range(numbers[0], numbers[0] + size)))
        if point:
            return Place("numbers", "", numbers)
    below = BELOW_KEY.fullmatch(str(source))
    if below is not None:
        first = int(below["number"])
        return Place("numbers", below["key"], tuple(range(first, first + size)))
    kind, colon, name = str(source).partition(":")
    if kind == "goal" and point and name in GOALS:
        return Place("numbers", GOALS[name], (0, 1, 2))
    kinds = POINT_KINDS if point else SCALAR_KINDS
    for known in ("site", "body", "geom", "joint", "env"):
        if kind == known and kind in kinds and colon and name:
            return Place(known, name)
    near = nearest(kind, kinds) if colon else None
    hint = f"did you mean {near}:{name}? " if near and near != kind else ""
    raise InvalidInput(f"{key} cannot be {source!r}: {hint}valid: {POINT_FORMS if point else SCALAR_FORMS}")
