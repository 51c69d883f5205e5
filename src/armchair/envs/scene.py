"""How a task is drawn: for the player in the browser, as pictures, in a window."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from armchair.tasks.base import Task

if TYPE_CHECKING:
    from armchair.engines.display.camera import Camera
    from armchair.envs.base import PoseDrawing, PoseWindow


def scene_of(task: Task) -> bytes:
    """Arm, table, blocks, the goal's marker and the points that count, see `engines.display.scene_asset`."""
    cues = [asdict(cue) for cue in task.cues]
    if task.arm.model is None:
        from armchair.engines.display.scene_asset import scene_asset  # here: most never draw

        return scene_asset(task.num_blocks, task.goal_marker, cues)
    from armchair.engines.display.own_scene import own_scene_asset

    return own_scene_asset(task.arm, task.num_blocks, task.goal_marker, cues)


def renderer_of(task: Task, width: int, height: int, camera: Camera | None = None) -> PoseDrawing:
    """What draws poses, in pixels. Raises MissingDependency where there is no OpenGL to draw with.

    camera: in place of the usual one, for the built-in arm.
    """
    if task.arm.model is None:
        from armchair.engines.display.camera import DEFAULT_CAMERA
        from armchair.engines.display.picture import Renderer

        return Renderer(task.num_blocks, task.goal_marker, width, height, camera or DEFAULT_CAMERA)
    from armchair.engines.display.scene_picture import SceneRenderer

    return SceneRenderer(scene_of(task), width, height)


def window_of(task: Task, camera: Camera | None = None) -> PoseWindow:
    """What shows poses in a window. Raises MissingDependency where there is no display."""
    if task.arm.model is None:
        from armchair.engines.display.camera import DEFAULT_CAMERA
        from armchair.engines.display.picture import Viewer

        return Viewer(task.num_blocks, task.goal_marker, camera or DEFAULT_CAMERA)
    from armchair.engines.display.scene_picture import SceneWindow

    return SceneWindow(scene_of(task))
