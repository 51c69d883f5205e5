"""gymnasium-robotics beside MuJoCo 4: the Fetch arms, the hands and the kitchen.

Its helpers ask whether a joint's type, a NumPy integer, is one of a tuple of MuJoCo's enumerations. Since
MuJoCo 4 it never is, and they end in an AssertionError. Here the same helpers take the joint by its name.
"""

from __future__ import annotations

import importlib

import mujoco
import numpy as np
from numpy.typing import ArrayLike, NDArray

HELPERS = "gymnasium_robotics.utils.mujoco_utils"


def get_joint_qpos(model: mujoco.MjModel, data: mujoco.MjData, name: str) -> NDArray[np.float64]:
    """A joint's position: (1,) m or rad, of a free one (7,) m and a quaternion w x y z."""
    return np.array(data.joint(name).qpos)


def get_joint_qvel(model: mujoco.MjModel, data: mujoco.MjData, name: str) -> NDArray[np.float64]:
    """A joint's velocity: (1,) m/s or rad/s, of a free one (6,)."""
    return np.array(data.joint(name).qvel)


def set_joint_qpos(model: mujoco.MjModel, data: mujoco.MjData, name: str, value: ArrayLike) -> None:
    """Put a joint at a position, see `get_joint_qpos`."""
    data.joint(name).qpos[:] = value


def set_joint_qvel(model: mujoco.MjModel, data: mujoco.MjData, name: str, value: ArrayLike) -> None:
    """Give a joint a velocity, see `get_joint_qvel`."""
    data.joint(name).qvel[:] = value


MENDED = (get_joint_qpos, get_joint_qvel, set_joint_qpos, set_joint_qvel)


def needed() -> bool:
    """Whether this MuJoCo's enumerations are unlike NumPy's integers."""
    hinge = mujoco.mjtJoint.mjJNT_HINGE
    return np.int32(hinge) not in (hinge,)


def mend() -> bool:
    """Put the helpers above in the place of theirs. -> whether that was needed and not yet done."""
    if not needed():
        return False
    theirs = importlib.import_module(HELPERS)
    if vars(theirs).get(get_joint_qpos.__name__) is get_joint_qpos:
        return False
    for function in MENDED:
        setattr(theirs, function.__name__, function)
    return True
