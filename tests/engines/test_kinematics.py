"""The arm's geometry against hand-worked postures, finite differences and MuJoCo's own kinematics."""

from __future__ import annotations

import math

import mujoco
import pytest
import torch

from armchair.arms import IIWA
from armchair.arms.iiwa import HOME, HOME_TOOL, JOINT_LIMITS
from armchair.arms.inverse import posture_for
from armchair.arms.kinematics import chain, tool_jacobian
from armchair.engines.base import home_layout
from armchair.engines.iiwa import make_scene
from armchair.engines.mujoco import build_model
from armchair.engines.scene import body_names
from armchair.engines.state import arm_state, body_poses
from armchair.types import ArmState


def random_joints(n: int) -> torch.Tensor:
    rng = torch.Generator().manual_seed(3)
    limits = torch.tensor(JOINT_LIMITS, dtype=torch.float64)
    return limits * (2 * torch.rand(n, 7, generator=rng, dtype=torch.float64) - 1)


def state_of(joints: torch.Tensor, velocity: torch.Tensor | None = None, gap: float = 0.04) -> ArmState:
    n = len(joints)
    still = torch.zeros_like(joints) if velocity is None else velocity
    opening = torch.full((n,), gap, dtype=joints.dtype)
    blocks = torch.zeros(n, 0, 7, dtype=joints.dtype)
    return arm_state(IIWA, joints, still, opening, opening, blocks, blocks[..., :3])


def test_upright_and_stretched() -> None:
    """At zero the tool is 0.36 + 0.42 + 0.40 + 0.126 + 0.15 m up; at 90° in joint 2, stretched out level."""
    postures = torch.zeros(2, 7, dtype=torch.float64)
    postures[1, 1] = math.pi / 2
    expected = torch.tensor([[0.0, 0.0, 1.456], [1.096, 0.0, 0.36]], dtype=torch.float64)
    torch.testing.assert_close(chain(IIWA, postures).tool_pos, expected)


def test_home_is_where_it_is_said_to_be() -> None:
    arm = chain(IIWA, torch.tensor([HOME]))
    torch.testing.assert_close(arm.tool_pos, torch.tensor([HOME_TOOL]), atol=2e-4, rtol=0)
    torch.testing.assert_close(arm.rot[:, 6, :, 2], torch.tensor([[0.0, 0.0, -1.0]]), atol=2e-4, rtol=0)
    solved = posture_for(IIWA, HOME_TOOL, torch.tensor(HOME) + 0.1)
    torch.testing.assert_close(
        chain(IIWA, solved[None]).tool_pos[0].float(), torch.tensor(HOME_TOOL), atol=1e-4, rtol=0
    )


def test_jacobian_is_the_derivative() -> None:
    joints = random_joints(20)
    jac = tool_jacobian(IIWA, chain(IIWA, joints))
    step = 1e-6
    for j in range(7):
        moved = joints.clone()
        moved[:, j] += step
        before, after = chain(IIWA, joints), chain(IIWA, moved)
        torch.testing.assert_close(
            (after.tool_pos - before.tool_pos) / step, jac[:, :3, j], atol=1e-5, rtol=0
        )
        # d(column)/dq = ω × column for each column of the orientation
        turn = torch.linalg.cross(jac[:, 3:, j].unsqueeze(-1), before.rot[:, 6], dim=1)
        torch.testing.assert_close((after.rot - before.rot)[:, 6] / step, turn, atol=1e-5, rtol=0)


def test_tool_velocity_is_jacobian_times_joint_velocity() -> None:
    joints, velocity = random_joints(5), torch.randn(5, 7, dtype=torch.float64)
    state = state_of(joints, velocity)
    ahead = chain(IIWA, joints + 1e-6 * velocity).tool_pos
    torch.testing.assert_close(state.tool_vel, (ahead - state.tool_pos) / 1e-6, atol=1e-4, rtol=0)


@pytest.mark.parametrize("fingers", [True, False])
def test_every_body_is_where_mujoco_puts_it(fingers: bool) -> None:
    model = build_model(make_scene(2, fingers=fingers))
    data = mujoco.MjData(model)
    joints = random_joints(10)
    layout = home_layout(make_scene(2, fingers=False))
    names = body_names(2)
    for row in joints:
        data.qpos[:7] = row.numpy()
        data.qpos[7 + 2 * fingers :] = torch.cat((layout.block_pos, layout.block_quat), -1).flatten().numpy()
        if fingers:
            data.qpos[7:9] = 0.02
        mujoco.mj_kinematics(model, data)
        state = state_of(row[None], gap=0.04)._replace(
            block_pos=layout.block_pos.double(), block_quat=layout.block_quat.double()
        )
        poses = body_poses(IIWA, state)[0].numpy()
        for name, pose in zip(names, poses, strict=True):
            if not fingers and name.startswith("finger"):
                continue  # one body with the hand there
            body = data.body(name)
            assert abs(pose[:3] - body.xpos).max() < 1e-6, name
            assert abs(abs(pose[3:] @ body.xquat) - 1) < 1e-9, name


def test_a_pose_per_name() -> None:
    for blocks in (0, 1, 3):
        state = state_of(random_joints(2))
        pos = torch.zeros(2, blocks, 3, dtype=torch.float64)
        quat = torch.zeros(2, blocks, 4, dtype=torch.float64)
        poses = body_poses(IIWA, state._replace(block_pos=pos, block_quat=quat))
        assert poses.shape == (2, len(body_names(blocks)), 7)
