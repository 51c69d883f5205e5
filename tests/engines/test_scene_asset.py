"""The scene's bytes, read back as a browser reads them."""

from __future__ import annotations

import gzip
import json
import math
from typing import NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from armchair.engines.display.appearance import body_parts, goal_mark
from armchair.engines.display.scene_asset import GRID, scene_asset
from armchair.engines.scene import body_names
from armchair.envs.arm_env import make_env
from armchair.maths import up_axis
from armchair.tasks import TASKS

Json = dict[str, object]


class Drawn(NamedTuple):
    positions: NDArray[np.float32]
    normals: NDArray[np.float64]
    faces: NDArray[np.int64]
    material: dict[str, object]


def read(data: bytes) -> tuple[Json, bytes]:
    size = int.from_bytes(data[:4], "little")
    assert (4 + size) % 4 == 0
    return json.loads(data[4 : 4 + size]), data[4 + size :]


def drawn(part: dict[str, list[int]], buffer: bytes) -> Drawn:
    at, count = part["positions"]
    assert at % 4 == 0
    positions = np.frombuffer(buffer, "<f4", 3 * count, at).reshape(-1, 3)
    at, count = part["normals"]
    normals = np.frombuffer(buffer, np.int8, 4 * count, at).reshape(-1, 4)
    assert not normals[:, 3].any()
    at, count, width = part["indices"]
    assert at % width == 0
    faces = np.frombuffer(buffer, f"<u{width}", count, at).reshape(-1, 3).astype(np.int64)
    return Drawn(positions, normals[:, :3] / 127.0, faces, dict(part["material"]))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", list(TASKS))
def test_every_body_comes_back_with_its_parts(name: str) -> None:
    task = TASKS[name]
    header, buffer = read(scene_asset(task.num_blocks, task.goal_marker))
    bodies = header["bodies"]
    assert isinstance(bodies, list)
    assert [body["name"] for body in bodies] == body_names(task.num_blocks)
    expected = body_parts(task.num_blocks)
    for body in bodies:
        assert len(body["parts"]) == len(expected[body["name"]]) > 0
        for part, look in zip(body["parts"], expected[body["name"]], strict=True):
            found = drawn(part, buffer)
            assert np.abs(found.positions - look.mesh.vertices).max() <= GRID
            assert np.abs(found.normals - look.mesh.normals).max() < 0.005
            assert np.array_equal(found.faces, look.mesh.faces)
            assert found.material["rgba"] == list(look.material.rgba)


@pytest.mark.parametrize("name", list(TASKS))
def test_the_goal_is_marked_as_in_films(name: str) -> None:
    header, buffer = read(scene_asset(TASKS[name].num_blocks, TASKS[name].goal_marker))
    goal, look = header["goal"], goal_mark(TASKS[name].goal_marker)
    assert isinstance(goal, dict)
    assert (goal["marker"], goal["line_radius"]) == (TASKS[name].goal_marker, look.line_radius)
    for key, parts in (("parts", look.parts), ("ground", look.ground)):
        assert [len(drawn(part, buffer).faces) for part in goal[key]] == [len(p.mesh.faces) for p in parts]
    assert goal["parts"] or goal["ground"] or goal["marker"] == "none"


def test_it_is_small_enough_to_load_at_once() -> None:
    sizes = {
        name: len(gzip.compress(scene_asset(task.num_blocks, task.goal_marker), 6))
        for name, task in TASKS.items()
    }
    assert max(sizes.values()) < 250_000, sizes


def test_the_traced_point_is_the_tool() -> None:
    env = make_env("push", num_envs=3, record_poses=True)
    env.reset(seed=4)
    step = env.step(torch.rand(3, env.action_dim) * 2 - 1)
    header, _ = read(scene_asset(env.task.num_blocks, env.task.goal_marker))
    assert step.poses is not None
    row = step.poses[:, int(str(header["tool_body"]))]
    aside, across, along = (float(number) for number in header["tool_offset"])  # type: ignore[attr-defined]
    assert aside == across == 0.0
    place = row[:, :3] + along * up_axis(row[:, 3:])
    assert torch.allclose(place, env.state.tool_pos, atol=1e-5)
    env.close()


def test_the_camera_looks_at_the_arm_from_in_front_and_above() -> None:
    header, _ = read(scene_asset(TASKS["reach"].num_blocks, TASKS["reach"].goal_marker))
    camera = header["camera"]
    assert isinstance(camera, dict)
    way = [a - b for a, b in zip(camera["target"], camera["eye"], strict=True)]
    assert math.isclose(math.hypot(*way), 1.5, rel_tol=1e-6)
    assert camera["eye"][2] > 0.7 and camera["eye"][0] > 1.0


@pytest.mark.parametrize("name", list(TASKS))
def test_what_counts_is_named_as_the_scene_names_it(name: str) -> None:
    env = make_env(name, num_envs=1)
    header, _ = read(env.scene_asset())
    bodies, cues = header["bodies"], header["cues"]
    assert isinstance(bodies, list) and isinstance(cues, list)
    known = {"tool", "goal", *(body["name"] for body in bodies)}
    assert [(cue["point"], cue["place"], cue["radius"], cue["above"]) for cue in cues] == [
        (cue.point, cue.place, cue.radius, cue.above) for cue in env.task.cues
    ]
    assert cues and all({cue["point"], cue["place"]} <= known for cue in cues)
    assert header["version"] == 1, "pages of before show it too, without the marks"
    env.close()


def test_the_table_lies_below_the_plane_that_blocks_stand_on() -> None:
    header, buffer = read(scene_asset(TASKS["stack"].num_blocks, TASKS["stack"].goal_marker))
    around = header["surroundings"]
    assert isinstance(around, dict)
    heights = np.concatenate([drawn(part, buffer).positions[:, 2] for part in around["parts"]])
    assert heights.max() <= GRID and heights.min() < -0.7
