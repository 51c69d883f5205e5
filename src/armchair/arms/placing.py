"""Where an arm works and how it holds its hand: as its description says, or solved for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import mujoco
import numpy as np
import torch
from mujoco import MjData
from torch import Tensor

from armchair.arms.anatomy import Floats, at_zero, vec
from armchair.arms.arm import Arm, Space, Vec3
from armchair.arms.description import Description
from armchair.arms.facts import Found
from armchair.arms.kinematics import chain
from armchair.arms.model import bodies_below
from armchair.arms.space import find_space, table_about, with_home
from armchair.errors import InvalidInput

BESIDE = 0.1  # m, room of the tool beside places on the table
PENETRATION = -0.005  # m, from which on two links are in each other
DOWN = np.array([[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])
"""The hand's axes where it points down, as columns: half a turn about y."""


def rows_of(matrix: Floats) -> tuple[Vec3, Vec3, Vec3]:
    """A (3, 3) matrix as tuples."""
    return vec(matrix[0]), vec(matrix[1]), vec(matrix[2])


def placed(arm: Arm, told: Description, parts: Found, where: str) -> Arm:
    """The arm with its home, its boxes and how its hand is held."""
    clear = _Clear(arm, parts)
    boxes = (told.workspace, told.goals, told.spawn)
    if told.home:
        arm = _at_home(arm, told.home, where)
    turns = (arm,) if told.home else _turned(arm)
    found = find_space(turns, clear, homed=bool(told.home)) if None in boxes else None
    if found is not None:
        arm, turns = found, (found, *turns)
    elif boxes == (None, None, None):
        raise InvalidInput(
            f"{where}: no posture brings the tool over the table with the hand down{clear.told()}"
        )
    arm = replace(arm, space=_boxes(arm.space, told, where))
    if told.home or boxes == (None, None, None):
        return arm
    tried = (with_home(replace(turned, space=arm.space), clear) for turned in turns)
    homed = next((one for one in tried if one is not None), None)
    if homed is None:
        raise InvalidInput(
            f"{where}: no posture brings the tool over the middle of 'goals', the hand down: say 'home'"
        )
    return homed


def _at_home(arm: Arm, home: Sequence[float], where: str) -> Arm:
    if len(home) != arm.num_joints:
        raise InvalidInput(f"{where}: home needs {arm.num_joints} numbers, got {len(home)}")
    for name, value, low, high in zip(arm.joints, home, arm.lower, arm.upper, strict=True):
        if not low <= value <= high:
            raise InvalidInput(f"{where}: home has {name} at {value:g}, outside of [{low:g}, {high:g}]")
    at = chain(arm, torch.tensor([home], dtype=torch.float64))
    return replace(arm, home=tuple(float(value) for value in home), down=rows_of(at.rot[0, -1].numpy()))


def _turned(arm: Arm) -> tuple[Arm, ...]:
    """The arm with its hand turned about the vertical: by half turns, as fingers need, or by quarters."""
    found: list[Arm] = []
    for quarter in (0, 2) if arm.gripper else (0, 1, 2, 3):
        cos, sin = (1, 0, -1, 0)[quarter], (0, 1, 0, -1)[quarter]
        turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], dtype=float)
        found.append(replace(arm, down=rows_of(turn @ DOWN)))
        if not arm.oriented:
            break  # which way the fingers open cannot be kept
    return tuple(found)


def _boxes(space: Space, told: Description, where: str) -> Space:
    """The boxes that are told, and of the others what goes with them."""
    if told.goals is not None:
        space = space._replace(goal_low=told.goals.low, goal_high=told.goals.high)
    if told.spawn is not None:
        space = space._replace(spawn_low=told.spawn.low, spawn_high=told.spawn.high)
    if told.workspace is not None:
        space = _within(space._replace(low=told.workspace.low, high=told.workspace.high), told)
    elif told.goals is not None or told.spawn is not None:
        space = _around(space)
    for key in ("", "goal_", "spawn_"):
        low, high = getattr(space, f"{key}low"), getattr(space, f"{key}high")
        if not _is_box(low, high):
            name = {"": "workspace", "goal_": "goals", "spawn_": "spawn"}[key]
            raise InvalidInput(
                f"{where}: {name} must have its low corner below its high one, got {low}, {high}"
            )
    return space._replace(**table_about(space.spawn_low, space.spawn_high))


def _within(space: Space, told: Description) -> Space:
    """What is not told is cut to the workspace, which is told; where nothing is left it is what there is."""
    low, high = space.low, space.high
    if told.goals is None:
        goals = vec(np.maximum(space.goal_low, low)), vec(np.minimum(space.goal_high, high))
        goals = goals if _is_box(*goals) else (low, high)
        space = space._replace(goal_low=goals[0], goal_high=goals[1])
    if told.spawn is None:
        (x, y), (to_x, to_y) = space.spawn_low, space.spawn_high
        places = (max(x, low[0]), max(y, low[1])), (min(to_x, high[0]), min(to_y, high[1]))
        goals = space.goal_low[:2], space.goal_high[:2]
        places = places if _is_box(*places) else goals
        space = space._replace(spawn_low=places[0], spawn_high=places[1])
    return space


def _is_box(low: tuple[float, ...], high: tuple[float, ...]) -> bool:
    return all(a < b for a, b in zip(low, high, strict=True))


def _around(space: Space) -> Space:
    """The workspace, which is not told, takes in goals and places on the table, with room beside them."""
    low, high = np.minimum(space.low, space.goal_low), np.maximum(space.high, space.goal_high)
    low[:2] = np.minimum(low[:2], np.array(space.spawn_low) - BESIDE)
    high[:2] = np.maximum(high[:2], np.array(space.spawn_high) + BESIDE)
    return space._replace(low=vec(low), high=vec(high))


class _Clear:
    """Whether postures have nothing of the arm in the arm, and all of it above the table."""

    def __init__(self, arm: Arm, parts: Found) -> None:
        self._model, self._height = parts.model, arm.model.base[2] if arm.model else 0.0
        self._at = [int(parts.model.jnt_qposadr[k]) for k in parts.joints]
        fingers = arm.gripper
        self._shut = (
            dict(zip((int(parts.model.jnt_qposadr[k]) for k in parts.fingers), fingers.shut, strict=True))
            if fingers
            else {}
        )
        self._met: Counter[tuple[str, ...]] = Counter()  # how often links were in each other, by pair
        self._links = sorted({int(parts.model.jnt_bodyid[k]) for k in parts.joints[1:]})
        last = int(parts.model.jnt_bodyid[parts.joints[-1]])
        self._hand = bodies_below(parts.model, last)

    def __call__(self, postures: Tensor) -> Tensor:
        """(n, J) rad -> (n,) bool."""
        data = at_zero(self._model)
        found: list[bool] = []
        for row in postures.tolist():
            data.qpos[self._at] = row
            for place, value in self._shut.items():
                data.qpos[place] = value
            mujoco.mj_fwdPosition(self._model, data)
            lowest = float(data.xpos[self._links, 2].min()) + self._height if self._links else 1.0
            found.append(self._deepest(data) > PENETRATION and lowest > 0.0)
        return torch.tensor(found)

    def _deepest(self, data: MjData) -> float:
        """The deepest that two links are in each other, those of the hand taken as one. m, negative."""
        owners, deepest = self._model.geom_bodyid, 0.0
        for contact in data.contact[: data.ncon]:
            pair = {int(owners[contact.geom1]), int(owners[contact.geom2])}
            if pair <= self._hand or float(contact.dist) > PENETRATION:
                continue
            first, *rest = sorted(self._model.body(body).name or "the world" for body in pair)
            self._met[first, *rest[:1]] += 1
            deepest = min(deepest, float(contact.dist))
        return deepest

    def told(self) -> str:
        """Which links were in each other most often, for the end of an error; nothing where none were."""
        if not self._met:
            return ": is 'out' right, or is the arm turned away ('yaw')?"
        (names, _), *_ = self._met.most_common(1)
        return f": {' and '.join(names)} are in each other, mend their collision shapes"
