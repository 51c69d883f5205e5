"""Demonstrations: recorded by the script, kept in files, read back with care."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from armchair.envs.arm_env import make_env
from armchair.envs.demonstrations import FORMAT, Demo, Source, load_demos, record_script, save_demos
from armchair.errors import InvalidInput

SOURCE = Source("push", "mujoco", "tool")


def scripted(episodes: int, seed: int) -> list[Demo]:
    env = make_env("push", num_envs=32, seed=seed, record_poses=True)
    shown = record_script(env, episodes, seed)
    env.close()
    return shown


@pytest.fixture(scope="module")
def demos() -> list[Demo]:
    return scripted(3, 7)


def test_what_is_recorded_is_what_happened(demos: list[Demo]) -> None:
    env = make_env("push", num_envs=1, record_poses=True)
    demo = demos[0]
    env.engine.restore(torch.tensor([0]), demo.engine[10:11])
    env.goal, env.state = demo.goal.unsqueeze(0), env.engine.state()
    assert torch.equal(env.visible()[0], demo.visible[9]), (
        "a row of the engine's is what the last action led to"
    )
    assert torch.equal(env.poses()[0], demo.poses[9])
    assert torch.equal(env.script()[0].clamp(-1, 1), demo.action[10]), (
        "the script's own action, without noise"
    )
    last = env.task.success(env.state, env.goal)
    env.engine.restore(torch.tensor([0]), demo.engine[-1:])
    env.state = env.engine.state()
    assert bool(env.task.success(env.state, env.goal)) and not bool(last)
    env.close()


def test_the_same_seed_records_the_same_and_another_does_not(demos: list[Demo]) -> None:
    again = scripted(3, 7)
    assert all(
        torch.equal(a, b)
        for one, two in zip(demos, again, strict=True)
        for a, b in zip(one, two, strict=True)
    )
    assert not torch.equal(scripted(1, 8)[0].action, demos[0].action)


def test_noise_leads_beside_the_way_and_the_action_kept_is_the_wanted_one() -> None:
    def bent(noise: float) -> float:
        env = make_env("reach", num_envs=4, seed=0, record_poses=True)
        shown = record_script(env, 4, 0, noise)
        env.close()
        return float(
            torch.stack([demo.visible[:, :3].diff(n=2, dim=0).norm(dim=1).mean() for demo in shown]).mean()
        )

    assert bent(0.3) > 2.0 * bent(0.0)


def test_files_hold_everything(demos: list[Demo], tmp_path: Path) -> None:
    save_demos(tmp_path / "shown", demos, SOURCE, "script")
    assert [file.name for file in sorted((tmp_path / "shown").iterdir())] == [
        f"demo-00{k}.npz" for k in range(3)
    ]
    back = load_demos(tmp_path / "shown", SOURCE)
    for one, two in zip(demos, back, strict=True):
        assert all(a.dtype == b.dtype and torch.equal(a, b) for a, b in zip(one, two, strict=True))
    with np.load(tmp_path / "shown" / "demo-000.npz", allow_pickle=False) as arrays:
        about = json.loads(str(arrays["about"]))
    assert about == {"format": FORMAT, "task": "push", "engine": "mujoco", "control": "tool", "by": "script"}


def spoil(file: Path, **changes: object) -> None:
    with np.load(file, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    kept = {name: value for name, value in {**found, **changes}.items() if value is not None}
    np.savez(file, **kept)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "source", "expected"),
    [
        ({}, Source("stack", "mujoco", "tool"), "of task 'push', here it must be 'stack'"),
        ({}, Source("push", "bullet", "tool"), "of engine 'mujoco', here it must be 'bullet'"),
        ({"obs": None}, SOURCE, "it has no obs"),
        ({"about": np.array("[]")}, SOURCE, "must be a JSON object"),
        ({"about": np.array('{"format": "other"}')}, SOURCE, f"here it must be '{FORMAT}'"),
        ({"action": np.zeros((3, 4), np.float32)}, SOURCE, "action must have 60 rows as obs has, got (3, 4)"),
        ({"goal": np.zeros(2, np.float32)}, SOURCE, "goal must be three numbers"),
        (
            {"poses": np.full((60, 13, 7), np.nan, np.float32)},
            SOURCE,
            "poses has numbers that are not finite",
        ),
        ({"engine": np.array(["a"] * 60)}, SOURCE, "cannot be read"),
        ({"obs": np.array([object()])}, SOURCE, "only whole numbers and floats are read"),
    ],
)
def test_files_that_do_not_fit_are_refused_in_one_line(
    changes: dict[str, object], source: Source, expected: str, demos: list[Demo], tmp_path: Path
) -> None:
    save_demos(tmp_path, demos[:1], SOURCE, "script")
    spoil(tmp_path / "demo-000.npz", **changes)
    with pytest.raises(InvalidInput) as caught:
        load_demos(tmp_path, source)
    assert expected in str(caught.value) and "demo-000.npz" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_any_and_a_file_that_is_too_large_are_refused(
    demos: list[Demo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput, match="holds no demonstrations"):
        load_demos(tmp_path, SOURCE)
    save_demos(tmp_path, demos[:1], SOURCE, "script")
    monkeypatch.setattr("armchair.envs.demonstrations.MOST_BYTES", 1000)
    with pytest.raises(InvalidInput, match=r"[0-9]+ bytes, at most 1000"):
        load_demos(tmp_path, SOURCE)


def test_a_script_that_cannot_do_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    env = make_env("reach", num_envs=4, control="joint", record_poses=True)
    with pytest.raises(InvalidInput, match="use control 'tool'"):
        record_script(env, 1, 0)
    env.close()
    env = make_env("push", num_envs=8, record_poses=True)
    monkeypatch.setattr(env, "script", lambda: torch.zeros(8, 4))
    with pytest.raises(InvalidInput, match="the script solved 0 of 8 episodes, 1 are needed"):
        record_script(env, 1, 0)
    env.close()
