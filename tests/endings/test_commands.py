"""Every command, every request to end: one line that is true, the shell's exit status, a run that goes on."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
import pytest

from armchair.runs.checkpoint import moment_of, newest
from armchair.runs.folder import RunDir

Start = Callable[..., Any]
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
MANY = 8000  # clips of an import
LONG = """
task: reach
queries: {labels: 4000, first: 4, clip_length: 8, film_envs: 4}
schedule: {session: 2, session_every: 1, updates: 2000, queue: 4}
practice: {num_envs: 8, rollout: 16}
evaluation: {every: 4, episodes: 4}
reward: {min_updates: 5, members: 2}
"""
DONE = "a run that is done"
GIVEN = "a folder of many answers"
SLOW = """
import time
import gymnasium
class Slow(gymnasium.Wrapper):
    def reset(self, **words):
        print("an episode begins", flush=True)
        return self.env.reset(**words)
    def step(self, action):
        time.sleep(0.1)
        return self.env.step(action)
def make(**words):
    return Slow(gymnasium.make("Reacher-v5", **words))
"""
SMOKE = "teach reach --teacher oracle --config smoke"
TAUGHT = "teach --config long.yaml --teacher oracle"
PEOPLE = "teach --config long.yaml --no-open --port 0"
TRAINED = "train reach --steps 200000 --num-envs 8"


class Case(NamedTuple):
    """A command and when to end it."""

    words: str
    once: str  # this is printed
    says: str  # of the one line, as a pattern
    before: str = ""  # what is there: a run that is done, one of this command that was stopped, answers
    run: str = ""  # the run that must be there and go on
    wait: float = 0.0  # s more


CASES = {
    "teach, while it loads": Case(TAUGHT, "", "stopped by"),
    "teach, in its first turn": Case(TAUGHT, "teaching reach", "`armchair resume runs", run="reach-001"),
    "teach": Case(TAUGHT, "/4000 answers", r"all up to update \d+ of 2000 .* is saved", run="reach-001"),
    "teach, later": Case(TAUGHT, "/4000 answers", "is saved", run="reach-001", wait=1.7),
    "teach, drawing": Case(SMOKE, "summary.json", "is done, with its summary", run="reach-001"),
    "people": Case(PEOPLE, "answer here", "`armchair resume runs/reach-001` begins", run="reach-001"),
    "train": Case(TRAINED, "steps  reward", r"all up to update \d+ .* is saved", run="reach-001", wait=0.5),
    "resume": Case("resume runs/reach-001", "/4000 answers", "is saved", TAUGHT, "reach-001"),
    "label": Case("label runs/reach-001 --no-open --port 0", "answer here", "answers are kept", DONE),
    "serve": Case("serve --no-open --port 0", "your runs", "opens runs again"),
    "armchair": Case("--no-open --port 0", "your runs", "opens runs again"),
    "play live": Case("play reach --policy scripted --port 0 --no-open", "watch here", "stopped by"),
    "play": Case("play reach --policy random --episodes 100000", "", "stopped by", wait=4.0),
    "film": Case("play reach --policy random --episodes 9999 --video f.mp4", "", "stopped by", wait=6.0),
    "evaluate": Case("evaluate runs/reach-001 --episodes 100000", "", "stopped by", DONE, wait=5.0),
    "compare": Case("compare reach --config long.yaml --steps 512", "seed 0", "001` makes the rest"),
    "compare, side by side": Case(
        "compare reach --config long.yaml --steps 512 --workers 2", "seed 0", "001` makes the rest", wait=1.0
    ),
    "sweep": Case("sweep sweep.yaml --workers 2", "making 6 runs", "001` makes the rest", wait=4.0),
    "doctor": Case("doctor", "Python", "stopped by"),
    "export": Case("export runs/reach-001 --out x --format seed --films", "", "stopped by", DONE, wait=1.5),
    "annotators": Case("annotators runs/reach-001", "", "stopped by", DONE, wait=0.3),
    "envs": Case("envs", "", "stopped by", wait=0.01),
    "import": Case("import given --runs runs", "", "stopped by", GIVEN, wait=3.0),
    "look, while it loads": Case("look gymnasium:Reacher-v5 --output mine.yaml", "", "stopped by"),
    "look": Case("look slow:make --output mine.yaml", "an episode begins", "stopped by"),
    "bench": Case("bench memory", "memory: ", "done: none"),
    "bench, later": Case("bench memory", "memory: ", "done: none", wait=2.0),
}  # fmt: skip


@pytest.fixture
def start(job: Start, tmp_path: Path) -> Start:
    """Start `armchair WORDS` beside a configuration that takes long."""
    (tmp_path / "long.yaml").write_text(LONG)
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "sweep.yaml").write_text("config: long.yaml\nsettings: {queries.labels: [3000, 4000]}\n")
    return lambda words: job(*words.split())


def updates_of(run: RunDir) -> int:
    """How far its newest whole checkpoint is."""
    assert newest(run) is not None, "a whole checkpoint"
    when = moment_of(run)
    assert when is not None
    return int(str(when["updates"]))


@pytest.mark.slow
@pytest.mark.parametrize("number", STATUS, ids=lambda number: number.name)
@pytest.mark.parametrize("name", CASES)
def test_a_request_to_end(
    name: str, number: signal.Signals, start: Start, whole: Path, tmp_path: Path
) -> None:
    case = CASES[name]
    if case.before == TAUGHT:
        first = start(TAUGHT)
        first.wait_for("/4000 answers")
        first.send(signal.SIGTERM)
        assert first.end() == 143
    elif case.before == DONE:
        shutil.copytree(whole, tmp_path / "runs" / "reach-001")
    elif case.before == GIVEN:
        write_answers(tmp_path / "given")
    job = start(case.words)
    job.wait_for(case.once or (lambda: hears(job)))
    time.sleep(case.wait or (0.0 if case.once else 0.2))
    children = children_of(job)
    job.send(number)
    status = job.end()
    if status == 0 and not case.run:
        pytest.skip("it was quicker")
    assert status == STATUS[number], job.err
    assert re.search(case.says, job.line()), job.line()
    _, left = psutil.wait_procs(children, timeout=30)
    assert not left, "what it started ends with it"
    if case.run:
        check_goes_on(RunDir.open(tmp_path / "runs" / case.run), job.line(), start)
    halves = ["f.mp4", "mine.yaml", "points.png", "runs/imported-001"]
    assert not [name for name in halves if (tmp_path / name).exists()] and not list(tmp_path.glob(".*.tmp"))


def hears(job: Any) -> bool:
    """Whether it has got so far that it has a word on SIGTERM; before that Python itself ends it."""
    status = Path(f"/proc/{job.process.pid}/status")
    if not status.exists():  # no Linux
        time.sleep(1.0)
        return True
    found = re.search(r"^SigCgt:\s*(\w+)", status.read_text(), re.MULTILINE)
    return found is not None and bool(int(found[1], 16) >> (signal.SIGTERM - 1) & 1)


def children_of(job: Any) -> list[psutil.Process]:
    """All that it has started so far, and what those have."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(job.process.pid).children(recursive=True)
    return []


def write_answers(folder: Path) -> None:
    """The older layout, with more answers than are read in some seconds."""
    for name in ("clips", "trajectories"):
        (folder / name).mkdir(parents=True)
    for k in range(MANY):
        np.savez(folder / "trajectories" / f"{k}.npz", obs=np.full((8, 6), k / MANY), act=np.zeros((8, 3)))
    pairs = [
        {side: f"data/clips/{k + i}.mp4" for i, side in enumerate(("left", "right"))}
        for k in range(0, MANY, 2)
    ]
    (folder / "preferences.json").write_text(json.dumps([pair | {"preference": "Left"} for pair in pairs]))


def check_goes_on(run: RunDir, line: str, start: Start) -> None:
    """The line is true, and the run goes on from there."""
    told = re.search(r"update (\d+)", line)
    before = updates_of(run) if moment_of(run) is not None else 0
    if told is not None:
        assert int(told[1]) == before
    people = run.config().get("teacher") == {"name": "person"}
    done = (run.path / "summary.json").is_file()
    again = start(f"resume runs/{run.name} --no-open --port 0" + (" --json" if done else ""))
    if done:
        assert again.end() == 0
        assert "drawn in" in "\n".join(again.err)
        assert json.loads(again.out[-1])["answers"] == 6
        return
    if people:
        again.wait_for("answer here")
    else:
        again.wait_for("answers, " if "command" not in run.config() else "steps  reward")
        time.sleep(1.0)
    again.send(signal.SIGTERM)
    assert again.end() == 143, again.err
    assert people or updates_of(run) > before, "it went on"


@pytest.mark.parametrize("number", [signal.SIGTERM])
def test_a_run_of_teaching_is_saved_to_its_last_turn(
    number: signal.Signals, start: Start, tmp_path: Path
) -> None:
    """The quick one of the table above, with a request that is made again and again."""
    job = start(TAUGHT)
    job.wait_for("/4000 answers")
    job.send(number, signal.SIGINT, signal.SIGHUP, number, pause=0.05)
    assert job.end() == 143
    run = RunDir.open(tmp_path / "runs" / "reach-001")
    last = json.loads(run.metrics_file.read_text().splitlines()[-1])["updates"]
    assert f"all up to update {updates_of(run)} of 2000" in job.line()
    assert updates_of(run) in (last, last - 1) and last >= 4


@pytest.mark.slow
@pytest.mark.parametrize("when", [0.0, 0.3, 0.9, 1.6, 2.2])
def test_requests_without_end_cost_no_checkpoint(when: float, start: Start, tmp_path: Path) -> None:
    """Somebody leans on Ctrl-C."""
    job = start(TAUGHT)
    job.wait_for("/4000 answers")
    time.sleep(when)
    while job.process.poll() is None:
        job.send(signal.SIGINT, pause=0.05)
    assert job.end() == 130
    check_goes_on(RunDir.open(tmp_path / "runs" / "reach-001"), job.line(), start)
