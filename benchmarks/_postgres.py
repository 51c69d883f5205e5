"""A PostgreSQL server of one's own for as long as a benchmark lasts, with the settings it comes with."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgresql(*settings: str) -> Generator[str]:
    """-> the URL of an empty database. settings: such as "fsync=off". It waits for the disk, as it should."""
    programs = _programs()
    account = _account() if os.getuid() == 0 else None  # which it refuses to run as
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp", ignore_cleanup_errors=True) as name:
        if account is not None:
            shutil.chown(name, account)

        def call(program: str, *words: str) -> None:
            command, log = [str(programs / program), "-D", f"{name}/data", *words], Path(name) / "log"
            with log.open("a") as out:  # a pipe would stay open as long as the server runs
                done = subprocess.run(command, stdout=out, stderr=out, user=account, cwd="/", timeout=120)
            if done.returncode != 0:
                raise RuntimeError(log.read_text())

        call("initdb", "-U", "postgres", "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8")
        options = f"-k {name} -c listen_addresses=" + "".join(f" -c {setting}" for setting in settings)
        call("pg_ctl", "-w", "-l", f"{name}/data/log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={name}"
        finally:
            call("pg_ctl", "-m", "fast", "stop")


def _programs() -> Path:
    """The folder of initdb and pg_ctl, which Debian keeps off the PATH."""
    found = shutil.which("pg_ctl")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    for folder in folders:
        if (folder / "initdb").exists():
            return folder
    raise SystemExit("no PostgreSQL here: apt-get install postgresql")


def _account() -> str:
    return next(
        name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()}
    )
