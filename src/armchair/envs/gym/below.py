"""What is below a Gymnasium environment of ours, whatever it is wrapped in."""

from __future__ import annotations

from armchair.envs.arm_env import ArmEnv


def arm_of(env: object) -> ArmEnv | None:
    """The simulation of one copy or of many; None below environments of others."""
    arm: object = getattr(getattr(env, "unwrapped", None), "arm", None)
    return arm if isinstance(arm, ArmEnv) else None
