"""An arm put to the tasks, without learning anything: what it reaches, what the scripted solver does."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from armchair.arms import Arm
from armchair.cli.commands.look.drawing import write_picture
from armchair.envs.arm_check import HOPELESS, share_of_layouts
from armchair.envs.arm_env import make_env
from armchair.errors import InvalidInput
from armchair.jsonable import Json
from armchair.offers.extras import need
from armchair.tasks import get_task

SIDE = 640  # pixels, of the picture


class Trial(NamedTuple):
    """What came of an arm at a task."""

    task: str
    reached: float | None  # share of the layouts; None where the arm lacks something for the task
    solved: float | None  # share of episodes of the scripted solver that end in success
    lacks: str = ""

    @property
    def hopeless(self) -> bool:
        """Whether the arm has all for the task, and does not get there."""
        return self.reached is not None and self.reached < HOPELESS

    def row(self) -> tuple[str, str, str]:
        """As a line of a table."""
        if self.reached is None:
            return self.task, "-", self.lacks
        solved = "-" if self.solved is None else f"solves {100 * self.solved:.0f} %"
        return self.task, f"{100 * self.reached:.0f} %", solved

    def told(self) -> Json:
        """For a summary."""
        return {"reached": self.reached, "solved": self.solved, "lacks": self.lacks or None}


def tried(arm: Arm, name: str, episodes: int) -> Trial:
    """An arm at the task of this name, in so many episodes."""
    try:
        task = get_task(name, arm=arm)
    except InvalidInput as error:
        return Trial(name, None, None, str(error))
    share = share_of_layouts(task)
    if not episodes:
        return Trial(name, share, None)
    env = make_env(task, num_envs=episodes, seed=0)
    try:
        env.reset()
        for _ in range(env.horizon - 1):
            env.step(env.script())
        return Trial(name, share, float(env.success().double().mean()))
    finally:
        env.close()


def draw(arm: Arm, file: Path) -> None:
    """A picture of the arm at home, at the task reach. Raises what drawing raises."""
    need("plots", "a picture")
    env = make_env(get_task("reach", arm=arm))
    try:
        env.reset()
        with env.renderer(SIDE, SIDE) as renderer:
            write_picture(file, renderer.render(env.poses()[0]), [], np.zeros((0, 2)))
    finally:
        env.close()
