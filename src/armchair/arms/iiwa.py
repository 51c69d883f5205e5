"""The KUKA LBR iiwa 14 R820 with a parallel gripper, as an `Arm`: the arm that armchair has built in.

Sources: see `armchair.engines.iiwa`.
"""

from __future__ import annotations

import math

import numpy as np

from armchair.arms.arm import Arm, Gripper, Space, Tip, Vec3
from armchair.world import MAX_OPENING

JOINT_LIMITS = tuple(math.radians(d) for d in (170, 120, 170, 120, 170, 120, 175))  # ± rad
JOINT_SPEEDS = tuple(math.radians(d) for d in (85, 85, 100, 75, 130, 135, 135))  # rad/s
JOINT_TORQUES = (320.0, 320.0, 176.0, 176.0, 110.0, 40.0, 40.0)  # N·m

JOINT_AXES: tuple[Vec3, ...] = ((0, 0, 1), (0, 1, 0), (0, 0, 1), (0, -1, 0), (0, 0, 1), (0, 1, 0), (0, 0, 1))
JOINT_HEIGHTS = (0.1575, 0.36, 0.5645, 0.78, 0.9645, 1.18, 1.261)  # m, of the joints at zero
FLANGE_HEIGHT = 1.306  # m
TOOL_OFFSET = 0.15  # m, from the flange to the tool centre point between the finger tips
FINGER_FORCE = 10.0  # N each

# the tool at HOME_TOOL, pointing down
HOME = (0.0, 0.6664, 0.0, -1.6257, 0.0, 0.8495, 0.0)  # rad
HOME_TOOL = (0.56, 0.0, 0.15)  # m

SPACE = Space(
    low=(0.40, -0.45, 0.010),
    high=(0.80, 0.45, 0.75),
    goal_low=(0.46, -0.25, 0.08),
    goal_high=(0.66, 0.25, 0.40),
    spawn_low=(0.47, -0.18),
    spawn_high=(0.66, 0.18),
    table_low=(0.15, -0.60),
    table_high=(0.95, 0.60),
)


def _frames() -> list[list[list[float]]]:
    """All links are parallel to the world at zero, one above the other."""
    below, found = 0.0, []
    for height in JOINT_HEIGHTS:
        frame = np.eye(4)
        frame[2, 3] = height - below
        found.append(frame.tolist())
        below = height
    return found


IIWA = Arm(
    name="kuka_iiwa14",
    joints=tuple(f"link{k + 1}" for k in range(len(JOINT_AXES))),  # of the bodies that they move
    frames=np.array(_frames()),
    axes=JOINT_AXES,
    slides=(False,) * len(JOINT_AXES),
    tool_offset=(0.0, 0.0, FLANGE_HEIGHT + TOOL_OFFSET - JOINT_HEIGHTS[-1]),
    lower=tuple(-limit for limit in JOINT_LIMITS),
    upper=JOINT_LIMITS,
    speeds=JOINT_SPEEDS,
    home=HOME,
    # half a turn about y: the hand's z axis points down
    down=((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
    space=SPACE,
    tip=Tip(room=0.012, height=0.022),
    gripper=Gripper(
        joints=("finger_left", "finger_right"),
        shut=(0.0, 0.0),
        open=(MAX_OPENING / 2, MAX_OPENING / 2),
        force=(FINGER_FORCE, FINGER_FORCE),
        gaps=(0.0, MAX_OPENING),
    ),
    efforts=JOINT_TORQUES,
)
