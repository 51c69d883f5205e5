"""One environment that pays a learned reward."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, SupportsFloat, TypeAlias, cast

import gymnasium
import numpy as np
from numpy.typing import NDArray

from armchair.api.learned.goals import Goals, goals_of, reward_of_goals
from armchair.api.learned.sight import sight_of
from armchair.api.run import Run
from armchair.envs.gym.adapters import VISIBLE
from armchair.errors import check_choice

Floats = NDArray[np.float32]
Observations: TypeAlias = Literal["same", "goal"]
OBSERVATIONS: tuple[Observations, ...] = ("same", "goal")
OWN_REWARD = "task_reward"  # in infos: what the environment itself pays


class LearnedReward(gymnasium.Wrapper[object, object, object, object]):
    """A Gymnasium environment with a run's learned reward in the place of its own.

    >>> env = armchair.LearnedReward(gymnasium.make("armchair/KukaReach-v0"), "runs/reach-001")

    Observations, actions and ends are the environment's own. `info["visible"]` (F,) is what a person sees of
    the state reached, `info["task_reward"]` what the environment itself pays. Episodes of armchair's tasks
    end by their length, so that a learner should bootstrap at their ends, as the usual ones do.
    """

    def __init__(
        self, env: gymnasium.Env[object, object], run: Run | str | Path, *, obs: Observations = "same"
    ) -> None:
        """run: that taught the reward; it sees what it saw there: the same task, or an environment of others
        as it was named there. obs: "goal" for a Dict of "observation" without the goal, "achieved_goal" and
        "desired_goal" (3,) m each, with `compute_reward`, for hindsight experience replay.

        Raises InvalidInput where the reward does not fit, RunError where the run has none.
        """
        super().__init__(env)
        run = run if isinstance(run, Run) else Run(run)
        self.reward = run.reward
        config = run.config
        self._sight = sight_of(env, config, self.reward)
        check_choice("obs", obs, OBSERVATIONS)
        self._goals: Goals | None = goals_of(env, config, self.reward) if obs == "goal" else None
        if self._goals is not None:
            self.observation_space = cast("gymnasium.Space[object]", self._goals.space(env.observation_space))

    def reset(
        self, *, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[object, dict[str, object]]:
        """Begin an episode. -> the observation, the environment's info with "visible"."""
        obs, info = self.env.reset(seed=seed, options=options)
        visible = self._sight.begin(obs, cast("Mapping[str, object]", info))
        return self._observed(obs, visible), {**info, VISIBLE: visible}

    def step(self, action: object) -> tuple[object, SupportsFloat, bool, bool, dict[str, object]]:
        """Act. -> the observation, the learned reward of the state reached, both ends, info."""
        obs, own, terminated, truncated, info = self.env.step(action)
        visible = self._sight.reached(obs, cast("Mapping[str, object]", info))
        reward = float(self.reward(visible))
        told: dict[str, object] = {**info, VISIBLE: visible, OWN_REWARD: own}
        return self._observed(obs, visible), reward, terminated, truncated, told

    def compute_reward(
        self, achieved_goal: NDArray[np.floating], desired_goal: NDArray[np.floating], info: object
    ) -> Floats:
        """The learned reward where one goal was achieved and another desired, (…, 3) each. -> (…).

        info: of the steps: one, or a sequence. Raises InvalidInput without obs="goal".
        """
        return reward_of_goals(self._goals, self.reward, achieved_goal, desired_goal, info)

    def _observed(self, obs: object, visible: Floats) -> object:
        return obs if self._goals is None else self._goals.split(obs, visible)
