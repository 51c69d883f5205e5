"""The labelling page beside a command: its server as a process, started, watched and ended."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from types import TracebackType

from armchair.cli.links import Door
from armchair.cli.report import Report
from armchair.cli.runs import DATABASE
from armchair.errors import RunError
from armchair.rundir import RunDir

GRACE = 5.0  # s that the server gets to end
LINGER = 2.0  # s in which an open page learns that the run has stopped


class PageServer:
    """The page's server of one run, as a context manager. It ends with this process, however that ends."""

    def __init__(self, run: RunDir, door: Door, report: Report) -> None:
        """Starts it and waits until it listens. Raises RunError, which says why, where it cannot."""
        self._run, self._report = run, report
        asked = {"store": str(run.path / DATABASE), "run": run.name, "run_path": str(run.path)}
        asked |= {"host": door.host, "port": door.port}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "armchair.cli.page_process", json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the trainer: the page still has to say that it stopped
        )
        self._closing = False
        assert self._process.stdout is not None and self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            said = self._process.stderr.read().strip().splitlines() or ["no message"]
            self.close()
            raise RunError(f"the page cannot be served: {said[-1].removeprefix('armchair: ')}")
        self.address = str(json.loads(line)["listening"])
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """Pass on what the server complains about, and say so when it ends on its own."""
        assert self._process.stderr is not None
        with contextlib.suppress(ValueError):  # closed meanwhile
            for line in self._process.stderr:
                self._report.log(f"page: {line.rstrip()}")
        if not self._closing:
            self._report.log(
                f"the page's server has ended: `armchair label {self._run.path}` serves the page again"
            )

    def say_goodbye(self, *, keep: bool) -> None:
        """Let open pages see how the run ended; keep: serve on until Ctrl-C."""
        with contextlib.suppress(KeyboardInterrupt):
            if keep:
                self._report.say(f"the page stays at {self.address}: Ctrl-C ends it")
                self._process.wait()
            else:
                time.sleep(LINGER)

    def close(self) -> None:
        """End the server; twice is harmless."""
        self._closing = True
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> PageServer:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """End the server."""
        self.close()
