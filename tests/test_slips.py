from __future__ import annotations

import pytest
import torch
from torch import Tensor

from armchair.maths import generator
from armchair.slips import Slips, doubt


def answered(rate: float, count: int, seed: int, sure: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """A model's probabilities, answers of which a share is turned round, and which; sure: of its logits."""
    rng = generator(seed, "answers")
    logit = 5.0 * torch.randn(count, generator=rng)
    meant = torch.rand(count, generator=rng) < torch.sigmoid(logit)
    slipped = torch.rand(count, generator=rng) < rate
    return torch.sigmoid(sure * logit), (meant ^ slipped).float(), slipped


@pytest.mark.parametrize("sure", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.3])
def test_the_rate_is_recovered_also_where_the_model_is_too_sure_or_not_sure_enough(
    rate: float, sure: float
) -> None:
    found = [doubt(*answered(rate, 400, seed, sure)[:2]).slips for seed in range(10)]
    assert sum(slips.rate for slips in found) / 10 == pytest.approx(rate, abs=0.06)
    step = 0.01  # of the grid: an interval never begins at 0
    assert sum(slips.low - step <= rate <= slips.high for slips in found) >= 8


def test_answers_about_clips_that_nobody_can_tell_apart_say_nothing_of_slips() -> None:
    close = torch.full((60,), 0.5)
    found = doubt(close, torch.rand(60, generator=generator(0, "coin")).round()).slips
    assert (found.low, found.high) == pytest.approx((0.01, 0.49), abs=0.02)


def test_the_answer_that_all_others_speak_against_is_the_one_in_doubt() -> None:
    right = torch.tensor([0.95, 0.97, 0.03, 0.04, 0.96, 0.55, 0.98, torch.nan, 0.9] + [0.97] * 20)
    target = torch.tensor([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.5] + [1.0] * 20)
    found = doubt(right, target)
    assert found.trust.argmin() == 4
    assert found.trust[4] < 0.5 < found.trust[[0, 1, 2, 3, 5, 6]].min()
    assert found.trust[[7, 8]].tolist() == pytest.approx([1.0 - found.slips.rate] * 2)
    assert found.slips.answers == 27


def test_slips_are_found_and_most_of_what_is_doubted_is_one() -> None:
    right, target, slipped = answered(0.2, 2000, 1)
    doubted = doubt(right, target).trust < 0.5
    assert slipped[doubted].float().mean() > 0.6
    assert doubted[slipped].float().mean() > 0.5


def test_nothing_is_known_of_no_answers() -> None:
    slips = doubt(torch.tensor([torch.nan]), torch.tensor([1.0])).slips
    assert (slips.answers, slips.low) == (0, pytest.approx(0.01))
    assert slips.high >= 0.48


def test_the_estimate_in_words() -> None:
    assert str(Slips(0.17, 0.03, 0.3, 55)) == "about 1 in 6 answers look like slips (3 to 30 %, from 55)"
    assert str(Slips(0.01, 0.0, 0.05, 40)) == "hardly any answers look like slips (0 to 5 %, from 40)"
