"""The meshes of arm, blocks and goals: closed, right way out, in place, few enough."""

from __future__ import annotations

import numpy as np
import pytest

from armchair.arms.iiwa import FLANGE_HEIGHT, JOINT_HEIGHTS, TOOL_OFFSET
from armchair.engines.display.appearance import BALL_RADIUS, DISC_RADIUS, Part, body_parts, goal_mark
from armchair.engines.display.shapes import Mesh, cylinder, moved, rounded_box, sphere, spline, torus
from armchair.engines.iiwa import HAND_LENGTH
from armchair.engines.scene import body_names
from armchair.errors import InvalidChoice
from armchair.world import BLOCK_SIZE, GOAL_MARKERS

LOOKS = body_parts(2)
PARTS = [
    pytest.param(part, id=f"{name}-{k}") for name, parts in LOOKS.items() for k, part in enumerate(parts)
] + [
    pytest.param(part, id=f"goal-{marker}-{k}")
    for marker in GOAL_MARKERS
    for k, part in enumerate(goal_mark(marker).parts + goal_mark(marker).ground)
]


def volume(mesh: Mesh) -> float:
    """Enclosed volume by the divergence theorem: positive when faces turn outwards."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]].astype(float) for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def extent(*parts: Part) -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate([part.mesh.vertices for part in parts])
    return points.min(0), points.max(0)


def test_every_body_has_parts_in_order() -> None:
    assert list(LOOKS) == body_names(2)
    assert all(LOOKS.values())
    assert list(body_parts(0)) == body_names(0)


def test_triangle_budget() -> None:
    arm = sum(len(part.mesh.faces) for parts in body_parts(0).values() for part in parts)
    blocks = sum(len(part.mesh.faces) for parts in LOOKS.values() for part in parts) - arm
    assert 8_000 < arm <= 20_000
    assert blocks <= 3_000


@pytest.mark.parametrize("part", PARTS)
def test_part_is_a_closed_mesh_with_outward_unit_normals(part: Part) -> None:
    mesh = part.mesh
    assert mesh.vertices.dtype == mesh.normals.dtype == np.float32
    assert mesh.faces.dtype == np.int32
    assert mesh.faces.min() == 0
    assert mesh.faces.max() == len(mesh.vertices) - 1
    # along every edge, as many faces go one way as the other
    _, weld = np.unique(mesh.vertices.round(6), axis=0, return_inverse=True)
    faces = weld.reshape(-1)[mesh.faces]
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    forth = np.unique(edges, axis=0, return_counts=True)
    back = np.unique(edges[:, ::-1], axis=0, return_counts=True)
    np.testing.assert_array_equal(forth[0], back[0])
    np.testing.assert_array_equal(forth[1], back[1])
    assert volume(mesh) > 0
    # normals agree with the faces around them
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1.0, atol=1e-3)
    a, b, c = (mesh.vertices[mesh.faces[:, k]].astype(float) for k in range(3))
    flat = np.cross(b - a, c - a)
    size = np.linalg.norm(flat, axis=1)
    flat /= size[:, None]
    agreement = (flat[:, None] * mesh.normals[mesh.faces]).sum(2)
    assert agreement[size > 1e-8].min() > 0.3


@pytest.mark.parametrize(
    ("name", "radius", "bottom", "top"),
    [
        ("link0", 0.145, 0.0, JOINT_HEIGHTS[0] + 0.005),
        ("link1", 0.12, 0.0, JOINT_HEIGHTS[1] - JOINT_HEIGHTS[0] + 0.09),
        ("link2", 0.14, -0.09, JOINT_HEIGHTS[2] - JOINT_HEIGHTS[1] + 0.005),
        ("link3", 0.12, 0.0, JOINT_HEIGHTS[3] - JOINT_HEIGHTS[2] + 0.07),
        ("link4", 0.12, -0.07, JOINT_HEIGHTS[4] - JOINT_HEIGHTS[3] + 0.005),
        ("link5", 0.11, 0.0, JOINT_HEIGHTS[5] - JOINT_HEIGHTS[4] + 0.056),
        ("link6", 0.085, -0.09, JOINT_HEIGHTS[6] - JOINT_HEIGHTS[5]),
        ("link7", 0.055, 0.0, FLANGE_HEIGHT - JOINT_HEIGHTS[6] + 0.003),
        ("hand", 0.066, 0.0, HAND_LENGTH),
    ],
)
def test_link_fills_its_place_and_no_more(name: str, radius: float, bottom: float, top: float) -> None:
    points = np.concatenate([part.mesh.vertices for part in LOOKS[name]])
    reach = np.linalg.norm(points[:, :2], axis=1).max()
    assert 0.8 * radius < reach <= radius
    assert bottom - 0.002 <= points[:, 2].min() <= bottom + 0.006
    assert top - 0.012 <= points[:, 2].max() <= top


@pytest.mark.parametrize(
    ("link", "side"), [("link1", -1), ("link2", 1), ("link3", 1), ("link4", -1), ("link5", -1)]
)
def test_bulges_alternate_sides(link: str, side: int) -> None:
    low, high = extent(*LOOKS[link])
    assert side * (high[1] + low[1]) > 0.02


@pytest.mark.parametrize(("name", "side"), [("finger_left", 1.0), ("finger_right", -1.0)])
def test_finger_reaches_outwards_from_its_pad(name: str, side: float) -> None:
    low, high = extent(*LOOKS[name])
    inner, outer = (low[1], high[1]) if side > 0 else (-high[1], -low[1])
    assert inner == pytest.approx(0.0, abs=5e-4)
    assert 0.008 < outer < 0.03
    tip = TOOL_OFFSET - HAND_LENGTH + 0.008
    assert high[2] == pytest.approx(tip, abs=0.002)


@pytest.mark.parametrize("name", ["block_a", "block_b"])
def test_block_is_drawn_at_its_size(name: str) -> None:
    low, high = extent(*LOOKS[name])
    np.testing.assert_allclose(high, BLOCK_SIZE / 2, atol=0.001)
    np.testing.assert_allclose(low, -BLOCK_SIZE / 2, atol=0.001)


def test_blocks_differ_in_colour_and_marking() -> None:
    a, b = LOOKS["block_a"], LOOKS["block_b"]
    assert a[1].material != b[1].material
    assert a[2].mesh.vertices.shape != b[2].mesh.vertices.shape


def test_goal_has_a_colour_of_its_own() -> None:
    others = [part.material.rgba[:3] for parts in LOOKS.values() for part in parts]
    for marker in GOAL_MARKERS:
        look = goal_mark(marker)
        for part in look.parts + look.ground:
            nearest = min(np.linalg.norm(np.subtract(part.material.rgba[:3], other)) for other in others)
            assert nearest > 0.3


def test_goal_sizes() -> None:
    _, high = extent(*goal_mark("ball").parts)
    assert high[2] == pytest.approx(BALL_RADIUS, abs=1e-6)
    low, high = extent(*goal_mark("disc").ground)
    assert high[0] == pytest.approx(DISC_RADIUS, abs=1e-6)
    assert low[2] >= 0
    _, high = extent(*goal_mark("cube").parts)
    assert high[0] == pytest.approx(BLOCK_SIZE / 2, abs=0.003)
    assert goal_mark("none").parts == goal_mark("none").ground == ()


def test_unknown_marker_names_the_nearest() -> None:
    with pytest.raises(InvalidChoice, match="did you mean 'ball'"):
        goal_mark("bal")


def test_shapes_have_their_volumes() -> None:
    assert volume(sphere(0.1, 64)) == pytest.approx(4 / 3 * np.pi * 0.1**3, rel=0.01)
    assert volume(torus(0.1, 0.01, 96, 32)) == pytest.approx(2 * np.pi**2 * 0.1 * 0.01**2, rel=0.01)
    assert volume(cylinder(0.1, 0.0, 0.2, 1e-4, 96)) == pytest.approx(np.pi * 0.1**2 * 0.2, rel=0.01)
    assert volume(rounded_box((0.1, 0.2, 0.3), 1e-3)) == pytest.approx(8 * 0.1 * 0.2 * 0.3, rel=0.01)


def test_hard_edges_stay_hard_and_round_ones_smooth() -> None:
    box = rounded_box((1.0, 1.0, 1.0), 0.001, steps=0)
    assert len(box.vertices) == 24  # three normals at each corner
    np.testing.assert_allclose(np.abs(box.normals).max(1), 1.0, atol=1e-3)
    globe = sphere(1.0)
    np.testing.assert_allclose(globe.normals, globe.vertices, atol=0.03)


def test_mirrored_mesh_still_faces_outwards() -> None:
    mirrored = moved(sphere(0.1), (1, 0, 0), ((1, 0, 0), (0, -1, 0), (0, 0, 1)))
    assert volume(mirrored) > 0
    assert mirrored.vertices[:, 0].mean() == pytest.approx(1.0, abs=0.01)


def test_spline_passes_through_its_points_and_keeps_lines_straight() -> None:
    knots = np.array([0.0, 0.3, 0.5, 1.0])
    values = np.array([1.0, -2.0, 0.5, 0.0])
    np.testing.assert_allclose(spline(knots, values)(knots), values, atol=1e-12)
    np.testing.assert_allclose(spline(knots, 2 * knots + 1)(np.linspace(0, 1, 9)), np.linspace(1, 3, 9))
