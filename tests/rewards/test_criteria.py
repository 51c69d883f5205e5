"""Criteria: what each kind of quantity and phase is, worked by hand; codes are read as they were written."""

from __future__ import annotations

import pytest
import torch

from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.rewards.criteria import Criterion, candidates, parsed
from armchair.rewards.motion import clips_with_motion, moving_layout
from armchair.tasks import TASKS
from armchair.types import VisibleLayout

LAYOUT = VisibleLayout(("tool", "goal"), ("opening", "tool~speed", "tool~up"))
SEEN = torch.tensor([0.3, 0.1, 0.4, 0.3, 0.4, 0.0, 0.7, 0.5, -0.2])  # 50 cm apart: 30 aside, 40 above


def value(code: str) -> float:
    return float(parsed(code, LAYOUT).compute(SEEN, LAYOUT))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x 0 0.1", 0.2),
        ("y 0 -0.1", 0.2),
        ("height 0 0.05", 0.35),
        ("distance 0 1", 0.5),
        ("closeness 0 1", 0.6832),  # −ln 0.505
        ("planar 0 1", 0.3),
        ("ahead 0 1", 0.0),
        ("left 0 1", -0.3),
        ("above 0 1", 0.4),
        ("elevation 1 0", -0.8),
        ("steepness 1 0", 0.8),
        ("place 0 0.3 0.2 0.1", 0.3679),  # 1/e at the width
        ("scalar 0", 0.7),
        ("square 1", 0.25),
        ("size 2", 0.2),
        ("share", 1.0),
        ("height 0 0 while near 0 1 0.5", 0.2),  # half at the threshold
        ("height 0 0 while far 0 1 0.1", 0.4),
        ("height 0 0 while over 0 1 0.1", 0.0),
        ("height 0 0 while aside 0 1 0.1", 0.4),
        ("height 0 0 while low 0 0 0.1", 0.0),
        ("height 0 0 while high 0 0 0.1", 0.4),
        ("height 0 0 while fast 1 0.1", 0.4),
        ("height 0 0 while still 1 0.1", 0.0),
        ("height 0 0 while rising 2 0.05", 0.0),
        ("height 0 0 while falling 2 0.05", 0.4),
        ("height 0 0 while falling 2 0.05 while near 0 1 0.5", 0.2),
    ],
)
def test_what_each_kind_is(code: str, expected: float) -> None:
    """Of one state whose lengths are 3, 4 and 5 decimetres."""
    assert value(code) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    "code",
    [
        *("", "size", "warmth 0", "height 0", "height 2 0", "height -1 0", "height 0 nan", "height 0 1e9"),
        *("x a 0", "scalar 3", "height 0 0 while", "height 0 0 while warm 0", "distance 0"),
        *("share while near 0 9 0.1", "share while rising 2 1 while rising 2 1 while rising 2 1"),
    ],
)
def test_what_is_none_is_refused(code: str) -> None:
    """Files may be by others; a phase that is announced must be there."""
    with pytest.raises(InvalidInput, match="criterion"):
        parsed(code, LAYOUT)


def test_all_criteria_of_every_task_are_read_as_they_were_written() -> None:
    """Codes hold all there is to them; the words hold no name as the code has it."""
    for task in TASKS.values():
        layout = task.visible_layout
        rng = generator(0)
        clips = clips_with_motion(0.2 * torch.randn(40, 20, layout.size, generator=rng), layout)
        moving = moving_layout(layout)
        terms = candidates(moving, clips.flatten(0, 1))
        for quantity in terms.quantities:
            for phases in ((), terms.phases[:1], terms.phases[1:3]):
                criterion = Criterion(quantity, phases)
                again = parsed(criterion.code, moving)
                assert again == criterion
                assert not any(mark in criterion.words(moving) for mark in "~_{"), criterion.words(moving)
        kinds = {phase.kind for phase in terms.phases}
        assert {"near", "far", "over", "aside", "low", "high", "fast", "rising"} <= kinds, task.name


def test_what_never_moves_makes_no_phase() -> None:
    """A point that stays has no heights to tell apart, and none that is never far from another."""
    states = torch.zeros(50, LAYOUT.size)
    terms = candidates(LAYOUT, states)
    assert terms.phases == ()
    assert not [term for term in terms.quantities if term.kind == "place"]
