"""What is counted of a server's requests, for Prometheus: how many, how they ended, how long they took.

The text is that of Prometheus 0.0.4, which takes thirty lines to write; its client library would bring a
registry of the whole process, and a second server in it would be counted together with the first.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 10.0)  # s, upper ones of the classes
OTHER = "other"  # in the place of a path that no endpoint has: anybody can make up many
LONG = ("/api/events", "/dashboard")  # they last as long as somebody looks
MEDIA = "text/plain; version=0.0.4; charset=utf-8"


class Gauge(NamedTuple):
    """A number at this moment, or (`kind` counter) one that only grows."""

    name: str
    help: str
    value: float
    kind: str = "gauge"


class Meters:
    """The counts of one server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended: Counter[tuple[str, str, int]] = Counter()  # method, path as the endpoint has it, status
        self._took: dict[str, list[int]] = {}  # by path: how many in each class
        self._seconds: Counter[str] = Counter()
        self.begun = time.time()

    def note(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request that has ended."""
        with self._lock:
            self._ended[method, path, status] += 1
            if path not in LONG:
                self._took.setdefault(path, [0] * (len(BOUNDS) + 1))[bisect_left(BOUNDS, seconds)] += 1
                self._seconds[path] += seconds  # type: ignore[assignment]

    def text(self, gauges: Iterable[Gauge]) -> str:
        """All of it as Prometheus reads it."""
        with self._lock:
            lines = [*_gauges(gauges), *self._requests()]
        return "\n".join(lines) + "\n"

    def _requests(self) -> Iterator[str]:
        name = "armchair_http_requests_total"
        yield from _head(name, "Requests that have ended.", "counter")
        for (method, path, status), number in sorted(self._ended.items()):
            yield f"{name}{_labels({'method': method, 'path': path, 'status': str(status)})} {number}"
        name = "armchair_http_request_seconds"
        yield from _head(name, "From a request's first line to the end of its answer.", "histogram")
        for path, classes in sorted(self._took.items()):
            below = 0
            for bound, number in zip((*map(str, BOUNDS), "+Inf"), classes, strict=True):
                below += number
                yield f"{name}_bucket{_labels({'path': path, 'le': bound})} {below}"
            yield f"{name}_sum{_labels({'path': path})} {self._seconds[path]:.6f}"
            yield f"{name}_count{_labels({'path': path})} {below}"


def _gauges(gauges: Iterable[Gauge]) -> Iterator[str]:
    for gauge in gauges:
        yield from _head(gauge.name, gauge.help, gauge.kind)
        yield f"{gauge.name} {gauge.value:.17g}"


def _head(name: str, text: str, kind: str) -> tuple[str, str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"


def _labels(values: Mapping[str, str]) -> str:
    told = (value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for value in values.values())
    return "{" + ",".join(f'{name}="{value}"' for name, value in zip(values, told, strict=True)) + "}"


class Metered:
    """Counts every HTTP request of the app."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app, self._meters = app, meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            self._meters.note(scope["method"], path_of(scope), status, time.perf_counter() - begun)


def path_of(scope: Scope) -> str:
    """The path as its endpoint has it, so that a clip's name makes no new line."""
    route: BaseRoute | None = scope.get("route")
    path = getattr(route, "path", None)
    if isinstance(path, str):
        return path
    return "/dashboard" if str(scope["path"]).startswith("/dashboard") else OTHER
