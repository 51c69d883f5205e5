"""The state of N arms, from what a simulator knows directly."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.arms import Arm
from armchair.arms.iiwa import FLANGE_HEIGHT, JOINT_HEIGHTS
from armchair.arms.kinematics import chain, tool_jacobian
from armchair.engines.fingers import Fingers
from armchair.engines.iiwa import HAND_LENGTH
from armchair.engines.own_arm import Columns
from armchair.engines.scene import Scene
from armchair.maths import quat_from_matrix
from armchair.types import ArmState

Row = NDArray[np.float64]


def arm_state(
    arm: Arm,
    joint_pos: Tensor,
    joint_vel: Tensor,
    opening: Tensor,
    opening_target: Tensor,
    blocks: Tensor,
    block_vel: Tensor,
) -> ArmState:
    """The state of N arms from what a simulator knows directly; all that is of the tool follows from it.

    Shapes: (N, J), (N, J), (N,), (N,), blocks (N, K, 7) position and quaternion, their velocities (N, K, 3).
    """
    at = chain(arm, joint_pos)
    jac = tool_jacobian(arm, at)
    return ArmState(
        joint_pos=joint_pos,
        joint_vel=joint_vel,
        tool_pos=at.tool_pos,
        tool_rot=at.rot[:, -1],
        tool_vel=(jac[:, :3] @ joint_vel.unsqueeze(-1)).squeeze(-1),
        tool_jac=jac,
        opening=opening,
        opening_target=opening_target,
        block_pos=blocks[..., :3],
        block_quat=blocks[..., 3:],
        block_vel=block_vel,
    )


class StateReader:
    """Reads a simulator's rows of positions and velocities."""

    def __init__(self, scene: Scene, places: tuple[Columns, Columns]) -> None:
        """places: where the joints are in the positions, and in the velocities."""
        self._scene, (self._q, self._v) = scene, places
        self.fingers = Fingers(scene.arm.gripper) if scene.fingers and scene.arm.gripper else None

    def state(self, q: Row, v: Row, opening_target: Tensor) -> ArmState:
        """The state; later changes of the rows do not touch it.

        q (N, ...): the arm's joints and the fingers' where `places` says, then each block's position and
        quaternion. v (N, ...): the same, of a block linear, then angular. opening_target (N,) m.
        """
        pos, vel = torch.from_numpy(q).float(), torch.from_numpy(v).float()
        blocks, fingers = self._scene.num_blocks, self.fingers
        return arm_state(
            self._scene.arm,
            pos[:, self._q.joints],
            vel[:, self._v.joints],
            torch.zeros(len(pos)) if fingers is None else fingers.opening(pos[:, self._q.fingers]),
            opening_target.clone(),
            pos[:, self._q.blocks :].unflatten(1, (blocks, 7)),
            vel[:, self._v.blocks :].unflatten(1, (blocks, 6))[..., :3],
        )


def body_poses(arm: Arm, state: ArmState) -> Tensor:
    """Poses of all bodies of the built-in arm, in the order of `scene.body_names`. -> (N, 11 + K, 7).

    Position in m, then quaternion, in the world's frame. The fingers are drawn symmetrically about the
    hand; their true positions may differ by a millimetre while they press on something.
    """
    at = chain(arm, state.joint_pos)
    quat = quat_from_matrix(at.rot)
    base, upright = torch.zeros_like(at.tool_pos), torch.zeros_like(quat[:, 0])
    upright[:, 0] = 1.0
    across, along = at.rot[:, 6, :, 1], at.rot[:, 6, :, 2]
    hand = at.origins[:, 6] + (FLANGE_HEIGHT - JOINT_HEIGHTS[-1]) * along
    root = hand + HAND_LENGTH * along
    half = (state.opening / 2).unsqueeze(-1) * across
    pos = torch.stack((base, *at.origins.unbind(1), hand, root + half, root - half), dim=1)
    turn = torch.stack((upright, *quat.unbind(1), *[quat[:, 6]] * 3), dim=1)
    arm_poses = torch.cat((pos, turn), dim=-1)
    return torch.cat((arm_poses, torch.cat((state.block_pos, state.block_quat), dim=-1)), dim=1)
