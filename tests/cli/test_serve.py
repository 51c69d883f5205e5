"""`armchair serve`: where it listens, what it refuses, and that `armchair` alone is the same."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from armchair.cli import main
from armchair.store.store import Store


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "labels.example.org"])
def test_the_list_is_for_this_machine_alone(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--host", host, "--runs", str(tmp_path / "runs")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and f"armchair teach TASK --host {host} --invite NAME" in told
    assert not (tmp_path / "runs").exists()


def test_a_port_in_use_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--runs", str(tmp_path / "runs"), "--port", str(port), "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"armchair: port {port} of 127.0.0.1 is in use")
    assert captured.err.count("\n") == 1
    assert json.loads(captured.out)["command"] == "serve"
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["serve", "--runs", str(tmp_path / "file"), "--port", "0"]) == 2
    assert "cannot be the folder of the runs" in capsys.readouterr().err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=str)
def test_armchair_alone_serves_until_it_is_told_to_end(how: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "armchair.cli", "--no-open", "--port", "0", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None and process.stderr is not None
    link = re.fullmatch(r"your runs: (http://127\.0\.0\.1:\d+)/login#([\w-]+)\n", process.stderr.readline())
    assert link is not None
    with httpx.Client(base_url=link[1], headers={"X-Armchair": "1"}, timeout=60) as browser:
        assert browser.post("/api/login", json={"token": link[2]}).status_code == 204
        assert browser.get("/api/runs").json() == {"folder": "runs", "runs": []}
    process.send_signal(how)
    out, err = process.communicate(timeout=60)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}[how]
    (line,) = err.splitlines()
    assert line.startswith("armchair: stopped by ") and line.endswith("; `armchair` opens runs again")
    assert json.loads(out)["stopped"] == []
    assert not list((tmp_path / "runs").glob("*/*"))


def test_who_was_let_in_stays_in_after_a_restart(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with Store.open(tmp_path / "runs" / ".serve.db") as store:
        session = store.people.redeem(store.people.invite("owner", "owner"))
    assert session is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "armchair.cli", "serve", "--no-open", "--port", str(port)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None and process.stdout.readline()
    time.sleep(0.1)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as browser:
        browser.cookies.set(f"armchair_session_{port}", session.token)
        assert browser.get("/api/runs").status_code == 200
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
