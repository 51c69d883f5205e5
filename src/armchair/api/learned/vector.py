"""Many copies at once that pay a learned reward."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from armchair.api.learned.goals import Goals, goals_of, reward_of_goals
from armchair.api.learned.sight import check_arm
from armchair.api.learned.single import OBSERVATIONS, OWN_REWARD, Observations
from armchair.api.run import Run
from armchair.envs.gym.adapters import VISIBLE
from armchair.envs.gym.below import arm_of
from armchair.errors import InvalidInput, check_choice

Floats = NDArray[np.float32]
Info = dict[str, object]
Many = VectorEnv[object, object, NDArray[np.generic]]


class LearnedVectorReward(VectorWrapper):
    """One of armchair's vector environments with a run's learned reward in the place of its own.

    >>> many = gymnasium.make_vec("armchair/KukaReach-v0", num_envs=16)
    >>> many = armchair.LearnedVectorReward(many, "runs/reach-001")

    All is as of `LearnedReward`, with a row for each copy. Of environments of others each copy is wrapped by
    itself: gymnasium.make_vec(ID, num_envs=4, wrappers=[lambda env: armchair.LearnedReward(env, run)]).
    """

    def __init__(self, env: Many, run: Run | str | Path, *, obs: Observations = "same") -> None:
        """See `LearnedReward`. Raises InvalidInput for environments of others, too."""
        super().__init__(env)
        arm = arm_of(env)
        if arm is None:
            raise InvalidInput(
                f"{env} is none of armchair's: wrap each copy, gymnasium.make_vec(ID, num_envs=4, "
                "wrappers=[lambda env: armchair.LearnedReward(env, run)])"
            )
        run = run if isinstance(run, Run) else Run(run)
        self.reward = run.reward
        check_arm(arm, run.config, self.reward)
        check_choice("obs", obs, OBSERVATIONS)
        self._goals: Goals | None = goals_of(env, run.config, self.reward) if obs == "goal" else None
        self._rests = np.zeros(self.num_envs, np.bool_)  # those whose next step only begins an episode
        if self._goals is not None:
            one = self._goals.space(env.single_observation_space)
            self.single_observation_space = cast("gymnasium.Space[object]", one)
            self.observation_space = cast("gymnasium.Space[object]", batch_space(one, self.num_envs))

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[object, Info]:
        """Begin an episode in every copy. -> observations, info with "visible" (N, F)."""
        obs, info = self.env.reset(seed=seed, options=options)
        self._rests[:] = False
        return self._observed(obs, cast("Floats", info[VISIBLE])), info

    def step(
        self, actions: object
    ) -> tuple[object, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Info]:
        """Act. -> observations, learned rewards (N,) of the states reached, both ends, info.

        With `AutoresetMode.NEXT_STEP` the step that begins an episode pays nothing.
        """
        obs, own, terminated, truncated, info = self.env.step(actions)
        visible = cast("Floats", info[VISIBLE])
        reward = np.where(self._rests, 0.0, self.reward(visible).astype(np.float64))
        done = np.logical_or(terminated, truncated)
        if self.env.metadata.get("autoreset_mode") is AutoresetMode.NEXT_STEP:
            self._rests = done
            now = visible
        else:
            now = self._begun(visible, done, info)
        told: Info = {**info, OWN_REWARD: own, f"_{OWN_REWARD}": np.ones(self.num_envs, np.bool_)}
        return self._observed(obs, now), reward, terminated, truncated, told

    def compute_reward(
        self, achieved_goal: NDArray[np.floating], desired_goal: NDArray[np.floating], info: object
    ) -> Floats:
        """See `LearnedReward.compute_reward`."""
        return reward_of_goals(self._goals, self.reward, achieved_goal, desired_goal, info)

    def _begun(self, visible: Floats, done: NDArray[np.bool_], info: Info) -> Floats:
        """What is seen of the states that observations are of; final ones in `info` become Dicts, too."""
        if self._goals is None or not done.any():
            return visible
        arm = arm_of(self.env)
        assert arm is not None, "it was checked"
        rows = cast("NDArray[np.object_]", info["final_obs"]).copy()
        for i in done.nonzero()[0]:
            rows[i] = self._goals.split(rows[i], visible[i])
        info["final_obs"] = rows
        return np.where(done[:, None], arm.visible().numpy(), visible)

    def _observed(self, obs: object, visible: Floats) -> object:
        return obs if self._goals is None else self._goals.split(obs, visible)
