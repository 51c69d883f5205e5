"""Disks that fill up, readers that leave, clocks that jump, workers that outlast nobody."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from armchair.cli import main
from armchair.runs.checkpoint import moment_of
from armchair.runs.folder import RunDir

SMOKE = ("teach", "reach", "--teacher", "oracle", "--config", "smoke", "--json", "--runs")
DAY = 86400.0


def test_a_clock_that_jumps_by_days_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, jumps = time.time, itertools.cycle((0.0, 3 * DAY, -400 * DAY))
    monkeypatch.setattr("armchair.cli.teaching._draw", lambda *_: [])
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    assert main([*SMOKE, str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["answers"] == 6


def test_the_summary_is_there_before_anything_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr("armchair.cli.teaching._draw", interrupted)
    assert main([*SMOKE, str(tmp_path)]) == 130
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert "error" not in summary, "one object, the summary"
    assert json.loads((tmp_path / "reach-001" / "summary.json").read_text())["answers"] == 6
    run = tmp_path / "reach-001"
    told = f"{run} is done, with its summary: `armchair resume {run}` draws the rest"
    assert captured.err.splitlines()[-1] == f"armchair: stopped by Ctrl-C; {told}"


@pytest.mark.slow
def test_training_ends_with_its_reader_and_goes_on(tmp_path: Path) -> None:
    words = f"{sys.executable} -m armchair.cli train reach --steps 200000 --num-envs 8"
    script = f"{words} 2>err | head -1; echo ${{PIPESTATUS[0]}} >status"
    subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True, timeout=300, capture_output=True)
    assert (tmp_path / "status").read_text().strip() == "141"
    run = RunDir.open(tmp_path / "runs" / "reach-001")
    when = moment_of(run)
    assert when is not None
    (line,) = (tmp_path / "err").read_text().splitlines()
    assert line.startswith(f"armchair: nobody reads what is printed; all up to update {when['updates']} (")
    assert line.endswith("`armchair resume runs/reach-001` goes on from there")


@pytest.mark.slow
@pytest.mark.parametrize("small_disk", [12], indirect=True)
def test_a_disk_that_fills_up_leaves_the_checkpoint_before(small_disk: Path, job: Callable[..., Any]) -> None:
    """Not at once: what teaching writes fills it, as clips and checkpoints do."""
    (small_disk / "long.yaml").write_text(
        "task: reach\nqueries: {labels: 100000, first: 4, film_envs: 16}\n"
        "schedule: {session: 40, session_every: 1, updates: 5000}\npractice: {num_envs: 8, rollout: 8}\n"
        "evaluation: {every: 2, episodes: 4}\nreward: {min_updates: 5, members: 2}\n"
    )
    runs = str(small_disk / "runs")
    going = job("teach", "--config", str(small_disk / "long.yaml"), "--teacher", "oracle", "--runs", runs)
    assert going.end(300) == 2
    assert "armchair resume" in going.line()
    run = RunDir.open(small_disk / "runs" / "reach-001")
    assert moment_of(run) is not None
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    before = moment_of(run)
    again = job("resume", str(run.path))
    again.wait_for("answers, ")
    time.sleep(2.0)
    again.send(signal.SIGINT)
    assert again.end() == 130
    after = moment_of(run)
    assert before is not None and after is not None
    assert int(str(after["updates"])) > int(str(before["updates"]))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda n: n.name)
@pytest.mark.parametrize("group", [False, True], ids=["alone", "with its group"])
def test_workers_of_environments_end_with_it(
    group: bool, number: signal.Signals, job: Callable[..., Any]
) -> None:
    going = job("teach", "gymnasium:Pendulum-v1", "--teacher", "oracle", "--workers", "2")
    going.wait_for("teaching gymnasium:Pendulum-v1")
    me = psutil.Process(going.process.pid)
    going.wait_for(lambda: len(me.children(recursive=True)) >= 2)
    time.sleep(1.0)
    children = me.children(recursive=True)
    os.kill(-going.process.pid if group else going.process.pid, number)
    assert going.end() in (143, 129, -9)
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive
    if number != signal.SIGKILL:
        assert "armchair resume runs/" in going.line()
