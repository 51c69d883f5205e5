"""What a model and its description say of each joint: limits, speeds, forces."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import NamedTuple

import mujoco
import numpy as np
from mujoco import MjModel

from armchair.arms.anatomy import Tool, joint_names
from armchair.arms.description import Description
from armchair.arms.model import MODEL_BYTES, no_such
from armchair.errors import InvalidInput
from armchair.reading.files import read_bytes

SPEED, SLIDING = 2.0, 0.3  # rad/s and m/s, where nobody says how fast a joint may be
EFFORT = 50.0  # N·m or N, where nobody says how strong it is


class Found(NamedTuple):
    """What was found in the model."""

    model: MjModel
    tool: Tool
    joints: list[int]
    fingers: list[int]


def limits_of(parts: Found, told: Description, where: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Lowest and highest position of each joint, rad or m: as it is told, else the model's."""
    names = joint_names(parts.model)
    own = [names[k] for k in parts.joints]
    for name, (low, high) in told.limits.items():
        if name not in own:
            raise InvalidInput(no_such("joint", name, own, where))
        if low >= high:
            raise InvalidInput(f"{where}: limits of {name} must rise, got [{low:g}, {high:g}]")
    found: list[tuple[float, float]] = []
    for k in parts.joints:
        if names[k] in told.limits:
            found.append(told.limits[names[k]])
        elif parts.model.jnt_limited[k]:
            found.append((float(parts.model.jnt_range[k, 0]), float(parts.model.jnt_range[k, 1])))
        else:
            raise InvalidInput(
                f"{where}: joint {names[k]} has no limits: say them, 'limits: {{{names[k]}: [-3.14, 3.14]}}'"
            )
    return tuple(low for low, _ in found), tuple(high for _, high in found)


def speeds_of(parts: Found, told: Description, path: Path, where: str) -> tuple[float, ...]:
    """The top speed of each joint, rad/s or m/s."""
    said = _each(told.speed, len(parts.joints), "speed", where)
    if said is not None:
        return said
    names, model = joint_names(parts.model), parts.model
    known = _in_urdf(path) if path.suffix.lower() == ".urdf" else {}
    slides = int(mujoco.mjtJoint.mjJNT_SLIDE)
    usual = [SLIDING if int(model.jnt_type[k]) == slides else SPEED for k in parts.joints]
    return tuple(known.get(names[k], plain) for k, plain in zip(parts.joints, usual, strict=True))


def _in_urdf(path: Path) -> dict[str, float]:
    """What a URDF says of speeds, which MuJoCo's reader leaves out."""
    found: dict[str, float] = {}
    for joint in ElementTree.fromstring(read_bytes(path, MODEL_BYTES)).iter("joint"):
        limit = joint.find("limit")
        try:
            speed = float("nan" if limit is None else limit.get("velocity", "nan"))
        except ValueError:
            continue
        if math.isfinite(speed) and speed > 0.0:
            found[joint.get("name", "")] = speed
    return found


def efforts_of(parts: Found, told: Description, where: str) -> tuple[float, ...]:
    """The most that each joint's drive gives, N·m or N."""
    said = _each(told.effort, len(parts.joints), "effort", where)
    return said if said is not None else tuple(force_of(parts.model, k, EFFORT) for k in parts.joints)


def _each(
    said: float | tuple[float, ...] | None, count: int, key: str, where: str
) -> tuple[float, ...] | None:
    if said is None:
        return None
    found = (said,) * count if isinstance(said, float | int) else said
    if len(found) != count:
        raise InvalidInput(
            f"{where}: {key} needs one number or one for each of {count} joints, got {len(found)}"
        )
    return tuple(float(value) for value in found)


def force_of(model: MjModel, joint: int, usual: float) -> float:
    """The most that a joint's motor gives, by its own limit or that of what drives it."""
    if model.jnt_actfrclimited[joint]:
        return float(np.abs(model.jnt_actfrcrange[joint]).max())
    for k in range(model.nu):
        if int(model.actuator_trnid[k, 0]) != joint or int(model.actuator_trntype[k]) != 0:
            continue
        gear = abs(float(model.actuator_gear[k, 0])) or 1.0
        if model.actuator_forcelimited[k]:
            return gear * float(np.abs(model.actuator_forcerange[k]).max())
        if model.actuator_ctrllimited[k] and not model.actuator_biasprm[k].any():  # a motor
            gain = float(model.actuator_gainprm[k, 0])
            return gear * gain * float(np.abs(model.actuator_ctrlrange[k]).max())
    return usual
