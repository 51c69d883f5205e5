"""What a task is about, as far as it can be seen: points that should come to places."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cue:
    """A named point, the named point that it should come to, and how near is near enough.

    The page draws it, and the simulated viewer looks at it: neither knows anything else of a task.
    """

    point: str  # one of the task's `points`
    place: str  # another one
    radius: float  # m, within which the point has arrived
    above: float = 0.0  # m, the place's height over the point that names it
    weight: float = 1.0  # of this cue against the task's others
