"""Beginning, opening, going on with and stopping runs; and that nobody but their owner gets there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.store.trainer_lock import trainer_of

NEW = {"preset": "reach", "labels": 40, "seed": 3, "question": " Which one\n dances? "}


def wait_for(what: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def state(owner: TestClient) -> str:
    (row,) = owner.get("/api/runs").json()["runs"]
    return row["state"]


def test_a_run_from_the_form_to_its_end(served: Any, owner: TestClient) -> None:
    assert owner.get("/api/runs").json() == {"folder": str(served.root), "runs": []}
    assert owner.get("/api/presets").json()["presets"][0]["labels"] == 30
    assert owner.post("/api/runs", json=NEW).json() == {"name": "reach-001"}
    run = RunDir(served.root / "reach-001")
    words = run.config()["words"]
    assert isinstance(words, list)
    assert words[:2] == ["--config", "reach"] and {"--labels=40", "--seed=3", "--no-page"} <= set(words)
    assert "--question=Which one dances?" in words
    wait_for(lambda: state(owner) == "waiting")
    assert owner.post("/api/runs/reach-001/stop").status_code == 204
    wait_for(lambda: state(owner) == "stopped")
    assert trainer_of(run) is None

    reply = owner.post("/api/runs/reach-001/teach-on", json={"labels": 45})
    assert reply.json() == {"labels": 45, "started": True}
    wait_for(lambda: state(owner) == "waiting")
    with Store.open(run.store_file) as store:
        assert store.board.settings().labels == 45
    assert owner.post("/api/runs/reach-001/teach-on", json={"labels": 45}).json()["started"] is False


def test_what_the_command_line_refuses_is_one_line_and_no_run(served: Any, owner: TestClient) -> None:
    reply = owner.post("/api/runs", json={**NEW, "labels": 0})
    assert (reply.status_code, reply.json()["error"]) == (422, "labels must be at least 1, got 0")
    for wrong in (
        {"preset": "/etc/passwd"},
        {"preset": "reach", "labels": "x"},
        {"seed": 1},
        {**NEW, "x": 1},
    ):
        assert owner.post("/api/runs", json=wrong).status_code == 422
    assert owner.get("/api/runs").json()["runs"] == [] and served.launcher.live() == []


def test_a_run_is_opened_by_a_link_that_works_once(served: Any, owner: TestClient) -> None:
    run = RunDir.create(served.root, "reach", {"task": "reach", "teacher": {"name": "person"}})
    Store.open(run.store_file).close()
    url = owner.post("/api/runs/reach-001/open", json={}).json()["url"]
    found = re.fullmatch(r"http://127\.0\.0\.1:20000/reach-001/login#([\w-]{43})", url)
    assert found is not None
    with Store.open(run.store_file) as store:
        session = store.people.redeem(found[1])
        assert session is not None and session.role == "owner"
        assert store.people.redeem(found[1]) is None
    board = owner.post("/api/runs/reach-001/open", json={"page": "dashboard"}).json()["url"]
    assert "/login?to=dashboard#" in board
    served.pages.fault = "the page of reach-001 cannot be served: no memory"
    reply = owner.post("/api/runs/reach-001/open", json={})
    assert (reply.status_code, reply.json()["error"]) == (409, served.pages.fault)


def test_what_cannot_go_on_says_why(served: Any, owner: TestClient) -> None:
    run = RunDir.create(served.root, "reach", {"task": "reach", "teacher": {"name": "person"}})
    Store.open(run.store_file).close()
    (run.path / "broken").touch()
    reply = owner.post("/api/runs/reach-001/teach-on", json={"labels": 0})
    assert (reply.status_code, reply.json()["error"]) == (409, "the checkpoint does not fit this run")
    run.config_file.write_text("task: [")
    reply = owner.post("/api/runs/reach-001/teach-on", json={"labels": 0})
    assert reply.status_code == 409 and "cannot be read" in reply.json()["error"]


@pytest.mark.parametrize("name", ["reach-404", "..", "%2e%2e", "..%2f..%2fetc", "a" * 300])
def test_there_are_no_other_runs(owner: TestClient, name: str) -> None:
    for what in ("open", "stop", "teach-on"):
        assert owner.post(f"/api/runs/{name}/{what}", json={"labels": 0}).status_code in (404, 405, 422)


def test_nobody_gets_in_without_the_link(served: Any) -> None:
    with TestClient(served.app, "http://localhost", headers={"X-Armchair": "1"}) as stranger:
        page = stranger.get("/")
        assert page.status_code == 401 and page.headers["content-type"].startswith("text/html")
        found = served.app.openapi()["paths"]
        assert len(found) >= 7
        for path, about in found.items():
            for method in {"get", "post"} & set(about):
                reply = stranger.request(
                    method, path.format(name="reach-001", clip="x"), json={"token": "x" * 500}
                )
                assert reply.status_code in ((422,) if path == "/api/login" else (401,)), path
        assert stranger.get("/login").status_code in (200, 503)
        assert stranger.post("/api/login", json={"token": "made-up"}).status_code == 401


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"X-Armchair": ""}, "header"),
        ({"Sec-Fetch-Site": "same-site"}, "origin"),  # a run's page, at another port, starts nothing here
        ({"Origin": "http://localhost:20000"}, "origin"),
    ],
    ids=str,
)
def test_another_page_begins_nothing(served: Any, owner: TestClient, headers: Any, code: str) -> None:
    reply = owner.post("/api/runs", json=NEW, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (403, code)
    assert owner.get("/api/runs", headers={"Host": "evil.example"}).status_code == 400
    assert served.launcher.live() == []


def test_every_answer_carries_the_headers(owner: TestClient) -> None:
    for path in ("/", "/api/runs"):
        policy = owner.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy


def test_somebody_who_leaves_is_out(owner: TestClient) -> None:
    assert owner.post("/api/logout").status_code == 204
    assert owner.get("/api/runs").status_code == 401
