"""How a page server is set up, and by which names it may be reached."""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import re
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from starlette.websockets import WebSocket

from armchair.errors import InvalidInput

DEFAULT_PORT = 8642
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
ANY_IPV4 = "0.0.0.0"  # only compared with: nothing is bound to it unless asked for  # nosec B104
ANY_ADDRESS = (ANY_IPV4, "::", "")
_COOKIE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BASE = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,63}){1,8}")
_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]{1,253})(:[0-9]{1,5})?")

Player = Callable[[WebSocket], Awaitable[None]]
Resume = Callable[[], bool]


def _always() -> bool:
    return True


def _metrics_token() -> str:
    return os.environ.get("ARMCHAIR_METRICS_TOKEN", "")


class Films(Protocol):
    """Draws a clip that has poses."""

    def __call__(self, clip: str, /, wanted: Callable[[], bool] = _always) -> bytes:
        """The MP4 of a clip (id). wanted: asked now and then, and where nobody does any more, it ends.

        Raises ArmchairError, which says why it cannot.
        """
        ...


@dataclasses.dataclass(frozen=True)
class Options:
    """What is served, where, and what the caller supplies."""

    run: str
    """The run's name, shown on the page."""
    run_path: Path | None = None
    """The run's folder, for the dashboard."""
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    """0 takes any free one."""
    hosts: tuple[str, ...] = ()
    """Further names by which the page may be reached, as a browser puts them into the Host header."""
    https: bool = False
    """A proxy in front speaks HTTPS: cookies are Secure and its forwarded headers are believed."""
    dashboard: bool = True
    films: Films | None = None
    """Draws clips that have poses."""
    player: Player | None = None
    """Plays live over an accepted WebSocket until one side leaves."""
    resume: Resume | None = None
    """Starts a trainer for the run unless one is at work, and says whether it did; an ArmchairError says why
    it cannot."""
    read_only: bool = False
    """The run cannot be written: the store that is served is a copy, and takes no answers."""
    runs_at: str = ""
    """Where the list of all runs is served, so that the page can lead back to it."""
    cookie_name: str = ""
    """The session's cookie, where the port does not tell servers apart, or two serve one store."""
    base_path: str = ""
    """The path below which the page is, behind a proxy that has others, such as /armchair."""
    metrics_token: str = dataclasses.field(default_factory=_metrics_token, repr=False)
    """Whoever sends it gets /metrics; without one nobody does."""

    def __post_init__(self) -> None:
        """Raises InvalidInput for a name that no cookie can have, or a path that no server can be below."""
        check_cookie(self.cookie_name)
        check_base_path(self.base_path)

    @property
    def private(self) -> bool:
        """Whether only this machine can reach the page, directly or through a proxy."""
        return is_loopback(self.host) and not self.https and not self.hosts

    @property
    def cookie(self) -> str:
        """The session's cookie. Cookies do not know ports, and two servers must not log each other out."""
        return self.cookie_name or f"armchair_session_{self.port}"


def check_cookie(name: str) -> None:
    """Raises InvalidInput for a name that no cookie can have; none is right."""
    if name and _COOKIE.fullmatch(name) is None:
        raise InvalidInput(
            f"a cookie's name has 1 to 64 letters, digits, - and _, such as armchair_reach; got {name!r}"
        )


def check_base_path(path: str) -> None:
    """Raises InvalidInput for a path that no server can be below; none is right."""
    if path and _BASE.fullmatch(path) is None:
        raise InvalidInput(
            f"a base path begins with / and does not end with one, such as /armchair; got {path!r}"
        )


def is_loopback(host: str) -> bool:
    """Whether an address or name to listen on is reached from this machine alone."""
    number = _number_of(host)
    return host == "localhost" or (number is not None and number.is_loopback)


def host_allowed(header: str, options: Options) -> bool:
    """Whether a request's Host header names this server.

    A foreign name that was made to point here (DNS rebinding) is not among those allowed. An address
    cannot be made to point anywhere, so off loopback any address will do.
    """
    found = _HOST.fullmatch(header.lower())
    if found is None:
        return False
    name = found[1]
    if name in LOOPBACK_NAMES or name in {host.lower() for host in options.hosts}:
        return True
    if is_loopback(options.host):
        return name == options.host
    return _number_of(name) is not None or name in own_names() or name == options.host.lower()


def _number_of(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    with suppress(ValueError):
        return ipaddress.ip_address(name.strip("[]"))
    return None


def own_names() -> frozenset[str]:
    """What this machine calls itself, also as announced by mDNS."""
    name = socket.gethostname().lower()
    return frozenset({name, name.split(".")[0], f"{name.split('.')[0]}.local"})


def lan_address() -> str | None:
    """The address of this machine in its network, or None. No packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # reserved for documentation; only the route is looked up
        except OSError:
            return None
        return str(probe.getsockname()[0])
