"""Servers of single runs: one a run, always at the same port, gone with whoever started them."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from armchair.errors import RunError
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.web.processes.pages import FIRST_PORT, PORTS, PageServers, port_of
from armchair.web.processes.presets import Presets


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    run = RunDir.create(tmp_path, "reach", {"task": "reach"})
    Store.open(run.store_file).close()
    return run


@pytest.fixture
def pages() -> Iterator[PageServers]:
    made = PageServers(lambda store: ["false", store], lambda: "http://127.0.0.1:8642/")
    yield made
    made.close()
    made.close()


def servers() -> list[int]:
    own = psutil.Process().children()
    return [child.pid for child in own if child.status() != "zombie" and "armchair.web" in child.cmdline()]


def test_a_run_is_served_once_at_a_port_of_its_own_and_again_when_killed(
    run: RunDir, pages: PageServers
) -> None:
    address = pages.open(run)
    assert pages.open(run) == address and len(servers()) == 1
    with Store.open(run.store_file) as store:
        token = store.people.invite("owner", "owner")
    with httpx.Client(base_url=address, headers={"X-Armchair": "1"}, timeout=60) as owner:
        assert owner.post("/api/login", json={"token": token}).status_code == 204
        state = owner.get("/api/state").json()
        assert (state["runs_at"], state["can_start"]) == ("http://127.0.0.1:8642/", True)
        (first,) = servers()
        os.kill(first, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(first)] if psutil.pid_exists(first) else [], timeout=10)
        assert pages.open(run) == address, "what the browser keeps is kept by the port"
        assert owner.get("/api/state").status_code == 200
    pages.close()
    assert servers() == []


def test_a_port_follows_from_the_path_unless_somebody_has_it(run: RunDir, tmp_path: Path) -> None:
    port = port_of(run)
    assert FIRST_PORT <= port < FIRST_PORT + PORTS and port_of(RunDir(run.path)) == port
    assert port_of(RunDir(tmp_path / "other")) != port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert port_of(run) != port


def test_a_run_that_cannot_be_served_says_why(run: RunDir, pages: PageServers) -> None:
    run.store_file.write_bytes(b"nonsense" * 1000)
    with pytest.raises(RunError, match=r"the page of reach-001 cannot be served: .*not a database"):
        pages.open(run)
    assert servers() == []


@pytest.mark.slow
def test_the_presets_are_those_of_the_command_line() -> None:
    found = {preset["name"]: preset for preset in Presets().found()}
    assert {"reach", "push", "pick_place_demos", "block_stack"} <= set(found)
    assert found["block_stack"]["task"] == "stack" and found["block_stack"]["about"].startswith("Stack: ")
    assert found["reach"]["labels"] >= 1 and found["reach"]["question"].endswith("?")


@pytest.mark.parametrize("told", ["", "print('not JSON')", "print('{}')", "raise SystemExit(2)"])
def test_a_command_line_that_tells_no_presets_is_an_error(told: str) -> None:
    with pytest.raises(RunError, match="does not tell the presets"):
        Presets([sys.executable, "-c", told]).found()
