"""Runs made side by side: equal to serial ones to the bit, whole or not there, gone on with, joined."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from armchair.cli import main
from armchair.cli.jobs import job as jobs
from armchair.runs.folder import RunDir
from armchair.store.store import Store

Capture = pytest.CaptureFixture[str]
TINY = ("compare", "reach", "--config", "smoke", "--steps", "2000", "--seeds", "2", "--json")
RUNS = ("teach-001", "teach-002", "train-001", "train-002")


def content(path: Path) -> dict[str, object]:
    """All of a run that must not hang on where and beside what it was made."""
    run = RunDir(path)
    lines = [{k: v for k, v in line.items() if k != "fit_seconds"} for line in run.metrics()]
    found: dict[str, object] = {"config": run.config(), "metrics": lines}
    for file in sorted(run.checkpoints.rglob("*.safetensors")):
        found[str(file.relative_to(path))] = file.read_bytes()
    if run.store_file.exists():
        with Store.open(run.store) as store:
            batch = store.preferences()
            found["answers"] = [value.numpy().tobytes() for value in batch]
    return found


def compared(root: Path, capsys: Capture, *more: str) -> Path:
    assert main([*TINY, "--runs", str(root), *more]) == 0
    return Path(json.loads(capsys.readouterr().out.splitlines()[-1])["run"])


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("serial")
    assert main([*TINY, "--runs", str(root)]) == 0
    return root / "compare-reach-001"


@pytest.mark.slow
def test_two_processes_make_the_same_runs_to_the_bit(serial: Path, tmp_path: Path, capsys: Capture) -> None:
    made = compared(tmp_path, capsys, "--workers", "2")
    assert sorted(path.name for path in (made / "runs").iterdir()) == list(RUNS)
    for name in RUNS:
        assert content(made / "runs" / name) == content(serial / "runs" / name), name
    assert (made / "summary.json").read_bytes() == (serial / "summary.json").read_bytes()
    assert (made / "table.txt").read_bytes() == (serial / "table.txt").read_bytes()


@pytest.mark.slow
def test_what_is_missing_is_made_and_what_is_there_stays(
    serial: Path, tmp_path: Path, capsys: Capture
) -> None:
    made = tmp_path / "compare-reach-001"
    shutil.copytree(serial, made)
    kept = {name: (made / "runs" / name).stat().st_ino for name in RUNS[1:]}
    shutil.rmtree(made / "runs" / "teach-001")
    (made / "runs" / ".train-002.12345").mkdir()  # of a process that was killed
    (made / "summary.json").unlink()
    assert main(["resume", str(made), "--json"]) == 0
    captured = capsys.readouterr()
    assert "3 of 4 runs are there already" in captured.err
    assert json.loads(captured.out.splitlines()[-1])["groups"] == json.loads(
        (serial / "summary.json").read_text()
    )
    assert content(made / "runs" / "teach-001") == content(serial / "runs" / "teach-001")
    assert {name: (made / "runs" / name).stat().st_ino for name in RUNS[1:]} == kept
    assert sorted(path.name for path in (made / "runs").iterdir()) == list(RUNS)


def part(serial: Path, root: Path, seed: int, **other: object) -> Path:
    """The comparison of one seed, as `armchair compare --seeds 1 --seed N` leaves it."""
    saved = RunDir(serial).config()
    config = {**saved, "seeds": 1, "seed": seed}
    made = RunDir.create(root, "compare-reach", config).path
    for kind in ("train", "teach"):
        run = shutil.copytree(serial / "runs" / f"{kind}-{seed + 1:03d}", made / "runs" / f"{kind}-001")
        changed = {**RunDir(run).config(), **other}
        (run / "config.yaml").write_text(yaml.safe_dump(changed))
    return made


@pytest.mark.slow
def test_seeds_that_were_compared_one_by_one_are_joined(
    serial: Path, tmp_path: Path, capsys: Capture
) -> None:
    parts = [part(serial, tmp_path, 1), part(serial, tmp_path, 0)]
    all_of_it = ["--runs", str(tmp_path / "all"), "--json"]
    assert main(["compare", "--join", *map(str, parts), *all_of_it]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["groups"] == json.loads((serial / "summary.json").read_text())
    assert Path(told["plot"]).read_bytes().startswith(b"\x89PNG")

    assert main(["compare", "--join", *map(str, parts), str(parts[0]), *all_of_it]) == 2
    assert "are the same, the task's own reward with seed 1: join each seed once" in capsys.readouterr().err
    env = {**RunDir(serial).config()["env"], "control": "joint"}  # type: ignore[dict-item]
    other = part(serial, tmp_path, 0, env=env)
    assert main(["compare", "--join", str(parts[0]), str(other), *all_of_it]) == 2
    told_of = capsys.readouterr().err
    assert "differ in env.control (tool and joint): join runs that differ in their seeds alone" in told_of
    assert len(list((tmp_path / "all").iterdir())) == 1

    shutil.rmtree(parts[1] / "runs" / "teach-001")
    assert main(["compare", "--join", *map(str, parts), *all_of_it]) == 0
    captured = capsys.readouterr()
    assert f"{parts[1]} has 1 of its 2 runs: `armchair resume {parts[1]}` makes the rest" in captured.err
    groups = json.loads(captured.out.splitlines()[-1])["groups"]
    assert [list(group["by_seed"]) for group in groups] == [["0", "1"], ["1"]]


@pytest.mark.slow
def test_a_seed_that_fails_is_told_of_in_one_line_and_the_others_stay(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = jobs.Job.begin

    def fails(self: jobs.Job, run: RunDir) -> object:
        if self.folder == "train-001":
            raise OSError(28, "No space left on device")
        return begin(self, run)

    monkeypatch.setattr(jobs.Job, "begin", fails)
    assert main([*TINY, "--runs", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    made = tmp_path / "compare-reach-001"
    last = captured.err.splitlines()[-1]
    assert last.startswith("armchair: 1 of 4 runs failed: the task's own reward, seed 0: OSError: [Errno 28]")
    assert f"`armchair resume {made}` makes the rest" in last
    assert json.loads(captured.out)["error"] in last
    assert sorted(path.name for path in (made / "runs").iterdir()) == sorted({*RUNS} - {"train-001"})


@pytest.mark.slow
def test_ctrl_c_ends_all_processes_and_leaves_whole_runs_alone(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "armchair.cli", *TINY, "--workers", "2", "--seeds", "6"]
    command = subprocess.Popen(
        [*argv, "--runs", str(tmp_path)],
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    runs = tmp_path / "compare-reach-001" / "runs"
    until = time.monotonic() + 120
    while not list(runs.glob("train-*")) and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(command.pid, signal.SIGINT)
    _, told = command.communicate(timeout=60)
    assert command.returncode == 130
    assert "Traceback" not in told
    assert told.splitlines()[-1].startswith("armchair: stopped by Ctrl-C; what ended is in ")
    left = sorted(path.name for path in runs.iterdir())
    assert 0 < len(left) < 12 and all(name.startswith("t") for name in left)
    for name in left:
        assert RunDir.open(runs / name).metrics()[-1].get("eval_return") is not None


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["reach", "--workers", "0"], "--workers must be at least 1 and at most 64, got 0"),
        (["reach", "--join", "nowhere-001"], "--join sets finished runs side by side: leave out the task"),
        (["--join", "nowhere-001"], "no run in nowhere-001"),
        (["--join", "mine-001"], "mine-001 is not finished: `armchair resume mine-001` goes on with it"),
    ],
)
def test_bad_input(
    argv: list[str], expected: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    RunDir.create(Path(), "mine", {"task": "reach"})
    assert main(["compare", *argv]) == 2
    captured = capsys.readouterr()
    assert expected in captured.err
    assert captured.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine-001"]
