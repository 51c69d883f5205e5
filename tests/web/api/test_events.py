"""Live figures over a real server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from armchair.ids import new_id
from armchair.types import Answer
from armchair.web.api import events
from armchair.web.limits import places
from armchair.web.options import Options


def states(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The states of a stream, as a browser would read them."""
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line[7:]
        if line.startswith("data: ") and name == "state":
            yield json.loads(line[6:])


def answer(place: Any, name: str = "bob") -> None:
    (question,) = place.store.claim(name)
    place.store.submit(Answer(new_id(), question.id, name, "left", 1.0, 2.0, time.time()))


def test_a_stream_tells_what_changed_and_nothing_else(place: Any, server: Any, visit: Any) -> None:
    place.ask(10)
    ann = visit(server)
    with ann.stream("GET", "/api/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        found = states(stream.iter_lines())
        assert next(found) == ann.get("/api/state").json()
        answer(place)
        assert next(found)["progress"]["answers"] == 1
        place.store.board.set_setting("question", "Which is nicer?")
        assert next(found)["question"] == "Which is nicer?"
        place.ask(1)  # neither an answer nor a setting
        assert next(found)["progress"]["waiting"] == 10


def test_many_answers_are_few_events(place: Any, server: Any, visit: Any) -> None:
    place.ask(60)
    place.store.board.set_setting("repeat_share", 0.0)
    ann = visit(server)
    seen: list[int] = []
    with ann.stream("GET", "/api/events") as stream:
        found = states(stream.iter_lines())
        next(found)
        started = time.monotonic()
        work = threading.Thread(target=lambda: [answer(place) for _ in range(60)])
        work.start()
        while not seen or seen[-1] < 60:
            seen.append(next(found)["progress"]["answers"])
        took = time.monotonic() - started
        work.join()
    assert len(seen) <= 4 * took + 2


def test_the_server_stops_while_pages_watch(place: Any, server: Any, visit: Any) -> None:
    with visit(server).stream("GET", "/api/events") as stream:
        lines = stream.iter_lines()
        next(states(lines))
        started = time.monotonic()
        server.stop.set()
        for _ in lines:  # ends, and is not cut off
            pass
        server.thread.join(60)
        assert time.monotonic() - started < 15
    assert not server.thread.is_alive()


def test_a_stream_ends_with_its_session(place: Any, server: Any, visit: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(events, "SIGN_OF_LIFE", 0.5)
    ann = visit(server)
    with ann.stream("GET", "/api/events") as stream:
        lines = stream.iter_lines()
        next(states(lines))
        assert any(line.startswith(":") for line in lines)  # a sign of life
        ann.post("/api/logout")
        for _ in lines:
            pass


def test_one_stream_too_many_is_refused(visit: Any, start: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(places, "STREAMS", 1)
    server = start(Options(run="x", port=0, dashboard=False))
    ann = visit(server)
    with ann.stream("GET", "/api/events") as stream:
        lines = stream.iter_lines()  # kept, because the stream is closed with it
        next(states(lines))
        refused = ann.get("/api/events")
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
        assert int(refused.headers["retry-after"]) > 0
        with visit(server, "bob").stream("GET", "/api/events") as other:
            assert other.status_code == 200  # of somebody else
    for _ in range(50):  # the place is free again once the server has noticed
        with ann.stream("GET", "/api/events") as again:
            if again.status_code == 200:
                break
        time.sleep(0.1)
    assert again.status_code == 200


def test_a_stream_needs_a_session(server: Any) -> None:
    with pytest.raises(StopIteration):
        next(states(iter(httpx.get(f"{server.url}/api/events", timeout=60).text.splitlines())))
    assert httpx.get(f"{server.url}/api/events", timeout=60).status_code == 401
