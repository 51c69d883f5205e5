"""Trainers as processes of their own: started, found, and asked to end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from armchair.errors import InvalidInput, RunError
from armchair.runs.folder import RunDir
from armchair.store.trainer_lock import LOCK, trainer_of
from armchair.web.processes.requests import OWN_GROUP, ask_to_end

LOG = "trainer.log"  # in a run's folder: what its trainer printed
COMMAND = (sys.executable, "-m", "armchair.cli")
STARTING = 120.0  # s that a new run gets to check its settings and to take its lock
RESUMING = 8.0  # s after which a trainer that still lives is taken to go on well
PATIENCE = 30.0  # s that a trainer gets for its last checkpoint
LOOK = 0.05  # s between two looks
MARK = "# "  # begins the lines in a log that are ours
MAX_TAIL = 8192  # bytes of a log in which its last line is looked for


class Launcher:
    """Starts trainers without a page. They do not end with whoever started them, unless told to.

    A trainer is known by the lock on its run, wherever it was started; so there is never more than one to a
    run, and one that died is never taken for one that lives.
    """

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        """command: the command line of armchair."""
        self._command = list(command)
        self._lock = threading.Lock()
        self._started: list[tuple[RunDir, subprocess.Popen[bytes]]] = []

    def teach(self, words: Sequence[str], runs: Path) -> RunDir:
        """Begin a run in that folder by `armchair teach WORDS`. -> its folder, once the trainer is at work.

        Raises InvalidInput, with what the command said, where it refused; then there is no new run.
        """
        with self._lock:
            try:
                runs.mkdir(parents=True, exist_ok=True)
                handle, name = tempfile.mkstemp(prefix=".starting-", suffix=".log", dir=runs)
                os.close(handle)
            except OSError as error:
                raise RunError(f"no run can be made in {runs}: {error.strerror}") from None
            log = Path(name)
            try:
                process = self._start(["teach", *words, "--runs", str(runs), "--no-page", "--no-open"], log)
                run = _begun(process, runs, log)
                with suppress(OSError):
                    log.replace(run.path / LOG)
            finally:
                with suppress(OSError):  # Windows: the trainer writes to it still
                    log.unlink(missing_ok=True)
            self._started.append((run, process))
            return run

    def resume(self, run: RunDir) -> bool:
        """Start a trainer that goes on with a run, unless one is at work. -> whether it was started.

        Raises RunError, with what the command said, where it ended at once.
        """
        with self._lock:
            if trainer_of(run) is not None:
                return False
            log = run.path / LOG
            process = self._start(["resume", str(run.path), "--no-page", "--no-open"], log)
            self._started.append((run, process))
            until = time.monotonic() + RESUMING
            while time.monotonic() < until and process.returncode != 0 and trainer_of(run) != process.pid:
                if process.poll():  # with 0 there was nothing left to do
                    raise RunError(last_line(log) or f"the trainer of {run.name} ended at once")
                time.sleep(LOOK)
            return True

    def close(self, patience: float = 0.0) -> list[str]:
        """Ask all that were started here and still live to end. -> the names of their runs.

        patience: s to wait until they have; they write a checkpoint, so they are not hurried.
        """
        with self._lock:
            live = [(run, process) for run, process in self._started if process.poll() is None]
            for _, process in live:
                ask_to_end(process.pid)
            until = time.monotonic() + patience
            for _, process in live:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, until - time.monotonic()))
            self._started = [pair for pair in live if pair[1].poll() is None]
            return [run.name for run, _ in live]

    def live(self) -> list[str]:
        """The names of the runs whose trainers were started here and still live."""
        with self._lock:
            self._started = [pair for pair in self._started if pair[1].poll() is None]
            return [run.name for run, _ in self._started]

    def _start(self, words: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        """A trainer that writes what it says into the log; Ctrl-C here does not reach it."""
        said = " ".join(["armchair", *words])
        with log.open("ab") as out:
            out.write(f"{MARK}{time.strftime('%Y-%m-%d %H:%M:%S')} {said}\n".encode())
            out.flush()
            return subprocess.Popen(
                [*self._command, *words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                creationflags=OWN_GROUP,
            )


def stop(run: RunDir) -> bool:
    """Ask the run's trainer to leave a checkpoint and end. -> whether there was one."""
    pid = trainer_of(run)
    if pid is None:
        return False
    ask_to_end(pid)
    return True


def last_line(log: Path) -> str | None:
    """The last line that a trainer printed after it was started last; None where it said nothing."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - MAX_TAIL))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        if line.startswith(MARK):
            return None
        if line.strip():
            return line.strip().removeprefix("armchair: ")
    return None


def _begun(process: subprocess.Popen[bytes], runs: Path, log: Path) -> RunDir:
    """The run that a new trainer works on, as soon as it holds its lock."""
    until = time.monotonic() + STARTING
    mine = str(process.pid)
    while process.poll() is None:
        for file in runs.glob(f"*/{LOCK}"):
            with suppress(OSError):
                run = RunDir(file.parent)
                if (
                    file.read_text(encoding="ascii", errors="replace").strip() == mine
                    and trainer_of(run) == process.pid
                ):
                    return run
        if time.monotonic() > until:
            process.kill()
            process.wait()
            raise RunError(
                f"the trainer has not begun within {STARTING:.0f} s: {last_line(log) or 'no word'}"
            )
        time.sleep(LOOK)
    raise InvalidInput(last_line(log) or "the trainer ended without a word")
