"""Pictures show what the poses say, in colours that everyone can tell apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.arms import IIWA
from armchair.arms.iiwa import HOME
from armchair.engines.display.appearance import BLUE, YELLOW
from armchair.engines.display.camera import Camera
from armchair.engines.display.gl import has_display
from armchair.engines.display.picture import Renderer, Viewer, with_goal
from armchair.engines.state import arm_state, body_poses
from armchair.errors import InvalidInput, MissingDependency

SIZE = 160
OVERHEAD = Camera(lookat=(0.5, 0.0, 0.0), distance=0.8, azimuth=180.0, elevation=-60.0)
A, B = (0.42, 0.12, 0.025), (0.42, -0.12, 0.025)
# linear RGB to what a person without the M cones sees (Viénot, Brettel and Mollon, 1999)
DEUTERANOPIA = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])


def scene(goal: tuple[float, float, float], turn: float = 0.0, blocks: tuple = (A, B)) -> Tensor:
    """Poses with the arm at home, its first joint turned; the goal last."""
    joints = torch.tensor([HOME])
    joints[0, 0] += turn
    rows = torch.zeros(1, len(blocks), 7)
    for k, block in enumerate(blocks):
        rows[0, k, :4] = torch.tensor((*block, 1.0))
    closed = torch.zeros(1)
    state = arm_state(IIWA, joints, torch.zeros(1, 7), closed, closed, rows, torch.zeros(1, len(blocks), 6))
    return with_goal(body_poses(IIWA, state)[0], torch.tensor(goal))


def reddish(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels of the goal's red, which neither arm nor blocks nor table have."""
    r, g, b = (picture[..., k].astype(int) for k in range(3))
    return (r > 90) & (r > 1.7 * g) & (r > 1.7 * b) & (abs(g - b) < 0.3 * r)


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer(2, "ball", SIZE, SIZE) as made:
        yield made


@pytest.mark.gl
def test_picture_has_the_asked_shape_and_is_not_blank(renderer: Renderer) -> None:
    picture = renderer.render(scene((0.5, 0.2, 0.3)))
    assert picture.shape == (SIZE, SIZE, 3)
    assert picture.dtype == np.uint8
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 500
    assert 90 < picture.mean() < 220


@pytest.mark.gl
def test_picture_is_wider_than_high_when_asked() -> None:
    with Renderer(0, "none", 96, 64) as small:
        assert small.render(scene((0, 0, 0), blocks=())).shape == (64, 96, 3)


@pytest.mark.gl
def test_same_poses_give_the_same_picture_and_others_another(renderer: Renderer) -> None:
    first, again = renderer.render(scene((0.5, 0.2, 0.3))), renderer.render(scene((0.5, 0.2, 0.3)).numpy())
    np.testing.assert_array_equal(first, again)
    turned = renderer.render(scene((0.5, 0.2, 0.3), turn=0.5))
    assert (np.abs(turned.astype(int) - first).max(2) > 30).mean() > 0.05


@pytest.mark.gl
@pytest.mark.parametrize("marker", ["ball", "disc", "cube"])
def test_goal_is_seen_where_it_is(marker: str) -> None:
    with Renderer(0, marker, SIZE, SIZE, OVERHEAD) as over:
        height = 0.0 if marker == "disc" else 0.06
        left = reddish(over.render(scene((0.5, 0.2, height), turn=1.5, blocks=())))
        right = reddish(over.render(scene((0.5, -0.2, height), turn=1.5, blocks=())))
    assert left.sum() > 20
    assert right.sum() > 20
    # the camera looks back at the arm, so that +y is on the right
    assert np.argwhere(left)[:, 1].mean() > np.argwhere(right)[:, 1].mean() + 0.3 * SIZE


@pytest.mark.gl
def test_no_goal_is_drawn_for_none() -> None:
    with Renderer(2, "none", SIZE, SIZE, OVERHEAD) as over:
        assert reddish(over.render(scene((0.5, 0.2, 0.1), turn=1.5))).sum() == 0


@pytest.mark.gl
def test_line_under_the_ball_grows_with_its_height(renderer: Renderer) -> None:
    low = reddish(renderer.render(scene((0.5, -0.3, 0.1))))
    high = reddish(renderer.render(scene((0.5, -0.3, 0.35))))

    def tall(mask: NDArray[np.bool_]) -> int:
        return int(np.ptp(np.argwhere(mask)[:, 0]))

    assert tall(high) > tall(low) + 0.15 * SIZE


def seen(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB in 0..1 as a deuteranope sees it, in sRGB."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ DEUTERANOPIA.T, 0.0, 1.0)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.gl
def test_blocks_are_told_apart_by_the_colour_blind() -> None:
    """When two blocks change places, only their paint and markings differ, and by much."""
    with Renderer(2, "none", SIZE, SIZE, OVERHEAD) as over:
        before = over.render(scene((0, 0, 0), turn=2.5, blocks=(A, B)))
        after = over.render(scene((0, 0, 0), turn=2.5, blocks=(B, A)))
    difference = np.linalg.norm(seen(before / 255) - seen(after / 255), axis=2)
    assert (difference > 0.35).sum() > 120  # pixels, of the two blocks' about 400


def test_paints_are_told_apart_by_the_colour_blind() -> None:
    a, b = (seen(np.array(paint.rgba[:3])) for paint in (BLUE, YELLOW))
    assert np.linalg.norm(a - b) > 0.5


@pytest.mark.gl
def test_wrong_poses_are_refused(renderer: Renderer) -> None:
    with pytest.raises(InvalidInput, match=r"shape \(14, 7\)"):
        renderer.render(torch.zeros(13, 7))
    poses = scene((0.5, 0.2, 0.3))
    poses[4, 2] = torch.nan
    with pytest.raises(InvalidInput, match="row 4"):
        renderer.render(poses)


@pytest.mark.gl
def test_close_twice_is_harmless() -> None:
    renderer = Renderer(0, "none", 32, 32)
    renderer.close()
    renderer.close()


@pytest.mark.skipif(has_display(), reason="would open a window")
def test_viewer_without_display_says_what_to_do() -> None:
    with pytest.raises(MissingDependency, match="--video"):
        Viewer(0)
