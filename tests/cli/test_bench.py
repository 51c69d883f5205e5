from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from armchair import cli
from armchair.cli import main
from armchair.cli.commands import bench

Capture = pytest.CaptureFixture[str]
GOOD = '"""Counts quickly."""\nprint("counting")\nprint(\'{"rate": 5, "success": true}\')\n'
THREADS = """'''Tells its threads.'''
import json, os
print(json.dumps({"blas": os.environ["OPENBLAS_NUM_THREADS"]}))
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    (folder / "counting.py").write_text(GOOD, encoding="utf-8")
    (folder / "threads.py").write_text(THREADS, encoding="utf-8")
    (folder / "_shared.py").write_text("raise SystemExit(1)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return folder


def test_list(checkout: Path, capsys: Capture) -> None:
    assert main(["bench", "--list"]) == 0
    assert capsys.readouterr().out == "  counting  Counts quickly\n  threads   Tells its threads\n"


def test_all_run_with_one_blas_thread(
    checkout: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
    assert main(["bench", "--json"]) == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert summary["benchmarks"] == {"counting": {"rate": 5, "success": True}, "threads": {"blas": "1"}}
    assert "  counting\n" in captured.err


def test_a_missed_mark_is_exit_status_1(checkout: Path) -> None:
    (checkout / "counting.py").write_text(GOOD.replace("true", "false"), encoding="utf-8")
    assert main(["bench", "counting"]) == 1
    assert main(["bench", "threads"]) == 0


@pytest.mark.parametrize(
    ("script", "message"),
    [("print('no object')", "must end with one JSON object"), ("raise SystemExit(3)", "status 3")],
)
def test_a_broken_benchmark_is_named(checkout: Path, script: str, message: str, capsys: Capture) -> None:
    (checkout / "counting.py").write_text(script, encoding="utf-8")
    assert main(["bench", "counting"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "counting" in error


def test_an_unknown_name_is_answered_with_the_nearest(checkout: Path, capsys: Capture) -> None:
    assert main(["bench", "thread"]) == 2
    assert "did you mean 'threads'?" in capsys.readouterr().err


def test_where_there_are_no_benchmarks_the_command_is_not_offered(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert "  bench " in cli.overview()  # in this checkout
    monkeypatch.setattr(cli, "benchmarks_folder", lambda: None)
    assert "bench" not in cli.overview()
    assert main(["benhc"]) == 2
    assert "bench" not in capsys.readouterr().err.partition("valid:")[2]
    monkeypatch.setattr(bench, "benchmarks_folder", lambda: None)
    assert main(["bench"]) == 2
    assert capsys.readouterr().err.startswith("armchair: the benchmarks are not in the installed package")


LONG = '''"""Takes long, and starts others."""
import subprocess, sys, time
MINUTES = 20
SLEEP = "print('up', flush=True); import time; time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP
others = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for code in (SLEEP, DEAF)]
for other in others:
    other.stdout.readline()
with open("children", "w") as file:
    print(*(other.pid for other in others), file=file)
time.sleep(600)
'''


def test_what_takes_minutes_is_run_when_it_is_named(checkout: Path, capsys: Capture) -> None:
    (checkout / "long.py").write_text(LONG, encoding="utf-8")
    assert main(["bench"]) == 0
    assert "not run, as it takes 20 minutes: armchair bench long" in capsys.readouterr().err
    assert main(["bench", "--list"]) == 0
    assert "Takes long, and starts others (20 minutes)" in capsys.readouterr().out


@pytest.mark.slow  # one of them has to be killed in the end
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
def test_nothing_of_it_outlives_its_parent(number: signal.Signals, checkout: Path) -> None:
    (checkout / "long.py").write_text(LONG, encoding="utf-8")
    words = ["-m", "armchair.cli", "bench", "long"]
    bench = subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE, text=True)
    file = Path("children")
    wait_for(lambda: file.exists() and file.read_text().endswith("\n"))
    children = [int(word) for word in file.read_text().split()]
    assert all(map(psutil.pid_exists, children))
    bench.send_signal(number)
    _, told = bench.communicate(timeout=60)
    assert bench.returncode == {2: 130, 15: 143, 9: -9}[int(number)]
    if number != signal.SIGKILL:
        assert told.splitlines()[-1].endswith("; done: none") and "Traceback" not in told
    wait_for(lambda: not any(map(alive, children)))


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie that nobody has asked after."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(met: Callable[[], bool], patience: float = 60.0) -> None:
    until = time.monotonic() + patience
    while not met():
        assert time.monotonic() < until
        time.sleep(0.05)
