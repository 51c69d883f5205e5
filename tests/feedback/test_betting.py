"""Capital that cannot be expected to grow where a hypothesis holds."""

from __future__ import annotations

import random

import pytest

from armchair.feedback.betting import ENOUGH, Bet, Capital, on_decided, on_mean


def expected(bet: Bet, win: float, tie: float) -> float:
    return win * bet.win + tie * bet.tie + (1 - win - tie) * bet.loss


def test_a_bet_is_fair_at_the_edge_of_its_hypothesis_and_loses_inside() -> None:
    for win, tie in ((0.64, 0.0), (0.49, 0.3), (0.28, 0.72)):
        assert expected(on_mean(0.64, 2.4), win, tie) == pytest.approx(1.0)
        assert expected(on_decided(0.7, 1.2), 0.7 * (1 - tie), tie) == pytest.approx(1.0)
    assert expected(on_mean(0.64, 2.4), 0.8, 0.1) < 1.0 < expected(on_mean(0.64, 2.4), 0.5, 0.1)
    assert expected(on_mean(0.5, -1.5), 0.4, 0.2) == pytest.approx(1.0)
    assert min(on_mean(0.64, 2.4) + on_mean(0.5, -1.5) + on_decided(0.7, 1.2)) > 0, "never all is lost"


def test_a_comparison_is_worth_what_the_bets_say() -> None:
    capital = Capital((Bet(2.0, 1.0, 0.5), Bet(1.5, 1.5, 0.25)), staked=0.4, later=0.5)
    assert capital.value == pytest.approx(1.0)
    capital.take(1)
    assert capital.value == pytest.approx(0.6 + 0.2 * 0.75), "nothing is added after a loss"
    capital.take(0)
    assert capital.value == pytest.approx(0.6 + 0.2 * (0.5 * 2 + 0.25 * 1.5))
    capital.take(0.5)
    assert capital.value == pytest.approx(0.3 + (0.2 + 0.15) * 1.0 + (0.2 * 0.375 + 0.15) * 1.5)


def test_a_restart_gives_nothing() -> None:
    capital = Capital((on_mean(0.5, 1.0),))
    capital.take(1)
    poor = capital.value
    capital.restart()
    assert capital.value == poor < 1.0
    for _ in range(10):
        capital.take(0)
    assert capital.value > ENOUGH
    capital.restart()
    assert capital.value == pytest.approx(1.0)


def test_the_mean_capital_does_not_grow_where_the_hypothesis_holds() -> None:
    """The chances may hang on what was before: here whoever won is likelier to lose next."""
    total, runs = 0.0, 4000
    for run in range(runs):
        rng, capital, last = random.Random(run), Capital((on_mean(0.5, 1.0), on_mean(0.5, 0.4))), 0.0
        for _ in range(12):
            last = float(rng.random() < (0.5 if last else 0.8))
            capital.take(last)
        total += capital.value
    assert total / runs < 1.0
