"""From where a scene of others is seen, how large it is, and which of its bodies is the hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple, cast

import gymnasium
import mujoco
import numpy as np
from mujoco import MjData, MjModel
from numpy.typing import NDArray

from armchair.engines.display.geoms import SHOWN

Foreign = gymnasium.Env[object, object]
Floats = NDArray[np.float64]

ELEVATION = -25.0  # degrees, where nobody has said anything
FROM_ABOVE = -55.0  # the same of what is flat
FLAT = 0.2  # height over width
ASIDE = 38.0  # degrees, by which one looks at an arm from the side
SEEN = 0.19  # of the distance from which the author looks, that is seen in each direction
AWAY = 3.4  # times half the size, the camera's distance
_LOOKS = ("default_cam_config", "default_camera_config")


class View(NamedTuple):
    """World frame, m."""

    low: Floats  # (3,) corners of the box around what moves
    high: Floats
    eye: Floats  # (3,)
    target: Floats

    @property
    def size(self) -> float:
        """The longest side of the box."""
        return float((self.high - self.low).max())


def moving_bodies(model: MjModel) -> list[int]:
    """Those that are not fixed to the world; all but the world where none moves."""
    found = [body for body in range(1, model.nbody) if moves(model, body)]
    return found or list(range(1, model.nbody))


def moves(model: MjModel, body: int) -> bool:
    """Whether a body can move: joints lead to it, or it is put where one wants it."""
    return int(model.body_weldid[body]) != 0 or int(model.body_mocapid[body]) >= 0


def view_of(env: Foreign, model: MjModel, data: MjData) -> View:
    """The author's way of looking at it where that is known, else at the middle of what moves."""
    low, high = _said_box(env) or _box(model, data)
    target, forward = (low + high) / 2, _forward(env, model, data, low, high)
    eye = target - AWAY * float((high - low).max()) / 2 * forward
    return View(low, high, eye, target)


def _box(model: MjModel, data: MjData) -> tuple[Floats, Floats]:
    """Around the geoms of what moves, as it stands now; around the model's centre where that has none."""
    moving, corners = set(moving_bodies(model)), list[Floats]()
    for geom in range(model.ngeom):
        shown = model.geom_group[geom] < SHOWN and model.geom_rgba[geom, 3] > 0
        if int(model.geom_bodyid[geom]) not in moving or not shown:
            continue
        axes = data.geom_xmat[geom].reshape(3, 3)
        centre, half = model.geom_aabb[geom, :3], model.geom_aabb[geom, 3:]
        middle, reach = data.geom_xpos[geom] + axes @ centre, np.abs(axes) @ half
        corners += [middle - reach, middle + reach]
    if not corners:
        reach = np.full(3, max(float(model.stat.extent), 1e-3) / 2)
        corners = [model.stat.center - reach, model.stat.center + reach]
    found = np.array(corners)
    return found.min(0), found.max(0)


def _said_box(env: Foreign) -> tuple[Floats, Floats] | None:
    """What the author's camera looks at, as much of it as is surely seen."""
    said, middle = _said(env), _lookat(env)
    if middle is None or "distance" not in said or "trackbodyid" in said:
        return None
    reach = np.full(3, SEEN * said["distance"])
    return middle - reach, middle + reach


def _forward(env: Foreign, model: MjModel, data: MjData, low: Floats, high: Floats) -> Floats:
    """The unit vector along which one looks."""
    camera = _fixed_camera(env, model)
    if camera >= 0:
        return -data.cam_xmat[camera].reshape(3, 3)[:, 2]
    said = _said(env)
    wide = float((high - low)[:2].max())
    flat = float(high[2] - low[2]) < FLAT * wide
    azimuth = math.radians(said.get("azimuth", _facing(model, data, flat=flat)))
    elevation = math.radians(said.get("elevation", FROM_ABOVE if flat else ELEVATION))
    level = math.cos(elevation)
    return np.array([level * math.cos(azimuth), level * math.sin(azimuth), math.sin(elevation)])


def _facing(model: MjModel, data: MjData, *, flat: bool) -> float:
    """Half in front of an arm that stands somewhere; MuJoCo's own way to look at everything else. Degrees."""
    hand = hand_of(model)
    root = int(model.body_rootid[hand])
    joints = [joint for joint in range(model.njnt) if int(model.body_rootid[model.jnt_bodyid[joint]]) == root]
    turns = [int(model.jnt_type[joint]) == int(mujoco.mjtJoint.mjJNT_HINGE) for joint in joints]
    way = data.xpos[root] - data.xpos[hand]
    if flat or not turns or not turns[0] or float(np.linalg.norm(way[:2])) < 1e-3:
        return float(model.vis.global_.azimuth)
    return math.degrees(math.atan2(way[1], way[0])) - ASIDE


def _fixed_camera(env: Foreign, model: MjModel) -> int:
    """The number of the model's camera that the environment draws with; -1 for none."""
    name: object = getattr(env.unwrapped, "camera_name", None)
    if isinstance(name, str):
        return int(mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_CAMERA, name))
    number: object = getattr(env.unwrapped, "camera_id", None)
    return number if isinstance(number, int) and 0 <= number < model.ncam else -1


def _said(env: Foreign) -> dict[str, float]:
    """Angles and distance of that camera."""
    return {key: float(value) for key, value in _camera(env).items() if isinstance(value, int | float)}


def _lookat(env: Foreign) -> Floats | None:
    said: object = _camera(env).get("lookat")
    return said.astype(np.float64) if isinstance(said, np.ndarray) and said.shape == (3,) else None


def _camera(env: Foreign) -> Mapping[str, object]:
    """What the environment tells Gymnasium's renderer of its camera."""
    for holder in (env.unwrapped, getattr(env.unwrapped, "mujoco_renderer", None)):
        for name in _LOOKS:
            said: object = getattr(holder, name, None)
            if isinstance(said, Mapping):
                return cast("Mapping[str, object]", said)
    return {}


def hand_of(model: MjModel) -> int:
    """The body that the tool's way is drawn of.

    The one that a weld ties to what is put where one wants it; else the last one on the longest chain of
    driven joints, of joints where none is driven. Of several that are equally far along, such as the fingers
    of a gripper, the one that carries them.
    """
    led = led_bodies(model)
    if led:
        return led[0][1]
    driven = {int(model.actuator_trnid[k, 0]) for k in range(model.nu) if _drives_joint(model, k)}
    depth = _depths(model, driven or set(range(model.njnt)))
    deepest = [body for body in range(1, model.nbody) if depth[body] == max(depth)]
    if not deepest:
        return 0
    parent = int(model.body_parentid[deepest[0]])
    fingers = [body for body in deepest if int(model.body_parentid[body]) == parent]
    return parent if len(fingers) > 1 and parent > 0 else deepest[0]


def led_bodies(model: MjModel) -> list[tuple[int, int]]:
    """Pairs of a body that is put where one wants it and the one that a weld ties to it."""
    found: list[tuple[int, int]] = []
    for k in range(model.neq):
        pair = [int(model.eq_obj1id[k]), int(model.eq_obj2id[k])]
        if int(model.eq_type[k]) == int(mujoco.mjtEq.mjEQ_WELD) and min(pair) > 0:
            pair.sort(key=lambda body: int(model.body_mocapid[body]) < 0)
            if int(model.body_mocapid[pair[0]]) >= 0 > int(model.body_mocapid[pair[1]]):
                found.append((pair[0], pair[1]))
    return found


def _depths(model: MjModel, counted: set[int]) -> list[int]:
    """How many of these joints lead to each body."""
    depth = [0] * model.nbody
    for body in range(1, model.nbody):
        first, count = int(model.body_jntadr[body]), int(model.body_jntnum[body])
        own = sum(joint in counted for joint in range(first, first + count))
        depth[body] = depth[int(model.body_parentid[body])] + own
    return depth


def _drives_joint(model: MjModel, actuator: int) -> bool:
    kinds = (mujoco.mjtTrn.mjTRN_JOINT, mujoco.mjtTrn.mjTRN_JOINTINPARENT)
    return int(model.actuator_trntype[actuator]) in (int(kind) for kind in kinds)
