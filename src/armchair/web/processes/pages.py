"""The page's servers of single runs: started when a run is opened, each at an address that stays the same."""

from __future__ import annotations

import socket
import subprocess
import threading
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from armchair.errors import RunError
from armchair.runs.folder import RunDir
from armchair.web.processes.launcher import last_line
from armchair.web.processes.page_process import end_page, start_page

HOST = "127.0.0.1"
LOG = "page.log"  # in a run's folder: what its page's server complains about
FIRST_PORT, PORTS = 20_000, 10_000  # below those that systems hand out by themselves
TRIES = 50


class PageServers:
    """A server for each run that was opened; they end with this process, however that ends."""

    def __init__(self, films: Callable[[str], Sequence[str]], runs_at: Callable[[], str]) -> None:
        """films: the command that draws a clip of a store. runs_at: the address of the list of runs."""
        self._films, self._runs_at = films, runs_at
        self._lock = threading.Lock()
        self._open: dict[Path, tuple[subprocess.Popen[str], str]] = {}

    def open(self, run: RunDir) -> str:
        """See to it that the run's page is served. -> its address. Raises RunError, which says why not."""
        with self._lock:
            process, address = self._open.get(run.path, (None, ""))
            if process is not None and process.poll() is None:
                return address
            if process is not None:
                end_page(process)
            self._open[run.path] = process, address = self._start(run)
            return address

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            for process, _ in self._open.values():
                assert process.stdin is not None
                process.stdin.close()
            for process, _ in self._open.values():
                end_page(process)
            self._open.clear()

    def _start(self, run: RunDir) -> tuple[subprocess.Popen[str], str]:
        films, log = self._films(str(run.store)), run.path / LOG
        with log.open("wb") as complaints:
            process, address = start_page(run, HOST, port_of(run), films, complaints, runs_at=self._runs_at())
        if address is not None:
            return process, address
        end_page(process)
        raise RunError(f"the page of {run.name} cannot be served: {last_line(log) or 'no message'}")


def port_of(run: RunDir) -> int:
    """The port of a run's page: the same each time, unless somebody else has it.

    A browser keeps answers that were not sent yet, and what it was told about the page, by the port.
    """
    wanted = zlib.crc32(str(run.path.resolve()).encode()) % PORTS
    for number in range(TRIES):
        port = FIRST_PORT + (wanted + number) % PORTS
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return port
    return 0
