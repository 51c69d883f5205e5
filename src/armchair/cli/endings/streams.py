"""Standard output and error that outlast what they are connected to: full disks, closed pipes, any encoding.

Messages (standard error) never end a command. Results (standard output) that nobody reads any more do, as
everywhere; where they cannot be written the command does its work, and says at its end that they are missing.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

STDIN, STDOUT, STDERR = 0, 1, 2


class Output(io.RawIOBase):
    """A file descriptor that is written to directly."""

    def __init__(self, number: int, *, dear: bool) -> None:
        """dear: whether a reader who has left is an error (BrokenPipeError)."""
        self._number, self._dear = number, dear
        self.name = {STDOUT: "<stdout>", STDERR: "<stderr>"}.get(number, str(number))
        self.lost: str | None = None  # why something could not be written

    def writable(self) -> bool:
        """It is."""
        return True

    def fileno(self) -> int:
        """The file descriptor."""
        return self._number

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._number)

    def write(self, data: Buffer, /) -> int:
        """All of it, or nothing and `lost` says why."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while len(rest):
                try:
                    rest = rest[os.write(self._number, rest) :]
                except BlockingIOError:  # somebody else who has it does not like to wait
                    select.select([], [self._number], [])
        except BrokenPipeError:
            if self._dear:
                raise
        except OSError as error:
            self.lost = self.lost or error.strerror
        return size


def guard() -> None:
    """Put guarded streams in place of the process's own; what is closed becomes a place where all is lost."""
    for number in (STDIN, STDOUT, STDERR):
        _fill(number)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.FileIO(STDIN, closefd=False))
    sys.stdout = _guarded(sys.stdout, Output(STDOUT, dear=True))
    sys.stderr = _guarded(sys.stderr, Output(STDERR, dear=False))


def lost() -> str | None:
    """Why standard output could not be written, where it could not."""
    output = getattr(sys.stdout, "buffer", None)
    return output.lost if isinstance(output, Output) else None


def leave_reader() -> None:
    """Standard output has nobody who reads it: what is left to be written goes nowhere."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fill(number: int) -> None:
    """Open a file descriptor that is closed: the next file would get it, and all that is printed besides."""
    try:
        os.fstat(number)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)


def _guarded(before: TextIO | None, output: Output) -> io.TextIOWrapper:
    """A stream of text, of the encoding that the one before has; what that lacks is written in ASCII."""
    encoding = getattr(before, "encoding", None) or "utf-8"
    if before is not None:
        with contextlib.suppress(OSError, ValueError):
            before.flush()
        with contextlib.suppress(OSError, ValueError, AttributeError):
            getattr(before, "detach")()  # noqa: B009 - or it would close the file descriptor when it goes
    each_line = output.isatty() or output.fileno() == STDERR or bool(os.environ.get("PYTHONUNBUFFERED"))
    return io.TextIOWrapper(output, encoding, "backslashreplace", line_buffering=each_line)
