"""Pixels against cases worked by hand, the conventions of three.js and MuJoCo, and the page's own numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import mujoco
import numpy as np
import pytest
import torch
from torch import Tensor

from armchair.engines.display.camera import DEFAULT_CAMERA
from armchair.engines.display.picture import Display
from armchair.feedback import projection
from armchair.feedback.composition import DOWN, TABLE
from armchair.feedback.projection import (
    ALWAYS,
    FILLED,
    PANE,
    Home,
    box_of,
    map_of,
    project,
    sight_of,
    usual_home,
)

ASPECT = PANE[0] / PANE[1]
FRAME = torch.tensor(PANE, dtype=torch.float64)
NOTHING = torch.zeros(1, 0, 3)


def points(*rows: Sequence[float]) -> Tensor:
    return torch.tensor([rows])


def home_at(eye: Sequence[float], target: Sequence[float], half: float) -> Home:
    return Home(
        *(torch.tensor([one], dtype=torch.float64) for one in (eye, target)), torch.tensor([half]).double()
    )


def test_a_case_worked_by_hand() -> None:
    # 2 m behind the origin on −x, looking along +x: y is to the left, half the height is 1 m there
    camera = sight_of(home_at((-2.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.5), NOTHING, 2.0)
    some = points((0.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, -0.5, 0.5), (2.0, 0.0, 1.0))
    expected = [[200.0, 100.0], [100.0, 100.0], [250.0, 50.0], [200.0, 50.0]]
    at = project(camera, some, (400.0, 200.0))
    torch.testing.assert_close(at[0], torch.tensor(expected, dtype=torch.float64))
    assert camera.zoom(200.0).tolist() == [100.0]  # px to a metre


def test_from_above_the_table_lies_as_it_does_from_the_usual_place() -> None:
    camera = map_of(DOWN, box_of(points((0.56, 0.0, 0.1)), room=0.2), ASPECT)
    middle, farther, right = project(camera, points((0.56, 0, 0), (0.46, 0, 0), (0.56, 0.1, 0)), PANE)[0]
    assert middle.tolist() == pytest.approx([PANE[0] / 2, PANE[1] / 2])
    assert abs(farther[0] - middle[0]) < 1e-3 and farther[1] < middle[1], "towards the arm's base is up"
    assert right[0] > middle[0] and abs(right[1] - middle[1]) < 1e-3


def test_a_map_just_holds_what_is_to_be_seen() -> None:
    for held in (box_of(points(TABLE[0]), TABLE, 0.0), box_of(points((0.2, -0.6, 0.8)), ALWAYS)):
        for way in (DOWN, (0.0, 1.0, 0.0)):
            camera = map_of(way, held, ASPECT)
            reach = ((project(camera, held, PANE)[0] - FRAME / 2).abs() / (FRAME / 2)).amax(0)
            assert reach.max().item() == pytest.approx(FILLED)
    camera = map_of(DOWN, box_of(points(ALWAYS[0]), ALWAYS), ASPECT)
    low = project(camera, points((0.56, 0.2, 0.0), (0.56, 0.2, 0.4)), PANE)[0]
    assert (low[0] - low[1]).norm() < 25, "40 cm of height hardly show"


def test_the_same_as_the_matrices_of_three() -> None:
    """PerspectiveCamera: the projection of `fov` and `aspect` after the inverse of what `lookAt` makes."""
    home = usual_home(1)
    eye, target, up = home.eye[0].numpy(), home.target[0].numpy(), np.array([0.0, 0.0, 1.0])
    z = (eye - target) / np.linalg.norm(eye - target)
    x = np.cross(up, z) / np.linalg.norm(np.cross(up, z))
    y = np.cross(z, x)
    top = 0.05 * math.tan(math.radians(projection.HEIGHT) / 2)
    right = top * PANE[0] / PANE[1]
    some = np.array([[0.5, 0.1, 0.2], [0.6, -0.2, 0.0], [0.4, 0.0, 0.45]])
    local = (some - eye) @ np.stack((x, y, z)).T
    ndc = np.stack((0.05 / right * local[:, 0], 0.05 / top * local[:, 1]), 1) / -local[:, 2:]
    pixels = np.stack(((ndc[:, 0] + 1) / 2 * PANE[0], (1 - ndc[:, 1]) / 2 * PANE[1]), 1)
    found = project(sight_of(home, NOTHING, ASPECT), torch.tensor(some)[None], PANE)
    np.testing.assert_allclose(found[0].numpy(), pixels, atol=1e-9)


def test_directions_are_those_of_mujocos_camera() -> None:
    display = Display(0)
    scene = mujoco.MjvScene(display.model, maxgeom=100)
    display.show(torch.tensor([[0.0, 0, 0, 1, 0, 0, 0]]).repeat(display.num_bodies + 1, 1))
    mujoco.mjv_updateScene(
        display.model,
        display.data,
        mujoco.MjvOption(),
        None,
        display.camera,
        mujoco.mjtCatBit.mjCAT_ALL,
        scene,
    )
    camera = sight_of(home_at(DEFAULT_CAMERA.eye, DEFAULT_CAMERA.lookat, 0.3), NOTHING, ASPECT)
    between = (np.array(scene.camera[0].pos) + np.array(scene.camera[1].pos)) / 2
    np.testing.assert_allclose(between, DEFAULT_CAMERA.eye, atol=1e-5)
    np.testing.assert_allclose(scene.camera[0].forward, camera.forward[0], atol=1e-5)
    np.testing.assert_allclose(scene.camera[0].up, camera.up[0], atol=1e-5)


def test_the_camera_steps_aside_for_what_would_be_cut_off() -> None:
    home = usual_home(1)
    usual = sight_of(home, NOTHING, ASPECT)
    inside, outside = points((0.5, 0.0, 0.2)), points((0.55, 0.0, 0.1), (0.9, 0.5, 0.6))
    near = sight_of(home, inside, ASPECT)
    torch.testing.assert_close(near.eye, home.eye)
    before, after = (project(one, outside, PANE) for one in (usual, sight_of(home, outside, ASPECT)))
    assert not bool(((before > 0) & (before < FRAME)).all())
    assert bool(((after > 0.03 * FRAME) & (after < 0.97 * FRAME)).all())
    wide = points((0.2, -0.6, 0.0), (0.95, 0.6, 0.8), (0.2, 0.6, 0.8))
    far = sight_of(home, wide, ASPECT)
    assert far.half[0] > near.half[0] and bool((far.zoom(PANE[1]) < near.zoom(PANE[1])).all())
    seen = project(far, wide, PANE)
    assert bool(((seen > 0) & (seen < FRAME)).all())


def test_a_box_holds_points_with_room_and_what_it_always_holds() -> None:
    corners = box_of(points((0.5, 0.0, 0.6), (0.95, 0.0, 0.1)), ALWAYS)
    low, high = corners.amin(1)[0].tolist(), corners.amax(1)[0].tolist()
    assert low == pytest.approx([0.42, -0.27, 0.0])
    assert high == pytest.approx([0.98, 0.27, 0.63])
