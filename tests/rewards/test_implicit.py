"""Comparisons that demonstrations bring for nothing."""

from __future__ import annotations

import torch

from armchair.maths import generator
from armchair.rewards.ensemble import RewardConfig
from armchair.rewards.fit import fit
from armchair.rewards.implicit import ImplicitConfig, PolicyClips, implicit_preferences, join
from armchair.types import PreferenceBatch, VisibleLayout

CONFIG = ImplicitConfig(progress=100, beats=20, weight=0.5, sure=0.9, apart=0.03)
NOTHING = PolicyClips(torch.zeros(0, 4, 3), torch.zeros(0, dtype=torch.int64))


def line(steps: int, rest: int = 0) -> torch.Tensor:
    """A point that moves 5 cm a step along x, then rests."""
    x = torch.cat((0.05 * torch.arange(steps), torch.full((rest,), 0.05 * (steps - 1))))
    return torch.stack((x, torch.zeros_like(x), torch.zeros_like(x)), 1)


def test_a_later_part_is_better_and_rest_is_no_progress() -> None:
    free = implicit_preferences([line(20, rest=60)], NOTHING, 4, CONFIG, generator(0))
    assert 20 < len(free.target) < 80, "parts at rest are not compared with each other"
    assert bool((free.right[:, :, 0].mean(1) >= free.left[:, :, 0].mean(1) + 0.03).all())
    assert free.left.shape == free.right.shape == (len(free.target), 4, 3)
    assert free.target.unique().tolist() == [torch.tensor(0.9).item()] and free.weight.unique().tolist() == [
        0.5
    ]


def test_a_demonstration_is_ahead_of_what_the_policy_shows_at_that_time_or_earlier() -> None:
    lately = PolicyClips(torch.full((40, 4, 3), -1.0), torch.tensor([10, 90] * 20))
    free = implicit_preferences([line(20)], lately, 4, CONFIG, generator(0))
    beats = free.left[:, 0, 0] == -1.0
    assert int(beats.sum()) == 40
    begin = (free.right[beats][:, 0, 0] / 0.05).round().int()
    assert set(begin.tolist()) <= set(range(10, 17)), "from step 10 on; its last part begins at step 16"
    assert {10, 16} <= set(begin.tolist())
    assert bool((free.target[beats] == CONFIG.sure).all())


def test_a_reward_learnt_from_them_alone_rises_along_a_demonstration() -> None:
    free = implicit_preferences([line(20, rest=5)], NOTHING, 4, CONFIG, generator(0))
    layout = VisibleLayout((), ("x", "y", "z"))
    model, _ = fit(free, line(25), layout, RewardConfig(inputs="raw", drop=0.0), generator(1))
    reward = model.mean(line(20))
    assert float(reward[-1] - reward[0]) > 0.5 and int((reward.diff() > 0).sum()) >= 17


def test_they_come_after_the_answers_and_change_none_of_them() -> None:
    free = implicit_preferences([line(20)], NOTHING, 4, CONFIG, generator(0))
    answers = PreferenceBatch(
        torch.ones(2, 4, 3),
        torch.zeros(2, 4, 3),
        torch.tensor([0.0, 0.5]),
        torch.ones(2),
        torch.tensor([False, True]),
        torch.tensor([0, 1]),
    )
    both = join(answers, free)
    assert len(both.target) == 2 + len(free.target)
    assert both.target[:2].tolist() == [0.0, 0.5] and both.both_bad[:3].tolist() == [False, True, False]
    none = PreferenceBatch(torch.empty(0, 0, 0), torch.empty(0, 0, 0), *(torch.empty(0),) * 4)
    assert join(none, free) is free
