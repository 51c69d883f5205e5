"""Forward kinematics and Jacobian of the arm, for N arms at once, the same for every engine.

The iiwa's joints turn about z, y, z, -y, z, y, z and all its frames lie on one line at zero, so that each
joint only mixes two columns of the orientation (c0 c1 c2) and each link only moves along c2:

    turn about z by q:  c0' =  cos q · c0 + sin q · c1,   c1' = cos q · c1 - sin q · c0
    turn about y by q:  c0' =  cos q · c0 - sin q · c2,   c2' = cos q · c2 + sin q · c0

The geometric Jacobian of the tool point p has the columns (a_i × (p - p_i), a_i) with a_i the axis and
p_i the origin of joint i (Siciliano et al., Robotics, 2009, eq. 3.30).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from armchair.engines.iiwa import FLANGE_HEIGHT, HAND_LENGTH, JOINT_AXES, JOINT_HEIGHTS, TOOL_OFFSET
from armchair.maths import quat_from_columns
from armchair.types import ArmState

_LENGTHS = tuple(b - a for a, b in zip((0.0, *JOINT_HEIGHTS[:-1]), JOINT_HEIGHTS, strict=True))
_TOOL_LENGTH = FLANGE_HEIGHT + TOOL_OFFSET - JOINT_HEIGHTS[-1]

Columns = tuple[Tensor, Tensor, Tensor]  # of a rotation matrix, (N, 3) each


class Chain(NamedTuple):
    """Where the seven links and the tool of N arms are."""

    origins: Tensor  # (N, 7, 3) m, of the joints
    axes: Tensor  # (N, 7, 3) unit, of the joints
    tool_pos: Tensor  # (N, 3) m
    frame: Columns  # orientation of link 7, the hand and the tool
    frames: list[Columns]  # orientation of each link


def chain(joint_pos: Tensor) -> Chain:
    """Walk up the arm. (N, 7) rad -> `Chain`."""
    n = joint_pos.shape[0]
    sin, cos = torch.sin(joint_pos).T.unsqueeze(-1), torch.cos(joint_pos).T.unsqueeze(-1)  # (7, N, 1)
    c0, c1, c2 = torch.eye(3, dtype=joint_pos.dtype, device=joint_pos.device).unsqueeze(1).expand(3, n, 3)
    origin = torch.zeros_like(c2)
    origins: list[Tensor] = []
    axes: list[Tensor] = []
    frames: list[Columns] = []
    for i in range(7):
        origin = torch.add(origin, c2, alpha=_LENGTHS[i])
        s, c = sin[i], cos[i]
        if JOINT_AXES[i][2]:
            axes.append(c2)
            c0, c1 = c * c0 + s * c1, c * c1 - s * c0
        else:
            sign = JOINT_AXES[i][1]
            axes.append(c1 if sign > 0 else -c1)
            s = s if sign > 0 else -s
            c0, c2 = c * c0 - s * c2, c * c2 + s * c0
        origins.append(origin)
        frames.append((c0, c1, c2))
    tool = torch.add(origin, c2, alpha=_TOOL_LENGTH)
    return Chain(torch.stack(origins, 1), torch.stack(axes, 1), tool, frames[-1], frames)


def tool_jacobian(arm: Chain) -> Tensor:
    """d(linear and angular velocity of the tool) / d(joint velocity). -> (N, 6, 7), linear rows first."""
    lever = arm.tool_pos.unsqueeze(1) - arm.origins
    return torch.cat((torch.linalg.cross(arm.axes, lever), arm.axes), dim=-1).transpose(1, 2)


def tool_quat(arm: Chain) -> Tensor:
    """Orientation of the tool as a quaternion. -> (N, 4)."""
    return quat_from_columns(*arm.frame)


def body_poses(state: ArmState) -> Tensor:
    """Poses of all bodies, in the order of `scene.body_names`, for replay. -> (N, 11 + K, 7).

    Position in m, then quaternion, in the world's frame. The fingers are drawn symmetrically about the
    hand; their true positions may differ by a millimetre while they press on something.
    """
    arm = chain(state.joint_pos)
    pos = [torch.zeros_like(arm.tool_pos), *arm.origins.unbind(1)]
    identity = torch.zeros_like(state.tool_quat)
    identity[:, 0] = 1.0
    quat = [identity, *(quat_from_columns(*frame) for frame in arm.frames)]
    across, along = arm.frame[1], arm.frame[2]
    hand = arm.origins[:, -1] + (FLANGE_HEIGHT - JOINT_HEIGHTS[-1]) * along
    root = hand + HAND_LENGTH * along
    half = (state.opening / 2).unsqueeze(-1) * across
    pos += [hand, root + half, root - half, *state.block_pos.unbind(1)]
    quat += [quat[7]] * 3 + list(state.block_quat.unbind(1))
    return torch.cat((torch.stack(pos, 1), torch.stack(quat, 1)), dim=-1)


def solve_home(target: tuple[float, float, float], start: Tensor, iterations: int = 200) -> Tensor:
    """Joint angles that put the tool at `target` (m) pointing straight down, near `start` (7,) rad.

    Newton steps with a damped pseudo-inverse; used to find start postures, not in any loop. -> (7,)
    """
    q = start.double().unsqueeze(0)
    goal = torch.tensor(target, dtype=q.dtype)
    for _ in range(iterations):
        arm = chain(q)
        down = torch.tensor([[0.0, 0.0, -1.0]], dtype=q.dtype)
        error = torch.cat((goal - arm.tool_pos, torch.linalg.cross(arm.frame[2], down)), dim=-1)
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
    spins: Tensor,
) -> ArmState:
    """The state of N arms from what a simulator knows directly; all that is of the tool follows from it.

    Shapes: (N, 7), (N, 7), (N,), (N,), blocks (N, K, 7) position and quaternion, spins (N, K, 6) velocities.
    """
    arm = chain(joint_pos)
    jac = tool_jacobian(arm)
    return ArmState(
        joint_pos=joint_pos,
        joint_vel=joint_vel,
        tool_pos=arm.tool_pos,
        tool_quat=quat_from_columns(*arm.frame),
        tool_vel=(jac[:, :3] @ joint_vel.unsqueeze(-1)).squeeze(-1),
        tool_jac=jac,
        opening=opening,
        opening_target=opening_target,
        block_pos=blocks[..., :3],
        block_quat=blocks[..., 3:],
        block_vel=spins,
    )
