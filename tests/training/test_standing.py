"""What people are told of what their newest answers did."""

from __future__ import annotations

import torch

from armchair.rewards.ensemble import RewardConfig, RewardEnsemble
from armchair.rewards.fit import fit
from armchair.training.standing.learned import Learned
from armchair.types import PreferenceBatch, VisibleLayout

LAYOUT = VisibleLayout(points=(), scalars=("x",))
SMALL = RewardConfig(inputs="raw", members=3, hidden=8, min_updates=120, drop=0.0)


def batch(signs: list[float], targets: list[float], pairs: list[int] | None = None) -> PreferenceBatch:
    """Pairs of clips that stay at minus and plus so much: the right one has the greater x."""
    x = torch.tensor(signs)[:, None, None].expand(-1, 4, 1)
    count = len(signs)
    numbers = torch.tensor(pairs or list(range(count)))
    weight, none = torch.ones(count), torch.zeros(count, dtype=torch.bool)
    return PreferenceBatch(-x, x, torch.tensor(targets), weight, none, numbers)


def model(towards: float) -> RewardEnsemble:
    """One that prefers the greater x (1) or the smaller (0)."""
    rng = torch.Generator().manual_seed(3)
    signs = [0.4, 0.7, 1.0, 1.3] * 4
    return fit(batch(signs, [towards] * 16), torch.randn(50, 1, generator=rng), LAYOUT, SMALL, rng)[0]


def test_an_answer_is_held_against_the_model_before_it() -> None:
    learned, up = Learned(), model(1.0)
    assert learned.facts() == {}
    learned.take_in(batch([1.0] * 5, [1.0, 0.0, 1.0, 0.0, 0.5]), 3, up, up)
    assert learned.facts()["agreement"] == {"agree": 1, "of": 2}, "a tie takes no side, the first two are old"
    assert learned.facts()["learned"] == {"answers": 3, "changed": 1}
    learned.take_in(batch([1.0] * 4, [1.0] * 4), 2, up, up)
    assert learned.facts()["agreement"] == {"agree": 3, "of": 4}, "it goes on over fits"
    assert learned.facts()["learned"] == {"answers": 2, "changed": 0}


def test_an_answer_counts_as_changing_something_where_the_model_thinks_otherwise_of_it_now() -> None:
    learned, up, down = Learned(), model(1.0), model(0.0)
    learned.take_in(batch([1.0, 1.0], [1.0, 0.5]), 2, up, down)
    assert learned.facts()["learned"] == {"answers": 2, "changed": 2}


def test_what_an_earlier_answer_taught_is_no_foresight() -> None:
    learned, up = Learned(), model(1.0)
    learned.take_in(batch([1.0] * 4, [1.0] * 4, pairs=[7, 8, 7, 9]), 2, up, up)
    assert learned.facts()["agreement"] == {"agree": 1, "of": 1}


def test_only_the_latest_twenty_count_and_a_resumed_run_knows_them() -> None:
    learned, up = Learned(), model(1.0)
    learned.take_in(batch([1.0] * 10, [0.0] * 10), 10, up, up)
    learned.take_in(batch([1.0] * 15, [1.0] * 15), 15, up, up)
    assert learned.facts()["agreement"] == {"agree": 15, "of": 20}
    again = Learned()
    again.load_tensors(learned.tensors())
    assert again.facts() == learned.facts()
    again.load_tensors({})
    assert again.facts() == learned.facts()
