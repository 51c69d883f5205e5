from __future__ import annotations

import math

import pytest
import torch

from armchair.errors import InvalidChoice, InvalidInput
from armchair.rewards.relations import CHOSEN, Relations, all_relations
from armchair.tasks import TASKS
from armchair.types import VisibleLayout

PICK = VisibleLayout(("tool", "block_a", "goal"), ("opening",))


def layout_of(task: str) -> VisibleLayout:
    return VisibleLayout(TASKS[task].points, TASKS[task].scalars)


def test_values_worked_by_hand() -> None:
    # tool at (0, 0, 0.3), block 3 cm along x and 4 cm along y, 0.3 m lower; goal straight on from there
    visible = torch.tensor([0.0, 0.0, 0.3, 0.03, 0.04, 0.0, 0.06, 0.08, 0.0, 0.7])
    relations = Relations(PICK, "relational")
    values = dict(zip(relations.names, relations(visible).split(relations.sizes), strict=True))
    assert torch.allclose(values["tool-block_a:way"], torch.tensor([0.03, 0.04, -0.3]))
    assert values["tool-block_a:planar"].tolist() == pytest.approx([0.05, math.log(0.055)], abs=1e-5)
    assert values["tool-block_a:distance"][0] == pytest.approx((0.05**2 + 0.3**2) ** 0.5)
    assert values["tool-block_a-goal:angle"].item() == pytest.approx(1.0, abs=1e-5)
    assert values["tool:height"].item() == pytest.approx(0.3)
    assert values["opening"].item() == pytest.approx(0.7)


@pytest.mark.parametrize("task", TASKS)
def test_moving_everything_along_the_table_changes_nothing(task: str) -> None:
    layout = layout_of(task)
    visible = torch.rand(50, layout.size)
    moved = visible.clone()
    for k in range(len(layout.points)):
        moved[:, 3 * k : 3 * k + 2] += torch.tensor([0.31, -0.17])
    relations = Relations(layout, "relational")
    assert torch.allclose(relations(visible), relations(moved), atol=2e-4)
    assert not torch.allclose(Relations(layout, "raw")(visible), Relations(layout, "raw")(moved), atol=0.1)
    lifted = visible.clone()
    lifted[:, 2] += 0.1
    assert not torch.allclose(relations(visible), relations(lifted), atol=0.05)


@pytest.mark.parametrize("task", TASKS)
def test_every_mode_of_every_task(task: str) -> None:
    layout = layout_of(task)
    visible = torch.rand(4, 5, layout.size)
    assert torch.equal(Relations(layout, "raw")(visible), visible)
    for relations in (Relations(layout), Relations(layout, "chosen", CHOSEN[task])):
        assert relations(visible).shape == (4, 5, relations.size)
    assert Relations(layout, "chosen", CHOSEN[task]).names == CHOSEN[task]


def test_without_named_points_relational_is_raw() -> None:
    relations = Relations(VisibleLayout((), ("x", "y")), "relational")
    visible = torch.rand(7, 2)
    assert torch.equal(relations(visible), visible) and relations.sizes == (1, 1)


def test_standardised_inputs_have_the_spread_of_their_prior() -> None:
    relations = Relations(PICK)
    reference = torch.rand(500, PICK.size)
    mean, std = relations.standard(reference)
    inputs = (relations(reference) - mean) / std
    spreads = dict(
        zip(relations.names, (part.std(0) for part in inputs.split(relations.sizes, 1)), strict=True)
    )
    assert torch.allclose(spreads["tool-goal:distance"], torch.ones(2), atol=0.01)
    assert torch.allclose(spreads["tool-goal:way"], torch.full((3,), 0.3), atol=0.01)


def test_a_relation_that_never_changes_is_not_blown_up() -> None:
    reference = torch.rand(50, PICK.size)
    reference[:, -1] = 0.5 + 1e-5 * torch.randn(50)
    relations = Relations(PICK)
    mean, std = relations.standard(reference)
    assert ((relations(reference) - mean) / std)[:, -1].abs().max() < 1e-2


def test_errors_name_what_exists() -> None:
    with pytest.raises(InvalidChoice, match="did you mean 'relational'"):
        Relations(PICK, "relation")  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvalidChoice, match="did you mean 'tool-goal:way'"):
        Relations(PICK, "chosen", ("tool-goal:wya",))
    with pytest.raises(InvalidInput, match="tool-goal:distance"):
        Relations(PICK, "chosen")
    with pytest.raises(InvalidInput, match="10 numbers"):
        Relations(PICK)(torch.zeros(3, 9))
    names = [relation.name for relation in all_relations(PICK)]
    assert len(names) == len(set(names))
