"""What `armchair teach` with a simulated teacher leaves behind, and what it does without."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from armchair.cli import main
from armchair.cli.teaching import ProgressLine
from armchair.config.read import as_yaml, load_config
from armchair.errors import MissingDependency
from armchair.feedback.viewer import Eyesight
from armchair.jsonable import Json
from armchair.playback import replay_html as replay_file
from armchair.reports.drawn import REPLAYED
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.asking.described import open_run

Capture = pytest.CaptureFixture[str]
SMOKE = ("teach", "reach", "--teacher", "oracle", "--config", "smoke", "--json")


def no_film(*_: object) -> Path:
    raise MissingDependency("nothing can be drawn here")


def test_a_replay_and_a_store_that_the_page_can_show_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(replay_file, "template", lambda: replay_file.PLACE)
    monkeypatch.setattr("armchair.reports.drawn.film_policy", no_film)
    assert main([*SMOKE, "--runs", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert "no film: nothing can be drawn here" in captured.err
    run = RunDir.open(Path(json.loads(captured.out)["run"]))
    assert f"in {run.path}: summary.json" in captured.err
    assert f"drawn in {run.path}: curve.png, replay.html" in captured.err
    replay = json.loads((run.path / "replay.html").read_text())
    assert len(replay["clips"]) == REPLAYED
    assert replay["caption"].startswith("reach-001, after ")
    with Store.open(run.path / "armchair.db", create=False) as store:
        status = store.board.status()
        assert status is not None
        assert (status.value["phase"], status.value["teacher"]) == ("done", "simulated")
        assert len(store.board.metrics()) == len(run.metrics()) == 3
        assert store.board.asset("scene") is not None
        assert store.records(strategy="progress") == []


def test_where_the_page_was_not_built_the_run_ends_well_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(replay_file, "files", lambda name: tmp_path / "nothing")
    monkeypatch.setattr("armchair.reports.drawn.film_policy", no_film)
    assert main([*SMOKE, "--runs", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    (line,) = [line for line in captured.err.splitlines() if line.startswith("no replay: ")]
    assert "Node.js" in line
    assert not (tmp_path / "reach-001" / "replay.html").exists()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            ("--demos", "nowhere"),
            "demos must be scripted:N, lerobot:DIR, minari:DIR or a folder of demonstrations, got nowhere",
        ),
        (("--demos", "scripted:x"), "demos must be scripted:N, such as scripted:20"),
        (("--style", "carry_high"), "the style carry_high looks at block_a, which is not in this task"),
        (("--style-weight", "2"), "taught in two steps"),
        (("--policy", "nowhere"), "no run in nowhere"),
        (("--starts", "1.5"), "starts must be at least 0 and at most 1, got 1.5"),
    ],
)
def test_what_cannot_be_had_leaves_no_run(
    given: tuple[str, str], expected: str, tmp_path: Path, capsys: Capture
) -> None:
    assert main([*SMOKE, *given, "--runs", str(tmp_path / "runs")]) == 2
    captured = capsys.readouterr()
    assert expected in captured.err and captured.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_a_viewer_teaches_by_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    for name in ("draw_film", "draw_replay"):
        monkeypatch.setattr(f"armchair.cli.teaching.{name}", no_film)
    traits = ("--teacher", "viewer", "--views", "1", "--jnd", "4", "--lapse", "0.1", "--mistake", "0.1")
    given = [item for item in SMOKE if item not in ("--teacher", "oracle")]
    assert main([*given, *traits, "--runs", str(tmp_path)]) == 0
    run = RunDir.open(Path(json.loads(capsys.readouterr().out)["run"]))
    described = {"name": "viewer", "views": 1, "jnd": 4.0, "lapse": 0.1, "mistake": 0.1}
    assert run.config()["teacher"] == described
    _, teacher = open_run(run)
    assert teacher is not None and teacher.params.eyes == Eyesight(views=1, jnd=4.0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("gymnasium:Pendulum-v1",), "judges by points that should come to places, and this task names none"),
        (("reach", "--views", "3"), "views must be 1 or 2, got 3"),
        (("reach", "--views", "0"), "views must be 1 or 2, got 0"),
        (("reach", "--views", "1.5"), "--views takes a whole number, got '1.5'"),
        (("reach", "--jnd", "-1"), "jnd must be at least 0, got -1"),
        (("reach", "--jnd", "nan"), "jnd must be at least 0, got nan"),
        (("reach", "--weber", "inf"), "weber must be in 0 … 1, got inf"),
        (("reach", "--lapse", "1.1"), "lapse must be in 0 … 1, got 1.1"),
        (("reach", "--end", "2"), "end must be in 0 … 1, got 2"),
        (("reach", "--swap", "0.5"), "swap must be 0 or 1, got 0.5"),
        (("reach", "--skip", "0.1"), "skip is about scores, which the viewer does not see"),
    ],
)
def test_what_a_viewer_cannot_judge_is_said_in_a_line(
    given: tuple[str, ...], expected: str, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["teach", *given, "--teacher", "viewer", "--runs", str(tmp_path / "runs")]) == 2
    captured = capsys.readouterr()
    assert expected in captured.err and captured.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("teacher", "expected"),
    [
        ({"name": "viewer", "views": 0}, "views must be 1 or 2, got 0"),
        ({"name": "viewer", "jnd": "ten"}, "jnd of a teacher must be a number, got 'ten'"),
        ({"name": "oracle", "lapse": 0.1}, "lapse is about eyes, and oracle does not look"),
    ],
)
def test_the_teacher_that_a_run_names_is_checked_too(
    teacher: dict[str, Json], expected: str, tmp_path: Path, capsys: Capture
) -> None:
    run = RunDir.create(tmp_path, "run", {**as_yaml(load_config("smoke")), "teacher": teacher})
    assert main(["resume", str(run.path)]) == 2
    captured = capsys.readouterr()
    assert expected in captured.err and captured.err.count("\n") == 1


def test_a_run_goes_on_with_the_policy_of_another(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("draw_film", "draw_replay"):
        monkeypatch.setattr(f"armchair.cli.teaching.{name}", no_film)
    skilled = [
        "train",
        "reach",
        "--steps",
        "1024",
        "--demos",
        "scripted:8",
        "--runs",
        str(tmp_path / "skilled"),
    ]
    assert main(skilled) == 0
    capsys.readouterr()
    policy = str(tmp_path / "skilled" / "reach-001")
    argv = [
        *SMOKE,
        "--policy",
        policy,
        "--runs",
        str(tmp_path),
    ]
    assert main(argv) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["success"] > 0.5, "three updates of a run that begins with nothing come to nothing"
    run = RunDir.open(Path(told["run"]))
    assert run.config()["policy"] == policy
    assert run.config()["teacher"] == {"name": "oracle"}
    with Store.open(run.store_file, create=False) as store:
        steps = [record.question.policy_step for record in store.records()]
        assert len(steps) == 6
    assert (
        main(["teach", "push", "--teacher", "oracle", "--policy", policy, "--runs", str(tmp_path / "no")])
        == 2
    )
    assert "has a policy for task reach, not for push" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_answers_that_count_no_longer_are_told_and_those_of_demonstrations_are_not() -> None:
    def turn(answers: int, fitted: int) -> Any:
        fit = SimpleNamespace(answers=fitted, heldout=None)
        told = {"answers": answers, "labels": 60, "env_steps": 0, "evaluation": None, "update": None}
        return SimpleNamespace(**told, fits=(fit,))

    line = ProgressLine()
    assert line.update(turn(12, 350), 0.0) is None
    assert line.update(turn(18, 331), 1.0) is None, "comparisons for nothing fade"
    told = line.update(turn(11, 340), 2.0)
    assert told is not None
    assert "anew to 11 answers, 7 fewer than before" in told
    assert str(line).startswith("11/60 answers"), "counted against the budget as it is now"
