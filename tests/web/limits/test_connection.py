"""Connections without a login, byte by byte: what goes beyond the limits is cut off, and not kept."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from starlette.responses import Response

from armchair.web import pages
from armchair.web.limits import connection as guard
from armchair.web.limits.connection import MAX_HEAD, MAX_MESSAGE


class Wire:
    """A connection as whoever attacks has it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc.encode()
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=20)

    def send(self, data: bytes) -> Wire:
        """As much as the server takes."""
        with contextlib.suppress(OSError):
            self.socket.sendall(data)
        return self

    def told(self) -> bytes:
        """All that comes back until the connection ends, or nothing came for a while."""
        found, part = b"", b"-"
        with contextlib.suppress(OSError):
            while part:
                part = self.socket.recv(65536)
                found += part
        self.socket.close()
        return found

    def status(self) -> int:
        """Of the first answer; 0 where there was none."""
        found = re.match(rb"HTTP/1.1 (\d+)", self.told())
        return int(found[1]) if found else 0


@pytest.fixture
def wire(server: Any) -> Iterator[Any]:
    yield lambda: Wire(server.url)


def login(*lines: bytes, body: bytes = b"") -> bytes:
    head = [b"POST /api/login HTTP/1.1", b"Host: localhost", b"X-Armchair: 1", b"Connection: close", *lines]
    return b"\r\n".join([*head, b"", body])


@pytest.fixture
def process(place: Any) -> Iterator[tuple[str, psutil.Process]]:
    """A server whose memory is nobody else's: where it listens, its process."""
    command = [sys.executable, "-m", "armchair.web", "--store", str(place.path), "--run", "x", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        yield json.loads(started.stdout.readline())["listening"], psutil.Process(started.pid)
        started.terminate()


def test_no_connection_takes_memory(process: tuple[str, psutil.Process]) -> None:
    url, server = process
    assert httpx.get(f"{url}/login", timeout=60).status_code in (200, 503)
    lines, before = b"x: " + b"y" * 60 + b"\r\n", server.memory_info().rss
    chunked = login(b"Transfer-Encoding: chunked")
    floods = [
        b"GET / HTTP/1.1\r\n" + lines * 200_000,
        b"GET / HTTP/1.1\r\nx: " + b"y" * 20_000_000,
        b"GET /" + b"y" * 20_000_000,
        b"\r\n" * 1_000_000,
        chunked + b"10000\r\n" + b"y" * 65536 + b"\r\n" + b"1\r\ny\r\n" * 10**6,
        chunked + b"1;" + b"y" * 10_000_000,
        chunked + b"2\r\n{}\r\n0\r\n" + lines * 100_000,
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100_000,
    ]
    with ThreadPoolExecutor(len(floods)) as threads:
        found = list(threads.map(lambda data: Wire(url).send(data).status(), floods))
    assert not set(found) - {431, 413, 429, 0}, found  # 0: reset before it was read
    assert server.memory_info().rss - before < 16 * 2**20
    assert httpx.get(f"{url}/healthz", timeout=60).status_code == 200


def test_a_refusal_reaches_whoever_stops_to_read_it(wire: Any) -> None:
    told = wire().send(b"GET / HTTP/1.1\r\nx: " + b"y" * MAX_HEAD).told()
    assert (
        told.startswith(b"HTTP/1.1 431 ") and b'"code": "too_large"' in told and b"connection: close" in told
    )
    told = wire().send(login(b"Content-Length: 1000000", body=b"y" * (MAX_MESSAGE + 5000))).told()
    assert told.startswith(b"HTTP/1.1 413 ")


def test_lengths_that_make_no_sense(wire: Any) -> None:
    found: list[tuple[list[bytes], set[int]]] = [
        ([b"9" * 5000], {400}),
        ([b"0" * 5000 + b"2"], {401, 422}),  # it is 2, in many digits
        ([b"-1"], {400}),
        ([b"many"], {400}),
        ([b"1e3"], {400}),
        ([b"+2"], {400}),
        ([b"2", b"2"], {400}),
        ([b"99999999"], {413}),
        ([b"9" * 18], {413}),
    ]
    for lengths, statuses in found:
        about = [b"Content-Length: " + one for one in lengths]
        told = wire().send(login(*about, b"Content-Type: application/json", body=b"{}")).status()
        assert told in statuses, lengths


def test_odd_requests_are_refused_without_a_mistake_of_ours(wire: Any) -> None:
    lines = [
        b"OPTIONS * HTTP/1.1",
        b"CONNECT a:80 HTTP/1.1",
        b"GET http://[ HTTP/1.1",
        b"GET /\xff\xfe HTTP/1.1",
        b"GET /%ff%fe%00 HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"GET / HTTP/9.9",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c",
        b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket",
        b"GET / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked",
    ]
    for line in lines:
        sent = wire().send(line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        sent.socket.settimeout(1)
        assert sent.status() in (0, 400, 401, 403, 404, 405, 426), line


def test_what_fits_is_answered_however_it_is_cut(wire: Any) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"y" * 15_000 + b"\r\n\r\n"
    drops = wire()
    for start in range(0, len(request), 1000):
        drops.send(request[start : start + 1000])
    again = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert drops.send(again).told().count(b"HTTP/1.1 200 OK") == 2
    assert wire().send(request * 5 + again).told().count(b"HTTP/1.1 200 OK") == 6  # pipelined


def test_the_slow_are_given_up(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "ARRIVAL", 0.5)
    began = time.monotonic()
    silent, head, body = wire(), wire(), wire()
    head.send(b"GET / HTTP/1.1\r\nx: ")
    body.send(login(b"Content-Length: 50", body=b"{"))
    for _ in range(6):
        for one in (head, body):
            one.send(b"y")  # a byte now and then is not enough
        time.sleep(0.2)
    assert (silent.told(), head.status(), body.status()) == (b"", 408, 408)
    assert time.monotonic() - began < 10


def test_who_takes_no_answers_is_given_up(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "STALLED", 0.3)
    monkeypatch.setattr(pages, "send_page", lambda *_: Response(bytes(8 * 2**20)))
    deaf = wire()
    deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.send(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with pytest.raises(OSError):  # though it would have had to wait for the whole answer
        for _ in range(100):
            time.sleep(0.1)
            deaf.socket.sendall(b"\r\n")
    deaf.socket.close()


def test_half_open_connections_make_room_for_new_ones(
    wire: Any, server: Any, visit: Any, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "most_connections", lambda: 20)
    ann = visit(server)
    with ann.stream("GET", "/api/events") as stream:
        lines = stream.iter_lines()
        assert "event: state" in lines
        crowd = [wire().send(b"GET / HTTP/1.1\r\nx: ") for _ in range(60)]
        assert httpx.get(f"{server.url}/healthz", timeout=20).status_code == 200
        assert [one.told() for one in crowd[:30]] == [b""] * 30
        place.store.board.set_setting("question", "Which is nicer?")
        assert "event: state" in lines  # who is being answered is not given up
    for one in crowd[30:]:
        one.socket.close()
