"""Both engines move the arm alike: the same targets from the same start lead the tool to the same place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from armchair.arms import IIWA
from armchair.arms.iiwa import HOME
from armchair.arms.inverse import posture_for
from armchair.engines import make_engine
from armchair.engines.base import home_layout
from armchair.engines.iiwa import make_scene
from armchair.world import MAX_OPENING

pybullet = pytest.importorskip("pybullet")

N = 16
STEPS = 20  # 1 s
Targets = Callable[[Tensor, int, torch.Generator], Tensor]


def jump(joints: Tensor, step: int, rng: torch.Generator) -> Tensor:
    """One far target, then still."""
    return joints + 0.3 * (2 * torch.rand(N, 7, generator=rng) - 1) if step == 0 else joints


def sweep(speed: float) -> Targets:
    """Every joint turns steadily, by this many rad a step, one way or the other in each copy."""

    def move(joints: Tensor, step: int, rng: torch.Generator) -> Tensor:
        ways = torch.where((torch.arange(N)[:, None] >> torch.arange(7)) % 2 == 0, -1.0, 1.0)
        return joints + speed * ways

    return move


def wander(joints: Tensor, step: int, rng: torch.Generator) -> Tensor:
    """Another small way in every step."""
    return joints + 0.04 * (2 * torch.rand(N, 7, generator=rng) - 1)


def tool_distance(targets: Targets, seed: int, fingers: bool) -> Tensor:
    """How far apart the tools of both engines are after 1 s. -> (N,) m."""
    rng = torch.Generator().manual_seed(seed)
    # where nothing is touched on the way
    high = posture_for(IIWA, (0.45, 0.0, 0.75), torch.tensor(HOME)).float()
    joints = high + 0.1 * (2 * torch.rand(N, 7, generator=rng) - 1)
    engines = [make_engine(name, make_scene(0, fingers=fingers), N) for name in ("mujoco", "bullet")]
    for engine in engines:
        engine.reset(torch.arange(N), home_layout(make_scene(0, fingers=False), N)._replace(joint_pos=joints))
    for step in range(STEPS):
        joints = targets(joints, step, rng)
        for engine in engines:
            engine.step(torch.cat((joints, torch.full((N, 1), MAX_OPENING)), 1))
        for world in engines[1]._worlds:  # type: ignore[attr-defined]
            assert not pybullet.getContactPoints(physicsClientId=world.client), "the motion was not free"
    places = [engine.state().tool_pos for engine in engines]
    for engine in engines:
        engine.close()
    return (places[0] - places[1]).norm(dim=1)


@pytest.mark.parametrize("fingers", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    "targets", [jump, sweep(0.02), sweep(0.04), wander], ids=["jump", "sweep 0.02", "sweep 0.04", "wander"]
)
def test_tools_agree_within_a_centimetre(targets: Targets, seed: int, fingers: bool) -> None:
    apart = tool_distance(targets, seed, fingers)
    print(f"worst {1000 * float(apart.max()):.2f} mm")
    assert apart.max() < 0.01
