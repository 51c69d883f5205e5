from __future__ import annotations

import pytest
import torch
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.evaluate import evaluate, interquartile_mean, share
from armchair.types import Step, VisibleLayout


class ShortFails:
    """Copy 0 succeeds in 8 steps, copy 1 fails in 1: the first episodes to end are failures."""

    num_envs, obs_dim, action_dim, horizon, dt, diverged = 2, 1, 1, 8, 0.1, 0
    layout = VisibleLayout((), ("nothing",))
    device = torch.device("cpu")

    def __init__(self) -> None:
        self.seeds: list[int | None] = []
        self.clock = 0

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        self.seeds.append(seed)
        self.clock = 0
        return torch.zeros(2, 1)

    def step(self, action: Tensor) -> Step:
        self.clock += 1
        over, none = self.clock % 8 == 0, torch.zeros(2, 1)
        return Step(
            obs=none,
            reward=torch.tensor([1.0, 0.0]),
            terminated=torch.tensor([False, True]),
            truncated=torch.tensor([over, False]),
            final_obs=none,
            success=torch.tensor([over, False]),
            visible=none,
        )

    def close(self) -> None: ...


@pytest.mark.parametrize(("episodes", "succeed"), [(1, 1), (2, 1), (5, 3), (10, 5)])
def test_every_copy_does_its_share(episodes: int, succeed: int) -> None:
    env = ShortFails()
    found = evaluate(env, lambda obs: obs, episodes, seed=7)
    assert env.seeds == [7]
    assert found.episodes == episodes
    assert found.success.value == found.ever.value == succeed / episodes
    assert found.total.value == pytest.approx(8.0 * succeed / episodes)


def test_no_episodes_are_refused() -> None:
    with pytest.raises(InvalidInput, match="at least 1"):
        evaluate(ShortFails(), lambda obs: obs, 0, seed=0)


def test_wilson_against_published_figures() -> None:
    # Newcombe (1998), table I, method 3
    for successes, count, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
    ):
        found = share(successes, count)
        assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert share(20, 20).high == 1.0


def test_interquartile_mean_by_hand() -> None:
    # the middle half of 4 are the middle 2; of 5 values 1.25 go at each end: (¾·2 + 3 + ¾·10) / 2.5
    assert interquartile_mean(torch.tensor([100.0, 2.0, 4.0, -50.0])).item() == 3.0
    assert interquartile_mean(torch.tensor([10.0, 99.0, 2.0, 3.0, -9.0])).item() == pytest.approx(12.0 / 2.5)
    assert interquartile_mean(torch.tensor([5.0])).item() == 5.0
