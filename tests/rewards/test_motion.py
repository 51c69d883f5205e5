"""Speeds and accelerations from positions, worked by hand."""

from __future__ import annotations

import torch

from armchair.rewards.motion import base_size, clips_with_motion, moving_layout, with_motion
from armchair.types import VisibleLayout

LAYOUT = VisibleLayout(("tool", "goal"), ("opening",))


def seen(xs: list[float]) -> torch.Tensor:
    """A tool at these places along x, a goal that stays, an opening. -> (L, 7)."""
    return torch.tensor([[x, 0.0, 0.0, 1.0, 1.0, 0.0, 0.5] for x in xs])


def test_speed_and_acceleration_are_differences_over_a_step() -> None:
    """At 20 steps a second 1 cm a step is 0.2 m/s; from 1 cm to 3 cm a step is 4 · 0.4."""
    out = with_motion(seen([0.0, 0.01, 0.02, 0.05]), LAYOUT)
    motion = ("tool~speed", "tool~acceleration", "tool~across", "tool~up")
    assert out.shape == (4, 11) and moving_layout(LAYOUT).scalars == ("opening", *motion)
    torch.testing.assert_close(out[:, 7], torch.tensor([0.2, 0.2, 0.2, 0.6]))
    torch.testing.assert_close(out[:, 8], torch.tensor([0.0, 0.0, 0.0, 1.6]), atol=1e-5, rtol=0)
    torch.testing.assert_close(out[:, :7], seen([0.0, 0.01, 0.02, 0.05]))


def test_along_the_table_and_upwards() -> None:
    """A step of 3, 4 and −12 mm goes 5 mm along the table and 12 mm down."""
    steps = torch.tensor([[0.0, 0.0, 0.0], [0.003, 0.004, -0.012]])
    tool = torch.cat((steps, torch.zeros(2, 4)), dim=1)
    torch.testing.assert_close(with_motion(tool, LAYOUT)[1, 9:], torch.tensor([0.1, -0.24]))


def test_nothing_moves_from_one_episode_to_the_next() -> None:
    """Where an episode begins the jump to its start is no motion, nor is what follows from it."""
    begins = torch.tensor([True, False, True, False, False])
    out = with_motion(seen([0.0, 0.01, 0.90, 0.91, 0.93]), LAYOUT, begins)
    torch.testing.assert_close(out[:, 7], torch.tensor([0.0, 0.2, 0.0, 0.2, 0.4]), atol=1e-5, rtol=0)
    torch.testing.assert_close(out[:, 8], torch.tensor([0.0, 0.0, 0.0, 0.0, 0.8]), atol=1e-4, rtol=0)


def test_clips_have_time_before_last() -> None:
    """(M, L, F) gives for each clip what it gives alone."""
    clips = torch.stack((seen([0.0, 0.01, 0.02]), seen([0.3, 0.2, 0.0])))
    out = clips_with_motion(clips, LAYOUT)
    torch.testing.assert_close(out[1], with_motion(clips[1], LAYOUT))
    assert base_size(moving_layout(LAYOUT)) == LAYOUT.size == 7
