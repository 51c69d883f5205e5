"""The tasks as Gymnasium environments: `armchair/KukaReach-v0` and its siblings, see `registration`."""

from __future__ import annotations

from typing import TypedDict, Unpack

from gymnasium.vector import AutoresetMode

from armchair.arms import load_arm
from armchair.envs.arm_env import make_env
from armchair.envs.gym.adapters import Screen, SingleAdapter, VectorAdapter
from armchair.tasks import get_task


class Making(TypedDict, total=False):
    """How copies are made, as `make_env` takes it."""

    engine: str
    control: str
    threads: int


class ArmGymEnv(SingleAdapter):
    """One arm at a task.

    >>> env = ArmGymEnv("push", engine="bullet", render_mode="rgb_array")
    """

    def __init__(
        self, task: str = "reach", *, arm: str = "", render_mode: str | None = None, **how: Unpack[Making]
    ) -> None:
        """See `make_env` for the names; render_mode: None, "rgb_array" or "human".

        arm: a file that describes one, see `armchair.arms`; "" for the built-in one.
        Raises InvalidChoice for an unknown name, MissingDependency for an engine that is not installed.
        """
        chosen = get_task(task, arm=load_arm(arm))
        super().__init__(make_env(chosen, **how), Screen(chosen, render_mode))


class ArmVectorEnv(VectorAdapter):
    """N arms at a task, stepped together."""

    def __init__(
        self,
        num_envs: int = 1,
        task: str = "reach",
        *,
        arm: str = "",
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
        **how: Unpack[Making],
    ) -> None:
        """See `make_env`, `ArmGymEnv` and `VectorAdapter`."""
        chosen = get_task(task, arm=load_arm(arm))
        made = make_env(chosen, num_envs=num_envs, **how)
        super().__init__(made, Screen(chosen, render_mode), max_episode_steps, autoreset_mode)
