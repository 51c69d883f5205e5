"""Batched quaternions, smooth step functions and named random generators.

Quaternions are (..., 4) in w, x, y, z order and of unit length; vectors are (..., 3).
"""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

CPU = torch.device("cpu")


def quat_from_yaw(yaw: Tensor) -> Tensor:
    """Rotation about the world's z axis. (...) rad -> (..., 4)."""
    zero = torch.zeros_like(yaw)
    return torch.stack((torch.cos(yaw / 2), zero, zero, torch.sin(yaw / 2)), dim=-1)


def yaw_of(quat: Tensor) -> Tensor:
    """Heading of the rotated x axis in the horizontal plane. (..., 4) -> (...) rad in [-π, π]."""
    w, x, y, z = quat.unbind(-1)
    return torch.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def up_axis(quat: Tensor) -> Tensor:
    """The rotated z axis in world coordinates: the third column of the matrix. (..., 4) -> (..., 3)."""
    w, x, y, z = quat.unbind(-1)
    return torch.stack((2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)), dim=-1)


def rotated(quat: Tensor, vector: Tensor) -> Tensor:
    """Vectors turned by unit quaternions w x y z. (..., 4), (..., 3) -> (..., 3)."""
    axis, twice = quat[..., 1:], 2.0 * torch.linalg.cross(quat[..., 1:], vector)
    return vector + quat[..., :1] * twice + torch.linalg.cross(axis, twice)


def quat_from_matrix(rot: Tensor) -> Tensor:
    """Quaternion of a rotation matrix, its largest component positive. (..., 3, 3) -> (..., 4).

    Each component's magnitude follows from the diagonal, e.g. 4w² = 1 + m00 + m11 + m22, and the signs
    relative to the largest one from the off-diagonal sums and differences (Shepperd, 1978), done for all
    rows at once: the four candidate rows below are each proportional to the quaternion.
    """
    m00, m01, m02, m10, m11, m12, m20, m21, m22 = rot.flatten(-2).unbind(-1)
    ww, xx = 1 + m00 + m11 + m22, 1 + m00 - m11 - m22
    yy, zz = 1 - m00 + m11 - m22, 1 - m00 - m11 + m22
    wx, wy, wz = m21 - m12, m02 - m20, m10 - m01
    xy, xz, yz = m10 + m01, m02 + m20, m21 + m12
    rows = torch.stack((ww, wx, wy, wz, wx, xx, xy, xz, wy, xy, yy, yz, wz, xz, yz, zz), dim=-1)
    rows = rows.unflatten(-1, (4, 4))
    best = torch.stack((ww, xx, yy, zz), dim=-1).argmax(-1)
    row = rows.gather(-2, best[..., None, None].expand(*best.shape, 1, 4)).squeeze(-2)
    return row / row.norm(dim=-1, keepdim=True)


def closeness(distance: Tensor, scale: float) -> Tensor:
    """1 − tanh(scale · d): 1 at no distance, falling smoothly to 0. Any shape, scale in 1/m."""
    return 1.0 - torch.tanh(scale * distance)


def uniform(rng: torch.Generator, low: tuple[float, ...], high: tuple[float, ...], n: int) -> Tensor:
    """Points drawn uniformly from a box. -> (n, len(low)) float32."""
    assert len(low) == len(high)
    lows, highs = torch.tensor(low), torch.tensor(high)
    return lows + (highs - lows) * torch.rand(n, len(low), generator=rng)


def generator(seed: int, *names: str, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator whose stream depends on the seed, the names and the kind of device, on nothing else.

    Parts of a run draw from streams of their own (`generator(seed, "layout")`), so that a change in one
    part does not shift the numbers another part sees.
    """
    digest = hashlib.sha256("/".join((str(seed), *names)).encode()).digest()
    rng = torch.Generator(device)
    rng.manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    return rng
