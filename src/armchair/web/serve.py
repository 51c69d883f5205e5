"""Listening: which port, who is let in from outside, when to stop."""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI

from armchair.errors import ArmchairError, InvalidInput
from armchair.store.database import Database
from armchair.store.people import Role
from armchair.store.schema import invites, sessions
from armchair.store.store import Store
from armchair.web.app import create_app
from armchair.web.options import ANY_ADDRESS, DEFAULT_PORT, Options, is_loopback, lan_address

PORTS_TO_TRY = 100
PATIENCE = 2  # s that open connections get when the server stops
MAX_MESSAGE = 4 * 2**20  # bytes of one WebSocket message
CHECK_SECONDS = 0.25
SWITCH_SECONDS = 0.001  # threads that work in the store must let the one that listens have its turn


class PortTaken(ArmchairError):
    """The port to listen on is in use; the message names the next free one."""

    def __init__(self, host: str, port: int, free: int | None) -> None:
        """free: the next port that nobody uses, if one was found."""
        self.port, self.free = port, free
        hint = f"port {free} is free: add --port {free}" if free else "name another with --port"
        super().__init__(f"port {port} of {host} is in use by another program; {hint}")


def serve(
    store: str | Path,
    options: Options,
    *,
    ready: Callable[[str], None] | None = None,
    until: Callable[[], bool] | None = None,
) -> None:
    """Serve the page until SIGINT or SIGTERM, or until `until()`, which is asked four times a second.

    ready: called once with the address, when it listens. Raises PortTaken, StoreError for a store that
    cannot be used, and InvalidInput for listening to the network before anybody is invited.
    """
    if not options.private and not anyone_invited(store):
        where = ", ".join([options.host, *options.hosts])
        raise InvalidInput(
            f"others can reach {where}, and nobody is invited to this run yet: "
            f"armchair label RUN --host {options.host} --invite NAME"
        )
    listening = _listen(options.host, options.port)
    try:
        options = dataclasses.replace(options, port=listening.getsockname()[1])
        app = create_app(store, options)
        server = uvicorn.Server(_config(app, options))
        app.state.context.hub.stop_when(lambda: server.should_exit)
        with suppress(KeyboardInterrupt):  # uvicorn sends it on after it has stopped cleanly
            _run_in_loop(server, _run(server, listening, lambda: _tell(ready, options), until))
    finally:
        listening.close()


def _run_in_loop(server: uvicorn.Server, work: Coroutine[None, None, None]) -> None:
    """As `asyncio.run`, in the loop that uvicorn likes best here, uvloop where there is one."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            runner.run(work)
    finally:
        sys.setswitchinterval(before)


def _config(app: FastAPI, options: Options) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=options.https,
        timeout_graceful_shutdown=PATIENCE,
        ws_max_size=MAX_MESSAGE,
    )


def _tell(ready: Callable[[str], None] | None, options: Options) -> None:
    if ready is not None:
        proxied = options.https and options.hosts
        ready(address(options.hosts[0] if proxied else options.host, options.port, https=options.https))


async def _run(
    server: uvicorn.Server,
    listening: socket.socket,
    ready: Callable[[], None],
    until: Callable[[], bool] | None,
) -> None:
    """Serve, and look after the server meanwhile."""
    watching = asyncio.create_task(_watch(server, ready, until))
    try:
        await server.serve(sockets=[listening])
    finally:
        watching.cancel()


async def _watch(server: uvicorn.Server, ready: Callable[[], None], until: Callable[[], bool] | None) -> None:
    while not server.started:
        await asyncio.sleep(0.01)
    ready()
    while until is not None:
        if until():
            server.should_exit = True
            return
        await asyncio.sleep(CHECK_SECONDS)


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises PortTaken, or InvalidInput where one cannot listen at all."""
    try:
        return _bind(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(host, port, _next_free(host, port)) from None
        raise InvalidInput(f"cannot listen at {host} port {port}: {error.strerror or error}") from None


def _bind(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise InvalidInput(f"a port is a number from 0 to 65535, got {port}")
    family, kind, protocol, _, where = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def _next_free(host: str, port: int) -> int | None:
    for candidate in range(port + 1, min(port + 1 + PORTS_TO_TRY, 65536)):
        with suppress(OSError):
            _bind(host, candidate).close()
            return candidate
    return None


def check_port(host: str, port: int) -> None:
    """Raises PortTaken when that port is in use, InvalidInput when one cannot listen there."""
    _listen(host, port).close()


def anyone_invited(store: str | Path) -> bool:
    """Whether somebody has an invitation that can still be used, or a session."""
    now = time.time()
    usable = sa.select(invites.c.annotator).where(invites.c.used.is_(None), invites.c.expires > now)
    live = sa.select(sessions.c.annotator).where(sessions.c.expires > now)
    database = Database(store, create=False)
    try:
        with database.read() as conn:
            return any(conn.execute(found.limit(1)).first() is not None for found in (usable, live))
    finally:
        database.close()


def address(host: str, port: int, *, https: bool = False) -> str:
    """How a browser reaches a server that listens there; from the network where it can be."""
    if host in ANY_ADDRESS:
        host = lan_address() or "localhost"
    name = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"https://{name}" if https and not is_loopback(host) else f"http://{name}:{port}"


def login_link(
    store: Store,
    annotator: str,
    role: Role = "owner",
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    *,
    https: bool = False,
) -> str:
    """A link that lets one browser in under this name, once.

    The token is in the fragment, which browsers send to no server and no log keeps. Raises InvalidInput
    for a name that cannot be invited.
    """
    return f"{address(host, port, https=https)}/login#{store.people.invite(annotator, role)}"
