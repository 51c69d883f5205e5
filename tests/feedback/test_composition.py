"""From where the page shows a pair: the viewer's cameras and their numbers are those of the page's code."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from armchair.envs.arm_env import make_env
from armchair.feedback import composition, projection
from armchair.feedback.viewer import Eyesight, Sight, composed
from armchair.tasks import TASKS

PLAYER = Path(projection.__file__).parents[1] / "web" / "frontend" / "src" / "player"
PAIRS, STEPS = 60, 20
Probe = Callable[[dict[str, Any]], list[dict[str, Any]]]


class Filmed(NamedTuple):
    """Pairs of clips of a task."""

    visible: Tensor  # (2 P, L, F)
    poses: Tensor  # (2 P, L, B, 7)
    scene: bytes


def filmed(task: str) -> Filmed:
    """Pairs of an arm that does the task, the first ones badly, the last ones so well that they are alike."""
    env = make_env(task, num_envs=2 * PAIRS, seed=7, record_poses=True)
    rng = torch.Generator().manual_seed(1)
    skill = torch.linspace(0.0, 1.0, PAIRS).repeat_interleave(2)[:, None]
    env.reset_alike(torch.arange(2 * PAIRS) // 2, rng)
    visible, poses = [], []
    for _ in range(env.horizon):
        chance = 2.0 * torch.rand(2 * PAIRS, env.action_dim, generator=rng) - 1.0
        step = env.step(skill * env.script() + (1.0 - skill) * chance)
        assert step.poses is not None
        visible.append(step.visible)
        poses.append(step.poses)
    scene = env.scene_asset()
    env.close()
    return Filmed(torch.stack(visible[-STEPS:], 1), torch.stack(poses[-STEPS:], 1), scene)


def as_the_page_shows(clips: Filmed, run_probe: Probe) -> list[dict[str, Any]]:
    raw = [base64.b64encode(clip.numpy().astype("<f4").tobytes()).decode() for clip in clips.poses]
    pairs = [{"steps": STEPS, "poses": raw[k : k + 2]} for k in range(0, len(raw), 2)]
    scene = base64.b64encode(clips.scene).decode()
    task = {"scene": scene, "bodies": clips.poses.shape[2], "pairs": pairs}
    rows = run_probe({"tasks": [task], "panes": [projection.PANE]})
    return [row for row in rows if not row["swapped"]]


@pytest.mark.parametrize("task", ["reach", "push", "stack"])
def test_the_cameras_are_those_of_the_page(task: str, run_probe: Probe) -> None:
    clips = filmed(task)
    rows = as_the_page_shows(clips, run_probe)
    sight = Sight(TASKS[task].points, TASKS[task].cues)
    found = composed(sight, clips.visible[0::2], clips.visible[1::2], Eyesight())
    assert [row["alike"] for row in rows] == found.alike.tolist()
    assert [row["from"] == "the side" for row in rows] == found.aside.tolist()
    page = torch.tensor([row["cameras"] for row in rows], dtype=torch.float64)
    for k, camera in enumerate((found.main, found.second)):
        torch.testing.assert_close(camera.forward, page[:, k, 3:6], atol=1e-6, rtol=0)
        torch.testing.assert_close(camera.eye, page[:, k, :3], atol=0.02, rtol=0)
        torch.testing.assert_close(camera.half, page[:, k, 6], atol=0, rtol=0.02)
    for name in ("alike", "turned"):
        assert 5 < sum(row[name] for row in rows) < PAIRS - 5, f"a share of the pairs is {name}"
    assert 5 < int(found.aside.sum()) < PAIRS - 5


NUMBERS = {
    projection: ("HEIGHT", "FURTHER", "ASIDE", "ALWAYS", "ROOM", "FILLED", "ROUNDS", "FAR"),
    composition: (
        *("AT_MOST", "REACH", "TABLE", "HIGH", "DOWN", "TURNS", "RISES", "BETTER", "PLAIN", "TOLD", "CLOSER"),
        *("WIDER", "STEPS", "SHARE", "SHAPE", "MARGIN", "TOP", "AROUND"),
    ),
}


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module in NUMBERS for name in NUMBERS[module]]
)
def test_the_page_has_the_same_number(module: ModuleType, name: str) -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(PLAYER.glob("*.ts")))
    found = re.findall(rf"const {name}\b[^=]*= (.*?)(?: as const)?;", source)
    assert found
    for text in found:
        assert json.loads(text) == json.loads(json.dumps(getattr(module, name)))


def test_the_pane_is_as_wide_as_the_page_takes_it_to_be() -> None:
    source = (PLAYER / "composition.ts").read_text(encoding="utf-8")
    assert f"const PANE = {projection.PANE[0]};" in source
    assert composition.SMALL == (245, 201)
