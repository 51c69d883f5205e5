"""A second look at answers of one's own: kept or changed, offered once, and nothing is lost."""

from __future__ import annotations

import time
from typing import Any

import pytest

from armchair.ids import new_id
from armchair.store import second_looks
from armchair.types import Answer, Question


@pytest.fixture
def answered(place: Any, ann: Any) -> list[Question]:
    """Three questions, of which ann answered all with left."""
    questions = place.ask(3)
    for question in place.store.claim("ann", n=3):
        place.store.submit(Answer(new_id(), question.id, "ann", "left", 2.0, 2.0, time.time()))
    return questions


def offered(client: Any) -> list[str]:
    return [row["question"] for row in client.get("/api/look-again").json()["rows"]]


def looked(client: Any, row: dict[str, Any], choice: str | None, name: str | None = None) -> Any:
    body = {"answer": row["id"], "choice": choice, "id": name or new_id()}
    return client.post("/api/look-again", json=body)


def test_ones_own_answers_are_offered_once_and_in_order(
    place: Any, ann: Any, log_in: Any, answered: list[Question]
) -> None:
    assert offered(ann) == [] and ann.get("/api/state").json()["progress"]["look_again"] == 0
    wanted = [answered[2].id, answered[0].id]
    second_looks.offer(place.store.board, wanted)
    assert offered(ann) == wanted
    assert ann.get("/api/state").json()["progress"]["look_again"] == 2
    bob = log_in("bob")
    assert offered(bob) == [] and bob.get("/api/state").json()["progress"]["look_again"] == 0
    row = ann.get("/api/look-again").json()["rows"][0]
    assert looked(bob, row, "right").status_code == 403
    assert looked(ann, row, None).json()["answer"]["choice"] == "left"
    assert offered(ann) == wanted[1:]
    assert ann.get("/api/state").json()["progress"]["look_again"] == 1
    second_looks.offer(place.store.board, wanted)
    assert offered(ann) == wanted[1:], "what was kept is not asked again"


@pytest.mark.parametrize(("choice", "strength"), [("right", 2.0), ("tie", 1.0), ("cant_tell", 1.0)])
def test_another_choice_takes_the_place_of_the_first_which_stays_on_record(
    place: Any, ann: Any, answered: list[Question], choice: str, strength: float
) -> None:
    second_looks.offer(place.store.board, [answered[1].id])
    (row,) = ann.get("/api/look-again").json()["rows"]
    before, name = place.store.position(), new_id()
    for _ in range(2):  # sent twice, it counts once
        told = looked(ann, row, choice, name).json()["answer"]
        assert (told["choice"], told["strength"], told["id"]) == (choice, strength, name)
    assert place.store.position() == before + 1
    kept = {record.question.id: record.answer.choice for record in place.store.history("ann")}
    assert kept == {answered[0].id: "left", answered[1].id: choice, answered[2].id: "left"}
    assert offered(ann) == []


def test_what_makes_no_sense_is_refused(place: Any, ann: Any, answered: list[Question]) -> None:
    second_looks.offer(place.store.board, [answered[0].id])
    (row,) = ann.get("/api/look-again").json()["rows"]
    assert looked(ann, row, "sideways").status_code == 422
    assert looked(ann, {"id": new_id()}, None).status_code == 404
    assert offered(ann) == [answered[0].id]
