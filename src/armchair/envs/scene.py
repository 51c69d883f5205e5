"""What the player in the browser draws of a task."""

from __future__ import annotations

from dataclasses import asdict

from armchair.tasks.base import Task


def scene_of(task: Task) -> bytes:
    """Arm, table, blocks, the goal's marker and the points that count, see `engines.display.scene_asset`."""
    from armchair.engines.display.scene_asset import scene_asset  # here: most never draw

    return scene_asset(task.num_blocks, task.goal_marker, [asdict(cue) for cue in task.cues])
