"""What a wish adds: nothing for how far the skill is, all for how it does it."""

from __future__ import annotations

import torch

from armchair.training.wishes.mixing import STAGES, Baseline, mixed


def test_how_far_the_skill_is_is_worth_nothing_to_a_wish() -> None:
    """A wish that only says how far the skill has come is worth about nothing beyond what is usual there."""
    skill = torch.linspace(0.0, 1.0, 64 * STAGES).view(64, STAGES)
    beyond = Baseline(1).beyond(skill, skill.unsqueeze(-1))
    assert float(beyond.abs().max()) <= 1.0 / STAGES, "what is left is within a stage"
    assert abs(float(beyond.mean())) < 1e-5


def test_what_differs_at_one_stage_is_kept() -> None:
    """At the same stage half is done well and half is not: the difference stays as it is."""
    skill = torch.zeros(10, 8)
    wish = torch.zeros(10, 8, 1)
    wish[:, ::2] = 1.0
    beyond = Baseline(1).beyond(skill, wish)
    torch.testing.assert_close(beyond[:, ::2], torch.full((10, 4, 1), 0.5))
    torch.testing.assert_close(beyond[:, 1::2], torch.full((10, 4, 1), -0.5))


def test_the_latest_rollouts_count_until_the_wishes_change() -> None:
    """0.8 of what was is kept: 0.8 · 0 and 1 · 1 over 1.8; after `forget` nothing is."""
    skill, one = torch.zeros(2, 3), torch.ones(2, 3, 1)
    baseline = Baseline(1)
    baseline.beyond(skill, 0.0 * one)
    torch.testing.assert_close(baseline.beyond(skill, one), one * (1.0 - 1.0 / 1.8))
    again = Baseline(1)
    again.load_tensors(baseline.tensors())
    torch.testing.assert_close(again.beyond(skill, one), baseline.beyond(skill, one))
    baseline.forget()
    torch.testing.assert_close(baseline.beyond(skill, one), 0.0 * one)


def test_weights_are_shares_of_the_whole() -> None:
    """At weight 0 the skill's alone; at 1 three quarters are the wish's where `most` is .75; two add up."""
    skill = torch.tensor([[0.9, 0.9, 0.9]])
    beyond = torch.tensor([[[0.1, 0.3], [0.1, 0.3], [0.1, 0.3]]])
    weights = torch.tensor([[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]])
    out = mixed(skill, beyond, weights, 0.75)
    expected = [0.9, 0.25 * 0.9 + 0.75 * 0.6, (0.9 + 3 * 0.6 + 3 * 0.8) / 7]
    torch.testing.assert_close(out, torch.tensor([expected]))
