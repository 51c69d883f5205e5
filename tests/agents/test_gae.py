"""Advantages, worked by hand and in closed form, with and without an end that lasts."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from armchair.agents.gae import gae, value_after
from armchair.maths import generator


def column(*values: float) -> Tensor:
    return torch.tensor(values).unsqueeze(1)


def mask(*values: int) -> Tensor:
    return torch.tensor(values, dtype=torch.bool).unsqueeze(1)


def test_gae_by_hand_with_a_termination_and_a_truncation() -> None:
    # γ = λ = ½, so an advantage is carried back with a factor of ¼
    advantage = gae(
        reward=column(1, 2, 0, 3),
        value=column(2, 4, 6, 2),
        next_value=value_after(column(4, 100, 8, 2), column(1, 2, 0, 3), mask(0, 1, 0, 0), 0.5, stays=False),
        done=mask(0, 1, 1, 0),
        gamma=0.5,
        lam=0.5,
    )
    # t=3: δ = 3 + ½·2 - 2 = 2, nothing follows in this rollout
    # t=2: δ = 0 + ½·8 - 6 = -2, truncated: V of what would have followed counts, A₃ does not
    # t=1: δ = 2 - 4 = -2, terminated: the 100 does not count
    # t=0: δ = 1 + ½·4 - 2 = 1, A₀ = 1 + ¼·(-2) = ½
    assert advantage.squeeze(1).tolist() == [0.5, -2.0, -2.0, 2.0]


def test_gae_keeps_the_copies_apart() -> None:
    zero, no = torch.zeros(3, 2), torch.zeros(3, 2, dtype=torch.bool)
    reward = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 8.0]])
    # γλ = ½: 1 + ½(1 + ½) = 1.75; 8 · ¼ = 2
    assert gae(reward, zero, zero, no, 0.5, 1.0)[0].tolist() == [1.75, 2.0]


def ended(reward: Tensor, gamma: float, lam: float, *, stays: bool) -> Tensor:
    """Advantages of an episode (T, 1) that ended by itself with its last step, for a critic that says 0."""
    zero, over = torch.zeros_like(reward), torch.zeros_like(reward, dtype=torch.bool)
    over[-1] = True
    return gae(reward, zero, value_after(zero, reward, over, gamma, stays), over, gamma, lam)


def test_an_ended_state_that_stays_is_worth_as_much_as_one_that_is_stayed_in() -> None:
    gamma, reward = 0.9, column(0.3, -1.0, 0.7)
    found = ended(reward, gamma, 1.0, stays=True)
    # the closed form: r₀ + γ r₁ + γ² r₂ / (1 - γ)
    assert found[0].item() == pytest.approx(0.3 - 0.9 + 0.81 * 0.7 / 0.1, rel=1e-5)
    # and the same episode that never ends, gone on with in its last state until nothing counts any more
    longer = torch.cat((reward, reward[-1:].expand(400, 1)))
    zero, no = torch.zeros_like(longer), torch.zeros_like(longer, dtype=torch.bool)
    torch.testing.assert_close(found, gae(longer, zero, zero, no, gamma, 1.0)[:3])


def test_what_all_rewards_have_in_common_says_nothing_where_ends_stay() -> None:
    """A learned reward is known up to such a number; without `stays` it decides whether an end pays."""
    rng, gamma = generator(0, "test"), 0.9
    short, long = torch.randn(2, 1, generator=rng), torch.randn(7, 1, generator=rng)
    for stays in (True, False):
        before = ended(short, gamma, 1.0, stays=stays)[0] - ended(long, gamma, 1.0, stays=stays)[0]
        moved = [ended(reward + 5.0, gamma, 1.0, stays=stays)[0] for reward in (short, long)]
        assert torch.allclose(moved[0] - moved[1], before, atol=1e-4) == stays


def test_only_what_ended_by_itself_stays() -> None:
    after = value_after(column(4, 6, 8), column(1, 2, 3), mask(0, 1, 0), 0.5, stays=True)
    assert after.squeeze(1).tolist() == [4.0, 4.0, 8.0]  # 2 / (1 - ½) = 4
