from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.rewards.doubting import fit_doubting
from armchair.rewards.ensemble import RewardConfig
from armchair.rewards.fit import fit
from armchair.types import FREE, PreferenceBatch, VisibleLayout

LAYOUT = VisibleLayout((), ("a", "b"))
CONFIG = RewardConfig(members=8, hidden=16, doubt=True)


def answers(count: int, wrong: float, seed: int) -> tuple[PreferenceBatch, torch.Tensor]:
    """About a linear reward, a share of them turned round. -> them, and the true targets."""
    rng = generator(seed, "clips")
    left, right = (torch.randn(count, 1, 2, generator=rng).expand(-1, 4, -1) for _ in range(2))
    true = ((right - left)[:, 0] @ torch.tensor([1.0, -2.0]) > 0).float()
    slipped = torch.rand(count, generator=rng) < wrong
    none = torch.zeros(count, dtype=torch.bool)
    target = torch.where(slipped, 1.0 - true, true)
    return PreferenceBatch(left, right, target, torch.ones(count), none, torch.arange(count)), true


def states() -> torch.Tensor:
    return torch.randn(200, 2, generator=generator(0, "states"))


def test_with_wrong_answers_fewer_unseen_pairs_are_told_wrong_than_without_doubt() -> None:
    fresh, true = answers(400, 0.0, 99)
    rates = {True: 0.0, False: 0.0}
    for seed in range(6):
        batch, _ = answers(60, 0.25, seed)
        for doubt in rates:
            config = replace(CONFIG, doubt=doubt)
            model, report = fit_doubting(batch, states(), LAYOUT, config, generator(seed, "fit"))
            said = model.probability(fresh.left, fresh.right).mean(0) > 0.5
            rates[doubt] += float((said.float() == true).float().mean()) / 6
            assert report.doubt is not None and report.doubt.slips.rate > 0.1
    assert rates[True] > rates[False] + 0.01


def test_without_doubt_it_is_the_plain_fit_to_the_bit() -> None:
    batch, _ = answers(30, 0.1, 0)
    plain = replace(CONFIG, doubt=False)
    one, _ = fit_doubting(batch, states(), LAYOUT, plain, generator(0, "fit"))
    other, _ = fit(batch, states(), LAYOUT, plain, generator(0, "fit"))
    assert all(torch.equal(a, b) for a, b in zip(one.weights, other.weights, strict=True))


def test_what_demonstrations_say_is_not_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    from armchair.rewards import doubting

    weights: list[torch.Tensor] = []

    def spy(batch: PreferenceBatch, *rest: object) -> object:
        weights.append(batch.weight)
        return fit(batch, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(doubting, "fit", spy)
    batch, _ = answers(30, 0.3, 0)
    batch = batch._replace(pair=torch.cat((batch.pair[:20], torch.full((10,), FREE))))
    _, report = fit_doubting(batch, states(), LAYOUT, CONFIG, generator(0, "fit"))
    assert torch.equal(weights[0], batch.weight)
    assert bool((weights[1][:20] < 1.0).all())
    assert torch.equal(weights[1][20:], batch.weight[20:])
    assert report.doubt is not None
    assert report.doubt.slips.answers <= 20


def test_doubt_needs_members_that_did_not_see_an_answer() -> None:
    with pytest.raises(InvalidInput, match="doubt needs bootstrap"):
        RewardConfig(doubt=True, bootstrap=False)
