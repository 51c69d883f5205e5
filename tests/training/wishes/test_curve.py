"""Which weight is taken, from what each of them costs."""

from __future__ import annotations

import torch

from armchair.runs.curve import Row
from armchair.training.wishes.curve import BELOW, chosen, least_end, lines


def rows(*done: float) -> list[Row]:
    """One wish at weights 0, 0.5, 1, ..., of which so much is done."""
    return [Row((0.5 * k,), share, None, (0.5,)) for k, share in enumerate(done)]


def test_the_largest_weight_that_costs_next_to_nothing() -> None:
    """0.93 of 0.95 may be lost 0.02 of; a larger weight that does it as well counts."""
    assert chosen(0.95, rows(0.95, 0.94, 0.90), 0.02) == (0.5,)
    assert chosen(0.95, rows(0.95, 0.92, 0.94), 0.02) == (1.0,)
    assert chosen(0.95, rows(0.90, 0.80, 0.10), 0.02) == (0.0,), "the skill, where all lose more"


def test_several_wishes_get_as_much_each() -> None:
    """Half of both is preferred to all of one."""
    found = [Row(at, 0.9, None, (0.0, 0.0)) for at in ((0.0, 0.0), (1.0, 0.0), (0.5, 0.5), (0.0, 1.0))]
    assert chosen(0.9, found, 0.0) == (0.5, 0.5)


def test_done_is_what_nearly_all_of_the_skills_episodes_end_with() -> None:
    """19 of 20 end at 0.8 or better: 0.8 less what may be missing."""
    ends = torch.tensor([0.1] + [0.8] * 10 + [0.9] * 10)
    assert abs(least_end(ends) - (0.8 - BELOW)) < 1e-6


def test_weights_rise_one_wish_at_a_time_and_then_together() -> None:
    """Two wishes: a line each, and one with both."""
    one, other, both = lines(2)
    assert one[0] == [0.1, 0.0] and one[-1] == [1.0, 0.0] and other[-1] == [0.0, 1.0]
    assert both[4] == [0.5, 0.5] and len(one) == len(both) == 10
    assert len(lines(1)) == 1
