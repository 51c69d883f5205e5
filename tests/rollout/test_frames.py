"""Pictures in a ring: small, in order, within a budget."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from armchair.errors import InvalidInput
from armchair.rollout.frames import Frame, FrameRing, fitted_size, pack, unpack


def grey(shade: int) -> Frame:
    return np.full((64, 48, 3), shade, dtype=np.uint8)


def shades(frames: Sequence[Frame]) -> bytes:
    return bytes(round(float(frame.mean())) for frame in frames)


@pytest.mark.parametrize(
    ("size", "kept"), [((480, 480), (240, 240)), ((300, 451), (160, 240)), ((63, 1), (64, 2))]
)
def test_pictures_are_made_small_and_even(size: tuple[int, int], kept: tuple[int, int]) -> None:
    assert fitted_size(*size) == kept
    assert unpack(pack(np.zeros((*size, 3), dtype=np.uint8))).shape == (*kept, 3)


def test_colours_and_places_survive() -> None:
    frame = grey(30)
    frame[:32, :24] = (200, 40, 90)
    kept = unpack(pack(frame)).astype(int)
    assert np.abs(kept[16, 12] - (200, 40, 90)).max() <= 4
    assert np.abs(kept[48, 36] - 30).max() <= 4


def test_a_film_is_of_the_copy_and_the_steps_asked_for() -> None:
    ring = FrameRing(2, 4, shades)
    for step in range(6):
        ring.add(step, [grey(10 * step), grey(100 + 10 * step)])
    assert ring.first == 2  # the capacity is 4
    assert ring.film(1, 3, 3) == bytes([130, 140, 150])
    assert ring.film(0, 2, 2) == bytes([20, 30])
    for first, length in ((1, 2), (5, 2)):
        with pytest.raises(InvalidInput, match="no frames of the steps"):
            ring.film(0, first, length)


def test_beyond_the_budget_the_oldest_give_way() -> None:
    size = len(pack(grey(0)))
    ring = FrameRing(2, 100, shades, most=7 * size)
    for step in range(5):
        ring.add(step, [grey(0), grey(0)])
    assert ring.first == 2  # three steps of two pictures fit


def test_a_gap_forgets_what_came_before() -> None:
    ring = FrameRing(1, 10, shades)
    ring.add(0, [grey(10)])
    ring.add(5, [grey(50)])
    assert ring.first == 5
    assert ring.film(0, 5, 1) == bytes([50])
    with pytest.raises(InvalidInput, match="a frame for each of 1 copies, got 2"):
        ring.add(6, [grey(1), grey(2)])
    with pytest.raises(InvalidInput, match=r"frames must be \(H, W, 3\) uint8, got float64"):
        ring.add(6, [np.zeros((4, 4, 3))])  # type: ignore[list-item]
