"""A task's scene with an arm of somebody's, for the player in the browser: see `scene_asset`.

It is drawn at the size of the built-in arm's, so that the page's cameras and shadows fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import mujoco
from mujoco import MjModel

from armchair.arms import Arm
from armchair.arms.arm import Vec3
from armchair.arms.iiwa import SPACE
from armchair.engines.display.appearance import GoalMark, Part, block_parts, goal_mark
from armchair.engines.display.camera import DEFAULT_CAMERA
from armchair.engines.display.geoms import few_triangles, geoms_for_sight, geoms_of, parts_of
from armchair.engines.display.scene_asset import VERSION, MeshBuffer, goal_header, table_parts
from armchair.engines.iiwa import make_scene
from armchair.engines.mjcf import build_model
from armchair.engines.own_arm import PREFIX, own_body_names
from armchair.jsonable import Json

TRIANGLES = 60_000  # of the arm, at most, or nearly
_MIDDLE = (SPACE.spawn_low[0] + SPACE.spawn_high[0]) / 2  # m, of the built-in arm's space before it


def own_scene_asset(arm: Arm, num_blocks: int, goal_marker: str, cues: Sequence[Json] = ()) -> bytes:
    """The scene of a task with this arm; rows of poses are its bodies, the blocks and the goal."""
    model, parts = _drawn(arm, num_blocks)
    buffer = MeshBuffer()
    names = own_body_names(model)
    blocks = [block_parts(k) for k in range(num_blocks)]
    every = [*parts, *blocks]
    body, offset = _tool(arm, model)
    size, middle = _size(arm), _middle(arm)
    eye, target = (_scaled(point, size, middle) for point in (DEFAULT_CAMERA.eye, DEFAULT_CAMERA.lookat))
    goal: GoalMark = goal_mark(goal_marker)
    moving = [names.index(name) for name in names[len(parts) :]]
    matters = [body, *moving, *([len(names)] if goal_marker != "none" else [])]
    space = arm.space
    header: dict[str, Json] = {
        "version": VERSION,
        "bodies": [
            {"name": name, "parts": buffer.parts(mine)} for name, mine in zip(names, every, strict=True)
        ],
        "goal": goal_header(buffer, goal_marker, goal),
        "surroundings": {"parts": buffer.parts(table_parts())},
        "tool_body": body,
        "tool_offset": list(offset),
        "camera": {"eye": list(eye), "target": list(target)},
        "cues": list(cues),
        "frame": {"scale": 1.0 / size, "shift": [_MIDDLE - middle / size, 0.0, 0.0]},
        "always": [[*space.spawn_low, 0.0], [*space.spawn_high, space.goal_high[2]]],
        "matters": matters,
        "tendons": [],
    }
    return buffer.behind(header)


def _size(arm: Arm) -> float:
    """How large the arm's space is against that of the built-in arm."""
    space = arm.space
    wide = (space.goal_high[1] - space.goal_low[1]) / (SPACE.goal_high[1] - SPACE.goal_low[1])
    return max(wide, space.goal_high[2] / SPACE.goal_high[2], 1e-3)


def _middle(arm: Arm) -> float:
    return (arm.space.spawn_low[0] + arm.space.spawn_high[0]) / 2


def _scaled(point: Vec3, size: float, middle: float) -> Vec3:
    """A point of the built-in arm's scene in this one."""
    x, y, z = point
    return middle + (x - _MIDDLE) * size, y * size, z * size


@lru_cache(maxsize=8)
def _drawn(arm: Arm, num_blocks: int) -> tuple[MjModel, list[list[Part]]]:
    """The model, and the parts of each of the arm's bodies."""
    model = build_model(make_scene(num_blocks, fingers=arm.gripper is not None, arm=arm))
    size = _size(arm)
    seen = few_triangles(geoms_of(model, size, geoms_for_sight(model)), size, TRIANGLES)
    count = model.nbody - 1 - num_blocks
    return model, [parts_of([one for one in seen if one.body == body]) for body in range(1, count + 1)]


def _tool(arm: Arm, model: MjModel) -> tuple[int, Vec3]:
    """The row of poses of the body that has the tool, and where the tool is in its frame."""
    assert arm.model is not None, "of an arm from a file"
    name = PREFIX + arm.model.tool
    site = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_SITE, name)
    if site >= 0:
        x, y, z = (float(part) for part in model.site_pos[site])
        return int(model.site_bodyid[site]) - 1, (x, y, z)
    return mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, name) - 1, (0.0, 0.0, 0.0)
