"""Pieces of work for the tests of how work is shared, found by child processes under this module's name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from armchair.errors import InvalidInput
from armchair.parallel.events import Tell


def square(one: int, tell: Tell) -> int:
    """Tell of the number, give its square."""
    tell(one)
    return one * one


def who(one: int, tell: Tell) -> int:
    """The process that does it, after a moment in which others are at work, too."""
    time.sleep(0.2)
    return os.getpid()


def faulty(one: int, tell: Tell) -> int:
    """1 is bad input, 2 a mistake, 3 dies, 4 is killed, 10 takes long; the others are done."""
    if one == 1:
        raise InvalidInput("no ones,\nplease")
    if one == 2:
        raise KeyError("two")
    if one == 3:
        os._exit(7)
    if one == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    if one == 10:
        time.sleep(0.3)
    return one


def endless(folder: str, tell: Tell) -> None:
    """Leave a file that says who is at work, tell of it, and go on for ever; at its end another file."""
    Path(folder, f"{os.getpid()}.began").touch()
    tell("began")
    try:
        while True:
            time.sleep(0.05)
    finally:
        Path(folder, f"{os.getpid()}.ended").touch()


def dies_once(folder: str, tell: Tell) -> str:
    """Kill the process that does it the first time, as the system does where memory runs out."""
    mark = Path(folder, "died")
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def dies_always(one: int, tell: Tell) -> int:
    """0 never, the others each time."""
    if one:
        os.kill(os.getpid(), signal.SIGKILL)
    return one


def waits(folder: str, tell: Tell) -> str:
    """Leave a file for each time it is begun; done once there is a file `go`."""
    Path(folder, f"{os.getpid()}-{time.monotonic_ns()}.began").touch()
    until = time.monotonic() + 120
    while not Path(folder, "go").exists() and time.monotonic() < until:
        time.sleep(0.05)
    return "done"
