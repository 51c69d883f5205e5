"""Points of environments of others: from the command line into the run, and to all that looks at it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from armchair.cli import main
from armchair.config.teach import TeachConfig
from armchair.envs.spec import EnvConfig
from armchair.errors import InvalidInput
from armchair.ids import new_id
from armchair.rewards.saved import load_reward
from armchair.runs.folder import RunDir
from armchair.training.asking.described import make_described
from armchair.types import Clip

Capture = pytest.CaptureFixture[str]
SMALL = """
env: {frames: false}
queries: {labels: 4, first: 4, film_envs: 2, clip_length: 5}
schedule: {session: 2, session_every: 1, updates: 2}
practice: {num_envs: 2, rollout: 16}
evaluation: {every: 2, episodes: 2}
reward: {members: 2}
"""


@pytest.fixture(autouse=True)
def importable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "envs" / "foreign" / "points"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")


def taught(capsys: Capture, *argv: str) -> RunDir:
    assert main(["teach", *argv, "--teacher", "oracle", "--config", "small.yaml", "--json"]) == 0
    return RunDir.open(Path(json.loads(capsys.readouterr().out.splitlines()[-1])["run"]))


def test_a_run_keeps_the_points_that_its_environment_tells(capsys: Capture) -> None:
    run = taught(capsys, "arms_with_points:goals")
    env = run.config()["env"]
    assert isinstance(env, dict)
    assert env["points"] == {"achieved_goal": "goal:achieved", "desired_goal": "goal:desired"}
    model = load_reward(run.path, "arms_with_points:goals")
    assert model.layout.points == ("achieved_goal", "desired_goal")
    assert main(["evaluate", str(run.path), "--episodes", "4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["pairs"] > 0


def test_a_simulated_person_judges_an_environment_of_others_by_its_points() -> None:
    """A thing at its goal is better than one away from it, wherever the arm stands."""
    points: dict[str, int | str] = {"hand": 0, "object": 4, "goal": 7}
    config = TeachConfig(task="arms_with_points:hand", env=EnvConfig(points=points))
    viewer = make_described({"name": "viewer"}, config)
    assert viewer is not None
    goal = torch.tensor([8.0, 7.0, 0.3])
    there, away = (torch.cat((goal + by, goal + by, goal)).repeat(20, 1) for by in (0.0, 0.3))
    clips = [
        Clip(new_id(), v, torch.zeros(20, 4), torch.zeros(20), None, None, 0, 0, 0) for v in (there, away)
    ]
    said = [viewer.answer(*clips) for _ in range(20)]
    assert said.count("left") > 15
    with pytest.raises(InvalidInput, match="name points, a goal among them"):
        make_described({"name": "viewer"}, replace(config, env=EnvConfig(points={"hand": 0, "object": 4})))


@pytest.mark.slow
def test_points_by_flags_go_on_in_all_that_looks_at_the_run(capsys: Capture) -> None:
    flags = ["--points", "hand=0", "object=4", "goal=7", "--scalars", "gripper=3", "--motion"]
    run = taught(capsys, "arms_with_points:hand", *flags)
    model = load_reward(run.path, "arms_with_points:hand")
    assert model.layout.points == ("hand", "object", "goal")
    assert model.layout.scalars == ("gripper", "hand_speed", "object_speed")
    assert main(["resume", str(run.path)]) == 0
    train = ["train", "arms_with_points:hand", "--reward", str(run.path), "--steps", "64", "--num-envs", "2"]
    assert main([*train, "--json"]) == 0
    trained = RunDir.open(Path(json.loads(capsys.readouterr().out.splitlines()[-1])["run"]))
    env = trained.config()["env"]
    assert isinstance(env, dict)
    assert env["points"] == {"hand": 0, "object": 4, "goal": 7}
    assert main(["resume", str(trained.path)]) == 0


def test_a_policy_that_gets_differences_is_measured_and_played_with_them(
    tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "small.yaml").write_text(SMALL.replace("{frames", "{differences: true, frames"))
    run = taught(capsys, "arms_with_points:hand", "--points", "hand=0", "goal=7")
    assert main(["evaluate", str(run.path), "--episodes", "2"]) == 0
    assert main(["play", str(run.path), "--episodes", "1"]) == 0


def test_raw_inputs_go_without_any_of_it(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "small.yaml").write_text(SMALL.replace("members: 2", "members: 2, inputs: raw"))
    run = taught(capsys, "arms_with_points:goals")
    assert load_reward(run.path, "arms_with_points:goals").layout.points == ()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["hand=0", "goal=8"],
            "env.points.goal asks for the numbers 8, 9, 10 of the observation, which has 10",
        ),
        (["hand=grip"], "the command line: env.points.hand cannot be 'grip': valid: "),
        (["hand"], "--points takes NAME=SOURCE, such as hand=0 or goal=site:target, got 'hand'"),
    ],
)
def test_what_is_wrong_is_said_before_there_is_a_run(
    words: list[str], message: str, tmp_path: Path, capsys: Capture
) -> None:
    argv = ["teach", "arms_with_points:hand", "--teacher", "oracle", "--config", "small.yaml", "--points"]
    assert main([*argv, *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (tmp_path / "runs").exists()
