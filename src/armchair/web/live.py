"""Live play over a WebSocket: poses come from a source, wishes of those who watch go back to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol, TypeGuard, cast, get_args

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket

from armchair.errors import ArmchairError, InvalidInput, check_choice
from armchair.jsonable import Json
from armchair.runs.curve import MOST_WISHES
from armchair.store.people import SessionInfo
from armchair.web.limits.admission import VIEWER
from armchair.web.options import Player

WishKind = Literal["goal", "push", "pause", "resume", "reset", "rate", "weights", "choose"]
WISHES: tuple[WishKind, ...] = get_args(WishKind)
SLOWEST, FASTEST = 0.25, 4.0  # times real time
WAITING = 20  # moments kept for a browser that is slow to take them; then the oldest are dropped
LONGEST = 1000  # characters of a wish
NO_WEIGHTS: Mapping[str, float] = MappingProxyType({})


class Wish(NamedTuple):
    """What someone who watches wants to happen."""

    do: WishKind
    value: float  # of "rate": times real time; elsewhere 0
    weights: Mapping[str, float] = NO_WEIGHTS  # of "weights" and "choose": from 0 to 1, by a wish's name


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
        """Something shall happen, soon. InvalidInput for what cannot."""
        ...

    def choose(self, weights: Mapping[str, float]) -> None:
        """Have the weights of wishes kept, from now on and for all. ArmchairError where that cannot be."""
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

        hello = {"type": "hello", "scene": "/api/scene", "owner": is_owner(socket), **source.about()}
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
            wish = read_wish(message.get("text"))
            if wish.do == "choose":
                await _choose(socket, source, wish.weights)
            else:
                source.wish(wish)
        except ArmchairError as error:
            await socket.send_text(json.dumps({"type": "error", "error": str(error)}))


async def _choose(socket: WebSocket, source: Source, weights: Mapping[str, float]) -> None:
    if not is_owner(socket):
        raise InvalidInput("only the run's owner chooses what is kept")
    await run_in_threadpool(source.choose, weights)  # it writes files
    await socket.send_text(json.dumps({"type": "chosen", "weights": dict(weights)}))


def is_owner(socket: WebSocket) -> bool:
    """Whether it is the run's owner who watches; nobody is whom no gate let in."""
    viewer: SessionInfo | None = socket.scope.get(VIEWER)
    return viewer is not None and viewer.role == "owner"


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
    value = fields.get("value")
    if do in ("weights", "choose"):
        return Wish(do, 0.0, _weights(value))
    if do != "rate":
        return Wish(do, 0.0)
    if _is_number(value) and SLOWEST <= value <= FASTEST:
        return Wish(do, float(value))
    raise InvalidInput(f"a rate is a number from {SLOWEST:g} to {FASTEST:g}, got {value!r}")


def _weights(value: object) -> dict[str, float]:
    """The weights in a wish; InvalidInput for anything else. Whether there are such wishes it cannot know."""
    if not isinstance(value, dict) or not 0 < len(cast("dict[str, object]", value)) <= MOST_WISHES:
        raise InvalidInput(f'weights are an object of 1 to {MOST_WISHES} such as {{"carry_high": 0.4}}')
    found: dict[str, float] = {}
    for name, weight in cast("dict[str, object]", value).items():
        if not _is_number(weight) or not 0.0 <= weight <= 1.0:
            raise InvalidInput(f"the weight of {name} is a number from 0 to 1, got {weight!r}")
        found[name] = float(weight)
    return found


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
