"""After the budget: comparisons on request, until decided or ended, and the way back to an older policy."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch
from starlette.testclient import TestClient

from armchair.ids import new_id
from armchair.store import settling
from armchair.types import Answer, Clip, Question


def clip() -> Clip:
    none = torch.zeros(6, 3)
    return Clip(new_id(), none, none, torch.zeros(6), torch.rand(6, 5, 7), None, 1000, 1, 0)


@pytest.fixture
def offered(place: Any) -> list[Question]:
    """A run that is done, with twelve comparisons put aside; the newest policy is on the right."""
    pairs = [(clip()._replace(policy_step=500), clip()) for _ in range(12)]
    made = [Question(new_id(), one.id, other.id, "settling", 1000, 0.5) for one, other in pairs]
    place.store.ask(made, [clip for pair in pairs for clip in pair])
    place.store.retire(settling.ALL)
    place.store.board.set_status({"phase": "done", "labels": 1, "success": 0.5, "waits": True})
    offer = settling.Offer(tuple(one.id for one in made), 1000, 20, 60, 0.9)
    settling.write(place.store.board, offer)
    place.store.board.set_setting("labels", None)
    (asked,) = place.ask(1)
    place.store.claim("bob", n=1)
    place.store.submit(Answer(new_id(), asked.id, "bob", "left", 1.0, 1.0, time.time()))
    return made


def pairs(client: TestClient) -> dict[str, Any]:
    return client.post("/api/pairs", json={"want": 4}).json()


def say(client: TestClient, question: str, choice: str) -> None:
    given = {"id": new_id(), "question": question, "choice": choice, "seconds": 1.0}
    assert client.post("/api/answers", json=given).status_code == 200


def now(client: TestClient) -> dict[str, Any]:
    return client.get("/api/state").json()["settling"]


def test_a_round_is_begun_and_ended_by_the_owner(owner: TestClient, ann: TestClient, offered: Any) -> None:
    assert pairs(ann) == {"pairs": [], "reason": "budget"}
    assert now(ann) | {"on": False, "of": 12, "older": 20, "newest": 60} == now(ann)
    assert ann.post("/api/run/settle", json={"on": True}).status_code == 403
    assert owner.post("/api/run/settle", json={"on": True}).status_code == 204
    assert now(ann)["on"]
    held = pairs(ann)["pairs"]
    assert len(held) == 4 and {pair["question"] for pair in held} <= {one.id for one in offered}
    say(ann, held[0]["question"], "right")
    assert (now(ann)["given"], now(ann)["wins"]) == (1, 1)
    progress = ann.get("/api/state").json()["progress"]
    assert (progress["answers"], progress["budget"]) == (1, 1), "the budget is not charged"
    assert owner.post("/api/run/settle", json={"on": False}).status_code == 204
    assert pairs(ann) == {"pairs": [], "reason": "budget"}
    say(ann, held[1]["question"], "left")  # one in somebody's hands still counts
    assert (now(ann)["given"], now(ann)["on"]) == (2, False)


def test_a_round_ends_by_itself_once_it_is_decided(owner: TestClient, offered: Any) -> None:
    owner.post("/api/run/settle", json={"on": True})
    for _ in range(7):
        (pair, *_) = pairs(owner)["pairs"]
        say(owner, pair["question"], "left")
    assert (now(owner)["outcome"], now(owner)["on"], now(owner)["losses"]) == ("older", False, 7)
    assert pairs(owner) == {"pairs": [], "reason": "budget"}


def test_a_raised_budget_ends_the_round(owner: TestClient, place: Any, offered: Any) -> None:
    owner.post("/api/run/settle", json={"on": True})
    owner.post("/api/settings", json={"key": "labels", "value": 5})
    assert pairs(owner)["pairs"] == []
    assert not now(owner)["on"] and place.store.counts().open == 0


def test_the_older_policy_is_chosen_by_the_owner(
    owner: TestClient, ann: TestClient, place: Any, offered: Any
) -> None:
    older = {"older": True}
    assert ann.post("/api/run/policy", json=older).status_code == 403
    assert owner.post("/api/run/policy", json=older).json()["code"] == "no_policy"
    folder = place.path.parent / "checkpoints"
    folder.mkdir()
    for name in ("older", "policy"):
        (folder / f"{name}.safetensors").write_bytes(name.encode())
        (folder / f"{name}.json").write_text(
            '{"in_place_of": 60, "answers": 20}' if name == "older" else "{}"
        )
    assert now(owner)["can_use"]
    assert owner.post("/api/run/policy", json=older).status_code == 204
    assert (folder / "policy.safetensors").read_bytes() == b"older"
    state = owner.get("/api/state").json()
    assert state["settling"]["used"] and state["trainer"]["success"] == 0.9


def test_without_an_offer_there_is_nothing_to_begin(owner: TestClient) -> None:
    assert owner.get("/api/state").json()["settling"] is None
    assert owner.post("/api/run/settle", json={"on": True}).status_code == 409
