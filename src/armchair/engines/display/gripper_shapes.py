"""The shapes of the parallel gripper: a dark palm, steel fingers with rubber pads."""

from __future__ import annotations

import numpy as np

from armchair.arms.iiwa import TOOL_OFFSET
from armchair.engines.display.shapes import (
    FLIP_Y,
    Floats,
    Shapes,
    cylinder,
    loft,
    merge,
    moved,
    rounded_box,
    rounded_ends,
    superellipse,
)
from armchair.engines.iiwa import HAND_LENGTH


def hand_shapes() -> Shapes:
    """The palm: a round adapter, a rounded housing, and the rail in which the fingers slide."""
    adapter = cylinder(0.040, 0.001, 0.016, bevel=0.002)
    housing = moved(rounded_box((0.030, 0.058, 0.032), 0.012), (0, 0, 0.046))
    stripe = loft(np.stack([_outline(0.0304, 0.0584, 0.0124, z) for z in (0.0585, 0.0635)]))
    rail = moved(rounded_box((0.014, 0.056, 0.008), 0.003, steps=1), (0, 0, HAND_LENGTH - 0.011))
    return ("graphite", merge(housing, adapter)), ("orange", stripe), ("steel", rail)


def _outline(half_x: float, half_y: float, radius: float, height: float, size: int = 32) -> Floats:
    """A horizontal rectangle with round corners. -> (size, 3)."""
    angle = 2 * np.pi * (np.arange(size) + 0.5) / size
    cos, sin = np.cos(angle), np.sin(angle)
    x = np.sign(cos) * (half_x - radius) + radius * cos
    y = np.sign(sin) * (half_y - radius) + radius * sin
    return np.stack((x, y, np.full(size, height)), -1)


def finger_shapes() -> dict[str, Shapes]:
    """The fingers; a pad's inner face is in the plane y = 0, the finger reaches outwards from there."""
    tip = TOOL_OFFSET - HAND_LENGTH + 0.008
    outlines = [
        superellipse(
            0.0022, 0.0177 - 0.0075 * h**1.4, 0.0105 - 0.0015 * h, 0.010 + h * (tip - 0.010), size=16
        )
        for h in np.linspace(0.0, 1.0, 6)
    ]
    blade = loft(rounded_ends(np.stack(outlines)))
    carriage = moved(rounded_box((0.0125, 0.011, 0.0085), 0.003, steps=2), (0, 0.0115, 0.0065))
    pad = moved(rounded_box((0.009, 0.002, 0.0225), 0.0008, steps=1), (0, 0.002, tip - 0.024))
    left: Shapes = (("steel", merge(blade, carriage)), ("rubber", pad))
    right = tuple((finish, moved(mesh, axes=FLIP_Y)) for finish, mesh in left)
    return {"finger_left": left, "finger_right": right}
