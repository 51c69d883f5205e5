"""What a person is not asked, worked out by hand: clips are a single number that stands still or moves."""

from __future__ import annotations

import torch
from torch import Tensor

from armchair.feedback.screening import NEAR, Pairs, screen

STEPS = 4
NONE = Pairs(torch.zeros(0, STEPS, 1), torch.zeros(0, STEPS, 1))
FAR = [(-40.0, 40.0), (60.0, -60.0)]  # what gives the numbers their standard deviation: about 35


def clips(*at: float) -> Tensor:
    return torch.tensor(at).view(-1, 1, 1).expand(-1, STEPS, 1)


def pairs(*at: tuple[float, float]) -> Pairs:
    return Pairs(clips(*(one for one, _ in at)), clips(*(other for _, other in at)))


def test_without_anything_asked_all_that_differ_may_be() -> None:
    assert screen(pairs(*FAR, (0.0, 90.0)), NONE, None, 1).tolist() == [0, 1, 2]


def test_what_was_asked_is_not_asked_again_either_way_round() -> None:
    asked = pairs((0.0, 90.0), (-90.0, 20.0))
    given = pairs(*FAR, (2.0, 88.0), (89.0, 1.0), (0.0, 60.0), (0.0, 0.0))
    assert screen(given, asked, None, 1).tolist() == [0, 1, 4, 5]


def test_how_near_is_near_is_in_units_of_what_is_visible() -> None:
    unit = float(torch.tensor([-40.0, 40.0, 60.0, -60.0, 0.0, 90.0, 0.0, 90.0]).std(correction=0))
    for shift, again in ((0.9 * NEAR * unit, True), (1.1 * NEAR * unit, False)):
        found = screen(pairs(*FAR, (shift, 90.0)), pairs((0.0, 90.0)), None, 1).tolist()
        assert (2 not in found) == again


def test_a_number_that_never_changes_tells_nothing_apart() -> None:
    given = Pairs(*(torch.cat((one, torch.full_like(one, 0.3)), 2) for one in pairs(*FAR, (2.0, 88.0))))
    asked = Pairs(*(torch.cat((one, torch.full_like(one, 0.3)), 2) for one in pairs((0.0, 90.0))))
    assert screen(given, asked, None, 1).tolist() == [0, 1]


def test_of_candidates_that_are_near_each_other_one_stays() -> None:
    given = pairs(*FAR, (0.0, 90.0), (1.0, 91.0), (92.0, 0.0), (30.0, 90.0))
    assert screen(given, NONE, None, 1).tolist() == [0, 1, 2, 5]


def test_what_nobody_could_tell_apart_is_left_out() -> None:
    told = torch.tensor([0.9, 1.1, 3.0, 0.1], dtype=torch.float64)
    given = pairs(*FAR, (0.0, 90.0), (-90.0, 20.0))
    assert screen(given, NONE, told, 2).tolist() == [1, 2]


def test_where_too_few_are_left_the_best_of_the_others_are_taken() -> None:
    """First what is new, by how well it can be told; then what was asked."""
    asked = pairs((0.0, 90.0))
    given = pairs(*FAR, (1.0, 90.0), (-90.0, 20.0))
    told = torch.tensor([0.2, 0.5, 4.0, 5.0], dtype=torch.float64)
    for count, expected in enumerate(([3], [3], [1, 3], [0, 1, 3], [0, 1, 2, 3], [0, 1, 2, 3])):
        assert screen(given, asked, told, count).tolist() == expected
    same = pairs((0.0, 90.0), (1.0, 91.0), (4.0, 90.0))
    assert screen(same, pairs(*FAR, (0.0, 90.0)), None, 1).tolist() == [2], "the farthest from what was asked"


def test_of_nothing_nothing_is_left() -> None:
    assert screen(NONE, pairs((0.0, 90.0)), None, 4).tolist() == []
