"""The live view's WebSocket, with a source made of counted moments."""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from armchair.errors import InvalidInput, RunError
from armchair.jsonable import Json
from armchair.store.people import SessionInfo
from armchair.web.limits.admission import VIEWER
from armchair.web.live import WAITING, Moment, Wish, player_of, read_wish


class Counter:
    """Tells what it is told to tell, and keeps what is wished."""

    def __init__(self) -> None:
        self.wishes: list[Wish] = []
        self.watching: list[Callable[[Moment], None]] = []
        self.chosen: list[Mapping[str, float]] = []
        self.thread: int | None = None  # that chose

    def about(self) -> Mapping[str, Json]:
        return {"task": "reach", "control_dt": 0.05, "bodies": 12, "source": "counter"}

    def watch(self, tell: Callable[[Moment], None]) -> Callable[[], None]:
        self.watching.append(tell)
        tell(moment(0))
        return lambda: self.watching.remove(tell)

    def choose(self, weights: Mapping[str, float]) -> None:
        if weights.get("carry_high") == 0.5:
            raise RunError("lift-001 is being trained already")
        self.chosen.append(weights)
        self.thread = threading.get_ident()

    def wish(self, wish: Wish) -> None:
        self.wishes.append(wish)
        for number in range(1, 1 + int(wish.value) if wish.do == "rate" else 2):
            for tell in self.watching:
                tell(moment(number))


def moment(number: int) -> Moment:
    status = {"episode": number, "success": False} if number % 5 == 0 else None
    return Moment(struct.pack("<i", number), status)


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def viewer() -> SessionInfo | None:
    """Who watches; nobody where there is no gate."""
    return None


@pytest.fixture
def client(counter: Counter, viewer: SessionInfo | None) -> TestClient:
    app, player = FastAPI(), player_of(counter)

    async def play(socket: WebSocket) -> None:
        if viewer is not None:
            socket.scope[VIEWER] = viewer
        await socket.accept()
        await player(socket)
        await socket.close()

    app.add_api_websocket_route("/play", play)
    return TestClient(app)


def test_hello_comes_first_then_moments_and_now_and_then_how_it_goes(
    client: TestClient, counter: Counter
) -> None:
    with client.websocket_connect("/play") as socket:
        hello: dict[str, Any] = socket.receive_json()
        assert hello == {"type": "hello", "scene": "/api/scene", "owner": False, **counter.about()}
        assert socket.receive_bytes() == struct.pack("<i", 0)
        assert socket.receive_json() == {"type": "status", "episode": 0, "success": False}
        socket.send_json({"do": "push"})
        assert socket.receive_bytes() == struct.pack("<i", 1)
        assert counter.wishes == [Wish("push", 0.0)]
    assert counter.watching == []  # who has left is forgotten


def test_a_wish_that_cannot_be_read_is_answered_and_the_view_goes_on(
    client: TestClient, counter: Counter
) -> None:
    with client.websocket_connect("/play") as socket:
        for _ in range(3):
            socket.receive()
        socket.send_json({"do": "gaol"})
        said = socket.receive_json()
        assert said["type"] == "error" and "did you mean 'goal'" in said["error"]
        socket.send_bytes(b"\x00\xff")
        assert socket.receive_json()["type"] == "error"
        socket.send_json({"do": "goal"})
        assert socket.receive_bytes() == struct.pack("<i", 1)
    assert counter.wishes == [Wish("goal", 0.0)]


def test_two_who_watch_see_the_same(client: TestClient, counter: Counter) -> None:
    with client.websocket_connect("/play") as one, client.websocket_connect("/play") as other:
        for socket in (one, other):
            for _ in range(3):
                socket.receive()
        one.send_json({"do": "push"})
        assert one.receive_bytes() == other.receive_bytes() == struct.pack("<i", 1)


def test_a_slow_browser_gets_the_newest_moments(counter: Counter) -> None:
    """A burst arrives while nothing can be sent: old moments give way, the last one is there."""
    import asyncio

    sent: list[bytes] = []
    gate = asyncio.Event()

    class Slow:
        scope: Mapping[str, object] = {}

        async def send_text(self, text: str) -> None:
            json.loads(text)

        async def send_bytes(self, data: bytes) -> None:
            await gate.wait()
            sent.append(data)

        async def receive(self) -> dict[str, str]:
            await asyncio.sleep(0.05)
            for number in range(1, 10 * WAITING):
                counter.watching[0](moment(number))
            gate.set()
            await asyncio.sleep(0.05)
            return {"type": "websocket.disconnect"}

    async def go() -> None:
        await player_of(counter)(Slow())  # type: ignore[arg-type]

    asyncio.run(go())
    assert len(sent) <= WAITING + 1
    assert sent[-1] == struct.pack("<i", 10 * WAITING - 1)


@pytest.mark.parametrize(
    "text",
    [None, "", "[]", "{", '{"do": 3}', '{"do": "rate"}', '{"do": "rate", "value": "fast"}', "x" * 2000]
    + [f'{{"do": "rate", "value": {value}}}' for value in ("1e9", "-1", "0", "NaN", "true", "Infinity")]
    + ["[" * 900]
    + [
        f'{{"do": "{do}", "value": {value}}}'
        for do in ("weights", "choose")
        for value in (
            "0.4",
            "{}",
            "[0.4]",
            '{"carry_high": 1.01}',
            '{"carry_high": -0.01}',
            '{"carry_high": NaN}',
            '{"carry_high": "0.4"}',
            '{"carry_high": true}',
            '{"carry_high": null}',
            json.dumps({f"wish {k}": 0.4 for k in range(9)}),
        )
    ]
    + ['{"do": "choose"}'],
)
def test_nonsense_is_refused(text: str | None) -> None:
    with pytest.raises(InvalidInput):
        read_wish(text)


def test_what_may_be_wished() -> None:
    assert read_wish('{"do": "rate", "value": 0.5}') == Wish("rate", 0.5)
    for do in ("goal", "push", "pause", "resume", "reset"):
        assert read_wish(json.dumps({"do": do, "value": 7})) == Wish(do, 0.0)  # type: ignore[arg-type]
    told = read_wish('{"do": "weights", "value": {"carry_high": 0.4, "smooth": 1}}')
    assert (told.do, told.weights) == ("weights", {"carry_high": 0.4, "smooth": 1.0})


CHOOSE = {"do": "choose", "value": {"carry_high": 0.4}}


@pytest.mark.parametrize("viewer", [SessionInfo("ann", "owner", False, 1e12)])
def test_the_owner_chooses_what_is_kept(client: TestClient, counter: Counter) -> None:
    with client.websocket_connect("/play") as socket:
        assert socket.receive_json()["owner"] is True
        socket.receive(), socket.receive()
        socket.send_json(CHOOSE)
        assert socket.receive_json() == {"type": "chosen", "weights": {"carry_high": 0.4}}
        assert counter.chosen == [{"carry_high": 0.4}] and counter.wishes == []
        socket.send_json({"do": "choose", "value": {"carry_high": 0.5}})
        assert socket.receive_json() == {"type": "error", "error": "lift-001 is being trained already"}
        socket.send_json({"do": "push"})
        assert socket.receive_bytes() == struct.pack("<i", 1), "the view goes on"
    assert counter.thread != threading.get_ident()


@pytest.mark.parametrize("viewer", [None, SessionInfo("bob", "annotator", False, 1e12)])
def test_nobody_else_does(client: TestClient, counter: Counter) -> None:
    with client.websocket_connect("/play") as socket:
        assert socket.receive_json()["owner"] is False
        socket.receive(), socket.receive()
        socket.send_json(CHOOSE)
        assert socket.receive_json() == {
            "type": "error",
            "error": "only the run's owner chooses what is kept",
        }
    assert counter.chosen == []


def test_it_needs_no_torch() -> None:
    import subprocess
    import sys

    program = "import sys, armchair.web.live; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_source_that_fails_ends_the_view(client: TestClient, counter: Counter) -> None:
    def fail(wish: Wish) -> None:
        raise RuntimeError("the arm fell off the table")

    counter.wish = fail  # type: ignore[method-assign]
    with pytest.raises((RuntimeError, WebSocketDisconnect)), client.websocket_connect("/play") as socket:
        socket.send_json({"do": "push"})
        for _ in range(6):
            socket.receive()
    assert counter.watching == []
