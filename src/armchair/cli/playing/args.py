"""What `armchair play` is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from armchair.cli.flags import JsonFlag, TrustFlag, WishFlag


@dataclass(frozen=True)
class Args(WishFlag, TrustFlag, JsonFlag):
    """Watch a policy at a task, live in the browser: give it new goals, push the arm.

    A run's policy is the newest, also while it is being taught. With --video, --html, --dataset or --window
    a number of episodes is played instead; with --json, or where nobody sits at the terminal, they are played
    unseen. Their success is told.
    """

    what: tyro.conf.Positional[str]
    """A task (`armchair envs` lists them), `gymnasium:ID`, `module:factory`, a run's folder, whose policy is
    played at its task, policy.onnx of `armchair export --policy`, or a dump of a run that went wrong
    (runs/NAME/dumps/001.safetensors)."""
    policy: str | None = None
    """"scripted" (the task's own solution, its default), "random" (of an imported environment), or a run."""
    episodes: int = 1
    """How many episodes."""
    seed: int = 0
    """Fixes what stands where and what a random policy does."""
    engine: str | None = None
    """The simulator; mujoco, or the one that a run's policy learnt on."""
    control: Literal["tool", "joint"] | None = None
    """What actions mean: tool, or what a run's policy learnt. The scripted policy needs tool."""
    arm: str | None = None
    """An arm of your own: a YAML, MJCF or URDF; "" for the built-in one. None: the policy's own."""
    video: Path | None = None
    """Film the episodes to this MP4 file."""
    html: Path | None = None
    """Keep the episodes as this file: a 3D replay that any browser opens, with no server and no network."""
    dataset: Path | None = None
    """Record the episodes into this new folder as a LeRobotDataset v3, with films where they can be drawn."""
    window: bool = False
    """Show the episodes in a window of their own instead of the browser."""
    port: int | None = None
    """The live page's port, any free one if not given; given, it is served whoever sits at the terminal."""
    no_open: bool = False
    """Leave the browser alone: the link is printed in any case."""
    size: int = 480
    """Width and height of the video, in pixels; even."""
