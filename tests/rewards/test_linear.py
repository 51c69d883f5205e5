"""Weighted sums of relations: the minimum that theory names, found from few answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from armchair.maths import generator
from armchair.rewards.ensemble import RewardConfig
from armchair.rewards.fit import fit
from armchair.rewards.linear import ridge
from armchair.rewards.motion import clips_with_motion, moving_layout
from armchair.rewards.saved import read_reward
from armchair.types import PreferenceBatch, VisibleLayout

LAYOUT = VisibleLayout(("tool", "goal"), ())


def test_the_slope_is_nothing_at_the_minimum() -> None:
    """strength · θ = Σ weight · (target − σ(θ·x)) · x, for every member by its own weights."""
    rng = generator(0)
    x, y = torch.randn(12, 4, generator=rng), (torch.rand(12, generator=rng) > 0.5).float()
    weight = torch.poisson(torch.ones(3, 12), generator=rng)
    theta = ridge(x, y, weight, 0.7).double()
    for own, at in zip(weight.double(), theta, strict=True):
        slope = x.double().T @ (own * (torch.sigmoid(x.double() @ at) - y))
        torch.testing.assert_close(0.7 * at, -slope, atol=1e-5, rtol=0)


def test_one_answer_about_one_number() -> None:
    """θ = 1 − σ(θ) for x = 1, a penalty of 1 and a sure answer: the omega of that equation is 0.401058."""
    theta = ridge(torch.ones(1, 1), torch.ones(1), torch.ones(1, 1), 1.0)
    assert float(theta) == pytest.approx(0.401058, abs=1e-5)


def clips(rng: torch.Generator, count: int) -> torch.Tensor:
    """Tools that wander at their own speed and height, goals at the origin. -> (count, 12, 6)."""
    pace, height = torch.rand(count, 1, 1, generator=rng), torch.rand(count, 1, generator=rng)
    tool = (0.02 * pace * torch.randn(count, 12, 3, generator=rng)).cumsum(1)
    tool[..., 2] += height
    return torch.cat((tool, torch.zeros_like(tool)), -1)


def test_it_learns_to_be_slow_from_thirty_answers_and_is_read_again(tmp_path: Path) -> None:
    """A wish about speed, which no state by itself shows; what is saved says the same."""
    rng = generator(1)
    left, right = clips(rng, 30), clips(rng, 30)

    def calm(seen: torch.Tensor) -> torch.Tensor:
        return -seen[..., :3].diff(dim=1).norm(dim=-1).sum(1)

    target = (calm(right) > calm(left)).float()
    moving = (clips_with_motion(side, LAYOUT) for side in (left, right))
    ones, no = torch.ones(30), torch.zeros(30, dtype=torch.bool)
    batch = PreferenceBatch(*moving, target, ones, no, torch.arange(30))
    config = RewardConfig(form="linear", members=5)
    model, report = fit(batch, batch.left.flatten(0, 1), moving_layout(LAYOUT), config, generator(2))
    one, other = clips(rng, 400), clips(rng, 400)
    said = model.probability(one, other).mean(0) > 0.5
    assert float((said == (calm(other) > calm(one))).float().mean()) > 0.85
    share = sum(part for name, part in report.relevance if "~" in name)
    assert share > 0.4, report.relevance
    model.save(tmp_path / "wish.safetensors", "reach")
    again = read_reward(tmp_path / "wish.safetensors")
    torch.testing.assert_close(again.clip_values(one), model.clip_values(one))
