"""Scenes for the page from MuJoCo models of others."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import gymnasium
import mujoco
import numpy as np
import pytest

from armchair.engines.display.models.coarse import Surface, coarsened
from armchair.engines.display.scene_file import read_scene
from armchair.engines.display.scene_picture import SceneRenderer
from armchair.engines.display.shapes import sphere
from armchair.envs.foreign.mujoco.model import find_model
from armchair.envs.foreign.mujoco.scene import TRIANGLES, Scene

Make = Callable[[], gymnasium.Env]
MOST = 4 * 2**20  # bytes of a scene, packed


def scene_of(env: gymnasium.Env) -> Scene:
    env.reset(seed=0)
    found = find_model(env)
    assert found is not None
    return Scene(env, *found)


def header_of(asset: bytes) -> dict:
    return json.loads(asset[4 : 4 + int.from_bytes(asset[:4], "little")])


def triangles(header: dict) -> int:
    groups = [*header["bodies"], header["goal"], header["surroundings"]]
    return sum(part["indices"][1] // 3 for group in groups for part in group["parts"])


def test_the_scene_has_what_is_drawn_by_default_and_the_goal_has_its_sites_look(make_bench: Make) -> None:
    scene = scene_of(make_bench())
    asset = scene.asset()
    header, read = header_of(asset), read_scene(asset)
    names = [body["name"] for body in header["bodies"]]
    assert set(names) == {"upper", "lower", "block", "site:grip", "site:top"}, "the target marks the goal"
    assert names[header["tool_body"]] == "lower" and header["tool_offset"] == [0.25, 0.0, 0.0]
    upper = read.bodies[names.index("upper")]
    assert [part.material.rgba for part in upper] == [(0.9, 0.9, 0.9, 1.0)], "what collides is not drawn"
    assert np.ptp(upper[0].mesh.vertices[:, 0]) == pytest.approx(0.36, abs=1e-3)
    assert [part.material.rgba for part in read.goal] == [(1.0, 0.0, 0.0, 1.0)]
    assert not read.bodies[names.index("site:top")], "its group is hidden; the string ends there"
    (string,) = read.tendons
    assert [names[row] for row in string.rows] == ["site:grip", "site:top"] and string.radius == 0.004
    (floor,) = read.surroundings
    assert floor.material.rgba == pytest.approx((0.5, 0.0, 0.5, 1.0), abs=0.02), "the tiles' mean colour"


def test_normals_point_outwards(make_bench: Make) -> None:
    read = read_scene(scene_of(make_bench()).asset())
    for part in [part for parts in read.bodies for part in parts]:
        a, b, c = np.moveaxis(part.mesh.vertices[part.mesh.faces], 1, 0)
        ways = np.cross(b - a, c - a)
        assert ((ways * part.mesh.normals[part.mesh.faces[:, 0]]).sum(1) > -1e-9).all()
        assert (a * np.cross(b, c)).sum() > 0


@pytest.mark.parametrize("name", ["Reacher-v5", "Pusher-v5", "HalfCheetah-v5", "Humanoid-v5"])
def test_scenes_of_gymnasium_are_small_and_framed(name: str) -> None:
    scene = scene_of(gymnasium.make(name))
    asset = scene.asset()
    header = header_of(asset)
    assert len(gzip.compress(asset)) < MOST and 0 < triangles(header) <= TRIANGLES
    low, high = np.array(header["always"])
    frame = header["frame"]
    shown = frame["scale"] * np.stack((low, high)) + frame["shift"]
    assert float((shown[1] - shown[0]).max()) == pytest.approx(0.62, abs=0.01), "as large as our own"
    np.testing.assert_allclose(shown.mean(0), (0.40, 0.0, 0.29), atol=1e-6)


@pytest.mark.slow
def test_detailed_meshes_are_made_simpler_until_they_fit() -> None:
    ball = sphere(1.0, 400)
    fine = Surface(ball.vertices.astype(float), ball.faces)
    assert len(fine.faces) > 100_000
    (plain,) = coarsened([fine], 2.0, 20_000)
    assert 5_000 < len(plain.faces) <= 20_000
    np.testing.assert_allclose(np.linalg.norm(plain.points, axis=1), 1.0, atol=0.01)
    assert coarsened([fine], 2.0, 10**6)[0] is fine, "what is small enough stays as it is"


def test_poses_do_not_touch_the_simulation(make_bench: Make) -> None:
    env = make_bench()
    scene = scene_of(env)
    model, data = find_model(env)
    for _ in range(3):
        env.step(np.ones(2))
    before = np.empty(mujoco.mj_stateSize(model, mujoco.mjtState.mjSTATE_INTEGRATION))
    after = before.copy()
    mujoco.mj_getState(model, data, before, mujoco.mjtState.mjSTATE_INTEGRATION)
    scene.poses(env, data)
    mujoco.mj_getState(model, data, after, mujoco.mjtState.mjSTATE_INTEGRATION)
    assert np.array_equal(before, after)


@pytest.mark.gl
def test_poses_are_drawn(make_bench: Make) -> None:
    env = make_bench()
    scene = scene_of(env)
    with SceneRenderer(scene.asset(), 120, 90) as renderer:
        first = renderer.render(scene.poses(env, find_model(env)[1]))
        for _ in range(10):
            env.step(np.ones(2))
        later = renderer.render(scene.poses(env, find_model(env)[1]))
    assert first.shape == (90, 120, 3) and first.std() > 10 and not np.array_equal(first, later)
