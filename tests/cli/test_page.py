"""The page's server beside a command: it comes back when something kills it, and ends when it is told to."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from armchair.cli import page
from armchair.cli.flags import PageFlags
from armchair.cli.page import PageServer, more_to_do
from armchair.cli.report import Report
from armchair.errors import RunError
from armchair.runs.folder import RunDir
from armchair.store.store import Store


def wait_for(what: Callable[[], object]) -> None:
    until = time.monotonic() + 120
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def servers() -> list[int]:
    own = psutil.Process().children()
    return [child.pid for child in own if child.status() != "zombie" and "armchair.web" in child.cmdline()]


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    run = RunDir.create(tmp_path, "reach", {})
    Store.open(run.store_file).close()
    return run


@pytest.mark.slow
def test_a_killed_server_is_back_with_its_sessions_until_it_is_told_to_end(
    run: RunDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(page, "MIN_UPTIME", 0.0)
    with Store.open(run.store_file) as store:
        token = store.people.invite("ann")
    with PageServer(run, PageFlags(port=0), Report("teach", False)) as server:
        ann = httpx.Client(base_url=server.address, headers={"X-Armchair": "1"}, timeout=60)
        assert ann.post("/api/login", json={"token": token}).status_code == 204
        (first,) = servers()
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: (now := servers()) and now != [first])
        wait_for(lambda: "is back" in capsys.readouterr().err)
        assert ann.get("/api/state").status_code == 200
        (second,) = servers()
        os.kill(second, signal.SIGTERM)
        wait_for(lambda: "armchair label" in capsys.readouterr().err)
        assert servers() == []
        ann.close()


@pytest.mark.slow
def test_one_that_dies_young_stays_away_and_closing_ends_it(
    run: RunDir, capsys: pytest.CaptureFixture[str]
) -> None:
    server = PageServer(run, PageFlags(port=0), Report("teach", False))
    os.kill(servers()[0], signal.SIGKILL)
    wait_for(lambda: "has ended" in capsys.readouterr().err)
    server.close()
    server.close()
    again = PageServer(run, PageFlags(port=0), Report("teach", False))
    assert psutil.Process(servers()[0]).environ()["MALLOC_ARENA_MAX"] == "2"
    port = int(again.address.rpartition(":")[2])
    with pytest.raises(RunError, match=f"port {port} "):
        PageServer(run, PageFlags(port=port), Report("teach", False))
    again.close()
    assert servers() == []
    assert json.dumps(capsys.readouterr().err).count("has ended") == 0  # it was meant to


DONE = {"phase": "done", "labels": 30, "waits": True, "success": 0.2}


def waiting(store: Store, change: Callable[[], object]) -> bool:
    """What comes of waiting for more to do while something changes."""
    store.board.set_status({**DONE, "position": store.position()})
    threading.Timer(0.2, change).start()
    return more_to_do(store, "http://localhost:1", Report("teach", False))


def test_a_run_that_is_done_goes_on_with_a_raised_budget_until_its_owner_ends_it(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "LOOK", 0.02)
    monkeypatch.setattr(page, "BEAT", 0.05)
    with Store.open(run.store_file) as store:
        assert waiting(store, lambda: store.board.set_setting("labels", 60))
        status = store.board.status()
        assert status is not None and status.value["waits"] is True, "the page need not think that it is over"
        assert time.time() - status.updated < 2.0, "it gives signs of life"
        store.board.set_setting("labels", 30)
        assert not waiting(store, lambda: store.board.set_setting("finished", True))
        status = store.board.status()
        assert status is not None and status.value == {**DONE, "position": 0, "waits": False}


def test_a_run_that_is_done_goes_on_where_answers_change(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "LOOK", 0.02)
    with Store.open(run.store_file) as store:
        store.register("ann")
        assert waiting(store, lambda: store.people.exclude("ann"))


def test_ctrl_c_ends_the_waiting_and_the_page_knows(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page.time, "sleep", lambda _: signal.raise_signal(signal.SIGINT))
    with Store.open(run.store_file) as store, pytest.raises(KeyboardInterrupt):
        try:
            waiting(store, lambda: None)
        finally:
            status = store.board.status()
            assert status is not None and status.value["waits"] is False
