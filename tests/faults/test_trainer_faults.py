"""What keeps a trainer from its folder is said in one line, and what was saved before is still whole."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from armchair.cli import main
from armchair.config.read import as_yaml, load_config, with_flags
from armchair.errors import RunError
from armchair.feedback.teachers import Teacher, make_teacher
from armchair.maths import generator
from armchair.runs import checkpoint
from armchair.runs.checkpoint import newest
from armchair.runs.folder import RunDir
from armchair.store.trainer_lock import check_unlocked, trainer_lock
from armchair.training import setup as teach

Capture = pytest.CaptureFixture[str]
CONFIG = with_flags(
    load_config("smoke"),
    {"practice.num_envs": 4, "practice.rollout": 8, "queries.film_envs": 4, "evaluation.episodes": 4},
)
HOLD = """
import sys, time
from pathlib import Path
from armchair.runs.folder import RunDir
from armchair.store.trainer_lock import trainer_lock
with trainer_lock(RunDir(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


def oracle() -> Teacher:
    return make_teacher("oracle", {}, generator(0, "teacher"))


def make_run(root: Path) -> RunDir:
    """A run with two updates behind it."""
    run = RunDir.create(root, "reach", {**as_yaml(CONFIG), "teacher": {"name": "oracle"}})
    going = teach.teach(CONFIG, run, oracle())
    for _ in range(2):
        next(going)
    going.close()
    return run


def one_line(capsys: Capture) -> str:
    told = capsys.readouterr().err
    (line,) = [line for line in told.splitlines() if line.startswith("armchair: ")]
    assert "Traceback" not in told
    return line


def updates(run: RunDir) -> object:
    whole = newest(run)
    assert whole is not None
    return whole.load("state")[1]["updates"]


def test_a_second_trainer_refuses(tmp_path: Path, capsys: Capture) -> None:
    run = make_run(tmp_path)
    going = teach.teach(CONFIG, run, oracle(), resume=True)
    next(going)
    capsys.readouterr()
    assert main(["resume", str(run.path)]) == 2
    assert f"is being trained already, by process {os.getpid()}" in one_line(capsys)
    with pytest.raises(RunError, match="being trained already"):
        next(teach.teach(CONFIG, run, oracle(), resume=True))
    going.close()
    check_unlocked(run)
    assert updates(run) == 3


def test_a_dead_trainer_keeps_nobody_out(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {})
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(run.path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(RunError, match=f"by process {holder.pid}"), trainer_lock(run):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait(timeout=30)
    holder.stdout.close()
    check_unlocked(run)


def test_where_checkpoints_cannot_be_written_the_last_one_is_kept(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path)
    capsys.readouterr()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "_finish", full)
        assert main(["resume", str(run.path)]) == 2
    told = one_line(capsys)
    assert "no checkpoint could be written: No space left on device" in told
    assert f"`armchair resume {run.path}` goes on" in told
    assert updates(run) == 2
    assert len(list(teach.teach(CONFIG, run, oracle(), resume=True))) == 1


@pytest.mark.parametrize("small_disk", [16], indirect=True)
def test_a_full_disk_ends_the_run_and_costs_nothing(small_disk: Path, capsys: Capture) -> None:
    run = make_run(small_disk)
    capsys.readouterr()
    stuffing = small_disk / "stuffing"
    with stuffing.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            if not file.write(bytes(4096)):
                raise OSError(errno.ENOSPC, "No space")
    assert main(["resume", str(run.path)]) == 2
    assert "armchair: " in one_line(capsys)
    assert updates(run) == 2
    stuffing.unlink()
    assert len(list(teach.teach(CONFIG, run, oracle(), resume=True))) == 1


@pytest.mark.parametrize("small_disk", [16], indirect=True)
def test_a_folder_that_cannot_be_written_says_so(small_disk: Path, capsys: Capture) -> None:
    run = make_run(small_disk)
    before = run.load("state")[0]
    capsys.readouterr()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert main(["resume", str(run.path)]) == 2
    assert "cannot be written: Read-only file system" in one_line(capsys)
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert all(torch.equal(value, before[name]) for name, value in run.load("state")[0].items())
