"""Teaching with people: the page's server as a process beside the trainer, started, watched and ended."""

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
from collections.abc import Mapping

from armchair.cli.draw import command_of
from armchair.cli.flags import PageFlags, TrainerFlags
from armchair.cli.links import at_terminal, invite, show_links
from armchair.cli.report import Report
from armchair.cli.teaching import teach_run
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.errors import RunError
from armchair.jsonable import Json
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.status import announce

GRACE = 5.0  # s that the server gets to end
LINGER = 2.0  # s in which an open page learns that the run has stopped
MIN_UPTIME = 5.0  # s that a server must have lived to be started again when something killed it
FEW_HEAPS = {"MALLOC_ARENA_MAX": "2"}  # its many threads would each keep a heap with holes of its own (glibc)
ON_REQUEST = (0, -signal.SIGTERM, -signal.SIGINT)  # statuses of a server that somebody asked to end


def teach_with_page(
    run: RunDir,
    config: TeachConfig,
    flags: TrainerFlags,
    report: Report,
    *,
    resume: bool,
    settings: Mapping[str, Json] | None = None,
) -> int:
    """Teach with people: serve the page, say where it is, train while they answer. -> as `teach_run`.

    Without a page of its own where the flags say so: then another server has it.
    settings: what the run's owner wants set, see `armchair.store.board.Settings`.
    """
    with Store.open(run.store) as store:
        for key, value in (settings or {}).items():
            assert value is None or isinstance(value, str | int | float)
            store.board.set_setting(key, value)
        if not resume:
            announce(store, resolve_task(config.task), config)
        if flags.no_page:
            return teach_run(run, config, None, report, resume=resume)
        invited = invite(store, flags)
        with PageServer(run, flags, report) as page:
            show_links(invited, flags, page.address, report)
            status = teach_run(run, config, None, report, resume=resume)
            page.say_goodbye(keep=status == 0 and at_terminal() and not report.as_json)
    return status


class PageServer:
    """The page's server of one run, as a context manager. It ends with this process, however that ends.

    Where something kills it, it comes back at the same address: what people have open goes on.
    """

    def __init__(self, run: RunDir, flags: PageFlags, report: Report) -> None:
        """Starts it and waits until it listens. Raises RunError, which says why, where it cannot."""
        self._run, self._host, self._report = run, flags.host, report
        self._closing, self._lock = False, threading.Lock()
        self._process, self.address = self._start(flags.port)
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def _start(self, port: int) -> tuple[subprocess.Popen[str], str]:
        """The server, and where it listens."""
        store = str(self._run.store)
        options = {"store": store, "run": self._run.name, "run-path": self._run.path, "host": self._host}
        options |= {"port": port, "films": shlex.join(command_of(store))}
        words = [f"--{name}={value}" for name, value in options.items()]
        process = subprocess.Popen(
            [sys.executable, "-m", "armchair.web", "--stop-with-stdin", "--may-start", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**FEW_HEAPS, **os.environ},
            start_new_session=True,  # Ctrl-C is for the trainer: the page still has to say that it stopped
        )
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        if line:
            return process, str(json.loads(line)["listening"])
        with process.stderr as complaints:
            lines = complaints.read().strip().splitlines() or ["no message"]
        _end(process)
        raise RunError(f"the page cannot be served: {lines[-1].removeprefix('armchair: ')}")

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
                killed = process.wait() not in ON_REQUEST and time.monotonic() - began > MIN_UPTIME
                back = killed and self._restart()
            ended = f"has ended: `armchair label {self._run.path}` serves the page again"
            self._report.log(f"the page's server {'is back' if back else ended}")

    def _restart(self) -> bool:
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
        return self

    def __exit__(self, *_: object) -> None:
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
