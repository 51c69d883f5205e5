"""WebSockets, byte by byte, of somebody who is logged in."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from starlette.websockets import WebSocket

from armchair.web.limits import socket as guard
from armchair.web.options import Options

UPGRADE = (
    "GET /api/play HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nCookie: {}\r\n\r\n"
)
MASK = b"\0\0\0\0"


@pytest.fixture
def wire(start: Any, visit: Any) -> Iterator[socket.socket]:
    """An open WebSocket as whoever attacks has it."""

    async def player(played: WebSocket) -> None:
        while True:
            await played.send_text("got " + str(len(await played.receive_text())))

    server = start(Options(run="x", port=0, dashboard=False, player=player))
    cookie = "; ".join(f"{name}={value}" for name, value in visit(server).cookies.items())
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), timeout=20) as made:
        made.sendall(UPGRADE.format(cookie).encode())
        assert made.recv(12) == b"HTTP/1.1 101"
        made.settimeout(2)
        yield made


def send(wire: socket.socket, data: bytes, times: int) -> bool:
    """-> whether the server took all of it."""
    with contextlib.suppress(OSError):
        for _ in range(times):
            wire.sendall(data)
        return True
    return False


def test_pings_whose_answers_nobody_reads_are_not_piled_up(
    wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    pings = (b"\x89\xfd" + MASK + bytes(125)) * 500
    before = psutil.Process(os.getpid()).memory_info().rss
    assert not send(wire, pings, 1000)  # 60 MB
    assert psutil.Process(os.getpid()).memory_info().rss - before < 16 * 2**20


def test_who_takes_no_pongs_is_given_up(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "STALLED", 0.2)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.settimeout(20)
    with pytest.raises(ConnectionError):
        for _ in range(1000):
            wire.sendall((b"\x89\xfd" + MASK + bytes(125)) * 500)


def test_a_message_in_parts_arrives_and_one_in_parts_without_end_does_not(wire: Any) -> None:
    assert send(wire, b"\x01\x82" + MASK + b"ab" + b"\x00\x80" + MASK + b"\x80\x82" + MASK + b"cd", 3)
    found = b""
    while found.count(b"got 4") < 3:
        found += wire.recv(1000)
    assert send(wire, b"\x01\x80" + MASK, 1)
    with pytest.raises((ConnectionError, EOFError)):
        for _ in range(50):
            wire.sendall((b"\x00\x80" + MASK) * 100)
        while wire.recv(1000):
            pass
        raise EOFError
