"""The shapes of the arm's links.

The widths of the links and the offsets of their bulges were measured on the meshes of the lbr_iiwa URDF
that comes with pybullet's data (see `iiwa.py`), to a few millimetres; all surfaces are our own.

Each link is a smooth skin over ellipses. An elbow link begins with a round joint about z, leans sideways
and ends with a round joint about y: its ellipses span from an inner to an outer curve in the plane x = 0
and swing from horizontal to upright.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from armchair.arms.iiwa import FLANGE_HEIGHT, JOINT_HEIGHTS
from armchair.engines.display.shapes import (
    FLIP_Y,
    Floats,
    Mesh,
    Shapes,
    circle,
    cylinder,
    loft,
    merge,
    moved,
    panel,
    revolve,
    rounded_box,
    rounded_ends,
    spline,
    superellipse,
)

_GAP = 0.0022  # m, half the groove between two links
_FLIP_Z = ((1, 0, 0), (0, 1, 0), (0, 0, -1))
_TO_Y = ((1, 0, 0), (0, 0, -1), (0, 1, 0))  # stands what points up along +y
_FROM_Y = ((1, 0, 0), (0, 0, 1), (0, -1, 0))  # lays what points up along -y
_KNOTS = (0.0, 0.2, 0.4, 0.55, 0.7, 0.85, 0.93, 1.0)


@dataclass(frozen=True)
class Elbow:
    """A link with its joint about z at the origin and the next one, about y, `height` above it.

    The bulge is on the +y side; the next link's face is the plane y = 0.
    """

    ring: float  # m, radius of the joint about z
    face: float  # m, radius of the joint about y
    height: float  # m
    depth: float  # m, how far the bulge reaches to the side
    waist: float  # m, half-width at the narrowest

    def surface(self, t: Floats, angle: Floats) -> Floats:
        """The skin: t from 0 (ring) to 1 (face), angle from 0 (outer curve) to π (inner curve)."""
        ring, face, h = self.ring, self.face, self.height
        low, out = h - face, self.depth - ring
        inner_y = spline(_KNOTS, np.array([-1, -0.985, -0.6, -0.18, -0.04, 0, 0, 0]) * ring)
        inner_z = spline(_KNOTS, np.array([0, 0.26, 0.58, 0.84, 0.955, 0.985, 0.995, 1]) * low)
        depths = [ring, ring + 0.13 * out, ring + 0.42 * out, ring + 0.84 * out, self.depth]
        outer_y = spline(_KNOTS, [*depths, 0.82 * self.depth, 0.47 * self.depth, 0.0])
        heights = [0.0, 0.15 * h, 0.44 * h, 0.69 * h, h - 0.2 * face]
        outer_z = spline(_KNOTS, [*heights, h + 0.61 * face, h + 0.9 * face, h + face])
        widths = [ring, 0.985 * ring, 0.3 * ring + 0.7 * self.waist, self.waist, 0.93 * face]
        width = spline(_KNOTS, [*widths, 0.99 * face, face, face])
        along, across = (1 + np.cos(angle)) / 2, np.sin(angle)
        y = inner_y(t) + along * (outer_y(t) - inner_y(t))
        z = inner_z(t) + along * (outer_z(t) - inner_z(t))
        return np.stack((width(t) * across, y, z), -1)

    def skin(self, steps: int = 25, size: int = 30) -> Mesh:
        """The closed link, a little short of both joints' planes."""
        angle = np.linspace(0.0, 2 * np.pi, size, endpoint=False)
        t = np.linspace(0.0, 1.0, steps)[:, None]
        rings = self.surface(t, angle)
        rings[..., 1] = np.where(t > 0.99, _GAP, np.maximum(rings[..., 1], np.where(t > 0.8, _GAP, -1.0)))
        rings[0, :, 2] = _GAP
        return loft(rounded_ends(rings))


ELBOWS = {
    1: Elbow(ring=0.086, face=0.086, height=0.2025, depth=0.116, waist=0.070),
    2: Elbow(ring=0.068, face=0.086, height=0.2045, depth=0.132, waist=0.065),
    3: Elbow(ring=0.068, face=0.068, height=0.2155, depth=0.115, waist=0.056),
    4: Elbow(ring=0.068, face=0.068, height=0.1845, depth=0.114, waist=0.056),
}


def link_shapes() -> dict[str, Shapes]:
    """The parts of link0 to link7."""
    return {
        "link0": _base(),
        "link1": _lower(1, FLIP_Y),
        "link2": _upper(2, None),
        "link3": _lower(3, None),
        "link4": _upper(4, FLIP_Y),
        "link5": _fork(),
        "link6": _wrist(),
        "link7": _flange(),
    }


def _base() -> Shapes:
    """A bell on a foot, with a box for the cables at the back."""
    top = JOINT_HEIGHTS[0] - _GAP
    flare = [(0.117, 0.004), (0.12, 0.006), (0.1195, 0.014), (0.114, 0.034), (0.106, 0.058), (0.099, 0.082)]
    neck = [(0.0935, 0.104), (0.0895, 0.126), (0.087, 0.146), (0.086, top - 0.002), (0.0845, top)]
    bell = revolve(flare + neck)
    foot = cylinder(0.126, 0.0, 0.008, bevel=0.002, size=40)
    box = moved(rounded_box((0.04, 0.042, 0.052), 0.01), (-0.098, 0, 0.056))
    plug = moved(rounded_box((0.004, 0.026, 0.02), 0.003, steps=1), (-0.138, 0, 0.05))
    collar = cylinder(0.083, top - 0.01, top + 2 * _GAP)
    return ("silver", merge(bell, box)), ("graphite", merge(foot, plug, collar))


def _lower(i: int, flip: tuple[tuple[int, ...], ...] | None) -> Shapes:
    """A link whose first joint is about z."""
    elbow = ELBOWS[i]
    # the dark core that shows in the groove at the face
    core = moved(cylinder(elbow.face - 0.003, -0.004, 0.004), (0, 0, elbow.height), _TO_Y)
    return ("silver", moved(elbow.skin(), axes=flip)), ("graphite", moved(core, axes=flip))


def _upper(i: int, flip: tuple[tuple[int, ...], ...] | None) -> Shapes:
    """A link whose first joint is about y: an elbow upside down, with an orange cover on its bulge."""
    elbow = ELBOWS[i]
    collar = cylinder(elbow.ring - 0.003, -_GAP, 3 * _GAP)

    def place(mesh: Mesh) -> Mesh:
        return moved(moved(mesh, (0, 0, elbow.height), _FLIP_Z), axes=flip)

    return (
        ("silver", place(elbow.skin())),
        ("orange", place(panel(elbow.surface, (0.635, 0.0), (0.255, 1.22), 0.0014))),
        ("graphite", place(collar)),
    )


def _fork() -> Shapes:
    """Link 5: a sleeve that narrows into one slim arm beside the wrist."""
    height = JOINT_HEIGHTS[5] - JOINT_HEIGHTS[4]
    z = np.array([_GAP, 0.03, 0.06, 0.09, 0.12, 0.15, 0.18, height])
    near = spline(z, [0.068, 0.068, 0.060, 0.028, -0.022, -0.052, -0.0615, -0.0625])
    far = spline(z, [-0.068, -0.068, -0.069, -0.074, -0.085, -0.0955, -0.100, -0.101])
    wide = spline(z, [0.068, 0.0675, 0.063, 0.053, 0.0455, 0.0455, 0.049, 0.052])
    levels = np.linspace(_GAP, height, 18)
    arm = [superellipse(float(near(h)), float(far(h)), float(wide(h)), float(h)) for h in levels]
    for angle in np.linspace(0.0, np.pi / 2, 7)[1:]:  # the round end about the joint
        up, out = 0.052 * np.sin(angle), 0.052 * np.cos(angle)
        shrink = 0.004 + 0.012 * (1 - np.cos(angle))
        near_end, far_end = -0.0625 - 0.2 * shrink, -0.101 + shrink - 0.004
        arm.append(superellipse(near_end, far_end, max(out, 0.004), height + up))
    skin = loft(rounded_ends(np.stack(arm)))
    cap = revolve(((0.040, 0.0), (0.040, 0.002), (0.0375, 0.0035), (0.025, 0.0045), (0.0, 0.005)))
    return ("silver", skin), ("orange", moved(cap, (0, -0.0985, height), _FROM_Y))


def _wrist() -> Shapes:
    """Link 6: an egg with its axis along z, held from the side by link 5."""
    top = JOINT_HEIGHTS[6] - JOINT_HEIGHTS[5] - _GAP
    angle = np.linspace(-np.pi / 2, 0.0, 12)
    low = [(0.067 * np.cos(a), 0.084 * np.sin(a)) for a in angle]
    high = [(0.0665, 0.014), (0.0645, 0.028), (0.0612, 0.042), (0.0577, 0.056), (0.0545, top - 0.006)]
    egg = revolve([(float(r), float(z)) for r, z in low] + high + [(0.0535, top - 0.001), (0.052, top)])
    boss = moved(cylinder(0.050, 0.042, 0.0645, bevel=0.002), axes=_FROM_Y)
    ring = moved(cylinder(0.0475, 0.045, 0.068, bevel=0.001), axes=_FROM_Y)
    cap = revolve(((0.036, 0.0), (0.036, 0.0585), (0.034, 0.0665), (0.024, 0.0690), (0.0, 0.0695)))
    return ("silver", merge(egg, boss)), ("graphite", ring), ("orange", moved(cap, axes=_TO_Y))


def _flange() -> Shapes:
    """Link 7: the sleeve of the last joint and the plate with its bolts."""
    top = FLANGE_HEIGHT - JOINT_HEIGHTS[6]
    sleeve = cylinder(0.0525, _GAP, 0.021, bevel=0.0015)
    neck = cylinder(0.049, 0.0, top - 0.010)
    plate = cylinder(0.047, top - 0.012, top, bevel=0.0015)
    cos, sin = circle(7)
    bolt = cylinder(0.0035, top - 0.004, top + 0.002, bevel=0.0008, size=8)
    bolts = [moved(bolt, (0.0395 * c, 0.0395 * s, 0)) for c, s in zip(cos, sin, strict=True)]
    return ("silver", sleeve), ("graphite", neck), ("steel", merge(plate, *bolts))
