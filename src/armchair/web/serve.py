"""Listening: which port, who is let in from outside, when to stop."""

from __future__ import annotations

import dataclasses
import errno
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from armchair.errors import ArmchairError, InvalidInput
from armchair.store.store import Store
from armchair.web.app import create_app
from armchair.web.limits.connection import GuardedProtocol
from armchair.web.limits.socket import GuardedSocket
from armchair.web.options import ANY_ADDRESS, Options, is_loopback, lan_address

PORTS_TO_TRY = 100
PATIENCE = 2  # s that open connections get when the server stops
MAX_MESSAGE = 2**20  # bytes of one WebSocket message
SWITCH_SECONDS = 0.001  # threads that work in the store must let the one that listens have its turn


class PortTaken(ArmchairError):
    """The port to listen on is in use; the message names the next free one."""

    def __init__(self, host: str, port: int, free: int | None) -> None:
        """free: the next port that nobody uses, if one was found."""
        self.port, self.free = port, free
        hint = f"port {free} is free: add --port {free}" if free else "name another with --port"
        super().__init__(f"port {port} of {host} is in use by another program; {hint}")


class _Server(uvicorn.Server):
    """Says when it listens, and stops once `until` says so."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], until: Callable[[], bool]) -> None:
        super().__init__(config)
        self._ready, self._until = ready, until

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        self.should_exit = self.should_exit or self._until()
        return await super().on_tick(counter)


def serve(
    store: str | Path,
    options: Options,
    *,
    ready: Callable[[str], None] = lambda where: None,
    until: Callable[[], bool] = lambda: False,
) -> None:
    """Serve the page until SIGINT or SIGTERM, or until `until()`, which is asked ten times a second.

    ready: called once with the address, when it listens. Raises PortTaken, StoreError for a store that
    cannot be used, and InvalidInput for listening to the network before anybody is invited.
    """
    if not options.private and not anyone_invited(store):
        where = ", ".join([options.host, *options.hosts])
        raise InvalidInput(
            f"others can reach {where}, and nobody is invited to this run yet: "
            f"armchair label RUN --host {options.host} --invite NAME"
        )

    def create(listening_at: Options) -> FastAPI:
        return create_app(store, listening_at)

    def end_streams(app: FastAPI, ends: Callable[[], bool]) -> None:
        app.state.context.hub.stop_when(ends)

    listen(create, options, begun=end_streams, ready=ready, until=until)


def listen(
    create: Callable[[Options], FastAPI],
    options: Options,
    *,
    begun: Callable[[FastAPI, Callable[[], bool]], None] = lambda app, ends: None,
    ready: Callable[[str], None] = lambda where: None,
    until: Callable[[], bool] = lambda: False,
) -> None:
    """Serve an app until SIGINT or SIGTERM, or until `until()`. Raises PortTaken and InvalidInput.

    create: makes it once the port is known. begun: is given the app and what says that the server ends.
    """
    interval = sys.getswitchinterval()
    listening = _listen(options.host, options.port)
    try:
        options = dataclasses.replace(options, port=listening.getsockname()[1])
        host = options.hosts[0] if options.https and options.hosts else options.host
        url = address(host, options.port, https=options.https) + options.base_path
        app = create(options)
        config = uvicorn.Config(
            app,
            http=GuardedProtocol,
            ws=GuardedSocket,
            log_level="error",  # what strangers send amiss is no news
            access_log=False,
            server_header=False,
            proxy_headers=options.https,
            timeout_graceful_shutdown=PATIENCE,
            ws_max_size=MAX_MESSAGE,
        )
        server = _Server(config, partial(ready, url), until)
        begun(app, lambda: server.should_exit)
        sys.setswitchinterval(SWITCH_SECONDS)
        with suppress(KeyboardInterrupt):  # uvicorn sends it on after it has stopped cleanly
            server.run(sockets=[listening])
    finally:
        sys.setswitchinterval(interval)
        listening.close()


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
        reserve(listening)
        listening.bind(where)
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def reserve(listening: socket.socket) -> None:
    """Let a port be taken again right after a server has left it, but never one that is served.

    On Windows it is SO_EXCLUSIVEADDRUSE that does so; there SO_REUSEADDR would share it with that server.
    """
    exclusive: int | None = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if exclusive is None else exclusive, 1)


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
    with Store.open(store, create=False) as opened:
        return bool(opened.people.invited() or opened.people.sessions())


def address(host: str, port: int, *, https: bool = False) -> str:
    """How a browser reaches a server that listens there; from the network where it can be."""
    if host in ANY_ADDRESS:
        host = lan_address() or "localhost"
    name = f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host
    return f"https://{name}" if https and not is_loopback(host) else f"http://{name}:{port}"
