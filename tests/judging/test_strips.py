"""What a model is shown."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
import torch

from armchair.engines.display.camera import Camera
from armchair.engines.display.clip_picture import clip_renderer
from armchair.engines.scene import body_names
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.errors import InvalidInput
from armchair.feedback.projection import project
from armchair.judging.stage import Stage
from armchair.judging.strips import SIDE, as_jpeg, film_pictures, fitted, moments, strip_of, with_path
from armchair.maths import rotated
from armchair.types import Clip
from armchair.video import mp4_bytes


def decoded(jpeg: bytes) -> np.ndarray:
    with av.open(io.BytesIO(jpeg), format="jpeg_pipe") as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


@pytest.mark.parametrize(
    ("length", "shown"),
    [(6, [0, 1, 2, 3, 4, 5]), (11, [0, 2, 4, 6, 8, 10]), (1, [0] * 6), (3, [0, 0, 1, 1, 2, 2])],
)
def test_the_first_and_the_last_moment_are_shown(length: int, shown: list[int]) -> None:
    assert moments(length) == shown


def test_a_strip_is_six_pictures_wide_in_order() -> None:
    pictures = [np.full((SIDE, SIDE, 3), 40 * k, np.uint8) for k in range(6)]
    jpeg = strip_of(pictures)
    seen = decoded(jpeg)
    assert seen.shape == (256, 1536, 3)
    middles = seen[128, 128::256].mean(axis=1)
    assert np.abs(middles - [0, 40, 80, 120, 160, 200]).max() < 3
    assert jpeg == strip_of(pictures), "the same bytes each time"


def test_a_film_is_shown_whole_on_grey() -> None:
    frames = [np.full((60, 120, 3), 20 * k, np.uint8) for k in range(11)]
    pictures = film_pictures(mp4_bytes(frames, 20.0))
    assert [round(float(p[128, 128].mean()) / 20) for p in pictures] == [0, 2, 4, 6, 8, 10]
    assert (pictures[5][10] == 128).all() and (pictures[5][246] == 128).all()
    assert fitted(np.zeros((512, 512, 3), np.uint8)).shape == (256, 256, 3)


def test_what_is_no_film_is_told() -> None:
    with pytest.raises(InvalidInput, match="the film cannot be read"):
        film_pictures(b"no film at all")


def test_a_path_goes_through_its_points_from_pale_to_full() -> None:
    plain = np.full((256, 256, 3), 128, np.uint8)
    drawn = with_path(plain, np.array([[20.0, 30.0], [120.0, 30.0], [120.0, 200.0]]))
    assert (plain == 128).all(), "a picture of its own"
    begin, end = drawn[30, 24].astype(int), drawn[200, 120].astype(int)
    assert begin[1] > 80 and end[1] < 30 < end[0] - 100, "magenta is fuller at the end"
    assert (drawn[150, 119] != 128).any() and (drawn[150, 140] == 128).all()


def test_a_path_that_leaves_the_picture_or_stands_still_does_no_harm() -> None:
    plain = np.zeros((256, 256, 3), np.uint8)
    with_path(plain, np.array([[-500.0, 20.0], [9e4, 20.0]]))
    assert (with_path(plain, np.full((5, 2), 100.0))[100, 100] > 0).any()


def test_a_camera_between_two_points() -> None:
    usual = Camera()
    again = Camera.between(usual.eye, usual.lookat)
    assert again.distance == pytest.approx(usual.distance)
    assert (again.azimuth, again.elevation) == pytest.approx((usual.azimuth, usual.elevation))


def test_rotations() -> None:
    half = 2**-0.5
    quarter = torch.tensor([[half, 0.0, 0.0, half], [1.0, 0.0, 0.0, 0.0]])  # about z by 90°; none
    turned = rotated(quarter, torch.tensor([[1.0, 0.0, 2.0], [1.0, 0.0, 2.0]]))
    assert turned == pytest.approx(torch.tensor([[0.0, 1.0, 2.0], [1.0, 0.0, 2.0]]), abs=1e-6)


def clip_of(poses: torch.Tensor | None, frames: bytes | None = None) -> Clip:
    none = torch.zeros(0)
    return Clip("c", none, none, none, poses, frames, 0, 0, 0)


def test_clips_that_cannot_be_shown_are_told() -> None:
    with Stage(None) as stage, pytest.raises(InvalidInput, match="neither poses nor pictures"):
        stage.strips(clip_of(None), clip_of(None))
    with Stage(None) as stage, pytest.raises(InvalidInput, match="the clip has 3 rows"):
        stage.strips(clip_of(torch.zeros(4, 3, 7)), clip_of(torch.zeros(4, 3, 7)))


def test_the_tools_way_is_that_which_the_environment_tells() -> None:
    spec = resolve_task("push")
    env = spec.make(2, EnvConfig(), seed=3, record=True)
    try:
        env.reset(3)
        step = env.step(torch.ones(2, env.action_dim))
    finally:
        env.close()
    assert step.poses is not None
    with Stage(spec.scene_asset(EnvConfig())) as stage:
        assert stage.tool_path(step.poses) == pytest.approx(step.visible[:, :3], abs=1e-4)


@pytest.mark.gl
def test_points_are_drawn_where_they_are_seen() -> None:
    """The red ball of reach lies where its middle is projected to, wherever the camera goes for it."""
    asset, rows = resolve_task("reach").scene_asset(EnvConfig()), len(body_names(0)) + 1
    poses = torch.zeros(2, rows, 7)
    poses[..., 3] = 1.0
    poses[:, :-1, 2] = -5.0  # the arm is out of sight, far below
    poses[:, -1, :3] = torch.tensor([[0.5, 0.1, 0.3], [0.7, -0.4, 0.1]])
    with Stage(asset) as stage:
        stage._tool = rows - 1
        stage._offset = torch.zeros(3)
        for one in poses.unsqueeze(1):
            view = stage._look(one[:, -1, :3])
            with clip_renderer(asset, rows, 2 * SIDE) as renderer:
                renderer.aim(stage._aimed)
                picture = renderer.render(one[0]).astype(int)
            red = (picture[..., 0] > 150) & (picture[..., 1] < 90)
            # the ball, not the line below it: rows where the red is wide
            y, x = np.nonzero(red & (red.sum(axis=1) > 12)[:, None])
            expected = project(view, one[:, -1:, :3], (2 * SIDE, 2 * SIDE))[0, 0].numpy()
            assert np.abs(np.array([x.mean(), y.mean()]) - expected).max() < 8
            assert ((expected > 0) & (expected < 2 * SIDE)).all()


@pytest.mark.gl
def test_clips_with_poses_become_strips_with_a_path() -> None:
    spec = resolve_task("reach")
    env = spec.make(2, EnvConfig(), seed=1, record=True)
    try:
        env.reset(1)
        steps = [env.step(0.5 * torch.ones(2, env.action_dim)) for _ in range(7)]
    finally:
        env.close()
    poses = torch.stack([step.poses for step in steps if step.poses is not None])
    with Stage(spec.scene_asset(EnvConfig())) as stage:
        pair = stage.strips(clip_of(poses[:, 0]), clip_of(poses[:, 1]))
    for strip in pair:
        assert len(strip) < 90_000
        seen = decoded(strip).astype(int)
        assert seen.shape == (256, 1536, 3)
        magenta = (seen[..., 0] > 150) & (seen[..., 2] - seen[..., 1] > 70)  # the ball is red
        assert magenta[:, 1280:].sum() > 20 and magenta[:, :1280].sum() == 0


def test_jpeg_keeps_colours() -> None:
    plain = np.full((16, 32, 3), (214, 0, 122), np.uint8)
    assert np.abs(decoded(as_jpeg(plain)).astype(int) - plain).max() < 8
