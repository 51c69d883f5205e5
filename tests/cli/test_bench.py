from __future__ import annotations

import json
from pathlib import Path

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
