from __future__ import annotations

from math import nan

import pytest
import torch

from armchair.maths import generator
from armchair.slips import Slips, doubt


def answered(
    rate: float, count: int, seed: int, sure: float = 1.0
) -> tuple[list[float], list[float], list[bool]]:
    """A model's probabilities, answers of which a share is turned round, and which; sure: of its logits."""
    rng = generator(seed, "answers")
    logit = 5.0 * torch.randn(count, generator=rng)
    meant = torch.rand(count, generator=rng) < torch.sigmoid(logit)
    slipped = torch.rand(count, generator=rng) < rate
    return torch.sigmoid(sure * logit).tolist(), (meant ^ slipped).float().tolist(), slipped.tolist()


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
    found = doubt([0.5] * 60, [0.0, 1.0] * 30).slips
    assert (found.low, found.high) == pytest.approx((0.01, 0.49), abs=0.02)


def test_the_answer_that_all_others_speak_against_is_the_one_in_doubt() -> None:
    right = [0.95, 0.97, 0.03, 0.04, 0.96, 0.55, 0.98, nan, 0.9] + [0.97] * 20
    target = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.5] + [1.0] * 20
    slips, trust = doubt(right, target)
    assert min(trust) == trust[4] < 0.5 < min(trust[:4] + trust[5:7])
    assert trust[7] == trust[8] == pytest.approx(1.0 - slips.rate), "of these nothing is known"
    assert slips.answers == 27


def test_slips_are_found_and_most_of_what_is_doubted_is_one() -> None:
    right, target, slipped = answered(0.2, 2000, 1)
    doubted = [trust < 0.5 for trust in doubt(right, target).trust]
    found = sum(both == (True, True) for both in zip(doubted, slipped, strict=True))
    assert found > 0.6 * sum(doubted)
    assert found > 0.5 * sum(slipped)


def test_nothing_is_known_of_no_answers() -> None:
    slips = doubt([nan], [1.0]).slips
    assert (slips.answers, slips.low) == (0, pytest.approx(0.01))
    assert slips.high >= 0.48


def test_the_estimate_in_words() -> None:
    assert str(Slips(0.17, 0.03, 0.3, 55)) == "about 1 in 6 answers look like slips (3 to 30 %, from 55)"
    assert str(Slips(0.01, 0.0, 0.05, 40)) == "hardly any answers look like slips (0 to 5 %, from 40)"
