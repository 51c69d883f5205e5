"""Nobody takes the server from others: not with films, not with writers, not with what they do not finish."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from armchair.ids import new_id
from armchair.web.app import create_app
from armchair.web.limits import places
from armchair.web.limits.inbox import PIECE, Outbox
from armchair.web.limits.places import Places
from armchair.web.options import Options

QUICK = 15.0  # s; what is not held up takes milliseconds, what is would take forever


class Films:
    """Draws until told that it may end; remembers what it began and what it drew to the end."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.begun, self.done, self.dropped = list[str](), list[str](), list[str]()

    def __call__(self, clip: str, /, wanted: Callable[[], bool] = lambda: True) -> bytes:
        self.begun.append(clip)
        while not self.may_end.wait(0.02):
            if not wanted():
                self.dropped.append(clip)
                return b""
        self.done.append(clip)
        return b"film of " + clip.encode()


@pytest.fixture
def films() -> Iterator[Films]:
    made = Films()
    yield made
    made.may_end.set()


@contextlib.contextmanager
def crowd(number: int, ask: Callable[[int], httpx.Response]) -> Iterator[list[httpx.Response]]:
    """So many requests at a time. -> their answers, as they come."""
    found: list[httpx.Response] = []
    with ThreadPoolExecutor(number) as threads:
        for k in range(number):
            threads.submit(lambda k=k: found.append(ask(k)))
        yield found


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> list[Places]:
    """The places of the servers that are started."""
    made: list[Places] = []

    def make() -> Places:
        made.append(Places())
        return made[-1]

    monkeypatch.setattr("armchair.web.app.Places", make)
    return made


def until(true: Callable[[], bool], seconds: float = QUICK) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def timed(client: httpx.Client, path: str) -> int:
    return client.get(path, timeout=QUICK).status_code


def test_films_of_one_keep_nobody_from_anything(
    place: Any, start: Any, visit: Any, films: Films, shared: list[Places]
) -> None:
    questions = place.ask(25)
    clips = [name for question in questions for name in (question.left, question.right)]
    server = start(Options(run="x", port=0, dashboard=False, films=films))
    mallory, ann = visit(server, "mallory"), visit(server, "ann")
    cookies = dict(mallory.cookies)

    def film(k: int) -> httpx.Response:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{server.url}/api/clips/{clips[k]}/film", cookies=cookies, timeout=20)
        return httpx.Response(0)

    with crowd(45, film) as answers:
        assert until(lambda: len(answers) == 45 - places.FILMS)
        refused = [*answers]
        assert {one.status_code for one in refused} == {429}
        assert refused[0].json()["code"] == "too_many" and int(refused[0].headers["retry-after"]) > 0
        assert "films" in refused[0].json()["error"]
        for path in ("/api/state", f"/api/clips/{clips[0]}", "/api/history", "/login", "/readyz"):
            assert timed(ann, path) in (200, 503 if path == "/login" else 200), path
        assert timed(mallory, "/api/state") == 200
        visit(server, "bob")  # logs in
        (pair,) = ann.post("/api/pairs", json={"want": 1}, timeout=QUICK).json()["pairs"]
        body = {"id": new_id(), "question": pair["question"], "choice": "left", "seconds": 1.0}
        assert ann.post("/api/answers", json=body, timeout=QUICK).json()["saved"] is True
        with ThreadPoolExecutor(1) as thread:
            mine = thread.submit(ann.get, f"/api/clips/{clips[-1]}/film", timeout=20)
            assert until(lambda: shared[0].drawing.waiting == places.FILMS)
            films.may_end.set()
            assert mine.result().content == b"film of " + clips[-1].encode()
        assert films.done.index(clips[-1]) <= 2  # after one of theirs, or two, not twelve


def test_films_that_nobody_waits_for_are_not_drawn(place: Any, start: Any, visit: Any, films: Films) -> None:
    (question,), others = place.ask(1), place.ask(5)
    server = start(Options(run="x", port=0, dashboard=False, films=films))
    ann = visit(server)

    def leave(k: int) -> httpx.Response:
        with contextlib.suppress(httpx.TimeoutException):
            path = f"{server.url}/api/clips/{others[k].left}/film"
            return httpx.get(path, cookies=dict(ann.cookies), timeout=0.4)
        return httpx.Response(0)

    with crowd(5, leave):
        assert until(lambda: len(films.begun) == 1)
    assert until(lambda: films.dropped == films.begun)
    time.sleep(0.1)
    films.may_end.set()
    assert ann.get(f"/api/clips/{question.left}/film", timeout=QUICK).status_code == 200
    assert films.done == [question.left] and films.dropped == films.begun[:-1]


def test_who_waits_for_a_locked_database_keeps_nobody_from_reading(
    place: Any, server: Any, visit: Any
) -> None:
    questions = place.ask(60)
    mallory, ann = visit(server, "mallory"), visit(server, "ann")
    assert len(mallory.post("/api/pairs", json={"want": 8}).json()["pairs"]) == 8
    cookies = dict(mallory.cookies)
    token = place.store.people.invite("bob")

    def write(k: int) -> httpx.Response:
        body = {"questions": [questions[k].id]}
        headers = {"X-Armchair": "1"}
        return httpx.post(
            f"{server.url}/api/release", json=body, cookies=cookies, headers=headers, timeout=60
        )

    def enter() -> httpx.Response:
        headers = {"X-Armchair": "1"}
        return httpx.post(f"{server.url}/api/login", json={"token": token}, headers=headers, timeout=60)

    with ThreadPoolExecutor(1) as thread, contextlib.closing(sqlite3.connect(place.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with crowd(45, write) as answers:
            entering = thread.submit(enter)
            assert until(lambda: sum(one.status_code == 429 for one in answers) == 45 - places.WRITES)
            paths = ("/api/state", f"/api/clips/{questions[0].left}", "/api/history", "/healthz", "/readyz")
            for path in paths:
                assert timed(ann, path) == 200, path
            headers = {"X-Armchair": "1"}
            for _ in range(3):  # a link that was never one needs no turn to write
                tried = httpx.post(
                    f"{server.url}/api/login", json={"token": "x"}, headers=headers, timeout=QUICK
                )
                assert tried.status_code == 401
            other.rollback()
        assert entering.result().status_code == 204
        assert sum(one.status_code == 204 for one in answers) == places.WRITES
        assert not [one for one in answers if one.status_code not in (204, 429)]


def test_a_request_that_is_not_whole_takes_no_place(place: Any, server: Any, visit: Any) -> None:
    mallory, ann = visit(server, "mallory"), visit(server, "ann")
    place.ask(2)
    unfinished = threading.Event()

    def body() -> Iterator[bytes]:
        yield b'{"want": '
        unfinished.wait(20)
        yield b"1}"

    def ask(_: int) -> httpx.Response:
        cookies = dict(mallory.cookies)
        headers = {"X-Armchair": "1", "Content-Type": "application/json"}
        url = f"{server.url}/api/pairs"
        return httpx.post(url, content=body(), cookies=cookies, headers=headers, timeout=60)

    with crowd(8, ask) as answers:
        time.sleep(0.5)
        assert ann.post("/api/pairs", json={"want": 1}, timeout=QUICK).status_code == 200
        unfinished.set()
    assert [one.status_code for one in answers] == [200] * 8


def test_a_body_in_chunks_is_bounded_and_has_a_time(
    server: Any, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = visit(server)
    headers = {"Content-Type": "application/json"}
    large = (b" " * 1000 for _ in range(70))
    told = ann.post("/api/release", content=large, headers=headers)
    assert (told.status_code, told.json()["code"]) == (413, "too_large")
    monkeypatch.setattr("armchair.web.limits.inbox.BODY_SECONDS", 0.2)

    def slow() -> Iterator[bytes]:
        for _ in range(5):
            yield b" "
            time.sleep(0.2)

    told = ann.post("/api/release", content=slow(), headers=headers)
    assert (told.status_code, told.json()["code"]) == (408, "slow")


def test_one_person_has_so_many_live_connections(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SOCKETS", 1)

    async def player(socket: WebSocket) -> None:
        await socket.send_text("hello")
        await socket.receive_text()

    app = create_app(place.path, Options(run="x", dashboard=False, player=player))
    with TestClient(app, "http://localhost", headers={"X-Armchair": "1"}) as client:
        sessions = []
        for name in ("ann", "bob"):
            client.cookies.clear()
            client.post("/api/login", json={"token": place.store.people.invite(name)})
            sessions.append({"Cookie": "; ".join(f"{key}={value}" for key, value in client.cookies.items())})
        client.cookies.clear()
        ann, bob = sessions
        for _ in range(2):  # the place is free again afterwards
            with client.websocket_connect("ws://localhost/api/play", headers=ann) as one:
                assert one.receive_text() == "hello"
                with (
                    pytest.raises(WebSocketDisconnect) as refused,
                    client.websocket_connect("ws://localhost/api/play", headers=ann),
                ):
                    pass
                assert (refused.value.code, refused.value.reason) == (1008, "too_many")
                with client.websocket_connect("ws://localhost/api/play", headers=bob) as other:
                    assert other.receive_text() == "hello"
                    other.send_text("bye")
                one.send_text("bye")


def test_changes_have_a_pace(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "WRITES_AT_ONCE", 3)
    monkeypatch.setattr(places, "WRITES_A_SECOND", 0.001)
    app = create_app(place.path, Options(run="x", dashboard=False))
    with TestClient(app, "http://localhost", headers={"X-Armchair": "1"}) as ann:
        ann.post("/api/login", json={"token": place.store.people.invite("ann")})
        told = [ann.post("/api/release", json={"questions": []}) for _ in range(4)]
        assert [one.status_code for one in told] == [204, 204, 204, 429]
        assert told[-1].json()["code"] == "too_often" and "retry-after" in told[-1].headers
        assert ann.get("/api/state").status_code == 200


def test_what_is_large_is_sent_in_pieces() -> None:
    import asyncio

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    for size in (0, PIECE, PIECE + 1, 5 * PIECE, 5 * PIECE + 7):
        sent.clear()
        message = {"type": "http.response.body", "body": bytes(size), "more_body": False}
        asyncio.run(Outbox(send, None).send(message))
        assert [len(part["body"]) <= PIECE for part in sent] == [True] * max(1, -(-size // PIECE))
        assert sum(len(part["body"]) for part in sent) == size
        assert [part["more_body"] for part in sent] == [True] * (len(sent) - 1) + [False]
