"""What there is to say of a run's policy: of our tasks all of it, of those of others what they tell."""

from __future__ import annotations

from collections.abc import Mapping

from armchair.arms import Arm, load_arm
from armchair.engines.iiwa import make_scene
from armchair.envs.control import TOOL_STEP
from armchair.envs.foreign.env import ForeignEnv
from armchair.envs.observed import observation_of
from armchair.envs.spec import EnvConfig, TaskSpec
from armchair.exchange.deploy.about import FORMAT, Acted, Jointed, Observed, PolicyAbout, Surroundings
from armchair.tasks import get_task
from armchair.version import __version__


def about_of(
    spec: TaskSpec,
    config: EnvConfig,
    env_steps: int,
    *,
    wishes: Mapping[str, float] | None = None,
    weights_are_input: bool = False,
    wish: str | None = None,
) -> PolicyAbout:
    """What is to be said of a policy of this task.

    Of an environment of others one is made, to learn what it observes and takes; raises what that raises.
    wishes: the weights that the policy has, by wish. wish: that was taught, if it is not the task's.
    """
    arm = load_arm(config.arm)
    rate, seen, acted = _of_others(spec, config) if spec.foreign else _of_ours(spec.name, config.control, arm)
    return PolicyAbout(
        format=FORMAT,
        armchair=__version__,
        task=spec.name,
        engine=config.engine,
        control="joint" if config.control == "joint" else "tool",
        rate=rate,
        env_steps=env_steps,
        observation=seen,
        action=acted,
        joints=() if spec.foreign else _joints(arm),
        arm=config.arm,
        wishes=dict(wishes or {}),
        weights="input" if weights_are_input else "fixed",
        wish=wish,
        env=Surroundings.of(config),
    )


Sides = tuple[float, tuple[Observed, ...], tuple[Acted, ...]]  # Hz, what comes in, what goes out


def _of_ours(name: str, control: str, arm: Arm) -> Sides:
    task = get_task(name, arm=arm)
    dt = make_scene(task.num_blocks, fingers=task.uses_gripper, arm=arm).control_dt
    if control == "tool":
        moves = [Acted(f"tool_target_{axis}", "m", TOOL_STEP) for axis in "xyz"]
        grips = True  # the fourth number is there in any case
    else:
        moves = [
            Acted(f"{joint}_target", "rad", speed * dt)
            for joint, speed in zip(arm.joints, arm.speeds, strict=True)
        ]
        grips = task.uses_gripper
    seen = tuple(Observed(*quantity) for quantity in observation_of(task, control))
    return 1.0 / dt, seen, (*moves, *([Acted("gripper")] if grips else []))


def _joints(arm: Arm) -> tuple[Jointed, ...]:
    return tuple(map(Jointed, arm.joints, arm.home, arm.lower, arm.upper, arm.speeds))


def _of_others(spec: TaskSpec, config: EnvConfig) -> Sides:
    env = spec.make(1, config)
    try:
        assert isinstance(env, ForeignEnv), "it is of others"
        low, high = env.bounds()
        acted = tuple(
            Acted(f"action_{i}", "", (b - a) / 2.0, (a + b) / 2.0)
            for i, (a, b) in enumerate(zip(low, high, strict=True))
        )
        return 1.0 / env.dt, tuple(map(Observed, env.obs_names)), acted
    finally:
        env.close()
