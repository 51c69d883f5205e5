"""Finding what a person judges by: from few answers, also wrong ones, and what the rest says of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.rewards.ensemble import RewardConfig, RewardEnsemble
from armchair.rewards.finding import find
from armchair.rewards.fit import FitReport
from armchair.rewards.motion import clips_with_motion, moving_layout
from armchair.rewards.saved import read_reward
from armchair.types import FREE, PreferenceBatch, VisibleLayout

LAYOUT = VisibleLayout(("tool", "goal"), ())
MOVING = moving_layout(LAYOUT)


def clips(rng: torch.Generator, count: int) -> Tensor:
    """Tools that wander at their own speed and height, goals in the middle. -> (count, 12, 6)."""
    pace, height = torch.rand(count, 1, 1, generator=rng), torch.rand(count, 1, generator=rng)
    tool = (0.05 * pace * torch.randn(count, 12, 3, generator=rng)).cumsum(1)
    tool[..., 2] += 0.3 * height
    return torch.cat((tool, torch.zeros_like(tool)), -1)


def slow(seen: Tensor) -> Tensor:
    """Little way. (M, L, F) -> (M,)."""
    return -seen[..., :3].diff(dim=1).norm(dim=-1).sum(1)


def low_when_near(seen: Tensor) -> Tensor:
    """Low within 15 cm of the goal, seen from above."""
    return -(seen[..., 2] * (seen[..., :2].norm(dim=-1) < 0.15)).sum(1)


def answers(wish: Callable[[Tensor], Tensor], count: int, rng: torch.Generator) -> PreferenceBatch:
    left, right = clips(rng, count), clips(rng, count)
    target = (wish(right) > wish(left)).float()
    moving = (clips_with_motion(side, LAYOUT) for side in (left, right))
    none = torch.zeros(count, dtype=torch.bool)
    return PreferenceBatch(*moving, target, torch.ones(count), none, torch.arange(count))


def learned(batch: PreferenceBatch, members: int = 32) -> tuple[RewardEnsemble, FitReport]:
    return find(batch, batch.left.flatten(0, 1), MOVING, RewardConfig(members=members), generator(2))


def accuracy(model: RewardEnsemble, wish: Callable[[Tensor], Tensor]) -> float:
    """Of fresh pairs, given without motion."""
    one, other = clips(generator(7), 400), clips(generator(8), 400)
    said = model.probability(one, other).mean(0) > 0.5
    return float((said == (wish(other) > wish(one))).float().mean())


@pytest.mark.parametrize("wish", [slow, low_when_near])
def test_thirty_answers_find_it(wish: Callable[[Tensor], Tensor]) -> None:
    """Both a quantity that always counts and one that counts in a phase; beyond what the answers show."""
    model, report = learned(answers(wish, 30, generator(1)))
    assert accuracy(model, wish) > 0.9
    assert report.heldout is not None and report.heldout.accuracy > 0.75


def test_it_says_what_it_found() -> None:
    """In words, with the sign: slower is better."""
    model, report = learned(answers(slow, 30, generator(1)))
    assert "how fast the tool moves" in report.relevance[0][0]
    assert sum(share for _, share in report.relevance) == pytest.approx(1.0)
    column = model.relations.names.index(report.relevance[0][0])
    assert float(model.weights.w1[:, column].sum()) < 0


def test_one_answer_in_six_may_be_wrong() -> None:
    """Answers that nothing explains do not lead to something that explains them all."""
    batch = answers(slow, 48, generator(3))
    wrong = torch.arange(48) % 6 == 5
    model, _ = learned(batch._replace(target=torch.where(wrong, 1.0 - batch.target, batch.target)))
    assert accuracy(model, slow) > 0.85


def test_what_the_others_say_of_an_answer_is_what_is_found_without_it() -> None:
    """An answer of weight 0 says nothing: the same prediction of it, found by dividing it out.

    But for the criteria in two phases, which are chosen by all answers.
    """
    batch = answers(slow, 10, generator(4))
    _, report = learned(batch)
    for row in (0, 3):
        weight = batch.weight.clone()
        weight[row] = 0.0
        _, without = learned(batch._replace(weight=weight))
        assert float(report.alone[row]) == pytest.approx(float(without.alone[row]), abs=0.02)


def test_comparisons_that_follow_from_demonstrations_count_and_are_not_reported() -> None:
    """They shape the model; what is said of answers is of those that somebody gave."""
    batch = answers(slow, 20, generator(5))
    free = batch._replace(pair=torch.where(torch.arange(20) < 10, FREE, batch.pair))
    model, report = learned(free)
    assert report.train.answers == 10 and bool(report.alone[:10].isnan().all())
    assert accuracy(model, slow) > 0.8


def test_members_differ_while_the_answers_leave_it_open() -> None:
    """Fewer answers, more criteria among the members."""
    few, many = (learned(answers(slow, count, generator(6)))[0] for count in (2, 40))
    assert len(few.config.chosen) > 2 * len(many.config.chosen)


def test_it_is_read_again(tmp_path: Path) -> None:
    """A file has all that it needs; one whose criteria are none is refused."""
    model, _ = learned(answers(slow, 20, generator(1)), members=8)
    model.save(tmp_path / "wish.safetensors", "reach")
    again = read_reward(tmp_path / "wish.safetensors")
    seen = clips(generator(9), 20)
    torch.testing.assert_close(again.clip_values(seen), model.clip_values(seen))
    assert again.config.chosen == model.config.chosen


def test_nothing_to_learn_from() -> None:
    """No answers, or none of which anything differs."""
    batch = answers(slow, 4, generator(1))
    with pytest.raises(InvalidInput, match="needs answers"):
        learned(PreferenceBatch(*(field[:0] for field in batch)))
    model, report = learned(batch._replace(right=batch.left.clone()))
    assert report.alone.tolist() == pytest.approx([0.5] * 4, abs=1e-4)
    assert len(model.config.chosen) > 20
