"""The same work on a Ray cluster that is there: one task a piece, each on a CPU of its own.

Nodes have armchair installed, in the version that is here, with the same Python and Ray. A piece whose
process is killed, or whose node is lost, is done anew elsewhere, twice at most; so is one whose result was
lost on its way. Where the driver dies, Ray ends what it had begun.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import signal
import socket
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path
from types import ModuleType

from armchair.errors import ServiceError
from armchair.offers.extras import need
from armchair.parallel.events import Done, Failed, Given, Hear, Work, attempt, told
from armchair.version import __version__

RETRIES = 2
WAITS = 5.0  # s for somebody to listen at the cluster's address
LOOK = 1.0  # s after which a Ctrl-C is heard at the latest
HEARD = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def connected(address: str) -> Generator[ModuleType]:
    """Ray, connected to a cluster for as long as the block lasts, or for longer where it was before.

    address: "auto" for the cluster that this machine is in, HOST:PORT, or ray://HOST:PORT. Raises
    MissingDependency, and ServiceError where there is no such cluster, or none that can be used from here.
    """
    need("ray", "a Ray cluster")
    if _now.users and address != _now.address:
        raise ServiceError(f"this process is connected to the Ray cluster at {_now.address} already")
    ray = _now.ray if _now.ray is not None else _connect(address)
    _now.users += 1
    try:
        yield ray
    finally:
        _now.users -= 1
        if not _now.users:
            _now.ray = None
            if _now.ours:
                ray.shutdown()


class _Now:
    """The connection of this process: there can be one."""

    def __init__(self) -> None:
        self.users = 0
        self.address = ""
        self.ours = False  # whether it was begun here
        self.ray: ModuleType | None = None


_now = _Now()


def _connect(address: str) -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    need("ray", "a Ray cluster")
    ray = importlib.import_module("ray")
    _now.ours = not ray.is_initialized()
    if _now.ours:
        check_address(address)
        heard = {number: signal.getsignal(number) for number in HEARD}
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
        except Exception as error:  # of many kinds, some of them Ray's own
            ray.shutdown()
            raise ServiceError(f"no Ray cluster can be used at {address}: {told(error)}") from None
        finally:
            for number, what in heard.items():  # Ray puts handlers of its own there
                signal.signal(number, what)
    _now.address, _now.ray = address, ray
    return ray


def check_address(address: str) -> None:
    """Raises ServiceError where nobody listens: Ray itself would try for minutes, and say nothing.

    And MissingDependency without Ray.
    """
    need("ray", "a Ray cluster")
    where = address.removeprefix("ray://")
    if where == "auto":
        where = os.environ.get("RAY_ADDRESS", "").removeprefix("ray://") or _noted()
    host, _, port = where.rpartition(":")
    if not host or not port.isdecimal():
        wanted = (
            'auto, HOST:PORT or ray://HOST:PORT; "auto" is the cluster that `ray start` put this machine in'
        )
        raise ServiceError(f"no Ray cluster can be used at {address!r}: --ray takes {wanted}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=WAITS).close()
    except (OSError, OverflowError) as error:
        raise ServiceError(
            f"no Ray cluster can be used at {where}: {error}; `ray start --head` begins one"
        ) from None


def _noted() -> str:
    """Where the cluster is that this machine is in, as Ray's own commands note it; "" where it is in none."""
    note = Path(os.environ.get("RAY_TMPDIR", tempfile.gettempdir()), "ray", "ray_current_cluster")
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return note.read_text(encoding="utf-8").strip()
    return ""


def cpus(ray: ModuleType) -> int:
    """CPUs of the whole cluster, busy ones too."""
    return int(ray.cluster_resources().get("CPU", 0))


def on_cluster(work: Work[Given], given: Sequence[Given], address: str, hear: Hear) -> None:
    """Do all of it on the cluster, as many pieces at once as it has CPUs. News of a piece are not heard.

    Raises what `connected` raises, and ServiceError for a cluster without a CPU, on which all would wait.
    """
    if not given:
        return
    with connected(address) as ray:
        if not cpus(ray):
            raise ServiceError(f"the Ray cluster at {address} has no CPU to work on: add a node")
        task = ray.remote(num_cpus=1, max_retries=RETRIES)(_one)
        numbers = {task.remote(work, one, i, __version__): i for i, one in enumerate(given)}
        try:
            while numbers:
                ready, _ = ray.wait(list(numbers), timeout=LOOK)
                for ref in ready:
                    if not hear(_fetched(ray, ref, numbers.pop(ref))):
                        return
        finally:
            for ref in numbers:
                with contextlib.suppress(Exception):
                    ray.cancel(ref)


def _fetched(ray: ModuleType, ref: object, number: int) -> Done | Failed:
    try:
        return ray.get(ref)
    except ray.exceptions.RayTaskError as error:  # raised before `attempt`: something cannot be found there
        return Failed(number, f"it cannot be begun on its node: {told(error.cause)}")
    except ray.exceptions.RayError as error:
        why = str(error).strip().splitlines() or [""]
        return Failed(number, f"its process or node was lost {RETRIES + 1} times: {why[0]}")


def _one(work: Work[Given], one: Given, number: int, version: str) -> Done | Failed:
    """On a node: do a piece."""
    if version != __version__:
        return Failed(number, f"its node has armchair {__version__}, not {version}: install the same")
    return attempt(work, one, number, lambda news: None)
