"""A script with all that it starts: a group of processes that ends as one, and with whoever began it.

`python -m armchair.cli.endings.group SCRIPT` watches over that group; its standard input is a pipe from
whoever began it, and ends with that, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from armchair.runs.undisturbed import ENDING

GRACE = 15.0  # s that the group gets to clean up
LOOK = 0.05  # s between two looks whether it has
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has no SIGKILL; SIGTERM is as hard there


def run_script(script: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run it to its end. -> its exit status, its output. Where that is cut short, all of its group ends."""
    watching = subprocess.Popen(
        [sys.executable, "-m", "armchair.cli.endings.group", str(script)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    assert watching.stdout is not None and watching.stdin is not None
    try:
        said = watching.stdout.read()
        return watching.wait(), said
    finally:
        watching.stdin.close()
        watching.wait()
        watching.stdout.close()


def main() -> int:
    """Run the script that the command line names, and see to it that nothing of it is left. -> its status."""
    script = subprocess.Popen([sys.executable, *sys.argv[1:]], stdin=subprocess.DEVNULL, process_group=0)
    for number in ENDING:  # no handler goes on to other programs, as ignoring would
        signal.signal(number, lambda number, frame: None)
    asked = threading.Event()
    threading.Thread(target=_end_with_stdin, args=[script.pid, asked], daemon=True).start()
    status = script.wait()
    until = time.monotonic() + (GRACE if asked.is_set() else 0.0)
    while _end_group(script.pid, 0) and time.monotonic() < until:
        time.sleep(LOOK)
    _end_group(script.pid, KILL)
    return status if status >= 0 else 128 - status


def _end_with_stdin(group: int, asked: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    asked.set()
    _end_group(group, signal.SIGTERM)
    time.sleep(GRACE)
    _end_group(group, KILL)


def _end_group(group: int, number: int) -> bool:
    """Send a signal to all of a group; 0 is none. -> whether there was anybody.

    Windows has no such groups: there the script alone is ended, and nobody is waited for.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(group, number)
            return True
        if number:  # there 0 would be Ctrl-C
            os.kill(group, number)
    return False


if __name__ == "__main__":
    sys.exit(main())
