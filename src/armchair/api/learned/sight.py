"""What a person sees of the state of a Gymnasium environment: what a learned reward is paid for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

import gymnasium
import numpy as np
from numpy.typing import NDArray

from armchair.api.reward import Reward
from armchair.config.teach import TeachConfig
from armchair.envs.arm_env import ArmEnv
from armchair.envs.foreign.points.declaration import Declared
from armchair.envs.foreign.points.witness import Measure, measure_of
from armchair.envs.foreign.sound import Sound
from armchair.envs.foreign.values import flat_observation
from armchair.envs.gym.adapters import VISIBLE
from armchair.envs.gym.below import arm_of
from armchair.envs.spec import is_foreign
from armchair.errors import InvalidInput

Floats = NDArray[np.float32]
Foreign = gymnasium.Env[object, object]


class Sight(Protocol):
    """Sees the states of one environment."""

    def begin(self, obs: object, info: Mapping[str, object]) -> Floats:
        """What is seen where an episode begins. -> (F,)."""
        ...

    def reached(self, obs: object, info: Mapping[str, object]) -> Floats:
        """What is seen of the state that a step led to. -> (F,)."""
        ...


class OwnSight:
    """Of our environments, which tell it."""

    def begin(self, obs: object, info: Mapping[str, object]) -> Floats:
        """What is seen where an episode begins. -> (F,)."""
        return self.reached(obs, info)

    def reached(self, obs: object, info: Mapping[str, object]) -> Floats:
        """What is seen of the state that a step led to. -> (F,)."""
        return cast("Floats", info[VISIBLE])


class ForeignSight:
    """Of those of others: the points that the run was taught with, or all of the observation."""

    def __init__(self, env: Foreign, config: TeachConfig) -> None:
        """Raises InvalidInput where a point is not there."""
        self._space = env.observation_space
        self._env = cast("Foreign", Sound(env))
        declared = Declared(config.env.points, config.env.scalars, config.env.motion)
        self._measure: Measure | None = measure_of(config.task, self._env, declared) if declared else None

    def begin(self, obs: object, info: Mapping[str, object]) -> Floats:
        """What is seen where an episode begins. -> (F,)."""
        if self._measure is not None:
            self._measure.begin()
        return self.reached(obs, info)

    def reached(self, obs: object, info: Mapping[str, object]) -> Floats:
        """What is seen of the state that a step led to. -> (F,)."""
        flat = flat_observation(self._space, obs)
        values = flat if self._measure is None else self._measure(flat, self._env)
        return values.astype(np.float32)


def sight_of(env: Foreign, config: TeachConfig, reward: Reward) -> Sight:
    """What sees the states of `env` as the reward's run did. Raises InvalidInput where it cannot."""
    arm = arm_of(env)
    if arm is not None:
        check_arm(arm, config, reward)
        return OwnSight()
    if not is_foreign(config.task):
        raise InvalidInput(
            f"the reward is of {config.task}, and this environment is {env}: take one of armchair's for that "
            "task, such as gymnasium.make('armchair/KukaReach-v0')"
        )
    sight = ForeignSight(env, config)
    obs, info = env.reset(seed=0)
    found = len(sight.begin(obs, cast("Mapping[str, object]", info)))
    if found != reward.layout.size:
        raise InvalidInput(
            f"the reward is of {config.task} and sees {reward.layout.size} numbers, this environment shows "
            f"{found}"
        )
    return sight


def check_arm(arm: ArmEnv, config: TeachConfig, reward: Reward) -> None:
    """InvalidInput unless one of our environments shows what the reward looks at; with speeds if need be."""
    if config.env.motion and not arm.task.motion:
        arm.watch_motion()
    if arm.layout != reward.layout:
        sees, shown = (", ".join(one.points + one.scalars) for one in (reward.layout, arm.layout))
        raise InvalidInput(
            f"the reward is of {config.task} and sees {sees}; this environment is {arm.task.name} and "
            f"shows {shown}"
        )
