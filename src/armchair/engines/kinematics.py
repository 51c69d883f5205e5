"""Forward kinematics and Jacobian of the arm, for N arms at once, the same for every engine.

The pose of link i in the frame of the link below is a turn by q about a coordinate axis and a shift along z,
so its 4 x 4 matrix is  fixed + sin q · A + cos q · B  with three constant matrices. Products of neighbours
are formed for several joints in one batched multiplication: four multiplications for the seven joints.

The geometric Jacobian of the tool point p has the columns (a_i × (p - p_i), a_i) with a_i the axis and
p_i the origin of joint i (Siciliano et al., Robotics, 2009, eq. 3.30).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.engines.iiwa import FLANGE_HEIGHT, HAND_LENGTH, JOINT_AXES, JOINT_HEIGHTS, TOOL_OFFSET
from armchair.engines.scene import Scene
from armchair.maths import quat_from_matrix
from armchair.types import ArmState

Row = NDArray[np.float64]

_TOOL_LENGTH = FLANGE_HEIGHT + TOOL_OFFSET - JOINT_HEIGHTS[-1]


class Chain(NamedTuple):
    """Where the seven links and the tool of N arms are, in the world's frame."""

    origins: Tensor  # (N, 7, 3) m, of the joints
    axes: Tensor  # (N, 7, 3) unit, of the joints
    rot: Tensor  # (N, 7, 3, 3) orientation of each link; the hand and the tool turn with the last
    tool_pos: Tensor  # (N, 3) m


def chain(joint_pos: Tensor) -> Chain:
    """Walk up the arm. (N, 7) rad -> `Chain`."""
    parts = _parts(joint_pos.dtype, joint_pos.device)
    q = joint_pos[..., None, None]
    local = torch.addcmul(torch.addcmul(parts.fixed, torch.sin(q), parts.sine), torch.cos(q), parts.cosine)
    pairs = local[:, 0:5:2] @ local[:, 1:6:2]  # joints 12, 34, 56
    to_2 = pairs[:, :1]
    to_34 = to_2 @ torch.stack((local[:, 2], pairs[:, 1]), dim=1)
    to_56 = to_34[:, 1:] @ torch.stack((local[:, 4], pairs[:, 2]), dim=1)
    to_7 = to_56[:, 1:] @ local[:, 6:]
    world = torch.cat((local[:, :1], to_2, to_34, to_56, to_7), dim=1)  # (N, 7, 4, 4)
    rot, origins = world[..., :3, :3], world[..., :3, 3]
    axes = (rot * parts.axes).sum(-1)
    return Chain(origins, axes, rot, torch.add(origins[:, 6], rot[:, 6, :, 2], alpha=_TOOL_LENGTH))


class _Parts(NamedTuple):
    """The constant matrices of the seven joints."""

    fixed: Tensor  # (7, 4, 4)
    sine: Tensor  # (7, 4, 4)
    cosine: Tensor  # (7, 4, 4)
    axes: Tensor  # (7, 1, 3) of the joints in their own frames


@cache
def _parts(dtype: torch.dtype, device: torch.device) -> _Parts:
    """Rodrigues' formula R = a aᵀ + sin q · [a] + cos q · (1 - a aᵀ), with the shift along z beside it."""
    fixed, sine, cosine = torch.zeros(3, 7, 4, 4, dtype=torch.float64).unbind(0)
    below = 0.0
    for i, (axis, height) in enumerate(zip(JOINT_AXES, JOINT_HEIGHTS, strict=True)):
        a = torch.tensor(axis, dtype=torch.float64)
        outer = torch.outer(a, a)
        fixed[i, :3, :3], cosine[i, :3, :3] = outer, torch.eye(3, dtype=torch.float64) - outer
        sine[i, :3, :3] = torch.linalg.cross(torch.eye(3, dtype=torch.float64), a.expand(3, 3))
        fixed[i, 2, 3], fixed[i, 3, 3] = height - below, 1.0
        below = height
    axes = torch.tensor(JOINT_AXES, dtype=torch.float64).unsqueeze(1)
    return _Parts(*(part.to(device, dtype) for part in (fixed, sine, cosine, axes)))


def tool_jacobian(arm: Chain) -> Tensor:
    """d(linear and angular velocity of the tool) / d(joint velocity). -> (N, 6, 7), linear rows first."""
    lever = arm.tool_pos.unsqueeze(1) - arm.origins
    return torch.cat((torch.linalg.cross(arm.axes, lever), arm.axes), dim=-1).transpose(1, 2)


def body_poses(state: ArmState) -> Tensor:
    """Poses of all bodies, in the order of `scene.body_names`, for replay. -> (N, 11 + K, 7).

    Position in m, then quaternion, in the world's frame. The fingers are drawn symmetrically about the
    hand; their true positions may differ by a millimetre while they press on something.
    """
    arm = chain(state.joint_pos)
    quat = quat_from_matrix(arm.rot)
    base, upright = torch.zeros_like(arm.tool_pos), torch.zeros_like(quat[:, 0])
    upright[:, 0] = 1.0
    across, along = arm.rot[:, 6, :, 1], arm.rot[:, 6, :, 2]
    hand = arm.origins[:, 6] + (FLANGE_HEIGHT - JOINT_HEIGHTS[-1]) * along
    root = hand + HAND_LENGTH * along
    half = (state.opening / 2).unsqueeze(-1) * across
    pos = torch.stack((base, *arm.origins.unbind(1), hand, root + half, root - half), dim=1)
    turn = torch.stack((upright, *quat.unbind(1), *[quat[:, 6]] * 3), dim=1)
    arm_poses = torch.cat((pos, turn), dim=-1)
    return torch.cat((arm_poses, torch.cat((state.block_pos, state.block_quat), dim=-1)), dim=1)


def solve_home(target: tuple[float, float, float], start: Tensor, iterations: int = 200) -> Tensor:
    """Joint angles that put the tool at `target` (m) pointing straight down, near `start` (7,) rad.

    Newton steps with a damped pseudo-inverse; used to find start postures, not in any loop. -> (7,)
    """
    q = start.double().unsqueeze(0)
    goal = torch.tensor(target, dtype=q.dtype)
    for _ in range(iterations):
        arm = chain(q)
        down = torch.tensor([[0.0, 0.0, -1.0]], dtype=q.dtype)
        error = torch.cat((goal - arm.tool_pos, torch.linalg.cross(arm.rot[:, 6, :, 2], down)), dim=-1)
        jac = tool_jacobian(arm)
        inner = jac @ jac.transpose(1, 2) + 1e-6 * torch.eye(6, dtype=q.dtype)
        q = q + (jac.transpose(1, 2) @ torch.linalg.solve(inner, error.unsqueeze(-1))).squeeze(-1)
    return q[0]


def arm_state(
    joint_pos: Tensor,
    joint_vel: Tensor,
    opening: Tensor,
    opening_target: Tensor,
    blocks: Tensor,
    block_vel: Tensor,
) -> ArmState:
    """The state of N arms from what a simulator knows directly; all that is of the tool follows from it.

    Shapes: (N, 7), (N, 7), (N,), (N,), blocks (N, K, 7) position and quaternion, their velocities (N, K, 3).
    """
    arm = chain(joint_pos)
    jac = tool_jacobian(arm)
    return ArmState(
        joint_pos=joint_pos,
        joint_vel=joint_vel,
        tool_pos=arm.tool_pos,
        tool_rot=arm.rot[:, 6],
        tool_vel=(jac[:, :3] @ joint_vel.unsqueeze(-1)).squeeze(-1),
        tool_jac=jac,
        opening=opening,
        opening_target=opening_target,
        block_pos=blocks[..., :3],
        block_quat=blocks[..., 3:],
        block_vel=block_vel,
    )


def state_of_rows(scene: Scene, q: Row, v: Row, opening_target: Tensor) -> ArmState:
    """The state from a simulator's rows of positions and velocities; later changes of them do not touch it.

    q (N, A + 7K): joints of the arm, both fingers if the scene has them, then each block's position and
    quaternion. v (N, A + 6K): the same order, of a block linear, then angular. opening_target (N,) m.
    """
    arm = scene.num_joints
    pos, vel = torch.from_numpy(q).float(), torch.from_numpy(v).float()
    return arm_state(
        pos[:, :7],
        vel[:, :7],
        pos[:, 7] + pos[:, 8] if scene.fingers else torch.zeros(len(pos)),
        opening_target.clone(),
        pos[:, arm:].unflatten(1, (scene.num_blocks, 7)),
        vel[:, arm:].unflatten(1, (scene.num_blocks, 6))[..., :3],
    )
