"""A learned policy as a controller of a robot: from measured joints to commanded ones, step by step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from armchair.agents.saved import load_policy
from armchair.api.run import Run, finished
from armchair.arms import load_arm
from armchair.engines.base import check_finite
from armchair.engines.iiwa import make_scene
from armchair.engines.state import arm_state
from armchair.envs.arm_env import OBS_LIMIT
from armchair.envs.control import make_control
from armchair.errors import InvalidInput
from armchair.tasks import TASKS, get_task


class Controller:
    """What a run has learned, for the arm that it was taught on: see `armchair.arms`.

    >>> controller = armchair.Controller("runs/reach-001")
    >>> while True:  # every `controller.dt` s
    ...     robot.go_to(controller.command(robot.positions(), robot.velocities(), goal))

    It is for tasks without blocks: of those it would have to be told where they are. It knows nothing of the
    surroundings; limits of position and speed are kept by what it commands, all else is the robot's to guard.
    """

    def __init__(self, run: Run | str | Path) -> None:
        """Raises InvalidInput for runs of environments of others and of tasks with blocks."""
        run = run if isinstance(run, Run) else Run(run)
        agent, info = load_policy(finished(run))
        if info.task not in TASKS or TASKS[info.task].num_blocks or TASKS[info.task].uses_gripper:
            alone = ", ".join(name for name, task in TASKS.items() if not task.num_blocks)
            raise InvalidInput(
                f"a controller needs a task without blocks ({alone}), {run.path} is of {info.task}"
            )
        self.arm = load_arm(info.arm)
        """Joints, limits and speeds of the arm, base first."""
        self._net, self._task = agent.net, get_task(info.task, arm=self.arm)
        self._control = make_control(info.control, self.arm)
        self.dt = make_scene(0, fingers=False).control_dt
        """s between two commands."""
        self._memory: Tensor | None = None
        self._tool = np.zeros(3, np.float32)

    def begin(self) -> None:
        """Forget the motion so far: the next command is the first from where the arm then is."""
        self._memory = None

    def command(self, positions: ArrayLike, velocities: ArrayLike, goal: ArrayLike) -> NDArray[np.float32]:
        """Joint positions to go to within the next `dt` s. -> (J,) rad.

        positions, velocities: (J,) measured, in rad and rad/s. goal: (3,) m, in the frame of the arm's base.
        Raises InvalidInput for other shapes and for what is not finite.
        """
        count = self.arm.num_joints
        q, dq = _row("positions", positions, count), _row("velocities", velocities, count)
        place, none = _row("goal", goal, 3), torch.zeros(1)
        state = arm_state(self.arm, q, dq, none, none, torch.zeros(1, 0, 7), torch.zeros(1, 0, 3))
        if self._memory is None:
            self._memory = self._control.start(state)
        parts = self._task.observe(state, place), self._control.observe(state, self._memory)
        with torch.inference_mode():
            action = self._net.best(torch.cat(parts, dim=1).clamp(-OBS_LIMIT, OBS_LIMIT))
        targets, self._memory = self._control.move(state, self._memory, action.clone(), self.dt)
        self._tool = state.tool_pos[0].numpy()
        return targets[0, :count].numpy()

    @property
    def tool(self) -> NDArray[np.float32]:
        """Where the tool was when the last command was asked for. -> (3,) m."""
        return self._tool


def _row(name: str, values: ArrayLike, size: int) -> Tensor:
    row = torch.from_numpy(np.array(values, dtype=np.float32).reshape(1, -1))
    check_finite(name, row, (1, size))
    return row
