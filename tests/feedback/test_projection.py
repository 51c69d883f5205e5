"""Pixels against cases worked by hand, the conventions of three.js and MuJoCo, and the page's own numbers."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import mujoco
import numpy as np
import pytest
import torch
from torch import Tensor

from armchair.engines.display.camera import DEFAULT_CAMERA
from armchair.engines.display.picture import Display
from armchair.feedback import projection
from armchair.feedback.projection import (
    PANE,
    View,
    main_view,
    project,
    stand,
    top_view,
    workspace_of,
)

PLAYER = Path(projection.__file__).parents[1] / "web" / "frontend" / "src" / "player"


def points(*rows: tuple[float, float, float]) -> Tensor:
    return torch.tensor([rows])


def test_a_case_worked_by_hand() -> None:
    # 2 m behind the origin on −x, looking along +x: y is to the left, half the height is 1 m there
    view = View((-2.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.5, 400.0, 200.0)
    at = project(view, points((0.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, -0.5, 0.5), (2.0, 0.0, 1.0)))
    expected = [[200.0, 100.0], [100.0, 100.0], [250.0, 50.0], [200.0, 50.0]]
    torch.testing.assert_close(at[0], torch.tensor(expected, dtype=torch.float64))
    assert stand(view, points()).zoom(view).tolist() == [100.0]  # px to a metre


def test_from_above_the_table_lies_as_it_does_from_the_usual_place() -> None:
    view = top_view()
    middle, farther, right = project(view, points((0.56, 0, 0), (0.46, 0, 0), (0.56, 0.1, 0)))[0]
    assert middle.tolist() == pytest.approx([PANE[0] / 2, PANE[1] / 2])
    assert abs(farther[0] - middle[0]) < 1e-3 and farther[1] < middle[1], "towards the arm's base is up"
    assert right[0] > middle[0] and abs(right[1] - middle[1]) < 1e-3


def test_from_above_what_is_to_be_seen_just_fits() -> None:
    view, frame = top_view(), torch.tensor(PANE, dtype=torch.float64)
    for held in (workspace_of(points(projection.ALWAYS[0])), workspace_of(points((0.2, -0.6, 0.8)))):
        at = stand(view, held)
        reach = ((project(view, held, at)[0] - frame / 2).abs() / (frame / 2)).amax(0)
        assert reach.max().item() == pytest.approx(projection.FILLED)
        assert at.eye[0, :2].tolist() == pytest.approx(((held.amin(1) + held.amax(1)) / 2)[0, :2].tolist())
    low = project(view, points((0.56, 0.2, 0.0), (0.56, 0.2, 0.4)), stand(view, held))[0]
    assert (low[0] - low[1]).norm() < 25, "40 cm of height hardly show"


def test_the_same_as_the_matrices_of_three() -> None:
    """PerspectiveCamera: the projection of `fov` and `aspect` after the inverse of what `lookAt` makes."""
    view = main_view()
    eye, target, up = np.array(view.eye), np.array(view.target), np.array([0.0, 0.0, 1.0])
    z = (eye - target) / np.linalg.norm(eye - target)
    x = np.cross(up, z) / np.linalg.norm(np.cross(up, z))
    y = np.cross(z, x)
    top = 0.05 * math.tan(math.radians(projection.HEIGHT) / 2)
    right = top * PANE[0] / PANE[1]
    some = np.array([[0.5, 0.1, 0.2], [0.6, -0.2, 0.0], [0.4, 0.0, 0.45]])
    local = (some - eye) @ np.stack((x, y, z)).T
    ndc = np.stack((0.05 / right * local[:, 0], 0.05 / top * local[:, 1]), 1) / -local[:, 2:]
    pixels = np.stack(((ndc[:, 0] + 1) / 2 * PANE[0], (1 - ndc[:, 1]) / 2 * PANE[1]), 1)
    np.testing.assert_allclose(project(view, torch.tensor(some)[None])[0].numpy(), pixels, atol=1e-9)


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
    basis = View(DEFAULT_CAMERA.eye, DEFAULT_CAMERA.lookat, 0.3, *PANE).basis
    between = (np.array(scene.camera[0].pos) + np.array(scene.camera[1].pos)) / 2
    np.testing.assert_allclose(between, DEFAULT_CAMERA.eye, atol=1e-5)
    np.testing.assert_allclose(scene.camera[0].forward, basis.forward, atol=1e-5)
    np.testing.assert_allclose(scene.camera[0].up, basis.up, atol=1e-5)


def test_the_camera_steps_aside_for_what_would_be_cut_off() -> None:
    view = main_view()
    inside, outside = points((0.5, 0.0, 0.2)), points((0.55, 0.0, 0.1), (0.9, 0.5, 0.6))
    assert stand(view, inside).eye[0].tolist() == pytest.approx(view.eye)
    before, after = project(view, outside), project(view, outside, stand(view, outside))
    frame = torch.tensor(PANE, dtype=torch.float64)
    assert not bool(((before > 0) & (before < frame)).all())
    assert bool(((after > 0.03 * frame) & (after < 0.97 * frame)).all())
    wide = points((0.2, -0.6, 0.0), (0.95, 0.6, 0.8), (0.2, 0.6, 0.8))
    at = stand(view, wide)
    assert at.half[0] > view.half and bool((at.zoom(view) < stand(view, inside).zoom(view)).all())
    seen = project(view, wide, at)
    assert bool(((seen > 0) & (seen < frame)).all())


def test_the_box_holds_the_workspace_and_what_is_near_the_table() -> None:
    corners = workspace_of(points((0.5, 0.0, 0.6), (3.0, 0.0, 0.1)))
    low, high = corners.amin(1)[0].tolist(), corners.amax(1)[0].tolist()
    assert low == pytest.approx([0.42, -0.27, 0.0])
    assert high == pytest.approx([0.98, 0.27, 0.63]), "what is far off counts at the table's edge"


@pytest.mark.parametrize(
    "name", ["HEIGHT", "FURTHER", "ASIDE", "ALWAYS", "AT_MOST", "ROOM", "FILLED", "ROUNDS"]
)
def test_the_page_has_the_same_number(name: str) -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(PLAYER.glob("*.ts")))
    found = re.search(rf"const {name}\b[^=]*= (?:new Vector3)?(.*?);", source)
    assert found is not None
    text = found[1].replace("(", "[").replace(")", "]")
    assert json.loads(text) == json.loads(json.dumps(getattr(projection, name)))
