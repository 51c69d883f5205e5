"""A scene as numbers and simple shapes, from which each engine builds its own model.

A scene is an arm and blocks. The built-in arm is a tree of rigid bodies here; another one comes from its own
file. Every body's frame is parallel to the world's when all joints are at zero. Lengths are in m, masses in kg, angles in rad. Collision shapes only: what
the bodies look like is told by `armchair.engines.display.appearance`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from armchair.arms import Arm
from armchair.world import BLOCK_SIZE, block_names

Vec3 = tuple[float, float, float]


@dataclass(frozen=True)
class Box:
    """A box centred on its geom's frame."""

    half_extents: Vec3


@dataclass(frozen=True)
class Capsule:
    """A cylinder along z with half-spheres on both ends."""

    radius: float
    half_length: float  # of the cylinder, without the caps


@dataclass(frozen=True)
class Geom:
    """A shape fixed to a body and parallel to it; `touches` says what it can collide with."""

    shape: Box | Capsule
    pos: Vec3 = (0.0, 0.0, 0.0)
    touches: Literal["table", "all"] = "all"
    friction: float = 1.0  # Coulomb, sliding


TABLE_BITS = (1, 2 | 4)
COLLISION_BITS = {"all": (2, 1 | 2), "table": (4, 1)}
"""By what a geom touches: the bit of its group and those of the groups it collides with, for every engine.
The table's group is 1; the links of group 4 collide with nothing else."""


@dataclass(frozen=True)
class Joint:
    """One degree of freedom driven by a position servo."""

    kind: Literal["hinge", "slide"]
    axis: Vec3
    lower: float  # rad or m
    upper: float
    effort: float  # N·m or N, the servo's limit
    stiffness: float  # N·m/rad or N/m, the servo's proportional gain
    damping: float  # N·m·s/rad or N·s/m, the servo's derivative gain
    armature: float = 0.0  # kg·m² or kg, inertia of the drive reflected to the joint


@dataclass(frozen=True)
class Body:
    """A rigid body; without a joint it is fixed to its parent, without a parent it is free."""

    name: str
    parent: str | None
    pos: Vec3  # of the body's frame in the parent's frame; joints turn about or slide along its origin
    mass: float
    com: Vec3
    inertia: Vec3  # kg·m², about the centre of mass, along the body's axes
    joint: Joint | None = None
    geoms: tuple[Geom, ...] = ()


@dataclass(frozen=True)
class Scene:
    """An arm on a table (the plane z = 0) with `num_blocks` equal cubes.

    With `fingers=False` the gripper is closed and rigid, which is a third quicker to simulate.
    """

    arm: Arm
    num_blocks: int
    fingers: bool
    links: tuple[Body, ...]  # of the built-in arm, base first, parents before children; else none
    blocks: tuple[Body, ...]
    control_dt: float = 0.05  # s, one control step
    substep: float = 0.01  # s, one physics step

    @property
    def joints(self) -> tuple[Joint, ...]:
        """The A joints of the built-in arm and its fingers, in the order of `links`."""
        return tuple(body.joint for body in self.links if body.joint)

    @property
    def num_joints(self) -> int:
        """A: those of the arm and one of each finger."""
        gripper = self.arm.gripper
        return self.arm.num_joints + (len(gripper.joints) if self.fingers and gripper else 0)

    @property
    def num_targets(self) -> int:
        """What a control step is told: where each joint of the arm shall be, and the gripper's opening."""
        return self.arm.num_joints + 1

    @property
    def num_substeps(self) -> int:
        """Physics steps in one control step."""
        return round(self.control_dt / self.substep)


BLOCK_MASS = 0.1  # kg: beech is about 0.7 g/cm³, so 125 cm³ weigh 90 g


def block(name: str) -> Body:
    """A solid wooden cube; a cube's inertia is m·a²/6 about each axis."""
    inertia = BLOCK_MASS * BLOCK_SIZE**2 / 6
    half = BLOCK_SIZE / 2
    return Body(
        name=name,
        parent=None,
        pos=(0.0, 0.0, half),
        mass=BLOCK_MASS,
        com=(0.0, 0.0, 0.0),
        inertia=(inertia, inertia, inertia),
        geoms=(Geom(Box((half, half, half))),),
    )


def body_names(num_blocks: int) -> list[str]:
    """Names of the bodies in the order of recorded poses: the arm, the gripper, then the blocks."""
    links = [f"link{i}" for i in range(8)]
    return [*links, "hand", "finger_left", "finger_right", *block_names(num_blocks)]


def fused(bodies: tuple[Body, ...]) -> tuple[Body, ...]:
    """The same tree with every body that is fixed to its parent made part of it: fewer bodies to simulate.

    Such a body must lie straight above its parent's frame, centres of mass included: then the inertia has no
    products (parallel axis theorem: each body adds m·d² about x and y).
    """
    kept: dict[str, Body] = {}
    moved: dict[str, tuple[str, float]] = {}  # into which body a fixed one went, how high above it
    for body in bodies:
        parent, lower = moved.get(body.parent or "", (body.parent, 0.0))
        body = replace(body, parent=parent, pos=(body.pos[0], body.pos[1], body.pos[2] + lower))
        if body.joint is not None or parent is None:
            kept[body.name] = body
            continue
        moved[body.name] = (parent, body.pos[2])
        kept[parent] = _joined(kept[parent], body)
    return tuple(kept.values())


def _joined(below: Body, above: Body) -> Body:
    height = above.pos[2]
    assert (*above.pos[:2], *above.com[:2], *below.com[:2]) == (0.0,) * 6
    mass = below.mass + above.mass
    com = (below.mass * below.com[2] + above.mass * (above.com[2] + height)) / mass
    offsets = below.com[2] - com, above.com[2] + height - com
    aside = below.mass * offsets[0] ** 2 + above.mass * offsets[1] ** 2
    xx, yy, zz = (a + b for a, b in zip(below.inertia, above.inertia, strict=True))
    geoms = (replace(g, pos=(g.pos[0], g.pos[1], g.pos[2] + height)) for g in above.geoms)
    return replace(
        below,
        mass=mass,
        com=(0.0, 0.0, com),
        inertia=(xx + aside, yy + aside, zz),
        geoms=(*below.geoms, *geoms),
    )
