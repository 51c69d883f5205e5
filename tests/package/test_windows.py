"""What Windows and macOS lack is not relied on: read out of the sources, and on a made-up Windows.

The stand-in's `msvcrt` locks the file as a whole, for each opening of it, where the real one locks a byte.
"""

from __future__ import annotations

import ast
import errno
import fcntl
import os
import socket
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import armchair
from armchair.cli import checks
from armchair.errors import RunError
from armchair.runs import files, locks
from armchair.runs.folder import RunDir
from armchair.store import trainer_lock
from armchair.web import serve
from armchair.web.processes import launcher, requests

SOURCES = Path(armchair.__file__).parent
POSIX_MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty", "uvloop"}
NOT_EVERYWHERE = {  # module: names that Windows or macOS does not have
    "os": {
        *("chown", "fchmod", "fchown", "fork", "forkpty", "getegid", "geteuid", "getgid", "getloadavg"),
        *("getpgid", "getpgrp", "getuid", "killpg", "mkfifo", "nice", "posix_fadvise", "pread", "pwrite"),
        *("sched_getaffinity", "setpgid", "setsid", "setuid", "statvfs", "sync", "sysconf", "uname", "wait3"),
        *("O_CLOEXEC", "O_DIRECTORY", "O_DSYNC", "O_NOFOLLOW", "O_NONBLOCK", "O_SYNC", "WEXITSTATUS"),
    },
    "signal": {
        *("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"),
        *("alarm", "getitimer", "pause", "pthread_sigmask", "setitimer", "sigwait", "ITIMER_REAL"),
    },
    "socket": {"AF_UNIX", "SO_REUSEPORT", "socketpair"},
    "time": {"tzset", "clock_gettime", "CLOCK_MONOTONIC"},
}
GUARDED = {  # used where `hasattr` has been asked, or by a module that is imported where it exists
    *(("envs/foreign/limits.py", name) for name in ("SIGALRM", "getitimer", "setitimer", "ITIMER_REAL")),
    ("cli/checks.py", "sched_getaffinity"),
    ("cli/draw.py", "nice"),
    ("cli/endings/group.py", "killpg"),
    ("parallel/children.py", "pthread_sigmask"),
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCES.rglob("*.py")):
        if "frontend" not in path.parts:
            yield path.relative_to(SOURCES).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_no_name_is_used_that_one_of_the_systems_lacks() -> None:
    used = {
        (file, node.attr)
        for file, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if node.attr in NOT_EVERYWHERE.get(node.value.id, ())
    }
    assert used - GUARDED == set()


def test_modules_that_windows_lacks_are_imported_in_a_try() -> None:
    tried = {
        (file, name.name)
        for file, tree in sources()
        for guarded in ast.walk(tree)
        if isinstance(guarded, ast.Try)
        for node in guarded.body
        if isinstance(node, ast.Import)
        for name in node.names
    }
    imported = {
        (file, name)
        for file, tree in sources()
        for node in ast.walk(tree)
        for name in names_of(node)
        if name in POSIX_MODULES
    }
    assert (
        imported == {("runs/locks.py", "fcntl"), ("web/limits/connection.py", "resource")} == imported & tried
    )


def names_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name.partition(".")[0] for name in node.names]
    return [str(node.module).partition(".")[0]] if isinstance(node, ast.ImportFrom) else []


def test_texts_are_read_and_written_as_utf_8_whatever_the_system_prefers() -> None:
    bare = {
        (file, node.lineno)
        for file, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in ("read_text", "write_text")
        if "encoding" not in {word.arg for word in node.keywords}
    }
    assert bare == set()


# ---- a made-up Windows


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """No flock but `msvcrt`; folders cannot be opened; only what is open for writing can be synced."""

    def locking(handle: int, mode: int, count: int) -> None:
        assert count == 1 and os.lseek(handle, 0, os.SEEK_CUR) == locks.BYTE  # not where the text is
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB if mode == 2 else fcntl.LOCK_UN)
        except BlockingIOError:
            raise PermissionError(errno.EACCES, "Permission denied") from None

    made_up = types.SimpleNamespace(LK_NBLCK=2, LK_UNLCK=0, locking=locking)
    monkeypatch.setitem(sys.modules, "msvcrt", made_up)
    monkeypatch.setattr(locks, "fcntl", None)
    monkeypatch.setattr(trainer_lock, "_may_be_there", lambda pid: True)
    monkeypatch.setattr(files, "WINDOWS", True)
    real_open, real_sync = os.open, os.fsync

    def no_folders(path: str | Path, flags: int, mode: int = 0o777) -> int:
        if Path(path).is_dir():
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real_open(path, flags, mode)

    def for_writing(handle: int) -> None:
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        real_sync(handle)

    monkeypatch.setattr(os, "open", no_folders)
    monkeypatch.setattr(os, "fsync", for_writing)


@pytest.mark.usefixtures("windows")
def test_a_run_is_made_and_written_on_windows(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {"task": "reach"})
    run.log({"env_steps": 1})
    run.save("state", {}, {"position": 3})
    assert run.load("state")[1] == {"position": 3}


@pytest.mark.usefixtures("windows")
def test_one_trainer_to_a_run_on_windows_too(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {"task": "reach"})
    assert trainer_lock.trainer_of(run) is None
    with trainer_lock.trainer_lock(run):
        assert trainer_lock.trainer_of(run) == os.getpid()
        with pytest.raises(RunError, match=f"by process {os.getpid()}"), trainer_lock.trainer_lock(run):
            pass
        assert trainer_lock.trainer_of(run) == os.getpid()  # it was not lost by asking
    assert trainer_lock.trainer_of(run) is None
    trainer_lock.check_unlocked(run)


def test_a_lock_that_somebody_only_looks_at_can_be_taken(tmp_path: Path, windows: None) -> None:
    """Whoever looks holds it for a moment."""
    file = tmp_path / "lock"
    file.touch()
    looking, taking = os.open(file, os.O_RDWR), os.open(file, os.O_RDWR)
    try:
        assert locks.take(looking)
        assert not locks.take(taking)
        locks._lock_byte(looking, 0)
        assert locks.take(taking)
    finally:
        os.close(looking)
        os.close(taking)


def test_a_file_that_somebody_reads_is_replaced_once_it_is_closed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tries: list[float] = []
    real = Path.replace

    def replace(draft: Path, target: Path) -> Path:
        tries.append(time.monotonic())
        if len(tries) < 4:
            raise PermissionError(errno.EACCES, "Access is denied")
        return real(draft, target)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(files, "WINDOWS", True)
    files.write_atomic(tmp_path / "a.json", b"new")
    assert (tmp_path / "a.json").read_bytes() == b"new" and len(tries) == 4
    tries.clear()
    monkeypatch.setattr(files, "WINDOWS", False)
    with pytest.raises(RunError, match="Access is denied"):
        files.write_atomic(tmp_path / "a.json", b"newer")
    assert len(tries) == 1 and [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_port_is_never_shared_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    made_up = types.SimpleNamespace(setsockopt=lambda level, option, value: asked.append(option))
    serve.reserve(made_up)  # type: ignore[arg-type]
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)
    serve.reserve(made_up)  # type: ignore[arg-type]
    assert asked == [socket.SO_REUSEADDR, -5]


IMPORT = """import {before}signal, subprocess
signal.CTRL_BREAK_EVENT, signal.SIGBREAK = 1, 21
subprocess.CREATE_NEW_PROCESS_GROUP = 512
from armchair.web.processes import requests
print(int(requests.END), requests.OWN_GROUP)
"""


def test_a_trainer_is_asked_to_end_by_ctrl_break_on_windows() -> None:
    assert (int(requests.END), requests.OWN_GROUP) == (15, 0)
    words = [sys.executable, "-c", IMPORT.replace("{before}", "")]
    environment = {**os.environ, "PYTHONPATH": str(SOURCES.parent)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "512"]


def test_a_log_that_is_written_to_stays_where_it_cannot_be_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "used by another process")

    monkeypatch.setattr(Path, "replace", busy)
    monkeypatch.setattr(Path, "unlink", busy)
    monkeypatch.setattr(launcher, "_begun", lambda process, runs, log: RunDir(tmp_path))
    started = launcher.Launcher([sys.executable, "-c", "pass"])
    assert started.teach(["reach"], tmp_path).path == tmp_path
    started._started[0][1].wait(30)


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_doctor_draws_with_whatever_the_system_has(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []

    def draw(program: str, environment: dict[str, str] | None = None) -> None:
        asked.append(environment or {})

    monkeypatch.setattr(checks.sys, "platform", system)
    monkeypatch.setattr(checks, "_python", draw)
    (found,) = checks.check_gl()
    assert found.ok and asked == [{}]  # no choice of EGL or OSMesa, which only Linux has
