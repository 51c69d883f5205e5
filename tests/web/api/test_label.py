"""Getting pairs, answering, taking back, looking back, over the API as the page uses it."""

from __future__ import annotations

import gzip
import time
from typing import Any

import numpy as np
import pytest
import torch
from sqlalchemy import event
from starlette.testclient import TestClient

from armchair.ids import new_id
from armchair.types import Clip, Question
from armchair.web.caches.sessions import MAX_AGE


def give(client: TestClient, question: str, choice: str = "left", **more: Any) -> Any:
    body = {"id": new_id(), "question": question, "choice": choice, "seconds": 1.5} | more
    return client.post("/api/answers", json=body)


def claim(client: TestClient, want: int = 8) -> Any:
    response = client.post("/api/pairs", json={"want": want})
    assert response.status_code == 200
    return response.json()


def test_a_pair_is_said_to_begin_alike_only_where_it_does(place: Any, ann: TestClient) -> None:
    def clip(poses: torch.Tensor | None) -> Clip:
        film = b"film" if poses is None else None
        return Clip(new_id(), torch.zeros(6, 3), torch.zeros(6, 3), torch.zeros(6), poses, film, 1000, 1, 0)

    one, other, film = clip(torch.rand(6, 5, 7)), clip(torch.rand(6, 5, 7)), clip(None)
    assert one.poses is not None and other.poses is not None
    same = one._replace(id=new_id(), poses=torch.cat((one.poses[:1] + 0.002, other.poses[1:])))
    questions = {
        new_id(): (one, same, True),
        new_id(): (one, other, False),
        new_id(): (film, film._replace(id=new_id()), False),
    }
    for name, (left, right, _) in questions.items():
        place.store.ask([Question(name, left.id, right.id, "uniform", 7)], [left, right])
    found = {pair["question"]: pair["alike"] for pair in claim(ann)["pairs"]}
    assert found == {name: alike for name, (_, _, alike) in questions.items()}


def test_pairs_are_one_persons_until_given_back(place: Any, log_in: Any) -> None:
    place.ask(5)
    ann, bob = log_in("ann"), log_in("bob")
    first = claim(ann, 3)["pairs"]
    again = claim(ann, 4)["pairs"]
    assert [pair["question"] for pair in again[:3]] == [pair["question"] for pair in first]
    theirs = claim(bob)["pairs"]
    assert {pair["question"] for pair in theirs}.isdisjoint(pair["question"] for pair in again)
    assert len(again) + len(theirs) == 5
    given_back = again[0]["question"]
    assert ann.post("/api/release", json={"questions": [given_back]}).status_code == 204
    assert claim(bob)["pairs"][-1]["question"] in [given_back, theirs[0]["question"]]
    assert given_back in [pair["question"] for pair in claim(bob)["pairs"]]


def test_a_pair_says_where_its_clips_are_and_not_what_the_model_guesses(place: Any, ann: Any) -> None:
    place.ask(1, guess=0.9)
    place.store.board.set_setting("show_guess", True)
    (pair,) = claim(ann)["pairs"]
    assert set(pair) == {"question", "left", "right", "policy_step", "alike", "wish", "asks"}
    assert set(pair["left"]) == {"id", "kind", "steps", "bodies", "url", "film"}
    assert "0.9" not in str(pair)
    clip = ann.get(pair["left"]["url"])
    poses = np.frombuffer(clip.content, "<f4").reshape(pair["left"]["steps"], pair["left"]["bodies"], 7)
    assert np.array_equal(poses, place.store.clips([pair["left"]["id"]])[0].poses.numpy())
    assert "immutable" in clip.headers["cache-control"] and "private" in clip.headers["cache-control"]
    assert clip.headers["content-encoding"] == "gzip"


def test_a_browser_without_gzip_gets_plain_poses(place: Any, ann: Any) -> None:
    place.ask(1)
    url = claim(ann)["pairs"][0]["left"]["url"]
    plain = ann.get(url, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert len(plain.content) == 6 * 5 * 7 * 4
    with pytest.raises(OSError):
        gzip.decompress(plain.content)


def test_an_answer_is_stored_as_given(place: Any, ann: Any) -> None:
    place.ask(1)
    (pair,) = claim(ann)["pairs"]
    sent = {"strength": 2, "seconds": 3.25, "swapped": True, "page": "1.2"}
    assert give(ann, pair["question"], "both_bad", **sent).json() == {
        "saved": True,
        "new": True,
        "guess": None,
    }
    (record,) = place.store.records()
    assert record.answer[2:6] == ("ann", "both_bad", 2.0, 3.25)
    assert record.answer.swapped and record.answer.page == "1.2"
    assert abs(record.answer.created - time.time()) < 60


def test_the_same_answer_twice_is_one_answer(place: Any, ann: Any) -> None:
    place.ask(1)
    (pair,) = claim(ann)["pairs"]
    name = new_id()
    assert give(ann, pair["question"], id=name).json()["new"] is True
    assert give(ann, pair["question"], id=name).json()["new"] is False
    other = give(ann, pair["question"])
    assert (other.status_code, other.json()["code"]) == (409, "answered")
    assert len(place.store.records()) == 1


def test_an_answer_to_a_pair_that_someone_else_took_over_is_refused(place: Any, log_in: Any) -> None:
    (question,) = place.ask(1)
    ann, bob = log_in("ann"), log_in("bob")
    place.store.register("ann")
    place.store.claim("ann", n=1, lease_seconds=0.01)
    time.sleep(0.05)
    assert claim(bob)["pairs"][0]["question"] == question.id
    late = give(ann, question.id)
    assert (late.status_code, late.json()["code"]) == (409, "lost")
    assert give(bob, question.id).status_code == 200


def test_the_guess_is_told_after_the_answer_and_only_if_the_owner_wants_it(place: Any, ann: Any) -> None:
    place.ask(2, guess=0.2)
    first, second = claim(ann)["pairs"]
    assert give(ann, first["question"]).json()["guess"] is None
    place.store.board.set_setting("show_guess", True)
    guess = give(ann, second["question"]).json()["guess"]
    assert guess == {"choice": "left", "probability": pytest.approx(0.8)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"choice": "both"},
        {"choice": None},
        {"strength": 3},
        {"strength": "much"},
        {"seconds": -1},
        {"seconds": 1e300},
        {"seconds": "soon"},
        {"id": "1"},
        {"id": "../../etc/passwd"},
        {"question": "x" * 36},
        {"question": None},
        {"swapped": "yes"},
        {"page": "v" * 65},
        {"extra": 1},
    ],
    ids=str,
)
def test_an_answer_that_makes_no_sense_is_refused(place: Any, ann: Any, wrong: Any) -> None:
    place.ask(1)
    (pair,) = claim(ann)["pairs"]
    response = give(ann, **{"question": pair["question"]} | wrong)
    assert response.status_code == 422
    assert set(response.json()) == {"error", "code"}
    assert not place.store.records()


def test_an_answer_to_an_unknown_question_is_not_found(ann: Any) -> None:
    response = give(ann, new_id())
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"want": 9}', b'{"want": 0}', b'{"want": true}', b"\xff\xfe"]
)
def test_a_body_that_makes_no_sense_is_refused(ann: Any, body: bytes) -> None:
    response = ann.post("/api/pairs", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert response.json()["code"] == "bad"


def test_undo_goes_back_as_far_as_one_likes_and_gives_the_pair_again(place: Any, ann: Any) -> None:
    place.ask(3)
    asked = [pair["question"] for pair in claim(ann)["pairs"]]
    for question in asked:
        give(ann, question)
    for question in reversed(asked):
        undone = ann.post("/api/undo", json={"id": new_id()}).json()
        assert undone["undone"]["question"] == undone["pair"]["question"] == question
    assert ann.post("/api/undo", json={"id": new_id()}).json() == {"undone": None, "pair": None}
    assert not place.store.records()
    assert give(ann, asked[0], "right").status_code == 200


def test_undo_sent_twice_takes_one_answer_back(place: Any, ann: Any) -> None:
    place.ask(2)
    for pair in claim(ann)["pairs"]:
        give(ann, pair["question"])
    name = new_id()
    first = ann.post("/api/undo", json={"id": name}).json()
    again = ann.post("/api/undo", json={"id": name}).json()
    assert again["pair"] == first["pair"]
    assert len(place.store.records()) == 1


def test_flip_turns_ones_own_answer_round_once(place: Any, log_in: Any) -> None:
    place.ask(2)
    ann, bob = log_in("ann"), log_in("bob")
    first, second = claim(ann)["pairs"]
    give(ann, first["question"], "left")
    give(ann, second["question"], "tie")
    tie, left = ann.get("/api/history").json()["rows"]
    assert (tie["can_flip"], left["can_flip"]) == (False, True)
    url, name = f"/api/answers/{left['id']}/flip", new_id()
    refused = bob.post(url, json={"id": new_id()})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    for _ in range(2):  # sent twice, turned once
        row = ann.post(url, json={"id": name}).json()["answer"]
        assert (row["id"], row["choice"], row["question"]) == (name, "right", first["question"])
    assert ann.post(url, json={"id": new_id()}).status_code == 404
    assert ann.post(f"/api/answers/{tie['id']}/flip", json={"id": new_id()}).status_code == 422
    assert [record.answer.choice for record in place.store.records()] == ["tie", "right"]


def test_history_is_turned_page_by_page_and_filtered(place: Any, log_in: Any) -> None:
    place.ask(7)
    ann, bob = log_in("ann"), log_in("bob")
    for number, pair in enumerate(claim(ann)["pairs"]):
        give(ann, pair["question"], ["left", "right", "tie"][number % 3])
    seen, before = [], None
    while True:
        page = ann.get("/api/history", params={"limit": 3} | ({"before": before} if before else {})).json()
        seen += [row["seq"] for row in page["rows"]]
        before = page["next"]
        if before is None:
            break
    assert seen == sorted(seen, reverse=True) and len(seen) == 7
    ties = ann.get("/api/history", params={"choice": "tie"}).json()["rows"]
    assert [row["choice"] for row in ties] == ["tie", "tie"]
    assert bob.get("/api/history").json() == {"rows": [], "next": None}
    assert bob.get("/api/history", params={"everyone": True}).status_code == 403
    assert len(log_in("olga", "owner").get("/api/history?everyone=true").json()["rows"]) == 7
    assert ann.get("/api/history", params={"choice": "maybe"}).status_code == 422
    assert ann.get("/api/history", params={"limit": 0}).status_code == 422
    assert ann.get("/api/history", params={"before": 10**30}).status_code == 422


def test_history_tells_the_guess_only_if_the_owner_wants_it(place: Any, ann: Any) -> None:
    place.ask(1, guess=0.6)
    give(ann, claim(ann)["pairs"][0]["question"])
    assert ann.get("/api/history").json()["rows"][0]["guess"] is None
    place.store.board.set_setting("show_guess", True)
    assert ann.get("/api/history").json()["rows"][0]["guess"]["choice"] == "right"


def test_history_of_answers_that_the_model_did_not_expect(place: Any, log_in: Any) -> None:
    owner, ann = log_in("olga", "owner"), log_in("ann")
    for who in (owner, ann):
        for guess in (0.2, 0.5, 0.9):
            for choice in ("left", "right", "tie"):
                place.ask(1, guess=guess)
                assert give(who, claim(who)["pairs"][0]["question"], choice=choice).status_code == 200
    params = {"against": "true"}
    rows = owner.get("/api/history", params=params).json()["rows"]
    assert [(row["choice"], row["guess"]["choice"]) for row in rows] == [("left", "right"), ("right", "left")]
    refused = ann.get("/api/history", params=params)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    place.store.board.set_setting("show_guess", True)
    assert len(ann.get("/api/history", params=params).json()["rows"]) == 2
    page = owner.get("/api/history", params={**params, "limit": 1}).json()
    assert len(page["rows"]) == 1 and page["next"] is not None


def test_why_there_are_no_pairs(place: Any, log_in: Any) -> None:
    ann, owner = log_in("ann"), log_in("olga", "owner")
    assert claim(ann) == {"pairs": [], "reason": "empty"}
    place.store.board.set_status({"phase": "done"})
    assert claim(ann)["reason"] == "done"
    place.ask(1)
    assert owner.post("/api/settings", json={"key": "paused", "value": True}).status_code == 200
    assert claim(ann) == {"pairs": [], "reason": "paused"}
    owner.post("/api/settings", json={"key": "paused", "value": False})
    (pair,) = claim(ann)["pairs"]  # there is something to answer, also when the trainer is done
    assert pair


def test_an_excluded_person_is_told_so(place: Any, log_in: Any) -> None:
    place.ask(1)
    ann = log_in("ann")
    (pair,) = claim(ann)["pairs"]
    place.store.people.exclude("ann")  # by another process, which is noticed within a second
    time.sleep(MAX_AGE)
    response = give(ann, pair["question"])
    assert (response.status_code, response.json()["code"]) == (403, "excluded")
    assert ann.post("/api/undo", json={"id": new_id()}).json()["code"] == "excluded"


@pytest.mark.parametrize("by", ["owner", "trainer"])
def test_no_more_pairs_are_given_out_than_the_budget_has_left(place: Any, log_in: Any, by: str) -> None:
    place.ask(8)
    if by == "owner":
        place.store.board.set_setting("labels", 3)
    else:
        place.store.board.set_status({"phase": "waiting", "labels": 3})
    ann, bob = log_in("ann"), log_in("bob")
    mine = claim(ann, 2)["pairs"]
    theirs = claim(bob)["pairs"]
    assert (len(mine), len(theirs)) == (2, 1)
    assert claim(log_in("cleo")) == {"pairs": [], "reason": "empty"}
    for client, pairs in ((ann, mine), (bob, theirs)):
        for pair in pairs:
            assert give(client, pair["question"]).status_code == 200
    assert claim(ann) == {"pairs": [], "reason": "budget"}


def test_a_full_disk_is_a_reason_to_try_again_later(place: Any, ann: Any) -> None:
    place.ask(1)
    give(ann, claim(ann)["pairs"][0]["question"])
    (row,) = ann.get("/api/history").json()["rows"]
    engine = ann.app.state.context.store._database._engine

    def fill(connection: Any, _: Any, __: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # the file may not grow any more

    event.listen(engine, "checkout", fill)
    for _ in range(200):  # until the pages there are have no room left
        again = {"url": f"/api/answers/{row['id']}/flip", "json": {"id": new_id()}}
        response = ann.post(**again)
        if response.status_code != 200:
            break
        row = response.json()["answer"]
    assert (response.status_code, response.json()["code"]) == (503, "store")
    assert "full" in response.json()["error"] and "Traceback" not in response.text
    event.remove(engine, "checkout", fill)
    engine.dispose()
    assert ann.post(**again).json()["answer"]["id"] == again["json"]["id"]


def test_each_pair_brings_its_own_question(place: Any, ann: Any) -> None:
    place.store.add_wish("high", "Which one carries it higher?")
    (question,) = place.ask(1)
    wished = question._replace(id=new_id(), wish="high")
    place.store.ask([wished])
    place.store.add_wish("high", "Which one lifts it higher?")  # reworded
    assert ann.get("/api/state").json()["wishes"] == 1
    pairs = ann.post("/api/pairs", json={}).json()["pairs"]
    told = {pair["question"]: (pair["wish"], pair["asks"]) for pair in pairs}
    expected = {question.id: (None, None), wished.id: ("high", "Which one lifts it higher?")}
    assert told == expected
    for pair in pairs:
        body = {"id": new_id(), "question": pair["question"], "choice": "left", "seconds": 1.0}
        ann.post("/api/answers", json=body)
    rows = ann.get("/api/history").json()["rows"]
    assert {row["question"]: (row["wish"], row["asks"]) for row in rows} == expected
    back = ann.post("/api/undo", json={"id": new_id()}).json()["pair"]
    assert (back["wish"], back["asks"]) == expected[back["question"]]
