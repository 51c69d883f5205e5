"""Attacks of `hostile.py`: each runs until told to stop, against a server that is somebody else's process."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import secrets
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from armchair.ids import new_id

LOCKED, FREE = 8.0, 1.0  # s that the database is kept locked, and that it is not, in turns
CHUNK = b"x: " + b"y" * 60 + b"\r\n"


class Target(NamedTuple):
    """What is attacked, and what the attacker has: a session of an annotator or an owner, maybe none."""

    port: int
    database: str
    cookie: str
    owner: str
    clips: list[str]
    stop: threading.Event

    def headers(self) -> dict[str, str]:
        return {"X-Armchair": "1", "Content-Type": "application/json", "Cookie": self.cookie}

    def connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        made.sendall(b"")
        return made

    def host(self) -> bytes:
        return f"Host: 127.0.0.1:{self.port}\r\n".encode()


def in_parallel(number: int, work: Callable[[int], None]) -> None:
    """So many threads, each doing this."""
    with ThreadPoolExecutor(number) as threads:
        list(threads.map(work, range(number)))


def ask(target: Target, method: str, path: str, body: object = None) -> int:
    """One request on a connection of its own. -> the status, 0 where the connection broke off."""
    http_ = http.client.HTTPConnection("127.0.0.1", target.port, timeout=60)
    try:
        http_.request(method, path, None if body is None else json.dumps(body), target.headers())
        return http_.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        http_.close()


def films(target: Target) -> None:
    """45 films at a time, of one annotator; each asks again once answered, half a second after a refusal."""
    clips = itertools.cycle(target.clips)

    def work(_: int) -> None:
        while not target.stop.is_set():
            if ask(target, "GET", f"/api/clips/{next(clips)}/film") in (429, 503):
                target.stop.wait(0.5)

    in_parallel(45, work)


def writers(target: Target) -> None:
    """45 answers at a time, of one annotator, while somebody keeps the database locked."""

    def work(number: int) -> None:
        while not target.stop.is_set():
            if number == 0:
                hold(target)
            elif ask(target, "POST", "/api/undo", {"id": new_id()}) in (429, 503):
                target.stop.wait(0.5)

    in_parallel(46, work)


def hold(target: Target) -> None:
    """Keep the database locked for a while."""
    with contextlib.closing(sqlite3.connect(target.database, isolation_level=None, timeout=30)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        target.stop.wait(LOCKED)
        conn.execute("ROLLBACK")
    target.stop.wait(FREE)


def stream_to(target: Target, first: bytes, more: Iterator[bytes]) -> None:
    """Send what never ends, on a few connections, each begun anew when it is cut off."""

    def work(_: int) -> None:
        while not target.stop.is_set():
            with contextlib.suppress(OSError), target.connect() as connection:
                connection.sendall(first + target.host())
                while not target.stop.is_set():
                    connection.sendall(next(more))
            time.sleep(0.02)  # connections are not what is measured here

    in_parallel(4, work)


def header_lines(target: Target) -> None:
    """Header lines without end."""
    stream_to(target, b"GET / HTTP/1.1\r\n", itertools.repeat(CHUNK * 500))


def header_value(target: Target) -> None:
    """One header value without end."""
    stream_to(target, b"GET / HTTP/1.1\r\n", itertools.chain([b"x: "], itertools.repeat(b"y" * 2**15)))


def chunks(target: Target) -> None:
    """A body in chunks without end."""
    first = b"POST /api/login HTTP/1.1\r\nX-Armchair: 1\r\nTransfer-Encoding: chunked\r\n"
    stream_to(
        target, first, itertools.chain([b"\r\n"], itertools.repeat(b"1000\r\n" + b"y" * 4096 + b"\r\n"))
    )


def lengths(target: Target) -> None:
    """Content-Length of thousands of digits, negative ones and words."""
    lengths = itertools.cycle([b"9" * 5000, b"0" * 5000 + b"1", b"-1", b"many", b"1e9", b"99999999999"])

    def work(_: int) -> None:
        while not target.stop.is_set():
            with contextlib.suppress(OSError), target.connect() as connection:
                head = b"POST /api/login HTTP/1.1\r\nX-Armchair: 1\r\n" + target.host()
                connection.sendall(head + b"Content-Length: " + next(lengths) + b"\r\n\r\n")
                status = connection.recv(12)
                known = (b"HTTP/1.1 400", b"HTTP/1.1 408", b"HTTP/1.1 413", b"")  # 408: one byte never comes
                assert status in known, status
            time.sleep(0.02)

    in_parallel(4, work)


def pipelined(target: Target) -> None:
    """Requests without end on each connection, whose answers nobody reads."""
    request = b"GET /assets/label.js HTTP/1.1\r\n" + target.host() + b"\r\n"

    def work(_: int) -> None:
        while not target.stop.is_set():
            with contextlib.suppress(OSError), target.connect() as connection:
                while not target.stop.is_set():
                    connection.sendall(request * 200)
            time.sleep(0.02)

    in_parallel(4, work)


def half_open(target: Target) -> None:
    """600 connections that send a byte now and then."""
    held: list[socket.socket] = []
    while not target.stop.is_set():
        with contextlib.suppress(OSError):
            while len(held) < 600:
                held.append(target.connect())
                held[-1].sendall(b"GET / HTTP/1.1\r\nx: ")
        for connection in [*held]:
            try:
                connection.sendall(b"y")
            except OSError:
                connection.close()
                held.remove(connection)
        target.stop.wait(1.0)
    for connection in held:
        connection.close()


def streams(target: Target) -> None:
    """300 streams of events and 60 live connections to the dashboard, of one person."""
    head = f"Cookie: {target.owner}\r\n".encode() + target.host()
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    upgrade += b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
    requests = [b"GET /api/events HTTP/1.1\r\n" + head + b"\r\n"] * 5
    requests.append(b"GET /dashboard/_stcore/stream HTTP/1.1\r\n" + head + upgrade + b"\r\n")
    held: list[socket.socket] = []
    for request in itertools.cycle(requests):
        if target.stop.is_set() or len(held) >= 360:
            break
        with contextlib.suppress(OSError):
            held.append(target.connect())
            held[-1].sendall(request)
    target.stop.wait()
    for connection in held:
        connection.close()


def guesses(target: Target) -> None:
    """Links that are made up, eight at a time."""

    def work(_: int) -> None:
        while not target.stop.is_set():
            ask(target, "POST", "/api/login", {"token": secrets.token_urlsafe(32)})
            time.sleep(0.02)

    in_parallel(8, work)


ATTACKS: dict[str, Callable[[Target], None]] = {
    "films": films,
    "locked database": writers,
    "header lines": header_lines,
    "header value": header_value,
    "content lengths": lengths,
    "chunks": chunks,
    "pipelined": pipelined,
    "half open": half_open,
    "streams": streams,
    "guesses": guesses,
}
