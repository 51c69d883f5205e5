"""What an arm is, whatever simulates it and whoever made it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from armchair.world import MAX_OPENING

Floats = NDArray[np.float64]
Vec2 = tuple[float, float]
Vec3 = tuple[float, float, float]

ORIENTED = (
    6  # joints from which on the hand can be kept pointing down; with fewer, positions alone are solved
)


class Space(NamedTuple):
    """Where an arm works: boxes in the world's frame, in m, each by its lowest and its highest corner."""

    low: Vec3  # the tool's target stays in this one
    high: Vec3
    goal_low: Vec3  # goals in the air are drawn from here, all of it within reach with the hand pointing down
    goal_high: Vec3
    spawn_low: Vec2  # places on the table are drawn from here
    spawn_high: Vec2
    table_low: Vec2  # a block outside of this is lost
    table_high: Vec2


class Gripper(NamedTuple):
    """Joints that shut and open together, each driven to its share of the way by a position servo."""

    joints: tuple[str, ...]  # the model's names
    shut: tuple[float, ...]  # rad or m, of each joint
    open: tuple[float, ...]
    force: tuple[float, ...]  # N·m or N, at most
    gaps: tuple[float, ...]  # m, between the pads at equal shares of the way from shut to open
    alone: bool = True  # whether the model has no joints but the arm's and these

    @property
    def stroke(self) -> float:
        """The gap when it is open, m."""
        return self.gaps[-1]


class Tip(NamedTuple):
    """How large the shut hand is where it touches things."""

    room: float  # m, from the tool to where what it pushes may begin
    height: float  # m, of the tool over the table while it pushes


class Carried(NamedTuple):
    """A model that another one carries: a gripper in a file of its own."""

    path: Path
    body: str  # of the model that carries it


class ModelFile(NamedTuple):
    """Where an arm's model comes from, and how it stands on the table."""

    path: Path  # MJCF or URDF
    tool: str  # the site or body between the finger tips
    carried: Carried | None = None
    base: Vec3 = (0.0, 0.0, 0.0)  # m
    yaw: float = 0.0  # rad, about z
    tool_rot: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    """Axes of the tool in the frame of that site or body, as the columns of a matrix, row by row."""


@dataclass(frozen=True, eq=False)
class Arm:
    """An arm with J joints in a row, on a table whose top is z = 0.

    `frames` are the poses of the J links at zero, each in the frame of the link below, the first in the
    world's, as (J, 4, 4) matrices. A joint's axis goes through the origin of its link's frame. The last
    link's frame is parallel to the tool's: z out of the hand, y along the way of the fingers.
    """

    name: str
    joints: tuple[str, ...]  # names, base first
    frames: Floats  # (J, 4, 4)
    axes: tuple[Vec3, ...]  # unit, in the link's own frame
    slides: tuple[bool, ...]  # whether a joint slides along its axis; else it turns about it
    tool_offset: Vec3  # m, of the tool in the last link's frame
    lower: tuple[float, ...]  # rad, or m where it slides
    upper: tuple[float, ...]
    speeds: tuple[float, ...]  # rad/s or m/s, at most
    home: tuple[float, ...]  # where episodes begin, near enough
    down: tuple[Vec3, Vec3, Vec3]  # the tool's orientation with the hand pointing down, row by row
    space: Space
    tip: Tip
    gripper: Gripper | None = None  # None where there is none: then nothing can be picked up
    model: ModelFile | None = None  # None for the built-in one, whose numbers are our own
    source: Path | None = None  # the file that describes it, as it is named on the command line
    efforts: tuple[float, ...] = ()  # N·m or N, at most, of what comes from a file

    @property
    def num_joints(self) -> int:
        """J."""
        return len(self.joints)

    @property
    def oriented(self) -> bool:
        """Whether its hand can be kept pointing down wherever it is."""
        return self.num_joints >= ORIENTED

    @property
    def stroke(self) -> float:
        """The farthest that the gripper opens, m."""
        return self.gripper.stroke if self.gripper else MAX_OPENING
