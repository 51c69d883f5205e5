"""The page's server of one run as a process: started, heard once it listens, and ended."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from typing import IO

from armchair.runs.folder import RunDir
from armchair.web.options import Options
from armchair.web.processes.requests import OWN_GROUP

GRACE = 5.0  # s that a server gets to end
FEW_HEAPS = {"MALLOC_ARENA_MAX": "2"}  # its many threads would each keep a heap with holes of its own (glibc)


def start_page(
    run: RunDir, served: Options, films: Sequence[str], complaints: IO[bytes] | int, runs_at: str = ""
) -> tuple[subprocess.Popen[str], str | None]:
    """Start a server, which ends with this process. -> it, and where it listens; None where it never did.

    served: of which counts where and by which names it is reached, and the name of its cookie. films: the
    command that draws a clip of the run's store. complaints: where its standard error goes.
    runs_at: the address of a list of runs, which its page then leads back to.
    """
    options = {"store": run.store, "run": run.name, "run-path": run.path}
    options |= {"host": served.host, "port": served.port}
    options |= {"films": shlex.join(films)} | ({"runs-at": runs_at} if runs_at else {})
    options |= {"cookie": served.cookie_name} if served.cookie_name else {}
    options |= {"base-path": served.base_path} if served.base_path else {}
    words = [f"--{name}={value}" for name, value in options.items()]
    words += [f"--allow-host={name}" for name in served.hosts] + (["--https"] if served.https else [])
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "armchair.web", "--stop-with-stdin", "--may-start", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        encoding="utf-8",
        errors="replace",
        env={**FEW_HEAPS, **os.environ},
        start_new_session=True,  # Ctrl-C is for whoever started it, who ends this one in turn
        creationflags=OWN_GROUP,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    return process, str(json.loads(line)["listening"]) if line else None


def end_page(process: subprocess.Popen[str]) -> None:
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
