"""What only the run's owner may do."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

POSTS = [
    ("/api/settings", {"key": "paused", "value": True}),
    ("/api/invites", {"annotator": "eve"}),
    ("/api/people/ann/exclude", {"excluded": True}),
]


@pytest.mark.parametrize(("path", "body"), POSTS)
def test_annotators_may_not(place: Any, log_in: Any, path: str, body: Any) -> None:
    ann, owner = log_in("ann"), log_in("olga", "owner")
    refused = ann.post(path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert not place.store.board.settings().paused
    assert owner.post(path, json=body).status_code in (200, 204)


def test_annotators_may_not_see_the_others(log_in: Any) -> None:
    assert log_in("ann").get("/api/people").status_code == 403


def test_an_invitation_lets_one_browser_in(owner: Any, app: FastAPI) -> None:
    path = owner.post("/api/invites", json={"annotator": "bob", "role": "annotator"}).json()["path"]
    page, token = path.split("#")
    assert page == "/login"
    bob = TestClient(app, "http://localhost", headers={"X-Armchair": "1"})
    assert bob.post("/api/login", json={"token": token}).status_code == 204
    assert bob.get("/api/state").json()["annotator"] == "bob"
    people = {person["name"]: person for person in owner.get("/api/people").json()["people"]}
    assert set(people["bob"]) == {"name", "kind", "role", "excluded", "created", "answers"}
    assert (people["bob"]["role"], people["olga"]["role"]) == ("annotator", "owner")


def test_the_owner_cannot_be_demoted_by_an_invitation(owner: Any) -> None:
    assert owner.post("/api/invites", json={"annotator": "olga"}).status_code == 422


@pytest.mark.parametrize(
    "body", [{}, {"annotator": ""}, {"annotator": "a\nb"}, {"annotator": "x", "role": "god"}]
)
def test_an_invitation_that_makes_no_sense(owner: Any, body: Any) -> None:
    assert owner.post("/api/invites", json=body).status_code == 422


def test_settings_are_checked_and_the_nearest_is_named(owner: Any) -> None:
    assert owner.post("/api/settings", json={"key": "labels", "value": 40}).json()["settings"]["labels"] == 40
    wrong = owner.post("/api/settings", json={"key": "lables", "value": 40})
    assert wrong.status_code == 422 and "labels" in wrong.json()["error"]
    for key, value in [("labels", 0), ("labels", True), ("paused", 1), ("repeat_share", 2), ("question", 3)]:
        assert owner.post("/api/settings", json={"key": key, "value": value}).status_code == 422, (key, value)


def test_excluding_takes_effect_at_once_and_back(place: Any, log_in: Any) -> None:
    owner, _ = log_in("olga", "owner"), log_in("a/b ü")
    before = place.store.position()
    assert owner.post("/api/people/a%2Fb%20%C3%BC/exclude", json={"excluded": True}).status_code == 204
    assert [person.name for person in place.store.people.people() if person.excluded] == ["a/b ü"]
    assert place.store.position() > before  # a trainer fits anew
    assert owner.post("/api/people/nobody/exclude", json={"excluded": True}).status_code == 404
