"""An arm in words: joint by joint, what looks wrong, and as a description to be changed."""

from __future__ import annotations

import math
import os
from pathlib import Path

import torch
import yaml

from armchair.arms.arm import Arm
from armchair.arms.kinematics import chain

TILTED = math.radians(10.0)  # of a hand at home that one should look at
AT_END = 0.02  # rad, from a limit
SHORT = 0.2  # rad, a range that is hardly one


def joint_rows(arm: Arm) -> list[tuple[str, ...]]:
    """Name, kind, limits, speed, effort and home of each joint, as texts."""
    found: list[tuple[str, ...]] = []
    for k, name in enumerate(arm.joints):
        slide = arm.slides[k]
        unit, force = ("m", "N") if slide else ("rad", "N·m")
        numbers = f"{arm.lower[k]:.3f} {unit}", f"{arm.upper[k]:.3f} {unit}", f"{arm.speeds[k]:.2f} {unit}/s"
        effort = f"{arm.efforts[k]:.1f} {force}"
        found.append((name, "slides" if slide else "turns", *numbers, effort, f"{arm.home[k]:.3f}"))
    return found


def doubts(arm: Arm) -> tuple[str, ...]:
    """What looks wrong, in a line each; nothing where all looks right."""
    found: list[str] = []
    for name, low, high, home in zip(arm.joints, arm.lower, arm.upper, arm.home, strict=True):
        if high - low < SHORT:
            found.append(f"{name} can move by {high - low:.3f} only: are its limits in degrees?")
        elif high - low > 50.0:
            found.append(f"{name} can move by {high - low:.0f} rad: are its limits in degrees?")
        if min(home - low, high - home) < AT_END:
            found.append(f"{name} is at its limit at home ({home:.3f}): say another 'home'")
    at = chain(arm, torch.tensor([arm.home], dtype=torch.float64))
    tilt = math.acos(max(-1.0, min(1.0, -float(at.rot[0, -1, 2, 2]))))
    if arm.oriented and tilt > TILTED:
        leans = f"the hand leans by {math.degrees(tilt):.0f}° at home, and is kept so"
        found.append(f"{leans}: say 'home', and which axis of {_tool(arm)} points 'out'")
    if not arm.oriented:
        found.append(f"with {arm.num_joints} joints the hand leans as it must: positions alone are kept")
    x, y, z = at.tool_pos[0].tolist()
    if z < 0.02:
        found.append(
            f"at home the tool is at ({x:.2f}, {y:.2f}, {z:.2f}) m, hardly over the table: see 'base'"
        )
    return tuple(found)


def _tool(arm: Arm) -> str:
    return arm.model.tool if arm.model else "the tool"


def as_text(arm: Arm, beside: Path) -> str:
    """A description of an arm from a file, with all that was found, for a file in the folder of `beside`."""
    assert arm.model is not None, "the built-in arm has no model"
    folder, space = beside.absolute().parent, arm.space
    told: dict[str, object] = {
        "name": arm.name,
        "model": _relative(arm.model.path, folder),
        "tool": arm.model.tool,
        **_axes(arm),
        "joints": list(arm.joints),
        "limits": {name: _round(pair) for name, *pair in zip(arm.joints, arm.lower, arm.upper, strict=True)},
        "speed": _round(arm.speeds),
        "effort": _round(arm.efforts),
        "home": _round(arm.home),
        "base": _round(arm.model.base),
        "yaw": round(math.degrees(arm.model.yaw), 3),
        "gripper": _gripper(arm, folder),
        "workspace": {"low": _round(space.low), "high": _round(space.high)},
        "goals": {"low": _round(space.goal_low), "high": _round(space.goal_high)},
        "spawn": {"low": _round(space.spawn_low), "high": _round(space.spawn_high)},
    }
    return yaml.safe_dump(told, sort_keys=False, default_flow_style=None, allow_unicode=True)


def _axes(arm: Arm) -> dict[str, str]:
    """Which axes of the tool's site or body are `out` and `across`."""
    assert arm.model is not None, "of an arm from a file"
    columns = {"across": 1, "out": 2}
    rot = arm.model.tool_rot
    found: dict[str, str] = {}
    for key, column in columns.items():
        parts = [rot[3 * row + column] for row in range(3)]
        best = max(range(3), key=lambda row: abs(parts[row]))
        found[key] = ("-" if parts[best] < 0.0 else "") + "xyz"[best]
    return found


def _gripper(arm: Arm, folder: Path) -> object:
    if arm.gripper is None or arm.model is None:
        return False
    own = arm.gripper
    told: dict[str, object] = {}
    if arm.model.carried:
        told = {"model": _relative(arm.model.carried.path, folder), "at": arm.model.carried.body}
    told |= {"joints": list(own.joints), "shut": _round(own.shut), "open": _round(own.open)}
    straight = {"stroke": round(own.stroke, 6)} if len(own.gaps) == 2 else {}
    return {**told, "force": round(own.force[0], 3), **straight}


def _relative(path: Path, folder: Path) -> str:
    return os.path.relpath(path.absolute(), folder)


def _round(values: object) -> list[float]:
    return [round(float(value), 5) for value in values]  # type: ignore[attr-defined]
