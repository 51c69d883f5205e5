"""What the bodies of a scene look like, for every engine and viewer: meshes, colours, nothing else.

Each part is in the frame of its body (see `armchair.engines.scene`). Colours are sRGB in 0..1. The blocks'
colours are Okabe and Ito's (2008) blue and yellow, which people with any kind of colour blindness can tell
apart; their markings differ too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np

from armchair.engines.display.arm_shapes import link_shapes
from armchair.engines.display.gripper_shapes import finger_shapes, hand_shapes
from armchair.engines.display.shapes import Mesh, cylinder, merge, moved, rounded_box, sphere, torus
from armchair.errors import check_choice
from armchair.world import BLOCK_SIZE, GOAL_MARKERS, block_names

Rgba = tuple[float, float, float, float]

BALL_RADIUS = 0.025  # m
DISC_RADIUS = 0.05  # m


@dataclass(frozen=True)
class Material:
    """How a surface takes the light."""

    rgba: Rgba
    roughness: float = 0.5  # 0 mirror .. 1 chalk
    shininess: float = 0.5  # strength of the highlight, 0..1


class Part(NamedTuple):
    """One mesh of one material."""

    mesh: Mesh
    material: Material


class GoalMark(NamedTuple):
    """How a goal is marked: at the goal itself, and below it on the table so that its depth can be judged."""

    parts: tuple[Part, ...]  # in a frame at the goal, parallel to the world's
    ground: tuple[Part, ...]  # in a frame on the table straight below the goal
    line_radius: float  # m, of a thin post from the table to the goal; 0 for none
    line: Material


SILVER = Material((0.86, 0.87, 0.88, 1.0), roughness=0.35, shininess=0.6)
ORANGE = Material((1.0, 0.47, 0.04, 1.0), roughness=0.4, shininess=0.5)
GRAPHITE = Material((0.17, 0.18, 0.20, 1.0), roughness=0.6, shininess=0.25)
STEEL = Material((0.58, 0.60, 0.63, 1.0), roughness=0.25, shininess=0.9)
RUBBER = Material((0.09, 0.09, 0.10, 1.0), roughness=0.9, shininess=0.05)
FINISHES = {"silver": SILVER, "orange": ORANGE, "graphite": GRAPHITE, "steel": STEEL, "rubber": RUBBER}

WOOD = Material((0.80, 0.64, 0.44, 1.0), roughness=0.8, shininess=0.1)
BLUE = Material((0.0, 0.447, 0.698, 1.0), roughness=0.6, shininess=0.2)
YELLOW = Material((0.941, 0.894, 0.259, 1.0), roughness=0.6, shininess=0.2)
WHITE = Material((0.96, 0.96, 0.94, 1.0), roughness=0.6, shininess=0.2)
BLACK = Material((0.10, 0.10, 0.12, 1.0), roughness=0.6, shininess=0.2)
BLOCK_PAINTS = ((BLUE, WHITE), (YELLOW, BLACK))  # a block's colour and its marking's, in turn

GOAL = Material((0.91, 0.10, 0.16, 0.55), roughness=0.3, shininess=0.6)
GOAL_SOLID = Material((0.91, 0.10, 0.16, 1.0), roughness=0.6, shininess=0.1)
GOAL_LINE = Material((0.91, 0.10, 0.16, 0.7), roughness=0.8, shininess=0.0)
GOAL_GLASS = Material((0.91, 0.10, 0.16, 0.22), roughness=0.3, shininess=0.3)


@cache
def body_parts(num_blocks: int) -> dict[str, tuple[Part, ...]]:
    """The parts of every body of `scene.body_names(num_blocks)`, in that order."""
    shapes = {**link_shapes(), "hand": hand_shapes(), **finger_shapes()}
    parts = {
        name: tuple(Part(mesh, FINISHES[finish]) for finish, mesh in meshes)
        for name, meshes in shapes.items()
    }
    for k, name in enumerate(block_names(num_blocks)):
        parts[name] = block_parts(k)
    return parts


# ------------------------------------------------------------------ blocks

_FACE_AXES = (  # images of x, y, z: a plate that faces up is turned to each of the six sides
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
    ((0, 1, 0), (0, 0, -1), (-1, 0, 0)),
    ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
    ((0, 0, -1), (1, 0, 0), (0, -1, 0)),
)


def block_parts(k: int) -> tuple[Part, ...]:
    """Block number k: wooden edges, painted faces, a disc (even k) or two bars (odd k) on each face."""
    half = BLOCK_SIZE / 2
    paint, ink = BLOCK_PAINTS[k % len(BLOCK_PAINTS)]
    body = rounded_box((half, half, half), 0.004, steps=2)
    face = moved(rounded_box((0.0195, 0.0195, 0.001), 0.0001, steps=0), (0, 0, half - 0.0007))
    if k % 2:
        bar = rounded_box((0.0195, 0.0040, 0.0008), 0.0001, steps=0)
        marking = merge(*(moved(bar, (0, y, half - 0.0002)) for y in (0.0085, -0.0085)))
    else:
        marking = cylinder(0.0105, half - 0.001, half + 0.0006, bevel=0.0002, size=20)
    return Part(body, WOOD), Part(_on_all_faces(face), paint), Part(_on_all_faces(marking), ink)


def _on_all_faces(mesh: Mesh) -> Mesh:
    return merge(*(moved(mesh, axes=axes) for axes in _FACE_AXES))


# ------------------------------------------------------------------ goals


def goal_mark(marker: str) -> GoalMark:
    """How to mark a goal: "ball" in the air, "disc" on the table, "cube" for a block's place, "none".

    Raises InvalidChoice for any other marker.
    """
    check_choice("goal marker", marker, GOAL_MARKERS)
    if marker == "ball":
        shadow = moved(torus(BALL_RADIUS, 0.0012, around=6), (0, 0, 0.0012))
        dot = cylinder(0.004, 0.0, 0.0015, bevel=0.0005, size=16)
        parts = (Part(sphere(BALL_RADIUS), GOAL),)
        return GoalMark(parts, (Part(merge(shadow, dot), GOAL_SOLID),), 0.0013, GOAL_LINE)
    if marker == "disc":
        spot = cylinder(0.006, 0.0, 0.0008, bevel=0.0003, size=24)
        rings = merge(_flat_ring(DISC_RADIUS - 0.007, DISC_RADIUS), _flat_ring(0.024, 0.027), spot)
        return GoalMark((), (Part(rings, GOAL_SOLID),), 0.0, GOAL_LINE)
    if marker == "cube":
        half, inside = BLOCK_SIZE / 2, BLOCK_SIZE / 2 - 0.0008
        glass = rounded_box((inside, inside, inside), 0.001, steps=1)
        square = moved(_cube_edges(half, 0.0011, only_lower=True), (0, 0, half))
        parts = Part(_cube_edges(half, 0.0013), GOAL_SOLID), Part(glass, GOAL_GLASS)
        return GoalMark(parts, (Part(square, GOAL_SOLID),), 0.0013, GOAL_LINE)
    return GoalMark((), (), 0.0, GOAL_LINE)


def _flat_ring(inner: float, outer: float, height: float = 0.0008) -> Mesh:
    ring = torus((inner + outer) / 2, (outer - inner) / 2, around=4)
    flat = ring.vertices.copy()
    flat[:, 2] = np.where(flat[:, 2] > 1e-5, height, 0.0)
    return Mesh(flat, ring.normals, ring.faces)


def _cube_edges(half: float, radius: float, *, only_lower: bool = False) -> Mesh:
    """Bars along the twelve edges of a cube, or only the four of its lower side."""
    bar = rounded_box((half + radius, radius, radius), 0.4 * radius, steps=1)
    bars: list[Mesh] = []
    for axis, axes in enumerate(_FACE_AXES[::2]):  # those that face +z, +x and +y
        for u, v in product((-half, half), repeat=2):
            offset = np.zeros(3)
            offset[(axis + 1) % 3], offset[(axis + 2) % 3] = u, v
            if not only_lower or (axis < 2 and offset[2] < 0):
                bars.append(moved(bar, offset, axes))
    return merge(*bars)
