"""Quaternions against rotation matrices, generators against each other."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from armchair.maths import (
    closeness,
    generator,
    quat_from_matrix,
    quat_from_yaw,
    up_axis,
    yaw_of,
)


def random_quats(n: int = 200) -> Tensor:
    quat = torch.randn(n, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return quat / quat.norm(dim=1, keepdim=True)


def matrix(quat: Tensor) -> Tensor:
    """The textbook rotation matrix, element by element. (n, 4) -> (n, 3, 3)."""
    w, x, y, z = quat.unbind(-1)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return torch.stack([torch.stack(row, -1) for row in rows], -2)


def test_a_matrix_gives_back_the_quaternion_up_to_sign() -> None:
    quat = torch.cat((random_quats(), torch.eye(4, dtype=torch.float64)))  # half turns are the hard cases
    back = quat_from_matrix(matrix(quat))
    torch.testing.assert_close((back * quat).sum(-1).abs(), torch.ones(len(quat), dtype=torch.float64))
    torch.testing.assert_close(back.norm(dim=1), torch.ones(len(quat), dtype=torch.float64))


def test_quaternions_of_a_hand_that_points_down_do_not_jump() -> None:
    """About half a turn, w passes through zero; a sign chosen by w would flip there."""
    tilt = torch.linspace(math.pi - 0.1, math.pi + 0.1, 21)
    quat = torch.stack((torch.cos(tilt / 2), 0 * tilt, torch.sin(tilt / 2), 0 * tilt), -1)
    back = quat_from_matrix(matrix(quat))
    assert (back[1:] - back[:-1]).norm(dim=1).max() < 0.02


def test_yaw_and_up_axis() -> None:
    yaw = torch.linspace(-3.0, 3.0, 13)
    torch.testing.assert_close(yaw_of(quat_from_yaw(yaw)), yaw)
    torch.testing.assert_close(up_axis(random_quats()), matrix(random_quats())[..., 2])


def test_closeness_is_one_at_zero_and_halves_where_it_should() -> None:
    # 1 - tanh(k d) = 1/2 at k d = atanh(1/2) = 0.5493
    torch.testing.assert_close(
        closeness(torch.tensor([0.0, 0.10986]), 5.0), torch.tensor([1.0, 0.5]), atol=1e-4, rtol=0
    )


def test_generators_are_named_and_reproducible() -> None:
    def draw(*names: str, seed: int = 1) -> list[float]:
        return torch.rand(3, generator=generator(seed, *names)).tolist()

    assert draw("layout") == draw("layout")
    assert draw("layout") != draw("policy")
    assert draw("layout") != draw("layout", seed=2)
    assert draw("a", "b") != draw("ab")
