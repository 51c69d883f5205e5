"""Vector environments of Gymnasium as Stable-Baselines3 wants them. Nothing else here needs that package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from armchair.errors import InvalidInput, MissingDependency

try:
    from stable_baselines3.common.vec_env import VecEnv
    from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs
except ImportError:
    raise MissingDependency("Stable-Baselines3 is not installed", "pip install stable-baselines3") from None

Many = VectorEnv[object, object, NDArray[np.generic]]
Row = dict[str, object]
LATE = ("final_obs", "final_info")  # of the episode that ended, in another place there


class SB3VecEnv(VecEnv):
    """A vector environment of Gymnasium, with all its copies stepped at once.

    >>> many = gymnasium.make_vec("armchair/KukaReach-v0", num_envs=16)
    >>> model = PPO("MlpPolicy", armchair.SB3VecEnv(armchair.LearnedVectorReward(many, "runs/reach-001")))
    """

    def __init__(self, env: Many) -> None:
        """Raises InvalidInput where episodes do not begin within the step that ends one, as they do there."""
        if env.metadata.get("autoreset_mode") is not AutoresetMode.SAME_STEP:
            raise InvalidInput(
                "Stable-Baselines3 begins the next episode within the step that ends one: make the "
                "environment with AutoresetMode.SAME_STEP"
            )
        self.env = env
        self._actions: object = None
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self) -> VecEnvObs:
        """First observations (N, …), with the seed that was set, if any."""
        seed = self._seeds[0]
        obs, info = self.env.reset(seed=seed)
        self.reset_infos = self._rows(cast("Row", info))
        self._reset_seeds()
        return cast("VecEnvObs", obs)

    def step_async(self, actions: object) -> None:
        """Keep the actions (N, A) for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[VecEnvObs, NDArray[np.float32], NDArray[np.bool_], list[Row]]:
        """Observations, rewards (N,), ends (N,), infos of the states that the actions led to."""
        obs, reward, terminated, truncated, info = self.env.step(self._actions)
        done = np.logical_or(terminated, truncated)
        rows = self._rows(cast("Row", info))
        for i in map(int, np.flatnonzero(done)):
            rows[i]["terminal_observation"] = cast("Sequence[object]", info["final_obs"])[i]
            rows[i]["TimeLimit.truncated"] = bool(truncated[i] and not terminated[i])
        return cast("VecEnvObs", obs), np.asarray(reward, np.float32), done, rows

    def _rows(self, info: Row) -> list[Row]:
        """A mapping for each copy."""
        names = [name for name in info if not name.startswith("_") and name not in LATE]
        return [
            {name: cast("Sequence[object]", info[name])[i] for name in names} for i in range(self.num_envs)
        ]

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: object = None) -> list[object]:
        """An attribute of the environment, for each copy asked for; all share it."""
        found: object = getattr(self.env, attr_name)
        return [found for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: object, indices: object = None) -> None:
        """Set an attribute of the environment, which all copies share."""
        setattr(self.env, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: object, indices: object = None, **method_kwargs: object
    ) -> list[object]:
        """Call a method of the environment once, such as `compute_reward`. -> that, for each copy asked for.

        Raises InvalidInput for arguments by name.
        """
        if method_kwargs:
            raise InvalidInput(f"{method_name} takes its arguments in order, not by name")
        found: object = getattr(self.env, method_name)(*method_args)
        return [found for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: object = None) -> list[bool]:
        """Whether the environment is wrapped in this, for each copy asked for."""
        layer: object = self.env
        while layer is not None and not isinstance(layer, wrapper_class):
            layer = getattr(layer, "env", None)
        return [layer is not None for _ in self._get_indices(indices)]

    def _get_indices(self, indices: object) -> Iterable[int]:
        if indices is None:
            return range(self.num_envs)
        return [indices] if isinstance(indices, int) else cast("Iterable[int]", indices)
