"""`armchair compare`, with budgets that only show that everything runs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from armchair.agents.presets import preset
from armchair.cli import main
from armchair.config.read import from_run
from armchair.runs.folder import RunDir

Capture = pytest.CaptureFixture[str]
SHOWN = """\
task: reach
queries: {labels: 16, first: 1, film_envs: 4}
schedule: {session: 2, session_every: 1, updates: 3}
practice: {num_envs: 8, rollout: 16}
demonstrations: {source: scripted:2, cloning: {updates: 500}}
evaluation: {every: 3, episodes: 16}
reward: {min_updates: 5}
"""
TINY = ("--config", "smoke", "--steps", "2000", "--seeds", "2")


def test_both_kinds_of_runs_and_a_given_one_are_compared(tmp_path: Path, capsys: Capture) -> None:
    given = RunDir.create(tmp_path, "mine", {"task": "reach", "seed": 5})
    given.log({"env_steps": 500, "answers": 3, "eval_success": 0.625})
    argv = [
        "compare",
        "reach",
        *TINY,
        "--seed",
        "4",
        "--run",
        str(given.path),
        "--runs",
        str(tmp_path),
        "--json",
    ]
    assert main(argv) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert (told["command"], told["task"], told["seeds"]) == ("compare", "reach", 2)
    true, taught, mine = told["groups"]
    assert (true["name"], true["answers"], true["env_steps"]) == ("the task's own reward", 0, 2048)
    assert (taught["name"], taught["answers"]) == ("teacher oracle", 6)
    assert (mine["success"], mine["answers"]) == (0.625, 3)
    assert mine["name"] == "run mine-001"
    assert (mine["success_interval"], mine["reached"], true["by_seed"].keys()) == (None, 0, {"4", "5"})
    assert list(true["by_seed"]) == list(taught["by_seed"]) == ["4", "5"]
    assert "62.5%" in captured.err and "teacher oracle, seed 5: success" in captured.err

    folder = RunDir.open(Path(told["run"]))
    assert folder.path == tmp_path / "compare-reach-001"
    assert Path(told["plot"]).read_bytes().startswith(b"\x89PNG")
    assert json.loads((folder.path / "summary.json").read_text()) == told["groups"]
    runs = [RunDir.open(folder.path / "runs" / name) for name in ("train-001", "train-002", "teach-002")]
    assert [run.config()["seed"] for run in runs] == [4, 5, 5]
    assert main(["evaluate", str(runs[0].path), "--episodes", "2", "--json"]) == 0


@pytest.mark.slow
def test_with_demonstrations_the_teacher_teaches_without_them_too(tmp_path: Path, capsys: Capture) -> None:
    asked = tmp_path / "asked.yaml"
    asked.write_text(SHOWN)
    argv = [
        "compare",
        "--config",
        str(asked),
        "--steps",
        "2000",
        "--seeds",
        "1",
        "--runs",
        str(tmp_path),
        "--json",
    ]
    assert main(argv) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["task"] == "reach"
    names = [group["name"] for group in told["groups"]]
    assert names == ["the task's own reward", "teacher oracle", "teacher oracle, demonstrations"]
    runs = Path(told["run"]) / "runs"
    plain, shown = (RunDir.open(runs / name) for name in ("teach-001", "teach-002"))
    config = from_run(plain.config())
    assert (config.demonstrations.source, config.queries.first) == ("", 2)
    assert not (plain.path / "demos").exists() and len(list((shown.path / "demos").iterdir())) == 2
    assert told["groups"][2]["success"] > told["groups"][1]["success"] + 0.3, "two demonstrations teach reach"


def test_a_run_can_be_drawn_beside_its_baselines(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("draw_film", "draw_replay"):
        monkeypatch.setattr(f"armchair.cli.teaching.{name}", lambda *_: Path("none"))
    quick = dataclasses.replace(preset("reach"), steps=1000)
    monkeypatch.setattr("armchair.cli.comparing.preset", lambda task: quick)
    asked = tmp_path / "asked.yaml"
    asked.write_text(SHOWN)
    argv = [
        "teach",
        "--config",
        str(asked),
        "--teacher",
        "oracle",
        "--compare",
        "--runs",
        str(tmp_path),
        "--json",
    ]
    assert main(argv) == 0
    captured = capsys.readouterr()
    run = Path(json.loads(captured.out)["run"])
    assert "comparison.png" in captured.err
    assert (run / "comparison.png").read_bytes().startswith(b"\x89PNG")
    rows = json.loads((run / "comparison.json").read_text())
    names = [row["name"] for row in rows]
    assert names == ["the task's own reward", "teacher oracle", "teacher oracle, demonstrations"]
    assert [row["answers"] for row in rows] == [0, 6, 6]
    assert main(["teach", "reach", "--compare", "--runs", str(tmp_path / "no")]) == 2
    assert "--compare is for simulated teachers" in capsys.readouterr().err
    assert main(["teach", "--teacher", "oracle"]) == 2
    assert "name a task, or a --config that does: reach, push" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["raech"], "unknown task 'raech': did you mean 'reach'?"),
        (["reach", "--seeds", "0"], "--seeds must be at least 1"),
        (["reach", "--steps", "0"], "--steps must be at least 1"),
        (["reach", "--labels", "0"], "labels must be at least 1"),
        (["reach", "--teacher", "oracel"], "unknown teacher 'oracel': did you mean 'oracle'?"),
        (["gymnasium:Pendulum-v1", "--teacher", "viewer"], "and this task names none"),
        (["reach", "--config", "smoek"], "did you mean smoke?"),
        (["reach", "--run", "nowhere-001"], "no run in nowhere-001"),
        (["push", "--run", "mine-001"], "mine-001 is a run of reach, not of push"),
        (["reach", "--run", "mine-001"], "has no evaluated policy"),
    ],
)
def test_bad_input_is_answered_in_one_line_and_leaves_no_run(
    argv: list[str], expected: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    RunDir.create(Path(), "mine", {"task": "reach"})
    assert main(["compare", *argv]) == 2
    captured = capsys.readouterr()
    assert expected in captured.err
    assert captured.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine-001"]
