"""A picture of the MuJoCo scene behind an environment of others, and where points of the world are in it."""

from __future__ import annotations

from typing import NamedTuple

import gymnasium
import mujoco
import numpy as np
from numpy.typing import NDArray

from armchair.engines.display.gl import choose_gl
from armchair.envs.foreign.mujoco.model import find_model

WIDTH, HEIGHT = 640, 480  # pixels, at most
NEAREST = 0.5  # m, between the camera and what it looks at, at least
SIDES = 8  # from which it is tried
ROOM = 4.0  # distance of the camera in radii of what it looks at


class Shot(NamedTuple):
    """A picture, and pixels from its upper left corner."""

    pixels: NDArray[np.uint8]  # (H, W, 3)
    at: NDArray[np.float64]  # (n, 2) to the right, down; NaN behind the camera


def take(env: gymnasium.Env[object, object], points: NDArray[np.float64]) -> Shot | None:
    """The scene as it is, with points (n, 3) in the middle; None where there is no MuJoCo model.

    The camera is the model's free one, moved to where it sees them. Raises MissingDependency where nothing
    can be drawn.
    """
    found = find_model(env)
    if found is None:
        return None
    choose_gl()
    model, data = found
    camera = mujoco.MjvCamera()
    mujoco.mjv_defaultFreeCamera(model, camera)
    camera.elevation = -30.0
    if len(points):
        camera.lookat[:] = points.mean(0)
        camera.distance = max(NEAREST, ROOM * float(np.linalg.norm(points - points.mean(0), axis=1).max()))
    size = (min(WIDTH, model.vis.global_.offwidth), min(HEIGHT, model.vis.global_.offheight))
    with mujoco.Renderer(model, size[1], size[0]) as renderer:
        _find_side(renderer, data, camera, points)
        renderer.update_scene(data, camera)
        at, _ = _project(renderer.scene, points, size)
        return Shot(renderer.render(), at)


def _find_side(
    renderer: mujoco.Renderer, data: mujoco.MjData, camera: mujoco.MjvCamera, points: NDArray[np.float64]
) -> None:
    """Turn the camera to the side from which the least lies in front of the points."""
    begun = camera.azimuth
    size = (renderer.width, renderer.height)
    hidden: dict[float, float] = {}
    renderer.enable_depth_rendering()
    for azimuth in (begun + k * 360.0 / SIDES for k in range(SIDES)):
        camera.azimuth = azimuth
        renderer.update_scene(data, camera)
        at, depth = _project(renderer.scene, points, size)
        columns, rows = np.clip(np.nan_to_num(at), 0, np.array(size) - 1).astype(int).T
        hidden[azimuth] = float(np.maximum(depth - renderer.render()[rows, columns], 0.0).sum())
    renderer.disable_depth_rendering()
    camera.azimuth = min(hidden, key=lambda azimuth: round(hidden[azimuth], 2))


def _project(
    scene: mujoco.MjvScene, points: NDArray[np.float64], size: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, 3) in the world -> (n, 2) pixels, (n,) m in front of the camera.

    The scene has a camera for each eye; its picture is taken from between them.
    """
    left, right = scene.camera
    forward, up = np.array(left.forward), np.array(left.up)
    way = points - (np.array(left.pos) + np.array(right.pos)) / 2
    depth = way @ forward
    across, above = way @ np.cross(forward, up), way @ up
    half = left.frustum_top / left.frustum_near * np.where(depth > 0, depth, np.nan)  # of the picture, in m
    centre = np.array(size) / 2
    return centre + np.stack((across, -above), 1) / half[:, None] * centre[1], depth
