"""The labelling page beside a command: its server as a process, started, watched and ended."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from types import TracebackType

from armchair.cli.draw import command_of
from armchair.cli.links import Door
from armchair.cli.report import Report
from armchair.errors import RunError
from armchair.runs.folder import RunDir

GRACE = 5.0  # s that the server gets to end
LINGER = 2.0  # s in which an open page learns that the run has stopped
LIVED = 5.0  # s that a server must have lived to be started again when something killed it
THRIFTY = {"MALLOC_ARENA_MAX": "2"}  # its many threads would each keep a heap with holes of its own (glibc)
ASKED = (0, -signal.SIGTERM, -signal.SIGINT)  # statuses of a server that somebody asked to end


class PageServer:
    """The page's server of one run, as a context manager. It ends with this process, however that ends.

    Where something kills it, it comes back at the same address: what people have open goes on.
    """

    def __init__(self, run: RunDir, door: Door, report: Report) -> None:
        """Starts it and waits until it listens. Raises RunError, which says why, where it cannot."""
        self._run, self._door, self._report = run, door, report
        self._closing, self._lock = False, threading.Lock()
        self._process, self.address = self._start(door.port)
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def _start(self, port: int) -> tuple[subprocess.Popen[str], str]:
        """The server, and where it listens."""
        store = str(self._run.store)
        told = {"store": store, "run": self._run.name, "run-path": str(self._run.path)}
        told |= {"host": self._door.host, "port": str(port), "films": shlex.join(command_of(store))}
        words = [f"--{name}={value}" for name, value in told.items()]
        process = subprocess.Popen(
            [sys.executable, "-m", "armchair.web", "--stop-with-stdin", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**THRIFTY, **os.environ},
            start_new_session=True,  # Ctrl-C is for the trainer: the page still has to say that it stopped
        )
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        if line:
            return process, str(json.loads(line)["listening"])
        with process.stderr as complaints:
            said = complaints.read().strip().splitlines() or ["no message"]
        _end(process)
        raise RunError(f"the page cannot be served: {said[-1].removeprefix('armchair: ')}")

    def _watch(self) -> None:
        """Pass on what the server complains about; start it again when something killed it."""
        back = True
        while back:
            began, process = time.monotonic(), self._process
            assert process.stderr is not None
            with process.stderr as complaints:
                for line in complaints:
                    self._report.log(f"page: {line.rstrip()}")
            with self._lock:
                if self._closing:
                    return
                killed = process.wait() not in ASKED and time.monotonic() - began > LIVED
                back = killed and self._again()
            ended = f"has ended: `armchair label {self._run.path}` serves the page again"
            self._report.log(f"the page's server {'is back' if back else ended}")

    def _again(self) -> bool:
        """Start it anew where it was. -> whether that went well."""
        _end(self._process)
        with contextlib.suppress(RunError):
            self._process, _ = self._start(int(self.address.rpartition(":")[2]))
            return True
        return False

    def say_goodbye(self, *, keep: bool) -> None:
        """Let open pages see how the run ended; keep: serve on until Ctrl-C."""
        with contextlib.suppress(KeyboardInterrupt):
            if keep:
                self._report.say(f"the page stays at {self.address}: Ctrl-C ends it")
                self._watching.join()
            else:
                time.sleep(LINGER)

    def close(self) -> None:
        """End the server; twice is harmless."""
        with self._lock:
            self._closing = True
        _end(self._process)
        self._watching.join()

    def __enter__(self) -> PageServer:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """End the server."""
        self.close()


def _end(process: subprocess.Popen[str]) -> None:
    """Have a server end, by closing its standard input, and wait until it has."""
    if process.stdin is not None and not process.stdin.closed:
        process.stdin.close()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
