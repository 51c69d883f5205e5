"""The KUKA LBR iiwa 14 R820 with a parallel gripper, as numbers.

Sources
-------
* Frames, masses, centres of mass and inertias: the lbr_iiwa URDF by Krug and Todorov Stoyanov (Örebro
  University, 2015) as it comes with pybullet's data, turned into frames that are parallel to the world's
  at zero. Its base has no mass there (it is fixed); it has none here either.
* Link lengths 0.36, 0.42, 0.40 m and 0.126 m to the flange, joint limits, speeds and torques: KUKA's data
  sheet "LBR iiwa 14 R820" (limits ±170, ±120, ±170, ±120, ±170, ±120, ±175°; 85, 85, 100, 75, 130, 135,
  135 °/s; 320, 320, 176, 176, 110, 40, 40 N·m).
* Collision capsules: our own, inside the hull of the arm. Servo gains: our own, see `SERVO_LAG`.
* Gripper: our own design at the size of common parallel grippers for this flange (stroke 80 mm, 0.7 kg).
"""

from __future__ import annotations

from armchair.arms import IIWA, Arm
from armchair.arms.arm import Vec3
from armchair.arms.iiwa import (
    FINGER_FORCE,
    FLANGE_HEIGHT,
    JOINT_AXES,
    JOINT_HEIGHTS,
    JOINT_LIMITS,
    JOINT_TORQUES,
    TOOL_OFFSET,
)
from armchair.engines.scene import Body, Box, Capsule, Geom, Joint, Scene, block
from armchair.world import MAX_OPENING, block_names

HAND_LENGTH = 0.09  # m, from the flange to the roots of the fingers

# Damping / stiffness: a joint nears a still target as exp(-t / lag). With a target no farther away than the
# joint's top speed times this lag, the speed keeps to its limit and the torque to its own: a saturated servo
# would throw the light links about when joints 1 and 3 line up.
SERVO_LAG = 0.05  # s
_STIFFNESS = (4000.0, 4000.0, 2000.0, 2000.0, 800.0, 330.0, 200.0)  # N·m/rad
_ARMATURE = (0.3, 0.3, 0.2, 0.2, 0.1, 0.05, 0.05)  # kg·m², rotor inertia as felt at the joint, our estimate

# mass, centre of mass and inertia of links 1 to 7
_INERTIAS: tuple[tuple[float, Vec3, Vec3], ...] = (
    (4.0, (0.0, -0.03, 0.12), (0.1, 0.09, 0.02)),
    (4.0, (-0.0003, 0.042, 0.059), (0.05, 0.044, 0.018)),
    (3.0, (0.0, 0.03, 0.13), (0.08, 0.075, 0.01)),
    (2.7, (0.0, -0.034, 0.067), (0.03, 0.029, 0.01)),
    (1.7, (-0.0001, -0.021, 0.076), (0.02, 0.018, 0.005)),
    (1.8, (0.0, 0.0004, 0.0006), (0.005, 0.0047, 0.0036)),
    (0.3, (0.0, 0.0, 0.02), (0.001, 0.001, 0.001)),
)

# capsules that keep the arm out of the table: (link, radius, bottom, top) along the link's z axis
_HULL = ((4, 0.075, 0.0, 0.15), (5, 0.065, 0.0, 0.17), (6, 0.075, -0.01, 0.01))


def make_scene(num_blocks: int, *, fingers: bool, arm: Arm = IIWA) -> Scene:
    """An arm, its gripper and `num_blocks` cubes; `fingers=False` fuses the gripper shut."""
    links: list[Body] = []
    if arm.model is None:
        links = [*_links(), _hand(fingers=fingers)]
        if fingers:
            links += [_finger("finger_left", 1.0), _finger("finger_right", -1.0)]
    blocks = tuple(block(name) for name in block_names(num_blocks))
    return Scene(arm, num_blocks, fingers, tuple(links), blocks)


def _links() -> list[Body]:
    base = Body("link0", None, (0.0, 0.0, 0.0), mass=0.0, com=(0.0, 0.0, 0.0), inertia=(0.0, 0.0, 0.0))
    bodies, below = [base], 0.0
    for i, (mass, com, inertia) in enumerate(_INERTIAS):
        height = JOINT_HEIGHTS[i]
        bodies.append(
            Body(
                name=f"link{i + 1}",
                parent=f"link{i}",
                pos=(0.0, 0.0, height - below),
                mass=mass,
                com=com,
                inertia=inertia,
                joint=Joint(
                    kind="hinge",
                    axis=JOINT_AXES[i],
                    lower=-JOINT_LIMITS[i],
                    upper=JOINT_LIMITS[i],
                    effort=JOINT_TORQUES[i],
                    stiffness=_STIFFNESS[i],
                    damping=_STIFFNESS[i] * SERVO_LAG,
                    armature=_ARMATURE[i],
                ),
                geoms=tuple(_capsule(*hull[1:]) for hull in _HULL if hull[0] == i + 1),
            )
        )
        below = height
    return bodies


def _capsule(radius: float, bottom: float, top: float) -> Geom:
    return Geom(Capsule(radius, (top - bottom) / 2), pos=(0.0, 0.0, (top + bottom) / 2), touches="table")


_PAD = Box((0.010, 0.005, 0.0275))  # half extents of a finger's pad
_PAD_HEIGHT = TOOL_OFFSET - HAND_LENGTH - 0.0275 + 0.008  # the tips reach 8 mm beyond the tool point
_PALM = Geom(Box((0.025, 0.05, 0.035)), pos=(0.0, 0.0, HAND_LENGTH - 0.04))
_CLOSED_PADS = Geom(Box((0.010, 0.010, 0.0275)), pos=(0.0, 0.0, HAND_LENGTH + _PAD_HEIGHT))


def _hand(*, fingers: bool) -> Body:
    """The hand; without fingers, with both of them shut, as one body of the same total mass."""
    return Body(
        name="hand",
        parent="link7",
        pos=(0.0, 0.0, FLANGE_HEIGHT - JOINT_HEIGHTS[6]),
        mass=0.6 if fingers else 0.7,
        com=(0.0, 0.0, 0.045 if fingers else 0.056),
        inertia=(0.0008, 0.0006, 0.0006) if fingers else (0.0010, 0.0008, 0.0006),
        geoms=(_PALM,) if fingers else (_PALM, _CLOSED_PADS),
    )


def _finger(name: str, side: float) -> Body:
    """side: +1 for the finger that opens along +y, -1 for the other."""
    centre = (0.0, side * 0.005, _PAD_HEIGHT)
    return Body(
        name=name,
        parent="hand",
        pos=(0.0, 0.0, HAND_LENGTH),
        mass=0.05,
        com=centre,
        inertia=(2e-5, 2e-5, 5e-6),
        joint=Joint(
            kind="slide",
            axis=(0.0, side, 0.0),
            lower=0.0,
            upper=MAX_OPENING / 2,
            effort=FINGER_FORCE,
            stiffness=500.0,
            damping=30.0,
            armature=0.3,
        ),
        geoms=(Geom(_PAD, pos=centre),),
    )
