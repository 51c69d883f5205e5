"""Live play over a WebSocket: poses come from a source, wishes of those who watch go back to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, Protocol, cast, get_args

from starlette.websockets import WebSocket

from armchair.errors import InvalidInput, check_choice
from armchair.jsonable import Json
from armchair.web.options import Player

WishKind = Literal["goal", "push", "pause", "resume", "reset", "rate"]
WISHES: tuple[WishKind, ...] = get_args(WishKind)
SLOWEST, FASTEST = 0.25, 4.0  # times real time
WAITING = 20  # moments kept for a browser that is slow to take them; then the oldest are dropped
LONGEST = 1000  # characters of a wish


class Wish(NamedTuple):
    """What someone who watches wants to happen."""

    do: WishKind
    value: float  # of "rate": times real time; elsewhere 0


class Moment(NamedTuple):
    """One control step."""

    frame: bytes  # float32 little-endian (bodies, 7): positions in m, quaternions w x y z
    status: Mapping[str, Json] | None  # how it is going, from time to time


class Source(Protocol):
    """Something that plays at its own pace, in a thread of its own."""

    def about(self) -> Mapping[str, Json]:
        """What the viewer has to know first: task, control_dt, bodies, source."""
        ...

    def watch(self, tell: Callable[[Moment], None]) -> Callable[[], None]:
        """Call `tell`, in the source's thread, at every moment from now on. -> what ends that."""
        ...

    def wish(self, wish: Wish) -> None:
        """Something shall happen, soon."""
        ...


def player_of(source: Source) -> Player:
    """What the page's server needs to let people watch a source: all see the same arm."""

    async def play(socket: WebSocket) -> None:
        moments: asyncio.Queue[Moment] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def keep(moment: Moment) -> None:
            while moments.qsize() >= WAITING:
                moments.get_nowait()
            moments.put_nowait(moment)

        def tell(moment: Moment) -> None:
            with contextlib.suppress(RuntimeError):  # the server has stopped
                loop.call_soon_threadsafe(keep, moment)

        hello = {"type": "hello", "scene": "/api/scene", **source.about()}
        await socket.send_text(json.dumps(hello))
        end = source.watch(tell)
        tasks = {asyncio.create_task(_send(socket, moments)), asyncio.create_task(_receive(socket, source))}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            end()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in done:
            task.result()

    return play


async def _send(socket: WebSocket, moments: asyncio.Queue[Moment]) -> None:
    while True:
        moment = await moments.get()
        await socket.send_bytes(moment.frame)
        if moment.status is not None:
            await socket.send_text(json.dumps({"type": "status", **moment.status}))


async def _receive(socket: WebSocket, source: Source) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        try:
            source.wish(read_wish(message.get("text")))
        except InvalidInput as error:
            await socket.send_text(json.dumps({"type": "error", "error": str(error)}))


def read_wish(text: str | None) -> Wish:
    """The wish in a message. Raises InvalidInput, which says what would have been right."""
    found: object = None
    if text is not None and len(text) <= LONGEST:
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(text)
    if not isinstance(found, dict):
        raise InvalidInput('a wish is an object such as {"do": "goal"}')
    fields = cast("dict[str, object]", found)
    do = cast("WishKind", check_choice("wish", str(fields.get("do")), WISHES))
    if do != "rate":
        return Wish(do, 0.0)
    value = fields.get("value")
    if isinstance(value, int | float) and not isinstance(value, bool) and SLOWEST <= value <= FASTEST:
        return Wish(do, float(value))
    raise InvalidInput(f"a rate is a number from {SLOWEST:g} to {FASTEST:g}, got {value!r}")
