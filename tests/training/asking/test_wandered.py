"""What wandering led to: which of its steps are imitated, and that they are kept."""

from __future__ import annotations

from typing import cast

import pytest
import torch
from torch import Tensor

from armchair.maths import generator
from armchair.rewards.ensemble import RewardEnsemble
from armchair.training.asking.wandered import AHEAD, FILMS, Film, Wandered, gains


class Rightmost:
    """A reward: the first visible number."""

    def mean(self, visible: Tensor) -> Tensor:
        return visible[..., 0]


MODEL = cast(RewardEnsemble, Rightmost())


def a_film(reward: Tensor, number: float = 0.0) -> Film:
    """One copy; its observations and actions tell the step."""
    steps = torch.arange(len(reward)).float()[:, None, None] + number
    no = torch.zeros(len(reward), 1, dtype=torch.bool)
    return Film(steps, steps.expand(-1, -1, 2) / 100.0, reward[:, None, None], no, no)


def test_gains_are_the_weighted_mean_ahead_less_the_state_reached() -> None:
    reward, done = (
        torch.tensor([[0.0], [1.0], [5.0], [2.0]]),
        torch.tensor([[False], [True], [False], [False]]),
    )
    expected = [AHEAD * 1.0 / (1.0 + AHEAD), 0.0, (5.0 + AHEAD * 2.0) / (1.0 + AHEAD) - 5.0, 0.0]
    assert gains(reward, done).squeeze(1).tolist() == pytest.approx(expected)
    stays = [AHEAD, 0.0, *expected[2:]]  # 0, then 1 for ever
    assert gains(reward, done, done).squeeze(1).tolist() == pytest.approx(stays)


def test_steps_that_lead_to_reward_are_drawn_most() -> None:
    """Of two hundred steps reward comes at the hundredth and stays: those just before it are imitated."""
    wandered = Wandered()
    assert wandered.best(MODEL, generator(0, "best")) is None
    wandered.add(a_film((torch.arange(200) >= 100).float()))
    shown = wandered.best(MODEL, generator(0, "best"))
    assert shown is not None and shown.obs.shape == (200, 1) and shown.action.shape == (200, 2)
    torch.testing.assert_close(shown.action[:, 0], shown.obs[:, 0] / 100.0)
    before = ((shown.obs >= 80) & (shown.obs < 100)).float().mean()
    assert float(before) > 0.5, "a tenth of the steps"


def test_what_is_no_number_is_not_imitated() -> None:
    wandered = Wandered()
    wandered.add(a_film(torch.full((5,), torch.nan)))
    assert wandered.best(MODEL, generator(0, "best")) is None
    wandered.add(a_film(torch.arange(5.0), 100.0))
    shown = wandered.best(MODEL, generator(0, "best"))
    assert shown is not None and float(shown.obs.min()) >= 100.0


def test_the_latest_films_are_kept_and_saved() -> None:
    wandered = Wandered()
    for number in range(FILMS + 2):
        wandered.add(a_film(torch.rand(5), float(number)))
    assert [float(film.obs[0, 0, 0]) for film in wandered.films] == [2.0, 3.0, 4.0, 5.0]
    again = Wandered()
    again.load_tensors(wandered.tensors())
    for mine, theirs in zip(again.films, wandered.films, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True))
