"""Trainers as processes: a stand-in that takes a run's lock as `armchair` does, and the real one."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from armchair.cli.locate import find_run
from armchair.errors import InvalidInput, RunError
from armchair.runs.checkpoint import newest
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.store.trainer_lock import trainer_lock, trainer_of
from armchair.web.processes.launcher import LOG, PATIENCE, Launcher, last_line, stop

STAND_IN = Path(__file__).parents[1] / "stand_in.py"


def wait_for(what: Callable[[], object]) -> None:
    until = time.monotonic() + 120
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    made = Launcher([sys.executable, str(STAND_IN)])
    yield made
    made.close(PATIENCE)


def test_a_new_run_is_found_by_its_lock_and_stopped_by_it(launcher: Launcher, tmp_path: Path) -> None:
    run = launcher.teach(["reach"], tmp_path / "runs")
    assert run.path == tmp_path / "runs" / "reach-001"
    assert launcher.live() == ["reach-001"]
    wait_for(lambda: last_line(run.path / LOG) == "at work")
    assert "armchair teach reach --runs" in (run.path / LOG).read_text()
    assert stop(run)
    wait_for(lambda: trainer_of(run) is None)
    wait_for(lambda: launcher.live() == [])
    assert last_line(run.path / LOG) == "stopped"
    assert not stop(run)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["reach-001"]


def test_what_the_command_refuses_is_told_and_leaves_nothing(launcher: Launcher, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"labels must be at least 1, got 0$"):
        launcher.teach(["bad"], tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="no run can be made in"):
        launcher.teach(["reach"], tmp_path / "file")


def test_a_run_goes_on_once_however_often_it_is_asked_for(launcher: Launcher, tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {})
    assert launcher.resume(run)
    first = trainer_of(run)
    assert first is not None and not launcher.resume(run)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: trainer_of(run) is None)
    assert launcher.resume(run)
    assert trainer_of(run) not in (None, first)
    assert launcher.close(PATIENCE) == ["reach-001"]
    assert trainer_of(run) is None and launcher.close() == []


def test_a_trainer_that_cannot_go_on_says_why(launcher: Launcher, tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {})
    (run.path / "broken").touch()
    with pytest.raises(RunError, match=r"^the checkpoint does not fit this run$"):
        launcher.resume(run)
    assert launcher.live() == []
    (run.path / "over").touch()
    assert launcher.resume(run), "nothing was left to do, and nothing is wrong"


def test_the_last_line_is_of_the_last_start(tmp_path: Path) -> None:
    log = tmp_path / LOG
    assert last_line(log) is None
    log.write_text("# started\narmchair: the disk is full\n\n")
    assert last_line(log) == "the disk is full"
    log.write_text(log.read_text() + "# started again\n")
    assert last_line(log) is None


def test_a_lock_is_held_by_a_process_and_not_by_its_number(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {})
    assert trainer_of(run) is None
    with trainer_lock(run):
        assert trainer_of(run) == os.getpid()
    assert trainer_of(run) is None, "the number of this very process is still in the file"
    for text in ("", "nonsense", "999999999"):
        (run.path / "trainer.lock").write_text(text)
        assert trainer_of(run) is None


@pytest.mark.slow
def test_a_real_trainer_begins_stops_at_a_checkpoint_and_goes_on(tmp_path: Path) -> None:
    launcher = Launcher()
    with pytest.raises(InvalidInput, match="labels must be") as refused:
        launcher.teach(["reach", "--labels", "0"], tmp_path)
    assert "\n" not in str(refused.value) and list(tmp_path.iterdir()) == []
    run = launcher.teach(["--config", "smoke", "--question", "Which one dances?"], tmp_path)
    with Store.open(run.store, create=False) as store:
        assert store.board.settings().question == "Which one dances?"
        wait_for(lambda: store.counts().open > 0)
        stop(run)
        wait_for(lambda: not launcher.live())
        status = store.board.status()
        assert status is not None and status.value["phase"] == "stopped"
        assert newest(find_run(run.path)) is not None
        assert "stopped by SIGTERM; " in str(last_line(run.path / LOG))
        assert launcher.resume(run)
        wait_for(lambda: (status := store.board.status()) and status.value["phase"] == "waiting")
        assert json.dumps(status.value)
    assert launcher.close(PATIENCE) == [run.name]
