"""A learned policy as a controller of a robot."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

import armchair
from armchair.envs.gym.below import arm_of
from armchair.errors import InvalidInput


def test_it_commands_what_the_policy_does_in_the_environment(done: armchair.Run) -> None:
    env, policy, controller = gymnasium.make("armchair/KukaReach-v0"), done.policy, armchair.Controller(done)
    obs, _ = env.reset(seed=4)
    arm = arm_of(env)
    assert arm is not None and controller.dt == arm.dt
    for _ in range(10):
        state, goal = arm.state, arm.goal[0].numpy()
        command = controller.command(state.joint_pos[0].numpy(), state.joint_vel[0].numpy(), goal)
        assert np.allclose(controller.tool, state.tool_pos[0].numpy(), atol=1e-6)
        obs, *_ = env.step(policy(obs))
        commanded = arm.engine._ctrl[0, :7]  # pyright: ignore
        assert np.allclose(command, commanded, atol=1e-5)
    controller.begin()
    still = controller.command(np.zeros(7), np.zeros(7), (0.5, 0.0, 0.3))
    assert still.shape == (7,) and np.isfinite(still).all()


def test_what_was_measured_is_checked(done: armchair.Run) -> None:
    controller = armchair.Controller(done.path)
    with pytest.raises(InvalidInput, match=r"positions must have shape \(1, 7\), got \(1, 6\)"):
        controller.command(np.zeros(6), np.zeros(7), np.zeros(3))
    with pytest.raises(InvalidInput, match="velocities must be finite"):
        controller.command(np.zeros(7), np.full(7, np.nan), np.zeros(3))
