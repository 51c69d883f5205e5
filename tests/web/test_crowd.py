"""Many at once over a real server, and a store that fails."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import FastAPI
from sqlalchemy import event

from armchair.ids import new_id

PEOPLE, ANSWERS = 8, 6


def body(question: str) -> dict[str, Any]:
    return {"id": new_id(), "question": question, "choice": "right", "seconds": 1.0}


def test_many_people_at_once_never_get_the_same_pair(place: Any, server: Any, visit: Any) -> None:
    place.store.board.set_setting("repeat_share", 0.0)
    place.ask(PEOPLE * ANSWERS)
    clients = [visit(server, f"person {number}") for number in range(PEOPLE)]

    def label(client: Any) -> list[str]:
        seen = []
        for _ in range(ANSWERS):
            (pair,) = client.post("/api/pairs", json={"want": 1}).json()["pairs"]
            assert client.post("/api/answers", json=body(pair["question"])).json()["new"] is True
            seen.append(pair["question"])
        return seen

    with ThreadPoolExecutor(PEOPLE) as threads:
        asked = [question for seen in threads.map(label, clients) for question in seen]
    assert len(asked) == len(set(asked)) == PEOPLE * ANSWERS
    assert place.store.counts().asked == PEOPLE * ANSWERS


def test_an_answer_sent_many_times_at_once_is_one_answer(place: Any, server: Any, visit: Any) -> None:
    (question,) = place.ask(1)
    ann = visit(server)
    ann.post("/api/pairs", json={"want": 1})
    sent = body(question.id)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: ann.post("/api/answers", json=sent), range(8)))
    assert [response.status_code for response in found] == [200] * 8
    assert sum(response.json()["new"] for response in found) == 1
    assert place.store.counts().asked == 1


def test_a_store_that_is_gone_is_a_reason_to_try_again_later(place: Any, app: FastAPI, ann: Any) -> None:
    engine = app.state.context.store._database._engine

    def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    event.listen(engine, "checkout", fail)
    for response in (ann.get("/api/state"), ann.post("/api/pairs", json={"want": 1}), ann.get("/")):
        assert (response.status_code, response.json()["code"]) == (503, "store")
    event.remove(engine, "checkout", fail)
    assert ann.get("/api/state").status_code == 200
