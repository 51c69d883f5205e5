"""Clips and films by id."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from starlette.testclient import TestClient

from armchair.errors import ArmchairError
from armchair.ids import new_id
from armchair.types import Clip
from armchair.web.app import create_app
from armchair.web.caches.clips import ByteCache
from armchair.web.options import Options


def clip(frames: bytes | None) -> Clip:
    none = torch.zeros(4, 2)
    poses = torch.rand(4, 3, 7) if frames is None else None
    return Clip(new_id(), none, none, torch.zeros(4), poses, frames, 0, 0, 0)


def test_a_stored_film_is_sent_as_it_is(place: Any, ann: Any) -> None:
    film = clip(b"an mp4")
    place.store.add_clips([film])
    response = ann.get(f"/api/clips/{film.id}/film")
    assert (response.content, response.headers["content-type"]) == (b"an mp4", "video/mp4")
    poses = ann.get(f"/api/clips/{film.id}")
    assert (poses.status_code, poses.json()["code"]) == (404, "not_found")


def test_without_a_renderer_a_clip_of_poses_has_no_film(place: Any, ann: Any) -> None:
    poses = clip(None)
    place.store.add_clips([poses])
    response = ann.get(f"/api/clips/{poses.id}/film")
    assert (response.status_code, response.json()["code"]) == (404, "no_film")


def test_a_film_is_drawn_once_and_a_failure_is_explained(place: Any) -> None:
    good, bad = clip(None), clip(None)
    place.store.add_clips([good, bad])
    drawn: list[str] = []

    def draw(name: str, wanted: Any = None) -> bytes:
        drawn.append(name)
        if name == bad.id:
            raise ArmchairError("there is no OpenGL here")
        return b"drawn"

    app = create_app(place.path, Options(run="x", dashboard=False, films=draw))
    with TestClient(app, "http://localhost", headers={"X-Armchair": "1"}) as ann:
        ann.post("/api/login", json={"token": place.store.people.invite("ann")})
        for _ in range(3):
            assert ann.get(f"/api/clips/{good.id}/film").content == b"drawn"
        response = ann.get(f"/api/clips/{bad.id}/film")
    assert response.json() == {"error": "there is no OpenGL here", "code": "no_film"}
    assert drawn == [good.id, bad.id]


@pytest.mark.parametrize("rest", ["", "/film"])
def test_an_unknown_clip_is_not_found(ann: Any, rest: str) -> None:
    response = ann.get(f"/api/clips/{new_id()}{rest}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_what_is_kept_is_bounded_and_the_latest() -> None:
    cache, made = ByteCache(1000), []

    def get(name: str, size: int = 100) -> None:
        cache.get(name, lambda: made.append(name) or bytes(size))  # type: ignore[func-returns-value]

    for number in range(30):
        get(str(number))
        get("0")  # used all the time, so it stays
    assert made.count("0") == 1
    assert cache._size <= 1000
    get("large", 500)
    get("large", 500)
    assert made.count("large") == 2  # one that would push out too many others is not kept


def test_what_changed_is_sent_as_the_trainer_left_it(place: Any, ann: Any) -> None:
    assert ann.get("/api/change").status_code == 404
    assert ann.get("/api/state").json()["change"] is None
    place.store.board.put_asset("change", b"before and now", "application/octet-stream")
    told = ann.get("/api/state").json()["change"]
    assert told["url"] == "/api/change"
    reply = ann.get("/api/change")
    assert reply.content == b"before and now" and told["version"] in reply.headers["etag"]
    place.store.board.put_asset("change", b"and later", "application/octet-stream")
    assert ann.get("/api/change").content == b"and later"
    assert ann.get("/api/state").json()["change"]["version"] != told["version"]
