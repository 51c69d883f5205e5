from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from armchair.store.rows.clips import Replay
from armchair.store.store import Store
from armchair.web.dashboard.paths import Tool, busiest, paths, poses_of, rotated, tool_of
from armchair.web.dashboard.replay import SIZE, domains, drawing

SCENE = {
    "tool_body": 1,
    "tool_offset": [0, 0, 0.1],
    "bodies": [{"name": n} for n in ("link0", "hand", "block_a")],
}


def asset(header: object) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(4, "little") + text + b"rest"


def test_the_scene_says_what_the_tool_is() -> None:
    assert tool_of(asset(SCENE)) == Tool(1, (0.0, 0.0, 0.1), (2,))
    for damaged in (
        b"",
        b"\xff\xff\xff\xff",
        asset([]),
        asset({"tool_body": 1}),
        asset({**SCENE, "tool_offset": [1]}),
    ):
        assert tool_of(damaged) is None


def test_rotated_by_hand() -> None:
    half = np.sqrt(0.5)
    turns = np.array([[1, 0, 0, 0], [half, 0, 0, half], [0, 1, 0, 0]], dtype=np.float32)
    found = rotated(turns, np.array([1, 0, 0.5], dtype=np.float32))
    # as it is; a quarter round z: x becomes y; half round x: z is turned down
    assert found == pytest.approx(np.array([[1, 0, 0.5], [0, 1, 0.5], [1, 0, -0.5]]), abs=1e-6)


def test_what_is_drawn_of_poses() -> None:
    poses = np.zeros((2, 4, 7), dtype=np.float32)
    poses[:, :, 3] = 1
    poses[:, 1, :3] = [[0.1, 0, 0.5], [0.2, 0, 0.5]]
    poses[:, 2, 0], poses[:, 3, 1] = 0.7, 0.9
    found = paths(poses, Tool(1, (0, 0, -0.5), (2,)))
    assert found.tool == pytest.approx(np.array([[0.1, 0, 0], [0.2, 0, 0]]))
    assert found.arm.shape == (2, 3, 3) and found.arm[1, :, 0] == pytest.approx([0, 0.2, 0.2])
    assert found.blocks[0, 0, 0] == pytest.approx(0.7) and found.goal[0, 1] == pytest.approx(0.9)
    assert busiest(poses).row == 1


def test_clips_without_poses() -> None:
    assert poses_of(Replay(5, 0, None, b"film", 0, 0, 0)) is None


def test_the_picture_has_one_scale_in_both_views(looked_at: Any) -> None:
    ranges = domains(np.array([[0.0, 0.0, 0.0], [0.2, 0.4, 0.1]]))
    spans = [high - low for low, high in ranges]
    assert spans[1] == spans[2] == pytest.approx(spans[0] * SIZE[1] / SIZE[0])
    assert spans[1] > 0.4 and all(low < 0 for low, _ in ranges)
    with Store.open(looked_at.store) as store:
        poses = poses_of(store.replay(looked_at.pairs[0].left))
    assert poses is not None and poses.shape == (20, 12, 7)
    both = paths(poses, Tool(8, (0, 0, 0.1)))
    spec = drawing(both, both).to_dict()
    assert spec["params"][0]["bind"]["max"] == 19
    assert [view["layer"][0]["encoding"]["y"]["title"] for view in spec["vconcat"]] == [
        "y, to its left (m)",
        "z, height over the table (m)",
    ]
