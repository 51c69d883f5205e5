"""What only the run's owner may do."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from armchair.ids import new_id

POSTS = [
    ("/api/settings", {"key": "paused", "value": True}),
    ("/api/invites", {"annotator": "eve"}),
    ("/api/people/ann/exclude", {"excluded": True}),
    ("/api/wishes", {"name": "high", "weight": 0.5}),
]


@pytest.mark.parametrize(("path", "body"), POSTS)
def test_annotators_may_not(place: Any, log_in: Any, path: str, body: Any) -> None:
    place.store.add_wish("high", "Which one is higher?")
    ann, owner = log_in("ann"), log_in("olga", "owner")
    refused = ann.post(path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert not place.store.board.settings().paused and place.store.wishes()[0].weight is None
    assert owner.post(path, json=body).status_code in (200, 204)


def test_annotators_may_not_see_the_others(log_in: Any) -> None:
    assert log_in("ann").get("/api/people").status_code == 403


def test_the_owner_says_how_much_is_wanted_of_a_wish(place: Any, log_in: Any, owner: Any) -> None:
    assert owner.get("/api/wishes").json() == {"wishes": []}
    place.store.add_wish("high", "Which one carries it higher?")
    (question,) = place.ask(1)
    place.store.ask([question._replace(id=new_id(), wish="high")])
    ann = log_in("ann")
    for pair in ann.post("/api/pairs", json={}).json()["pairs"]:
        body = {"id": new_id(), "question": pair["question"], "choice": "left", "seconds": 1.0}
        assert ann.post("/api/answers", json=body).json()["saved"]
    row = {"name": "high", "question": "Which one carries it higher?", "weight": None, "answers": 1}
    assert owner.get("/api/wishes").json() == {"wishes": [row]}
    for weight in (0.25, 0, 1, None):
        told = owner.post("/api/wishes", json={"name": "high", "weight": weight}).json()
        assert told == {"wishes": [row | {"weight": weight}]}
        assert place.store.wishes()[0].weight == weight
    for wrong in ({"weight": 1.5}, {"weight": -0.1}, {"weight": "1"}, {"weight": True}, {"name": "hi"}):
        body = {"name": "high", "weight": 0.5} | wrong
        assert owner.post("/api/wishes", json=body).status_code == 422, wrong
    assert owner.post("/api/wishes", json={"name": "high"}).status_code == 422
    assert log_in("bob").get("/api/wishes").status_code == 403


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


def test_what_was_understood_of_a_wish_is_for_the_owner_who_may_object(
    place: Any, log_in: Any, owner: Any
) -> None:
    place.store.add_wish("high", "Which one is higher?")
    best, worst = place.ask(2)
    fact = {"wish": "high", "best": [best.left, best.right], "worst": [worst.left, worst.right]}
    fact |= {"relations": [["height of the tool", 0.75], ["speed", 0.25]]}
    assert owner.get("/api/understood").status_code == 404
    place.store.board.set_status({"phase": "practising", "understood": fact})
    told = owner.get("/api/understood").json()
    assert (told["wish"], told["asks"]) == ("high", "Which one is higher?")
    assert [ref["id"] for ref in told["best"] + told["worst"]] == fact["best"] + fact["worst"]
    assert told["relations"][0] == {"words": "height of the tool", "share": 0.75}
    state = owner.get("/api/state").json()["understood"]
    assert state == {"asks": "Which one is higher?", "version": told["version"]}
    ann = log_in("ann")
    assert ann.get("/api/state").json()["understood"] is None
    assert ann.get("/api/understood").status_code == 403
    shown = {"wish": "high", "best": fact["best"], "worst": fact["worst"]}
    assert ann.post("/api/misunderstood", json=shown).status_code == 403
    board = place.store.board
    assert board.misunderstood() == {}
    board.set_status({"phase": "practising", "understood": fact, "labels": 40})
    for count in (1, 2):
        assert owner.post("/api/misunderstood", json=shown).json() == {"count": count, "more": 10}
        assert board.misunderstood() == {"high": count}
        assert board.settings().labels == 40 + 10 * count, "beyond the budget"
        again = [one for one in place.store.put() if one.strategy == "misunderstood"]
        assert len(again) == 2 * count and {one.wish for one in again} == {"high"}
        pairs = {frozenset((one.left, one.right)) for one in again}
        assert pairs == {frozenset(ends) for ends in zip(fact["best"], fact["worst"], strict=True)}
    place.store.ask([best._replace(id=new_id(), wish="high")], priority=12.0)
    given = ann.post("/api/pairs", json={"want": 8}).json()["pairs"]
    about = [one["question"] for one in given if one["wish"] == "high"]
    assert len(about) == 5 and set(about[:4]) == {one.id for one in again}, "before all others about it"
    for wish in ("hi", " ", ""):
        assert owner.post("/api/misunderstood", json=shown | {"wish": wish}).status_code == 422
    gone = shown | {"best": [new_id(), new_id()]}
    assert owner.post("/api/misunderstood", json=gone).status_code == 404
    for wrong in ({"best": fact["best"][:1]}, {"worst": ["x", "y"]}):
        assert owner.post("/api/misunderstood", json=shown | wrong).status_code == 422
    assert board.misunderstood() == {"high": 2}
    assert board.settings().question == "", "what is set besides can be read all the same"
    fact["relations"] = [["height of the tool", 0.5]]
    board.set_status({"phase": "practising", "understood": fact})
    assert owner.get("/api/understood").json()["version"] != told["version"]


@pytest.mark.parametrize(
    "change",
    [
        {"wish": "other"},
        {"wish": 3},
        {"best": []},
        {"best": ["../x", "y"]},
        {"worst": [new_id(), new_id()]},
        {"relations": [["a", 7]]},
        {"relations": "x"},
    ],
)
def test_what_makes_no_sense_of_a_wish_is_not_shown(place: Any, owner: Any, change: Any) -> None:
    place.store.add_wish("high", "Which one is higher?")
    (pair,) = place.ask(1)
    fact = {
        "wish": "high",
        "best": [pair.left, pair.right],
        "worst": [pair.right, pair.left],
        "relations": [],
    }
    place.store.board.set_status({"phase": "practising", "understood": fact | change})
    assert owner.get("/api/understood").status_code == 404
    assert owner.get("/api/state").status_code == 200
