"""Probes: whether the process answers, and whether the store can be read. Nothing else is told."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event
from starlette.testclient import TestClient

from armchair.web.caches import readiness


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_need_no_session_and_tell_nothing(stranger: TestClient, path: str) -> None:
    told = stranger.get(path)
    assert (told.status_code, told.text) == (200, {"/healthz": "ok\n", "/readyz": "ready\n"}[path])
    assert told.headers["cache-control"] == "no-store"
    assert stranger.head(path).status_code == 200
    assert stranger.post(path).status_code == 401
    assert stranger.get(path, headers={"Host": "evil.example"}).status_code == 400


def test_a_store_that_cannot_be_read_is_not_ready(
    place: Any, app: FastAPI, stranger: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "MAX_AGE", 0.0)
    engine = app.state.context.store._database._engine

    def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    event.listen(engine, "checkout", fail)
    told = stranger.get("/readyz")
    assert (told.status_code, told.text) == (503, "not ready\n")  # no path, no reason
    assert int(told.headers["retry-after"]) > 0
    assert stranger.get("/healthz").status_code == 200
    event.remove(engine, "checkout", fail)
    assert stranger.get("/readyz").status_code == 200


def test_a_store_that_hangs_is_not_ready_and_is_asked_once(
    app: FastAPI, stranger: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    def hang() -> None:
        looks.append(time.monotonic())
        time.sleep(0.5)

    monkeypatch.setattr(readiness, "PATIENCE", 0.05)
    monkeypatch.setattr(app.state.context.ready, "_read", hang)
    assert [stranger.get("/readyz").status_code for _ in range(3)] == [503] * 3
    assert len(looks) == 1
    time.sleep(0.6)
    assert stranger.get("/readyz").status_code == 200


def test_the_list_of_runs_has_them_too(tmp_path: Any) -> None:
    from armchair.store.store import Store
    from armchair.web.options import Options
    from armchair.web.runs.app import create_app

    with Store.open(tmp_path / "people.db") as people:
        nothing: Any = None
        app = create_app(people, Options("runs", dashboard=False), nothing, nothing, nothing, nothing)
        client = TestClient(app, "http://localhost")
        assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
