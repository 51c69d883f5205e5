"""A page that closes gives back what it held, whatever was under way."""

from __future__ import annotations

from typing import Any

from armchair.ids import new_id
from armchair.web.caches.visits import MAX_QUESTIONS, MAX_VISITS, Visits


def given(client: Any, visit: str, want: int = 8) -> list[str]:
    reply = client.post("/api/pairs", json={"want": want, "visit": visit})
    assert reply.status_code == 200
    return [pair["question"] for pair in reply.json()["pairs"]]


def leave(client: Any, visit: str, *questions: str, keeps: tuple[str, ...] = ()) -> None:
    body = {"questions": [*questions], "ends": visit, "keeps": [*keeps]}
    assert client.post("/api/release", json=body).status_code == 204


def test_a_request_that_arrives_after_the_farewell_takes_nothing(place: Any, ann: Any) -> None:
    place.ask(3)
    visit = new_id()
    leave(ann, visit)
    assert given(ann, visit) == []
    assert not place.store.held("ann")
    assert len(given(ann, new_id())) == 3, "a page that is opened later gets them"


def test_what_a_page_was_given_and_never_heard_of_goes_back_too(place: Any, ann: Any) -> None:
    place.ask(3)
    visit = new_id()
    given(ann, visit)
    leave(ann, visit)
    assert not place.store.held("ann")


def test_a_pair_whose_answer_waits_in_the_browser_stays(place: Any, ann: Any) -> None:
    place.ask(3)
    visit = new_id()
    first, *_ = given(ann, visit)
    leave(ann, visit, keeps=(first,))
    assert [question.id for question in place.store.held("ann")] == [first]
    body = {"id": new_id(), "question": first, "choice": "left", "seconds": 1.0, "swapped": False, "page": ""}
    assert ann.post("/api/answers", json=body).status_code == 200


def test_a_second_tab_keeps_its_pairs_when_the_first_is_closed(place: Any, ann: Any) -> None:
    place.ask(3)
    first, second = new_id(), new_id()
    shared = given(ann, first)
    assert given(ann, second) == shared
    leave(ann, first, *shared)
    assert [question.id for question in place.store.held("ann")] == shared
    leave(ann, second, *shared)
    assert not place.store.held("ann")


def test_pages_without_a_visit_are_served_as_ever(place: Any, ann: Any) -> None:
    place.ask(2)
    first, second = (pair["question"] for pair in ann.post("/api/pairs", json={"want": 2}).json()["pairs"])
    assert ann.post("/api/release", json={"questions": [first]}).status_code == 204
    assert [question.id for question in place.store.held("ann")] == [second]


def test_what_is_remembered_has_its_bounds() -> None:
    visits = Visits()
    for k in range(MAX_VISITS + 5):
        visits.give("ann", f"v{k}", [f"q{k}"])
    assert visits.end("ann", "v0", []) == []  # forgotten
    assert visits.end("ann", f"v{MAX_VISITS}", []) == [f"q{MAX_VISITS}"]
    visits.give("bob", "v", (f"q{k}" for k in range(MAX_QUESTIONS + 1)))
    assert "q0" not in visits.end("bob", "v", [])
    for k in range(MAX_VISITS):
        visits.end("eve", f"v{k}", [])
    assert not visits.has_ended("bob", "v") and visits.has_ended("eve", "v0")
