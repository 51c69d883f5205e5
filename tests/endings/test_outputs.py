"""Outputs that are full, closed, left by their reader or poor in characters: the work is done."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

BODY = """
import sys
from pathlib import Path
from armchair.cli.report import Report
def main(argv):
    report = Report("envs", "--json" in argv)
    for k in range(3):
        report.log(f"step {k} \\u2013 caf\\u00e9")
        report.say(f"line {k} \\u2265 \\udc80")
    Path("done").write_text("all of it")
    report.finish({"name": "caf\\u00e9 \\u2265"})
    return 0
"""
START = f"""
import sys, types
from armchair import cli
command = types.SimpleNamespace()
exec({BODY!r}, command.__dict__)
sys.modules["armchair.cli.commands.envs"] = command
sys.exit(cli.process())
"""
FULL = "what should have been printed could not be written: No space left on device"


def shell(words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command line in which $JOB is the work; what it writes is there as `done`."""
    script = cwd / "job.py"
    script.write_text(START)
    return subprocess.run(
        ["bash", "-c", words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "JOB": f"{sys.executable} {script} envs", **environment},
    )


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        ("$JOB >/dev/full 2>err; s=$?; tail -1 err; exit $s", 2, FULL),
        ("$JOB --json >/dev/full 2>err; s=$?; tail -1 err; exit $s", 2, FULL),
        ("$JOB 2>/dev/full", 0, "line 2"),
        ("$JOB --json 2>/dev/full", 0, '{"command": "envs", "name": "café ≥"'),
        ("$JOB >&-", 0, ""),
        ("$JOB --json >&-", 0, ""),
        ("$JOB 2>&-", 0, "line 2"),
        ("$JOB >&- 2>&-", 0, ""),
        ("$JOB <&- >&- 2>&-", 0, ""),
        ("$JOB >/dev/full 2>/dev/full", 2, ""),
        ("$JOB 2> >(true); sleep 0.1", 0, "line 2"),
    ],
)
def test_the_work_is_done_and_the_exit_status_is_true(
    words: str, status: int, told: str, tmp_path: Path
) -> None:
    done = shell(words, tmp_path)
    assert done.returncode == status, done.stderr
    assert told in done.stdout
    assert "Traceback" not in done.stderr + done.stdout and "Exception ignored" not in done.stderr
    assert (tmp_path / "done").read_text() == "all of it", "and no line that was printed is in it"


def test_a_reader_that_has_left_ends_it_without_a_word(tmp_path: Path) -> None:
    words = "$JOB 2>err | head -1; echo ${PIPESTATUS[0]} >status"
    done = shell(words.replace("$JOB", "(sleep 0.2; $JOB)").replace("head -1", "true"), tmp_path)
    assert (tmp_path / "status").read_text().strip() == "141"
    assert (
        "Traceback" not in (tmp_path / "err").read_text()
        and "armchair:" not in (tmp_path / "err").read_text()
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=str,
)
def test_characters_that_the_output_lacks_are_written_in_those_it_has(
    environment: dict[str, str], tmp_path: Path
) -> None:
    done = shell("$JOB --json 2>err", tmp_path, **environment)
    assert done.returncode == 0
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["name"] == "café ≥"
    said = (tmp_path / "err").read_bytes().decode("latin-1")
    assert "line 2" in said and "step 2" in said and "Traceback" not in said


def test_a_terminal_that_has_gone_does_not_end_the_work(tmp_path: Path) -> None:
    """Its end fails every write with EIO; the signal that comes with it is ignored here, as by nohup."""
    ours, theirs = pty.openpty()
    script = tmp_path / "job.py"
    script.write_text("import signal, time\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
                      "time.sleep(1.0)\n" + START)  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, str(script), "envs"], cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    os.close(ours)
    assert process.wait(60) == 2, "what it printed is lost, and that is told by its status"
    assert (tmp_path / "done").read_text() == "all of it"
