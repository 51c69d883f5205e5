"""Files, columns and nouns of a LeRobotDataset v3, as lerobot 0.6 reads and writes them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from torch import Tensor

VERSION = "v3.0"
CHUNK = "chunk-{chunk_index:03d}/file-{file_index:03d}"
INFO, STATS, TASKS = "meta/info.json", "meta/stats.json", "meta/tasks.parquet"
EPISODES, DATA = f"meta/episodes/{CHUNK}.parquet", f"data/{CHUNK}.parquet"
VIDEOS = f"videos/{{video_key}}/{CHUNK}.mp4"
CHUNK_SIZE, DATA_MB, VIDEO_MB = 1000, 100, 200  # files in a folder, MB of each before the next begins

OWN_ROBOT = "kuka_iiwa14"  # the arm of armchair's own tasks, where no other one is named

STATE, ACTION, CAMERA = "observation.state", "action", "observation.images.front"
REWARD, DONE, SUCCESS = "next.reward", "next.done", "next.success"
VISIBLE = "next.visible"
"""What a person can see of the state that the action led to: armchair's own column, for its reward model.
Policies of lerobot do not look at it, since its name begins with neither "observation" nor "action"."""

INDICES = {
    "timestamp": "float32",
    "frame_index": "int64",
    "episode_index": "int64",
    "index": "int64",
    "task_index": "int64",
}
"""The columns that every data set has; `index` counts all frames."""


class Episode(NamedTuple):
    """One episode of T frames: what was seen before each action, the action, and what it led to."""

    state: Tensor  # (T, D)
    action: Tensor  # (T, A)
    task: str  # in words
    reward: Tensor | None = None  # (T,) where it is known
    success: Tensor | None = None  # (T,) bool, whether the state that the action led to is one
    visible: Tensor | None = None  # (T, F) what a person sees of that state


class Named(NamedTuple):
    """What a data set is of: names of its numbers, and how quickly its frames follow each other."""

    fps: float
    robot: str
    state: tuple[str, ...]
    action: tuple[str, ...]
    visible: tuple[str, ...] = ()  # empty: the column is left out
    reward: bool = True
    success: bool = True


def robot_named(arm: str) -> str:
    """What a data set calls the robot. arm: the file that describes it, "" for the built-in one."""
    return Path(arm).stem if arm else OWN_ROBOT


def frames_per_second(dt: float) -> float:
    """Of control steps of dt s; whole where that is meant: 0.05 s are 20."""
    fps = 1.0 / dt
    return round(fps) if abs(fps - round(fps)) < 1e-6 * fps else fps
