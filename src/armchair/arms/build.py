"""From a description and its model to an `Arm`."""

from __future__ import annotations

import math
from pathlib import Path

import mujoco
import numpy as np

from armchair.arms.anatomy import (
    Floats,
    at_zero,
    ends_of,
    find_gripper,
    find_joints,
    find_tool,
    gaps_of,
    joint_names,
    tip_of,
    vec,
    way_of,
)
from armchair.arms.arm import Arm, Carried, Gripper, ModelFile, Tip, Vec3
from armchair.arms.description import Description, GripperText
from armchair.arms.facts import Found, efforts_of, force_of, limits_of, speeds_of
from armchair.arms.model import compiled, joined
from armchair.arms.placing import DOWN, placed, rows_of
from armchair.arms.space import box_space
from armchair.errors import InvalidInput

GRIP = 20.0  # the same of a finger
_AXES = {"x": (0, 1.0), "y": (1, 1.0), "z": (2, 1.0), "-x": (0, -1.0), "-y": (1, -1.0), "-z": (2, -1.0)}


def build(told: Description, source: Path) -> Arm:
    """The arm that a description tells of. source: its file, beside which the model is.

    Raises InvalidInput, in one line, for what is missing, does not fit, or is left open.
    """
    file = _file(told, source)
    where = source.name
    model = compiled(joined(file.path, file.carried), where)
    tool = find_tool(model, told.tool, where)
    joints = find_joints(model, tool, told.joints, where)
    text = told.gripper if isinstance(told.gripper, GripperText) else GripperText()
    fingers = [] if told.gripper is False else find_gripper(model, joints, text.joints, where)
    parts = Found(model, tool, joints, fingers)
    lower, upper = limits_of(parts, told, where)
    gripper, way = _gripper(parts, text, where)
    rot = _tool_axes(parts, told, way, where)
    names = joint_names(model)
    file = file._replace(tool=tool.name, tool_rot=tuple((_pose(parts)[1].T @ rot).flatten().tolist()))
    frames, axes, offset = _screws(parts, rot, file)
    arm = Arm(
        name=told.name or source.stem,
        joints=tuple(names[k] for k in joints),
        frames=frames,
        axes=axes,
        slides=tuple(int(model.jnt_type[k]) == int(mujoco.mjtJoint.mjJNT_SLIDE) for k in joints),
        tool_offset=offset,
        lower=lower,
        upper=upper,
        speeds=speeds_of(parts, told, file.path, where),
        efforts=efforts_of(parts, told, where),
        home=tuple(np.clip(0.0, lower, upper).tolist()),
        down=rows_of(DOWN),
        space=box_space(0.5, 1.0),
        tip=_tip(parts, rot, gripper),
        gripper=gripper,
        model=file,
        source=source,
    )
    return placed(arm, told, parts, where)


def _file(told: Description, source: Path) -> ModelFile:
    folder, text = source.parent, told.gripper
    carried = None
    if isinstance(text, GripperText) and text.model:
        if not text.at:
            raise InvalidInput(f"{source.name}: say which body carries the gripper, 'gripper: {{at: NAME}}'")
        carried = Carried(folder / text.model, text.at)
    return ModelFile(folder / told.model, told.tool, carried, told.base, math.radians(told.yaw or 0.0))


def _gripper(parts: Found, text: GripperText, where: str) -> tuple[Gripper | None, Floats | None]:
    """The gripper, and the way in which its fingers open at the model's zero."""
    if not parts.fingers:
        return None, None
    model, fingers = parts.model, parts.fingers
    if text.shut and text.open:
        shut, wide = list(text.shut), list(text.open)
        if not len(shut) == len(wide) == len(fingers):
            raise InvalidInput(
                f"{where}: the gripper's shut and open need a number for each of {len(fingers)} joints, "
                f"got {len(shut)} and {len(wide)}"
            )
        if any(a == b for a, b in zip(shut, wide, strict=True)):
            raise InvalidInput(f"{where}: a joint of the gripper has shut = open: leave it out of its joints")
    else:
        shut, wide = ends_of(model, fingers, where)
    gaps = (0.0, text.stroke) if text.stroke else gaps_of(model, fingers, shut, wide)
    if gaps[-1] < 0.005:
        raise InvalidInput(f"{where}: the gripper opens by {gaps[-1] * 1e3:.1f} mm: say its 'stroke' in m")
    forces = [text.force or force_of(model, joint, GRIP) for joint in fingers]
    names = joint_names(model)
    alone = model.njnt == len(parts.joints) + len(fingers) and not model.ntendon
    made = Gripper(tuple(names[k] for k in fingers), tuple(shut), tuple(wide), tuple(forces), gaps, alone)
    return made, way_of(model, fingers, shut, wide)


def _pose(parts: Found) -> tuple[Floats, Floats]:
    return parts.tool.pose(at_zero(parts.model))


def _tool_axes(parts: Found, told: Description, way: Floats | None, where: str) -> Floats:
    """Axes of the tool at zero, in the model's frame: z out of the hand, y along the way of the fingers."""
    place, axes = _pose(parts)
    data = at_zero(parts.model)
    last = parts.joints[-1]
    out = _named(axes, told.out)
    if out is None:  # along the last joint, away from it
        along = data.xaxis[last]
        lever = place - data.xanchor[last]
        sign = 1.0 if float(along @ lever) >= 0.0 else -1.0
        out = _nearest(axes, sign * along if abs(float(along @ lever)) > 0.005 else lever)
    across = _named(axes, told.across)
    if across is None:
        sides = axes[:, np.abs(axes.T @ out) < 0.5]  # the two others
        across = _nearest(sides, sides[:, 1] if way is None else way)
    if abs(float(out @ across)) > 0.5:
        raise InvalidInput(f"{where}: out and across must be two different axes of the tool")
    return np.stack((np.cross(across, out), across, out), axis=1)


def _tip(parts: Found, rot: Floats, gripper: Gripper | None) -> Tip:
    shut = dict(zip(parts.fingers, gripper.shut, strict=True)) if gripper else {}
    link = int(parts.model.jnt_bodyid[parts.joints[-1]])
    return tip_of(parts.model, link, _pose(parts)[0], rot, shut)


def _named(axes: Floats, name: str | None) -> Floats | None:
    if name is None:
        return None
    column, sign = _AXES[name]
    return sign * axes[:, column]


def _nearest(axes: Floats, wanted: Floats) -> Floats:
    """Of the axes and their opposites the one nearest to a direction."""
    shares = axes.T @ wanted
    best = int(np.abs(shares).argmax())
    return axes[:, best] * (1.0 if shares[best] >= 0.0 else -1.0)


def _screws(parts: Found, rot: Floats, file: ModelFile) -> tuple[Floats, tuple[Vec3, ...], Vec3]:
    """Frames and axes of the links, see `Arm`, and where the tool is in the last one."""
    data = at_zero(parts.model)
    cos, sin = math.cos(file.yaw), math.sin(file.yaw)
    turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    below, frames, axes = np.eye(4), list[Floats](), list[Vec3]()
    count = len(parts.joints)
    for i, joint in enumerate(parts.joints):
        world = np.eye(4)
        world[:3, :3] = turn @ rot if i == count - 1 else np.eye(3)
        world[:3, 3] = turn @ data.xanchor[joint] + np.array(file.base)
        frames.append(np.linalg.inv(below) @ world)
        axes.append(vec(world[:3, :3].T @ (turn @ data.xaxis[joint])))
        below = world
    place = turn @ parts.tool.pose(data)[0] + np.array(file.base)
    offset = below[:3, :3].T @ (place - below[:3, 3])
    return np.stack(frames), tuple(axes), vec(np.where(np.abs(offset) < 1e-9, 0.0, offset))
