"""Nothing that matters leaves the picture: clips of a simulated arm, shown as the page would show them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
import torch

from armchair.arms.iiwa import SPACE
from armchair.envs.arm_env import make_env

Probe = Callable[[dict[str, Any]], list[dict[str, Any]]]
PANES = [(699, 615), (699, 560), (491, 505), (491, 455), (194, 460), (194, 380)]  # px, at the three sizes
TASKS = ("reach", "push", "pick_place", "stack")
CLIPS, STEPS = 50, 50  # of each task


def packed(data: bytes) -> str:
    return base64.b64encode(data).decode()


def clips_of(task: str) -> dict[str, Any]:
    """Pairs of clips of an arm that does the task well, badly, wanders about, or goes up."""
    env = make_env(task, num_envs=CLIPS, seed=7, record_poses=True)
    rng = torch.Generator().manual_seed(1)
    skill = torch.linspace(0.0, 1.0, CLIPS)[:, None]
    drift = (2.0 * torch.rand(CLIPS, 4, generator=rng) - 1.0).sign()  # keeps to one way: the farthest places
    drift[::5] = torch.tensor([0.0, 0.0, 1.0, 0.0])  # straight up
    env.reset()
    poses = []
    for _ in range(STEPS):
        chance = 2.0 * torch.rand(CLIPS, 4, generator=rng) - 1.0
        wild = torch.where(torch.arange(CLIPS)[:, None] % 2 == 0, drift, chance)
        step = env.step(skill * env.script() + (1.0 - skill) * wild)
        assert step.poses is not None
        poses.append(step.poses)
    scene, clips = env.scene_asset(), torch.stack(poses, dim=1)  # (N, L, B + 1, 7)
    env.close()
    blocks = clips[:, :, -1 - env.task.num_blocks : -1, :2]
    low, high = torch.tensor(SPACE.table_low), torch.tensor(SPACE.table_high)
    there = (
        ((blocks > low) & (blocks < high)).all(-1).flatten(1).all(1)
    )  # what fell off may leave the picture
    clips = clips[there]
    raw = [packed(clip.numpy().astype("<f4").tobytes()) for clip in clips]
    order = torch.randperm(len(raw), generator=rng).tolist()
    pairs = [{"steps": STEPS, "poses": [raw[k], raw[other]]} for k, other in enumerate(order)]
    return {"scene": packed(scene), "bodies": clips.shape[2], "pairs": pairs}


@pytest.fixture(scope="module")
def shown(run_probe: Probe) -> list[dict[str, Any]]:
    """One row for each pair, size and order of the views, by the page's own code."""
    return run_probe({"tasks": [clips_of(task) for task in TASKS], "panes": PANES})


def test_gripper_blocks_and_goals_stay_in_both_pictures(shown: list[dict[str, Any]]) -> None:
    assert len({(row["number"], row["width"]) for row in shown}) >= 3 * 40
    assert len(shown) >= 180 * len(PANES) * 2
    for view in ("main", "second"):
        worst = max(shown, key=lambda row: max(row[view]))
        assert max(worst[view]) < 0.98, f"the {view} view cuts something off: {worst}"


def test_the_small_view_hides_nothing_that_matters(shown: list[dict[str, Any]]) -> None:
    hidden = [row for row in shown if row["hidden"]]
    assert not hidden, hidden[:3]


def test_the_camera_stays_near_unless_there_is_a_reason(shown: list[dict[str, Any]]) -> None:
    assert max(row["wider"] for row in shown) < 2.0
    turned = [row["turned"] for row in shown if not row["alike"]]
    assert 0.05 < sum(turned) / len(turned) < 0.9
    assert {row["from"] for row in shown} == {"above", "the side"}
