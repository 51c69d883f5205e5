"""The tasks as Gymnasium environments: `armchair/KukaReach-v0` and its siblings, see `registration`."""

from __future__ import annotations

from gymnasium.vector import AutoresetMode

from armchair.arms import load_arm
from armchair.envs.arm_env import make_env
from armchair.envs.gym.adapters import Screen, SingleAdapter, VectorAdapter
from armchair.tasks import get_task


class ArmGymEnv(SingleAdapter):
    """One arm at a task.

    >>> env = ArmGymEnv("push", engine="bullet", render_mode="rgb_array")
    """

    def __init__(
        self,
        task: str = "reach",
        *,
        engine: str = "mujoco",
        control: str = "tool",
        arm: str = "",
        render_mode: str | None = None,
    ) -> None:
        """See `make_env` for the names; render_mode: None, "rgb_array" or "human". arm: a file that
        describes one, see `armchair.arms`; "" for the built-in one.

        Raises InvalidChoice for an unknown name, MissingDependency for an engine that is not installed.
        """
        screen = Screen(get_task(task, arm=load_arm(arm)), render_mode)
        super().__init__(make_env(task, engine=engine, control=control, arm=arm), screen)


class ArmVectorEnv(VectorAdapter):
    """N arms at a task, stepped together."""

    def __init__(
        self,
        num_envs: int = 1,
        task: str = "reach",
        *,
        engine: str = "mujoco",
        control: str = "tool",
        arm: str = "",
        threads: int = 1,
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    ) -> None:
        """See `make_env` and `VectorAdapter`."""
        screen = Screen(get_task(task, arm=load_arm(arm)), render_mode)
        made = make_env(task, num_envs=num_envs, engine=engine, control=control, threads=threads, arm=arm)
        super().__init__(made, screen, max_episode_steps, autoreset_mode)
