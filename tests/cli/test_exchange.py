"""`armchair export` and `armchair import`."""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
import torch

from armchair.cli import main
from armchair.ids import new_id
from armchair.runs.folder import RunDir
from armchair.store.schema import metadata
from armchair.store.store import Store
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
        (["export", "empty-001"], "one of --out FOLDER"),
        (["export", "empty-001", "--out", "out", "--backup", "copy"], "one of --out FOLDER"),
        (["export", "empty-001", "--backup", "copy"], "armchair.db"),
        (["export", "empty-001", "--backup", "lengths"], "lengths is there already"),
        (["import", "none.pt", "--runs", "runs"], "none.pt cannot be read"),
        (["import", "sqlite:///none.db", "--runs", "runs"], "there is no store at none.db"),
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


# ---- a run as a whole


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables of a store, but its identity: sessions of one place are none of another."""
    engine = sa.create_engine(f"sqlite:///{path / 'armchair.db'}")
    with engine.connect() as conn:
        found = {
            table.name: [tuple(row) for row in conn.execute(sa.select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }
    engine.dispose()
    found["meta"] = [row for row in found["meta"] if row[0] != "identity"]
    return found


def test_a_backup_is_the_run_as_it_is_and_sound(tmp_path: Path, capsys: Capture) -> None:
    run = RunDir.open(make_run(tmp_path))
    run.save("state", {"weights": torch.arange(3.0)}, {"position": 1})
    run.log({"env_steps": 5})
    (run.checkpoints / ".state.safetensors.1.tmp").write_text("unfinished")
    with Store.open(run.store_file) as store:
        store.people.exclude("ann")
        store.board.log({"env_steps": 5})
    copy = tmp_path / "backups" / "monday"
    assert main(["export", str(run.path), "--backup", str(copy), "--json"]) == 0
    assert summary(capsys)["out"] == str(copy)
    assert everything(copy) == everything(run.path) and everything(copy)["exclusions"]
    assert [path.name for path in (tmp_path / "backups").iterdir()] == ["monday"]
    assert sorted(path.name for path in (copy / "checkpoints").iterdir()) == [
        "state.json",
        "state.safetensors",
    ]
    assert RunDir.open(copy).config() == run.config() and RunDir.open(copy).metrics() == run.metrics()
    assert RunDir.open(copy).load("state")[1] == {"position": 1}
    assert main(["doctor", str(copy)]) == 0
    with Store.open(copy / "armchair.db") as store:  # it goes on where it stopped
        store.people.exclude("ann", excluded=False)
        assert store.position() == 5
    assert main(["export", str(run.path), "--backup", str(copy)]) == 2


def test_a_backup_is_of_one_moment_while_answers_come_in(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    stop = threading.Event()

    def answer() -> None:
        with Store.open(run / "armchair.db") as store:
            store.board.set_setting("repeat_share", 0.0)
            while not stop.is_set():
                left, right = make_clip(1.0), make_clip(2.0)
                store.ask([Question(new_id(), left.id, right.id, "uniform", 0)], [left, right])
                (question,) = store.claim("bob")
                store.submit(Answer(new_id(), question.id, "bob", "left", 1.0, 1.5, 12.0))

    working = threading.Thread(target=answer)
    working.start()
    try:
        for number in range(3):
            copy = tmp_path / f"copy-{number}"
            assert main(["export", str(run), "--backup", str(copy)]) == 0
            assert main(["doctor", str(copy)]) == 0
    finally:
        stop.set()
        working.join()


@pytest.fixture
def url(postgresql: str) -> Iterator[str]:
    """An empty database on a server."""
    server = sa.make_url(postgresql)
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.exec_driver_sql("CREATE DATABASE moved")
        yield server.set(database="moved").render_as_string(hide_password=False)
        conn.exec_driver_sql("DROP DATABASE moved WITH (FORCE)")
    engine.dispose()


def test_a_run_moves_to_a_server_and_back(tmp_path: Path, url: str, capsys: Capture) -> None:
    run = RunDir.open(make_run(tmp_path))
    run.save("state", {"weights": torch.arange(3.0)}, {"position": 1})
    with Store.open(run.store_file) as store:
        store.people.exclude("ann")
        store.people.exclude("ann", excluded=False)
        store.board.put_asset("scene", b"a scene", "application/octet-stream")
        store.board.log({"env_steps": 5})
    before = everything(run.path)
    assert main(["export", str(run.path), "--to", url]) == 0
    assert main(["import", url, "--runs", str(tmp_path / "runs"), "--json"]) == 0
    back = RunDir.open(Path(str(summary(capsys)["run"])))
    assert everything(back.path) == before
    assert back.config() == run.config() and back.load("state")[1] == {"position": 1}
    assert main(["doctor", str(back.path)]) == 0
    assert main(["doctor", url]) == 0
    with Store.open(url, create=False) as store:  # what numbers itself goes on after what was copied
        store.board.log({"env_steps": 6})
        assert [line["seq"] for line in store.board.metrics()] == [1, 2]
        left, right = make_clip(1.0), make_clip(2.0)
        store.ask([Question(new_id(), left.id, right.id, "uniform", 0)], [left, right])
        assert store.claim("bob")
    assert main(["export", str(run.path), "--to", url]) == 2
    assert "already: name an empty database" in capsys.readouterr().err


def test_a_database_cannot_put_files_outside_of_the_run(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    with Store.open(run / "armchair.db") as store:
        for name in (
            "../evil",
            "checkpoints/../../evil",
            "/tmp/evil",
            "checkpoints/.hidden",
            "videos/x",
            "x.py",
        ):
            store.board.put_asset(f"run:{name}", b"evil", "text/plain")
        store.board.put_asset("run:checkpoints/policy.json", b"{}", "text/plain")
    url = f"sqlite:///{run / 'armchair.db'}"
    assert main(["import", url, "--runs", str(tmp_path / "runs")]) == 0
    files = {
        path.relative_to(tmp_path / "runs").as_posix()
        for path in tmp_path.glob("runs/**/*")
        if path.is_file()
    }
    assert files == {
        "imported-001/config.yaml",
        "imported-001/armchair.db",
        "imported-001/checkpoints/policy.json",
    }
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.slow
def test_a_backup_resumes(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    from armchair.errors import MissingDependency

    def no_film(*_: object) -> Path:
        raise MissingDependency("nothing can be drawn here")

    for name in ("draw_film", "draw_replay"):
        monkeypatch.setattr(f"armchair.cli.teaching.{name}", no_film)
    teach = ["teach", "reach", "--teacher", "oracle", "--config", "smoke", "--runs", str(tmp_path)]
    assert main(teach) == 0
    copy = tmp_path / "copy"
    assert main(["export", str(tmp_path / "reach-001"), "--backup", str(copy)]) == 0
    assert main(["doctor", str(copy)]) == 0
    before = everything(copy)
    capsys.readouterr()
    assert main(["resume", str(copy), "--json"]) == 0
    assert summary(capsys)["run"] == str(copy)
    assert everything(copy)["answers"] == before["answers"] and before["answers"]
