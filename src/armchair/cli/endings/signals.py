"""Requests to end, as signals bring them: Ctrl-C, SIGTERM, a terminal that was closed."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from types import FrameType, TracebackType

from armchair.console import warn
from armchair.runs.undisturbed import ENDING

SAME = 1.0  # s in which further signals are the same request: a group gets some of them twice
PACKAGE = Path(__file__).parents[2]
AGAIN = 0.1  # s after which a request that was lost is made again
BY = {"SIGINT": "Ctrl-C", "SIGHUP": "the end of its terminal (SIGHUP)", "SIGBREAK": "Ctrl-Break"}


class Stopped(KeyboardInterrupt):
    """Somebody wants the process to end; a KeyboardInterrupt, which all code lets through."""


class _Requests:
    """What came so far."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.last = -SAME  # when the last one came that counted, s
        self.calm = False  # whether somebody looks for them from time to time


_requests = _Requests()


def listen() -> None:
    """From now on every request to end is a `Stopped`, but for those that are ignored (nohup, `&`)."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _come)
    sys.unraisablehook = _unraisable
    atexit.register(_ignore)  # what is registered first is done last


def received() -> int | None:
    """The signal that asked this process to end; None where none did."""
    return _requests.first


def forget() -> None:
    """A new command begins: what came before was not meant for it."""
    _requests.first, _requests.last = None, -SAME


def words(number: int) -> str:
    """How people know a signal."""
    name = signal.Signals(number).name
    return BY.get(name, name)


@contextlib.contextmanager
def calmly() -> Generator[Callable[[], bool]]:
    """While the block runs, the first request raises nothing. -> whether it came, for servers that look."""
    _requests.calm = True
    try:
        yield lambda: _requests.first is not None
    finally:
        _requests.calm = False


def finish(status: int) -> None:
    """All is done but the end of the interpreter: a further request, not the same again, ends it at once."""

    def at_once(number: int, _: FrameType | None) -> None:
        if time.monotonic() - _requests.last >= SAME:
            os._exit(status)

    for number in ENDING:
        if signal.getsignal(number) is _come:
            signal.signal(number, at_once)


def _is_ours(trace: TracebackType | None) -> bool:
    """Whether code of armchair's own raised it."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is None or PACKAGE in Path(trace.tb_frame.f_code.co_filename).parents


def _ignore() -> None:
    """The interpreter takes handlers away in its last moments; a signal then would be its end, not ours."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _come(number: int, _: FrameType | None) -> None:
    now, first = time.monotonic(), _requests.first is None
    if first:
        _requests.first = number
    elif now - _requests.last < SAME:
        return
    _requests.last = now
    if not (first and _requests.calm):
        raise Stopped(words(number))


def _unraisable(lost: sys.UnraisableHookArgs) -> None:
    """Where Python can only drop a `Stopped` (in a destructor), the request is made again a little later."""
    if not isinstance(lost.exc_value, Stopped):
        if _is_ours(lost.exc_traceback):
            sys.__unraisablehook__(lost)
        else:  # an environment's destructor, which cannot do any harm
            warn(f"{lost.err_msg or 'Exception ignored in'} {lost.object!r}: {lost.exc_value!r}")
        return
    number = _requests.first
    forget()
    if number is not None:
        again = threading.Timer(AGAIN, os.kill, (os.getpid(), number))
        again.daemon = True
        again.start()
