"""What the page shows beside the clips, and that it follows what happens."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest

from armchair.feedback.progress_test import progress_test
from armchair.ids import new_id
from armchair.types import Answer
from armchair.web.caches import ledger
from armchair.web.caches.snapshots import Snapshots

STATUS = {
    "phase": "practising",
    "task": "reach",
    "question": "Which one gets closer?",
    "control_dt": 0.05,
    "clip_seconds": 2.5,
    "labels": 100,
    "updates": 3,
    "of_updates": 40,
    "env_steps": 5000,
    "success": 0.25,
}


def answer(place: Any, name: str, number: int, choice: str = "left") -> None:
    """Answer as somebody would who is not on the page."""
    for question in place.store.claim(name, n=number):
        place.store.submit(Answer(new_id(), question.id, name, choice, 1.0, 2.0, time.time()))  # type: ignore[arg-type]


def test_a_run_that_nobody_trains_yet(ann: Any) -> None:
    state = ann.get("/api/state").json()
    assert (state["run"], state["annotator"], state["role"]) == ("reach-001", "ann", "annotator")
    assert state["question"] == "Which one is better?"
    assert state["trainer"] == {
        "phase": "none",
        "alive": False,
        "updates": 0,
        "of_updates": 0,
        "env_steps": 0,
        "success": None,
        "waits": False,
    }
    assert (state["folder"], state["can_start"], state["finished"]) == (None, False, False)
    assert state["progress"]["answers"] == 0 and state["progress"]["budget"] is None
    assert state["scene"] is None
    assert state["meter"]["verdict"] == "unknown"


def test_the_trainer_is_shown_as_it_describes_itself(place: Any, log_in: Any) -> None:
    place.store.board.set_status(STATUS)
    ann, owner = log_in("ann"), log_in("olga", "owner")
    state = ann.get("/api/state").json()
    assert state["question"] == "Which one gets closer?"
    assert (state["task"], state["control_dt"], state["clip_seconds"]) == ("reach", 0.05, 2.5)
    trainer = {"updates": 3, "of_updates": 40, "env_steps": 5000, "success": 0.25}
    assert state["trainer"] == {"phase": "practising", "alive": True, "waits": False} | trainer
    assert state["progress"]["budget"] == 100
    for key, value in [("show_success", False), ("labels", 50)]:
        place.store.board.set_setting(key, value)
    state = ann.get("/api/state").json()
    assert state["trainer"]["success"] is None and state["settings"]["show_success"] is False
    assert (state["question"], state["progress"]["budget"]) == ("Which one gets closer?", 50)
    assert owner.get("/api/state").json()["trainer"]["success"] == 0.25


def test_the_tasks_success_says_nothing_of_another_wish(place: Any, owner: Any) -> None:
    place.store.board.set_status(STATUS)

    def success(question: str) -> float | None:
        place.store.board.set_setting("question", question)
        return owner.get("/api/state").json()["trainer"]["success"]

    wishes = ("Which is calmer?", "Which one gets closer?", "")
    assert [success(question) for question in wishes] == [None, 0.25, 0.25]


@pytest.mark.parametrize(
    ("phase", "age", "alive"), [("fitting", 5, True), ("fitting", 20, False), ("done", 9999, True)]
)
def test_a_trainer_that_fell_silent_is_gone(place: Any, phase: str, age: float, alive: bool) -> None:
    place.store.board.set_status({"phase": phase})
    snapshot = Snapshots(place.store).latest()
    assert snapshot.alive(time.time() + age) is alive


def test_a_trainer_that_is_done_may_wait_for_more(place: Any) -> None:
    place.store.board.set_status({"phase": "done", "waits": True})
    snapshot = Snapshots(place.store).latest()
    assert snapshot.waits(time.time() + 30) and not snapshot.waits(time.time() + 90)
    for status in ({"phase": "done"}, {"phase": "done", "waits": False}, {"phase": "waiting", "waits": True}):
        place.store.board.set_status(status)
        assert not Snapshots(place.store).latest().waits(time.time()), status


def test_the_owner_knows_where_the_run_is_and_whether_they_ended_it(place: Any, log_in: Any) -> None:
    ann, owner = log_in("ann"), log_in("olga", "owner")
    assert owner.get("/api/state").json()["folder"] == str(place.path.parent)
    assert ann.get("/api/state").json()["folder"] is None
    assert owner.post("/api/settings", json={"key": "finished", "value": True}).status_code == 200
    assert ann.get("/api/state").json()["finished"] is True


def test_progress_counts_ones_own_answers_and_everyones(place: Any, ann: Any) -> None:
    place.ask(10)
    place.store.board.set_setting("labels", 20)
    answer(place, "bob", 4)
    answer(place, "ann", 2)
    progress = ann.get("/api/state").json()["progress"]
    assert (progress["answers"], progress["mine"], progress["today"], progress["waiting"]) == (6, 2, 2, 4)
    assert progress["pace_per_minute"] == 12.0  # six answers in what counts as half a minute
    assert progress["eta_minutes"] == 2.0  # fourteen are left


def test_the_agreement_is_shown_once_the_viewer_has_an_opinion(place: Any, ann: Any) -> None:
    place.ask(30, guess=0.9)
    told = {"agreement": {"agree": 8, "of": 13}, "learned": {"answers": 3, "changed": 1}}
    answer(place, "ann", 4)
    assert ann.get("/api/state").json()["progress"]["agreement"] is None
    place.store.board.set_status({**STATUS, **told})
    assert ann.get("/api/state").json()["progress"]["agreement"] is None
    answer(place, "ann", 1)
    progress = ann.get("/api/state").json()["progress"]
    assert {key: progress[key] for key in told} == told, "as the trainer found them, at its last fit"


def test_the_snapshot_agrees_with_the_store_whatever_happened(place: Any) -> None:
    snapshots = Snapshots(place.store)

    def check() -> None:
        snapshot, records = snapshots.latest(), place.store.records()
        by = Counter(record.answer.annotator for record in records)
        assert {name: mine.count for name, mine in snapshot.mine.items() if mine.count} == by
        assert {name: mine.today(time.time()) for name, mine in snapshot.mine.items() if mine.count} == by
        assert snapshot.recent == [record.answer.created for record in records]
        assert snapshot.meter == progress_test(records)
        assert snapshot.counts == place.store.counts()

    place.ask(12)
    for name, number in [("ann", 3), ("bob", 2), ("ann", 1)]:
        answer(place, name, number)
        check()
    place.store.undo("ann")
    check()
    place.store.flip(place.store.history("bob", 1)[0].answer.id)
    check()
    place.store.people.exclude("bob")
    check()
    answer(place, "cleo", 2)
    place.store.undo("cleo")  # one more and one less between two looks
    check()
    place.store.people.exclude("bob", False)
    check()


def test_answers_are_read_once(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots = Snapshots(place.store)
    place.ask(20)
    answer(place, "ann", 10)
    snapshots.latest()
    read: list[int] = []
    changes = place.store.changes

    def counted(*args: Any, **more: Any) -> Any:
        found = changes(*args, **more)
        read.append(len(found.changes))
        return found

    monkeypatch.setattr(place.store, "changes", counted)
    monkeypatch.setattr(place.store, "records", None)
    answer(place, "ann", 2)
    for _ in range(5):
        snapshots.latest()
    assert read == [2]


def test_many_changes_are_followed_in_parts(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "AT_ONCE", 3)
    place.ask(11)
    answer(place, "ann", 8)
    place.store.people.exclude("ann")
    answer(place, "bob", 3)
    assert {name: mine.count for name, mine in Snapshots(place.store).latest().mine.items()} == {"bob": 3}
    place.store.people.exclude("ann", False)
    assert Snapshots(place.store).latest().mine["ann"].count == 8


def test_the_scene_is_named_by_its_version(place: Any, ann: Any) -> None:
    assert ann.get("/api/scene").status_code == 404
    place.store.board.put_asset("scene", b"first scene", "application/octet-stream")
    before = ann.get("/api/state").json()["scene"]
    assert ann.get(before["url"]).content == b"first scene"
    tag = ann.get("/api/scene").headers["etag"]
    assert ann.get("/api/scene", headers={"If-None-Match": tag}).status_code == 304
    place.store.board.put_asset("scene", b"second scene", "application/octet-stream")
    assert ann.get("/api/state").json()["scene"]["version"] != before["version"]
    assert ann.get("/api/scene", headers={"If-None-Match": tag}).content == b"second scene"
