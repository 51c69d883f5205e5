"""Forward kinematics and Jacobian of an arm, for N of them at once, the same for every engine.

The pose of link i in the frame of the link below is a constant one and a turn by q about an axis, so its
4 x 4 matrix is  fixed + sin q · A + cos q · B  with three constant matrices; where a joint slides it is
fixed + q · C. This is the product of exponentials (Lynch and Park, Modern Robotics, 2017, eq. 4.14) with
each screw written in its own link's frame. Products of neighbours are formed for several joints in one
batched multiplication: four multiplications for seven joints.

The geometric Jacobian of the tool point p has the columns (a_i × (p - p_i), a_i) with a_i the axis and
p_i the origin of joint i, and (a_i, 0) where it slides (Siciliano et al., Robotics, 2009, eq. 3.30).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.arms.arm import Arm


class Chain(NamedTuple):
    """Where the J links and the tool of N arms are, in the world's frame."""

    origins: Tensor  # (N, J, 3) m, of the joints
    axes: Tensor  # (N, J, 3) unit, of the joints
    rot: Tensor  # (N, J, 3, 3) orientation of each link; the hand and the tool turn with the last
    tool_pos: Tensor  # (N, 3) m


def chain(arm: Arm, joint_pos: Tensor) -> Chain:
    """Walk up the arm. (N, J) rad -> `Chain`."""
    parts = _parts(arm, joint_pos.dtype, joint_pos.device)
    q = joint_pos[..., None, None]
    local = torch.addcmul(torch.addcmul(parts.fixed, torch.sin(q), parts.sine), torch.cos(q), parts.cosine)
    if parts.linear is not None:
        local = torch.addcmul(local, q, parts.linear)
    world = _prefixes(local)  # (N, J, 4, 4)
    rot, origins = world[..., :3, :3], world[..., :3, 3]
    axes = (rot * parts.axes).sum(-1)
    return Chain(origins, axes, rot, _tool(origins[:, -1], rot[:, -1], parts.tool))


def _prefixes(local: Tensor) -> Tensor:
    """The products of the first 1, 2, ... J matrices. (N, J, 4, 4) -> the same shape.

    Two joints a multiplication: neighbours are multiplied first, all at once.
    """
    count = local.shape[1]
    done = [local[:, :1]]
    if count > 1:
        pairs = local[:, 0 : count - 1 : 2] @ local[:, 1:count:2]
        done.append(pairs[:, :1])
        for k in range(1, pairs.shape[1]):
            done.append(done[-1][:, -1:] @ torch.stack((local[:, 2 * k], pairs[:, k]), dim=1))
        if count % 2:
            done.append(done[-1][:, -1:] @ local[:, count - 1 :])
    return torch.cat(done, dim=1)


def _tool(origin: Tensor, rot: Tensor, offset: float | Tensor) -> Tensor:
    """Where the tool is. (N, 3), (N, 3, 3), how far along z or (3,) -> (N, 3)."""
    if isinstance(offset, float):
        return torch.add(origin, rot[:, :, 2], alpha=offset)
    return origin + rot @ offset


class _Parts(NamedTuple):
    """The constant matrices of the J joints."""

    fixed: Tensor  # (J, 4, 4)
    sine: Tensor  # (J, 4, 4)
    cosine: Tensor  # (J, 4, 4)
    linear: Tensor | None  # (J, 4, 4); None where no joint slides
    axes: Tensor  # (J, 1, 3) of the joints in their own frames
    tool: float | Tensor  # m along the last link's z axis, or (3,) in its frame


@cache
def _parts(arm: Arm, dtype: torch.dtype, device: torch.device) -> _Parts:
    """Rodrigues' formula R = a aᵀ + sin q · [a] + cos q · (1 - a aᵀ) behind each link's constant frame."""
    count, eye = arm.num_joints, torch.eye(3, dtype=torch.float64)
    fixed, sine, cosine, linear = torch.zeros(4, count, 4, 4, dtype=torch.float64).unbind(0)
    for i, (axis, slide) in enumerate(zip(arm.axes, arm.slides, strict=True)):
        a, frame = torch.tensor(axis, dtype=torch.float64), torch.from_numpy(arm.frames[i])
        turn = frame[:3, :3]
        fixed[i, 3, 3], fixed[i, :3, 3] = 1.0, frame[:3, 3]
        if slide:
            fixed[i, :3, :3], linear[i, :3, 3] = turn, turn @ a
            continue
        outer = torch.outer(a, a)
        fixed[i, :3, :3], cosine[i, :3, :3] = turn @ outer, turn @ (eye - outer)
        sine[i, :3, :3] = turn @ torch.linalg.cross(eye, a.expand(3, 3))
    axes = torch.tensor(arm.axes, dtype=torch.float64).unsqueeze(1)
    x, y, z = arm.tool_offset
    return _Parts(
        *(part.to(device, dtype) for part in (fixed, sine, cosine)),
        linear=linear.to(device, dtype) if any(arm.slides) else None,
        axes=axes.to(device, dtype),
        tool=float(z) if (x, y) == (0.0, 0.0) else torch.tensor((x, y, z), dtype=dtype, device=device),
    )


@cache
def _turning(arm: Arm, dtype: torch.dtype, device: torch.device) -> Tensor | None:
    """(J, 1): 1 where a joint turns, 0 where it slides; None where all turn."""
    turns = [[0.0 if slide else 1.0] for slide in arm.slides]
    return torch.tensor(turns, dtype=dtype, device=device) if any(arm.slides) else None


def tool_jacobian(arm: Arm, at: Chain) -> Tensor:
    """d(linear and angular velocity of the tool) / d(joint velocity). -> (N, 6, J), linear rows first."""
    lever = at.tool_pos.unsqueeze(1) - at.origins
    linear, angular = torch.linalg.cross(at.axes, lever), at.axes
    turns = _turning(arm, lever.dtype, lever.device)
    if turns is not None:
        linear, angular = turns * linear + (1.0 - turns) * at.axes, turns * at.axes
    return torch.cat((linear, angular), dim=-1).transpose(1, 2)
