"""Going on from the page: the budget is raised once, a trainer started if there is none, for owners only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from armchair.errors import RunError
from armchair.store.store import Store
from armchair.web.app import create_app
from armchair.web.options import Options

PAGE = {"X-Armchair": "1"}


class Starter:
    """Stands in for what starts trainers."""

    def __init__(self) -> None:
        self.asked, self.alive, self.fault = 0, False, ""

    def __call__(self) -> bool:
        self.asked += 1
        if self.fault:
            raise RunError(self.fault)
        started, self.alive = not self.alive, True
        return started


@pytest.fixture
def starter() -> Starter:
    return Starter()


@pytest.fixture
def enter(place: Any, starter: Starter) -> Iterator[Any]:
    app = create_app(place.path, Options(run="reach-001", dashboard=False, resume=starter))
    with TestClient(app, "http://localhost", headers=PAGE) as stranger:

        def log_in(role: str) -> TestClient:
            client = TestClient(app, "http://localhost", headers=PAGE)
            token = place.store.people.invite(role, role)
            assert client.post("/api/login", json={"token": token}).status_code == 204
            return client

        place.store.board.set_status({"phase": "done", "labels": 30, "task": "reach"})
        assert stranger.post("/api/run/teach-on", json={"labels": 1}).status_code == 401
        yield log_in


def test_the_budget_is_raised_and_a_trainer_started(enter: Any, place: Any, starter: Starter) -> None:
    owner = enter("owner")
    assert owner.get("/api/state").json()["can_start"] is True
    place.store.ask([])
    reply = owner.post("/api/run/teach-on", json={"labels": 45})
    assert (reply.status_code, reply.json()) == (200, {"labels": 45, "started": True})
    state = owner.get("/api/state").json()
    assert state["progress"]["budget"] == 45
    assert state["trainer"]["phase"] == "collecting" and state["trainer"]["alive"]
    again = owner.post("/api/run/teach-on", json={"labels": 45})
    assert again.json() == {"labels": 45, "started": False}, "pressed twice it is raised once"
    assert starter.asked == 2


def test_nothing_more_to_answer_leaves_the_budget(enter: Any, place: Any) -> None:
    owner = enter("owner")
    assert owner.post("/api/run/teach-on", json={"labels": 0}).json()["labels"] == 30
    assert owner.post("/api/run/teach-on", json={"labels": 10}).json()["labels"] == 30, (
        "more are left than that"
    )
    assert place.store.board.settings().labels is None


def test_a_trainer_that_waits_for_more_goes_on_by_itself(enter: Any, place: Any, starter: Starter) -> None:
    owner = enter("owner")
    place.store.board.set_status({"phase": "done", "labels": 30, "waits": True})
    reply = owner.post("/api/run/teach-on", json={"labels": 40})
    assert reply.json() == {"labels": 40, "started": False} and starter.asked == 0
    with Store.open(place.path, clock=lambda: time.time() - 60) as killed:
        killed.board.set_status({"phase": "done", "labels": 30, "waits": True})
    assert owner.post("/api/run/teach-on", json={"labels": 40}).json()["started"]


def test_why_it_cannot_is_said(enter: Any, place: Any, starter: Starter) -> None:
    starter.fault = "the checkpoint does not fit this run"
    reply = enter("owner").post("/api/run/teach-on", json={"labels": 0})
    assert (reply.status_code, reply.json()["error"]) == (409, starter.fault)
    assert place.store.board.status().value["phase"] == "done"


@pytest.mark.parametrize(
    "given", [{}, {"labels": -1}, {"labels": 1e9}, {"labels": "30"}, {"labels": 1, "run": "x"}]
)
def test_what_cannot_be_is_refused(enter: Any, starter: Starter, given: Any) -> None:
    assert enter("owner").post("/api/run/teach-on", json=given).status_code == 422
    assert starter.asked == 0


def test_annotators_start_nothing(enter: Any, starter: Starter) -> None:
    ann = enter("annotator")
    assert ann.get("/api/state").json()["can_start"] is False
    assert ann.post("/api/run/teach-on", json={"labels": 1}).status_code == 403
    assert starter.asked == 0


def test_a_server_that_starts_no_trainers_says_so(owner: TestClient) -> None:
    assert owner.get("/api/state").json()["can_start"] is False
    reply = owner.post("/api/run/teach-on", json={"labels": 1})
    assert (reply.status_code, reply.json()["code"]) == (409, "no_start")
