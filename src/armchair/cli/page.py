"""Teaching with people: the page's server as a process beside the trainer, started, watched and ended."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import Mapping

from armchair.cli.draw import command_of
from armchair.cli.endings.runs import how_to_go_on
from armchair.cli.endings.told import leaving
from armchair.cli.flags import PageFlags, TrainerFlags
from armchair.cli.links import Shown, invite, show_links
from armchair.cli.report import Report
from armchair.cli.teaching import teach_run
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.errors import RunError
from armchair.jsonable import Json
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.status import announce
from armchair.web.options import Options
from armchair.web.processes.page_process import end_page, start_page

LINGER = 2.0  # s in which an open page learns that the run has stopped
LOOK, BEAT = 0.5, 10.0  # s between two looks whether there is more to do; between two signs of life
MIN_UPTIME = 5.0  # s that a server must have lived to be started again when something killed it
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
    """Teach with people: serve the page, say where it is, train while they answer; returns 0.

    Without a page of its own where the flags say so: then another server has it. With one, a run that is
    done is served on, and trained on when its owner raises the budget or answers change.
    settings: what the run's owner wants set, see `armchair.store.board.Settings`.
    """
    with Store.open(run.store) as store:
        for key, value in {"finished": False, **(settings or {})}.items():
            assert value is None or isinstance(value, str | int | float)
            store.board.set_setting(key, value)
        if not resume:
            announce(store, resolve_task(config.task), config)
        if flags.no_page:
            return teach_run(run, config, None, report, resume=resume)
        invited = invite(store, flags)
        stays = not (flags.exit_when_done or report.as_json)
        with PageServer(run, flags, report) as page, leaving(lambda: how_to_go_on(run)):
            show_links(store, invited, flags, Shown(page.address, report))
            try:
                teach_run(run, config, None, report, resume=resume, stays=stays)
                with leaving(
                    lambda: f"{run.path} is done, `armchair resume {run.path}` serves its page again"
                ):
                    while stays and more_to_do(store, page.address, report):
                        teach_run(run, config, None, report, resume=True, stays=True)
            finally:
                page.say_goodbye()
    return 0


def more_to_do(store: Store, address: str, report: Report) -> bool:
    """Wait until a run that is done has more to do: a raised budget, answers that changed. -> False: ended.

    Its owner ends it on the page, or with Ctrl-C, which is passed on once the page knows.
    """
    report.say(f"the page stays at {address}, where the run can be given more answers: Ctrl-C ends it")
    told = store.board.status()
    facts = {} if told is None else told.value
    beat, more = time.monotonic(), False
    try:
        while not more and not (settings := store.board.settings()).finished:
            labels = facts.get("labels") if settings.labels is None else settings.labels
            more = labels != facts.get("labels") or store.counts().changed_at != facts.get("position")
            if time.monotonic() - beat > BEAT:
                store.board.set_status(facts)
                beat = time.monotonic()
            time.sleep(LOOK)
    finally:
        if not more:
            store.board.set_status({**facts, "waits": False})
    return more


class PageServer:
    """The page's server of one run, as a context manager. It ends with this process, however that ends.

    Where something kills it, it comes back at the same address: what people have open goes on.
    """

    def __init__(self, run: RunDir, flags: PageFlags, report: Report) -> None:
        """Starts it and waits until it listens. Raises RunError, which says why, where it cannot."""
        self._run, self._flags, self._report = run, flags, report
        self._closing, self._lock = False, threading.Lock()
        self._port = flags.port
        self._process, self.address = self._start(flags.port)
        if not flags.port:  # any free one; the address tells which
            with contextlib.suppress(ValueError):  # behind a proxy the address has none
                self._port = int(self.address.rpartition(":")[2])
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def _start(self, port: int) -> tuple[subprocess.Popen[str], str]:
        """The server, and where it listens."""
        films = command_of(str(self._run.store))
        flags = self._flags
        served = Options(
            self._run.name,
            host=flags.host,
            port=port,
            hosts=flags.allow_host,
            https=flags.https,
            cookie_name=flags.cookie,
            base_path=flags.base_path,
        )
        process, address = start_page(self._run, served, films, subprocess.PIPE)
        if address is not None:
            return process, address
        assert process.stderr is not None
        with process.stderr as complaints:
            lines = complaints.read().strip().splitlines() or ["no message"]
        end_page(process)
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
        end_page(self._process)
        with contextlib.suppress(RunError):
            self._process, _ = self._start(self._port)
            return True
        return False

    def say_goodbye(self) -> None:
        """Let open pages see how the run ended."""
        with contextlib.suppress(KeyboardInterrupt):
            time.sleep(LINGER)

    def close(self) -> None:
        """End the server; twice is harmless."""
        with self._lock:
            self._closing = True
        end_page(self._process)
        self._watching.join()

    def __enter__(self) -> PageServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
