"""When the next episode of a vector environment begins: within the step that ends one, or in the next."""

from __future__ import annotations

from operator import index

import torch
from gymnasium.vector import AutoresetMode
from torch import Tensor

from armchair.envs.arm_env import ArmEnv
from armchair.errors import InvalidInput
from armchair.types import Step

MODES = (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP)


def mode_of(given: AutoresetMode | str) -> AutoresetMode:
    """The mode, of which Gymnasium's values are names too. Raises InvalidInput for one there is not."""
    for mode in MODES:
        if given in (mode, mode.value, mode.name):
            return mode
    right = " or ".join(f"AutoresetMode.{mode.name}" for mode in MODES)
    raise InvalidInput(f"autoreset_mode must be {right}, got {given}")


def horizon_of(most: int, given: int | None) -> int:
    """Steps in an episode: those given, at most `most`. Raises InvalidInput for what is no number of them."""
    try:
        steps = most if given is None else index(given)
    except TypeError:
        steps = 0
    if steps < 1:
        raise InvalidInput(f"max_episode_steps must be a whole number from 1, or None for {most}: {given!r}")
    return min(most, steps)


class NextStep:
    """Lets copies of an `ArmEnv`, which begins episodes at once, rest at an end until the next step."""

    def __init__(self, arm: ArmEnv) -> None:
        self._arm = arm
        self.over = torch.zeros(arm.num_envs, dtype=torch.bool)  # those that rest

    def step(self, action: Tensor) -> Step:
        """Act where episodes run; `obs` is an end where one was reached. Those that rested begin."""
        rested = self.over.nonzero().squeeze(1)
        before = self._arm.snapshot() if len(rested) else {}
        step = self._arm.step(torch.where(self.over.unsqueeze(1), 0.0, action))
        if len(rested):
            self._arm.put_back(rested, before)
            running, obs = ~self.over, self._arm.observe()
            final = torch.where(running.unsqueeze(1), step.final_obs, obs)
            poses = step.poses
            if poses is not None:
                poses = poses.index_copy(0, rested, self._arm.poses()[rested])
            step = step._replace(
                obs=obs,
                final_obs=final,
                reward=torch.where(running, step.reward, 0.0),
                terminated=step.terminated & running,
                truncated=step.truncated & running,
                success=torch.where(running, step.success, self._arm.success()),
                visible=torch.where(running.unsqueeze(1), step.visible, self._arm.visible()),
                poses=poses,
            )
        self.over = step.done
        return step._replace(obs=step.final_obs)
