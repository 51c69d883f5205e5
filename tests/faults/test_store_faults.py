"""What goes wrong with the file of a store is said in one line, and nothing is left half done."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from armchair.cli import main
from armchair.errors import ArmchairError, InvalidInput, RunError, StoreError
from armchair.ids import new_id
from armchair.runs.folder import RunDir
from armchair.store.integrity import check_store
from armchair.store.store import Store
from armchair.types import Answer, Clip, Question

Capture = pytest.CaptureFixture[str]
Harm = Callable[[Path], object]


def make_clip(steps: int = 4) -> Clip:
    return Clip(new_id(), torch.rand(steps, 3), torch.ones(steps, 2), torch.ones(steps), None, None, 0, 0, 0)


def answer_one(store: Store, created: float = 0.0) -> str:
    """Ask and answer something. -> id of the answer."""
    left, right = make_clip(), make_clip()
    store.ask([Question(new_id(), left.id, right.id, "uniform", 0)], [left, right])
    (question,) = store.claim("ann")
    name = new_id()
    store.submit(Answer(name, question.id, "ann", "left", 1.0, 1.0, created))
    return name


def make_run(root: Path) -> RunDir:
    run = RunDir.create(root, "reach", {"task": "reach"})
    with Store.open(run.store_file) as store:
        for _ in range(3):
            answer_one(store)
    return run


def sql(text: str) -> Harm:
    def harm(file: Path) -> None:
        with sqlite3.connect(file) as raw:
            raw.execute(text)
        raw.close()

    return harm


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def scribble(file: Path) -> None:
    """Overwrite all but the first page."""
    data = file.read_bytes()
    file.write_bytes(data[:4096] + bytes(range(256)) * ((len(data) - 4096) // 256))


HARMS: dict[str, tuple[Harm, str]] = {
    "garbage": (lambda file: file.write_bytes(os.urandom(50_000)), "is damaged"),
    "text": (lambda file: file.write_text("no database at all " * 999), "is damaged"),
    "cut": (cut, "damaged"),
    "scribbled": (scribble, "damaged"),
    "a folder": (lambda file: (file.unlink(), file.mkdir()), "is a folder"),
    "emptied": (lambda file: file.write_bytes(b""), "is empty, there is no store in it"),
    "gone": (lambda file: file.unlink(), "there is no store"),
    "future": (sql("UPDATE meta SET value = '99' WHERE key = 'schema'"), "schema 99"),
    "other": (lambda file: (file.unlink(), sql("CREATE TABLE mine (x)")(file)), "not a store of armchair"),
    "clip cut": (sql("UPDATE clips SET arrays = substr(arrays, 1, 60)"), "is damaged"),
    "clip gone": (sql("DELETE FROM clips WHERE rowid = 1"), ""),
}


@pytest.mark.parametrize("name", HARMS)
@pytest.mark.parametrize("command", ["--out", "--backup"])
def test_a_broken_store_is_told_in_one_line(name: str, command: str, tmp_path: Path, capsys: Capture) -> None:
    harm, expected = HARMS[name]
    run = make_run(tmp_path)
    harm(run.store_file)
    before = sorted(tmp_path.rglob("*"))
    status = main(["export", str(run.path), command, str(tmp_path / "out")])
    told = capsys.readouterr().err
    if command == "--backup" and name in ("clip cut", "clip gone"):  # copied as it is; doctor tells
        assert main(["doctor", str(run.path)]) == 1
        return
    if name == "clip gone":  # its answer cannot be told any more, the others can
        assert status == 0 and main(["doctor", str(run.path)]) == 1
        return
    assert status == 2 and expected in told and told.count("\n") == 1
    kept = {path for path in before if not path.name.startswith("armchair.db-")}
    now = {path for path in tmp_path.rglob("*") if not path.name.startswith("armchair.db-")}
    assert now == kept, "nothing is left half done"
    if name != "clip cut":
        assert main(["doctor", str(run.path)]) in (1, 0 if name == "gone" else 1)


@pytest.mark.parametrize("small_disk", [2], indirect=True)
def test_a_full_disk_loses_nothing_that_was_acknowledged(small_disk: Path, capsys: Capture) -> None:
    run = make_run(small_disk)
    run.save("state", {"weights": torch.arange(6.0)}, {"position": 3})
    told: list[str] = []
    with Store.open(run.store_file) as store:
        with pytest.raises(StoreError, match="disk is full; nothing was written by halves"):
            while True:
                told.append(answer_one(store))
        there = {record.answer.id for record in store.history("ann")}
        assert set(told) <= there and len(there) <= len(told) + 4
        counts = store.counts()
    (small_disk / "stuffing").touch()
    with pytest.raises(OSError, match="No space"):
        while True:
            with (small_disk / "stuffing").open("ab") as file:
                file.write(bytes(4096))
    with pytest.raises(RunError, match="cannot be written: No space left"):
        run.save("state", {"weights": torch.zeros(100_000)}, {"position": 4})
    assert run.load("state")[1] == {"position": 3}
    with pytest.raises(RunError, match="no run can be made"):
        RunDir.create(small_disk, "reach", {"notes": "x" * 100_000})
    assert main(["export", str(run.path), "--backup", str(small_disk / "copy")]) == 2
    assert "armchair: " in capsys.readouterr().err
    assert sorted(path.name for path in small_disk.iterdir()) == ["reach-001", "stuffing"]
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    assert all(finding.ok for finding in check_store(run.store_file))
    with Store.open(run.store_file) as store:
        assert store.counts() == counts
        store.undo("ann")


@pytest.mark.parametrize("small_disk", [2], indirect=True)
def test_a_disk_that_cannot_be_written_says_so(small_disk: Path, tmp_path: Path, capsys: Capture) -> None:
    run = make_run(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert main(["export", str(run.path), "--out", str(tmp_path / "out")]) == 0, "it can be read"
    assert (tmp_path / "out" / "answers.jsonl").read_text().count("\n") == 3
    with Store.open(run.store_file) as store, pytest.raises(ArmchairError, match="is read-only"):
        store.undo("ann")
    assert main(["annotators", str(run.path), "--exclude", "ann"]) == 2
    told = capsys.readouterr().err
    assert "is read-only" in told and told.count("\n") == 1
    for refused in (
        lambda: run.save("state", {"weights": torch.zeros(1)}, {}),
        lambda: run.log({"step": 1}),
        lambda: RunDir.create(small_disk, "reach", {}),
        lambda: RunDir.create(small_disk / "runs", "reach", {}),
    ):
        with pytest.raises(ArmchairError, match="Read-only"):
            refused()


def test_a_clock_that_is_set_back_keeps_no_question_from_anyone(tmp_path: Path) -> None:
    now = 1_000_000.0
    with Store.open(tmp_path / "armchair.db", clock=lambda: now) as store:
        first = answer_one(store, created=now)
        left, right = make_clip(), make_clip()
        question = Question(new_id(), left.id, right.id, "uniform", 0)
        store.ask([question], [left, right])
        assert store.claim("lost") == [question]
        now = 500_000.0
        assert store.held("lost") == [] and store.counts().leased == 0
        assert store.claim("bob") == [question], "else it would wait for the clock for days"
        store.submit(Answer(new_id(), question.id, "bob", "right", 1.0, 1.0, now))
        second = answer_one(store, created=now)
        newest = [record.answer.id for record in store.history("ann")]
        assert newest == [second, first], "answers stay in the order in which they came"
        assert store.undo("ann") is not None and [r.answer.id for r in store.history("ann")] == [first]
        assert store.position() == 4
        with pytest.raises(InvalidInput, match="at most 3600"):
            store.claim("ann", lease_seconds=1e9)
    assert all(finding.ok for finding in check_store(tmp_path / "armchair.db"))
