"""A copy that notes where its bodies are after each step, before the next episode begins."""

from __future__ import annotations

from typing import SupportsFloat, cast

import gymnasium
import numpy as np
from numpy.typing import NDArray

from armchair.envs.foreign.mujoco.model import find_model
from armchair.envs.foreign.mujoco.scene import Scene
from armchair.errors import InvalidInput


class Recorder(gymnasium.Wrapper[object, object, object, object]):
    """Passes everything through."""

    def __init__(self, env: gymnasium.Env[object, object]) -> None:
        super().__init__(env)
        self.scene: Scene | None = None  # set from outside, once there is one
        self.reached: NDArray[np.float32] | None = None  # (R + 1, 7), of the state that a step led to

    def step(self, action: object) -> tuple[object, SupportsFloat, bool, bool, dict[str, object]]:
        """The wrapped environment's step."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        self.reached = None if self.scene is None else poses_of(self.scene, self.env)
        return obs, reward, terminated, truncated, cast("dict[str, object]", info)


def poses_of(scene: Scene, env: gymnasium.Env[object, object]) -> NDArray[np.float32]:
    """Where everything in the scene is now. Raises InvalidInput where the model has become another one."""
    found = find_model(env)
    if found is None or not scene.fits(found[0]):
        raise InvalidInput(
            "the MuJoCo model has other bodies than when the run began, so its clips cannot be shown in 3D: "
            "set env.poses to false"
        )
    return scene.poses(env, found[1])
