"""`armchair export` and `armchair import`."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from armchair.cli import main
from armchair.feedback.store import Store
from armchair.ids import new_id
from armchair.rundir import RunDir
from armchair.types import Answer, Choice, Clip, Question

Capture = pytest.CaptureFixture[str]
CHOICES: tuple[Choice, ...] = ("left", "right", "cant_tell")


def make_clip(value: float, poses: torch.Tensor | None = None) -> Clip:
    return Clip(new_id(), torch.full((4, 3), value), torch.ones(4, 2), torch.ones(4), poses, None, 0, 0, 0)


def make_run(root: Path, poses: torch.Tensor | None = None) -> Path:
    """A run with three answers."""
    run = RunDir.create(root, "reach", {"task": "reach"})
    with Store.open(run.path / "armchair.db") as store:
        for number, choice in enumerate(CHOICES):
            left, right = make_clip(2.0 * number, poses), make_clip(2.0 * number + 1, poses)
            question = Question(new_id(), left.id, right.id, "uniform", 0)
            store.ask([question], [left, right])
            store.claim("ann")
            store.submit(Answer(new_id(), question.id, "ann", choice, 1.0, 1.5, 12.0))
    return run.path


def summary(capsys: Capture) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_answers_are_exported_as_json_lines(tmp_path: Path, capsys: Capture) -> None:
    run, out = make_run(tmp_path), tmp_path / "out"
    assert main(["export", str(run), "--out", str(out), "--json"]) == 0
    told = summary(capsys)
    assert (told["command"], told["answers"], told["clips"], told["format"]) == ("export", 3, 6, "jsonl")
    rows = [json.loads(line) for line in (out / "answers.jsonl").read_text().splitlines()]
    assert [row["choice"] for row in rows] == list(CHOICES)
    assert len((out / "clips.jsonl").read_text().splitlines()) == 6


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="pyarrow is not installed")
def test_answers_are_exported_as_parquet(tmp_path: Path, capsys: Capture) -> None:
    from pyarrow import parquet

    assert (
        main(["export", str(make_run(tmp_path)), "--out", str(tmp_path / "out"), "--format", "parquet"]) == 0
    )
    assert "3 answers and 6 clips written to" in capsys.readouterr().out
    rows = parquet.read_table(tmp_path / "out" / "answers.parquet").to_pylist()
    assert [row["choice"] for row in rows] == list(CHOICES)


def test_the_older_layout_goes_out_and_comes_in_again(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "out"
    assert main(["export", str(make_run(tmp_path)), "--out", str(out), "--format", "seed", "--json"]) == 0
    assert summary(capsys)["answers"] == 3
    assert main(["import", str(out), "--runs", str(tmp_path / "runs"), "--json"]) == 0
    told = summary(capsys)
    assert (told["command"], told["answers"], told["clips"]) == ("import", 3, 6)
    assert told["by_choice"] == {"left": 1, "right": 1, "cant_tell": 1}
    run = RunDir.open(Path(str(told["run"])))
    assert run.path == tmp_path / "runs" / "imported-001"
    with Store.open(run.path / "armchair.db", create=False) as store:
        batch = store.preferences()
    assert batch.target.tolist() == [0.0, 1.0]
    assert batch.left[:, 0, 0].tolist() == [0.0, 2.0] and batch.right[:, 0, 0].tolist() == [1.0, 3.0]


@pytest.mark.gl
def test_films_are_drawn_for_the_older_layout(tmp_path: Path, capsys: Capture) -> None:
    import av

    from armchair.envs.arm_env import make_env

    env = make_env("reach", record_poses=True)
    poses = env.poses().expand(4, -1, -1).clone()
    env.close()
    run, out = make_run(tmp_path, poses), tmp_path / "out"
    assert main(["export", str(run), "--out", str(out), "--format", "seed", "--films"]) == 0
    films = sorted((out / "data" / "clips").glob("*.mp4"))
    assert len(films) == 6
    with av.open(str(films[0])) as film:
        assert film.streams.video[0].frames == 4


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["export", "nowhere-001", "--out", "out"], "no run in nowhere-001"),
        (["export", "empty-001", "--out", "out"], "armchair.db"),
        (["export", "empty-001", "--out", "out", "--films"], "--films goes with --format seed"),
        (["export", "empty-001", "--out", "out", "--format", "csv"], "jsonl"),
        (["export", "empty-001"], "--out"),
        (["import", "nowhere", "--runs", "runs"], "there is no preferences.json in nowhere"),
        (["import", "lengths", "--runs", "runs"], "say which, such as length=5"),
    ],
)
def test_bad_input_is_answered_in_one_line_and_leaves_nothing(
    argv: list[str], expected: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    RunDir.create(Path(), "empty", {})
    trajectories = Path("lengths/trajectories")
    trajectories.mkdir(parents=True)
    for name, length in (("a", 3), ("b", 5)):
        np.savez(trajectories / f"{name}.npz", obs=np.zeros((length, 2)), act=np.zeros((length, 1)))
    entry = {"left": "clips/a.mp4", "right": "clips/b.mp4", "preference": "Left"}
    Path("lengths/preferences.json").write_text(json.dumps([entry]))
    before = sorted(tmp_path.rglob("*"))
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert expected in captured.err
    assert captured.err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before
