"""The environment of the first sketch: what it kept and what it changed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from armchair.arms import IIWA
from armchair.arms.iiwa import JOINT_LIMITS
from armchair.arms.kinematics import chain, tool_jacobian
from armchair.envs.gym.sketch import TARGET_HIGH, TARGET_LOW, RobotArmReachEnv
from armchair.maths import generator, uniform


def test_the_sketchs_observation_is_positions_velocities_target() -> None:
    env = RobotArmReachEnv(engine="mujoco")
    obs, _ = env.reset(seed=0)
    assert obs.shape == (17,)
    assert np.array_equal(obs[:14], np.zeros(14, np.float32))
    assert np.array_equal(obs[14:], env.arm.goal[0].numpy())
    low, high = np.array([0.2, -0.3, 0.2]), np.array([0.8, 0.3, 0.7])
    assert (low <= obs[14:]).all()
    assert (obs[14:] <= high).all()


def test_the_sketchs_action_names_a_joint_position_and_speed_is_limited() -> None:
    env = RobotArmReachEnv(engine="mujoco")
    env.reset(seed=0)
    action = np.array([0.5, 0.2, -0.1, -0.4, 0.3, 0.2, -1.0], np.float32)
    limits = np.radians([170, 120, 170, 120, 170, 120, 175])
    speeds = np.radians([85, 85, 100, 75, 130, 135, 135])
    seen = np.stack([env.step(action)[0] for _ in range(100)])
    assert np.abs(seen[-1, :7] - action * limits).max() < 0.01
    moved = np.abs(np.diff(seen[:, :7], axis=0)) / 0.05
    assert (moved.max(0) < 1.1 * speeds).all()
    assert moved.max() > 1.0  # and it does move


def test_the_sketchs_reward_is_minus_the_distance_and_success_5_cm() -> None:
    env = RobotArmReachEnv(engine="mujoco")
    env.reset(seed=0)
    home = torch.tensor([[0.0, 0.6664, 0.0, -1.6257, 0.0, 0.8495, 0.0]])  # the tool at (0.56, 0, 0.15)
    action = (home / torch.deg2rad(torch.tensor([170, 120, 170, 120, 170, 120, 175]))).numpy()[0]
    for offset, wanted in ((0.10, False), (0.04, True)):
        env.reset()
        env.arm.goal[:] = torch.tensor([0.56, 0.0, 0.15 + offset])
        for _ in range(80):
            _, reward, terminated, _, info = env.step(action)
        assert reward == pytest.approx(-offset, abs=0.003)
        assert info["is_success"] is wanted
        assert not terminated


def test_all_of_the_sketchs_targets_can_be_reached() -> None:
    """Inverse kinematics from random postures: corners and a sample of the inside, to a millimetre."""
    rng = generator(0, "test")
    corners = torch.cartesian_prod(
        *(torch.tensor(pair) for pair in zip(TARGET_LOW, TARGET_HIGH, strict=True))
    )
    targets = torch.cat((corners, uniform(rng, TARGET_LOW, TARGET_HIGH, 32)))
    limits, tries = torch.tensor(JOINT_LIMITS), 8
    joints = limits * (2 * torch.rand(len(targets) * tries, 7, generator=rng) - 1)
    wanted = targets.repeat_interleave(tries, 0)
    for _ in range(60):
        arm = chain(IIWA, joints)
        jac = tool_jacobian(IIWA, arm)[:, :3]
        push = torch.linalg.solve(jac @ jac.mT + 1e-3 * torch.eye(3), (wanted - arm.tool_pos).unsqueeze(-1))
        joints = (joints + (jac.mT @ push).squeeze(-1).clamp(-0.3, 0.3)).clamp(-limits, limits)
    missing = (wanted - chain(IIWA, joints).tool_pos).norm(dim=1).reshape(-1, tries).amin(1)
    assert missing.max() < 1e-3
