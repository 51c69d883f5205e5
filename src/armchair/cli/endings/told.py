"""What is said of an ending, in one line: what happened, what is there, how to go on."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple

from armchair.cli.endings.signals import received, words
from armchair.errors import ArmchairError, ForeignError

BAD_INPUT = 2  # the exit status of bad input, and of faults of the surroundings
BROKEN_PIPE = 141  # 128 and SIGPIPE, as shells have it

_left: list[str] = []
_finished: list[str] = []


class Ending(NamedTuple):
    """How a command ends."""

    status: int  # of the process
    line: str  # what is said of it; nothing where it is empty


@contextlib.contextmanager
def leaving(tell: Callable[[], str]) -> Generator[None]:
    """Where the block ends early, `tell` says what is there then and how to go on; the innermost one counts.

    tell: gives one clause, or nothing; asked once all that the block had to save is saved.
    """
    try:
        yield
    except BaseException as error:
        if _is_early(error):
            _ask(tell)
        raise
    if received() is not None:
        _ask(tell)


def forget() -> None:
    """A new command begins."""
    _left.clear()
    _finished.clear()


def finished(command: str) -> None:
    """The command's summary is printed."""
    _finished.append(command)


def is_finished() -> bool:
    """Whether it is."""
    return bool(_finished)


def ending_of(error: BaseException) -> Ending | None:
    """How a command ends that raised this; None for what is a mistake of ours."""
    number = received()
    if isinstance(error, KeyboardInterrupt) or (number is not None and _caused_by_request(error)):
        return stopped(signal.SIGINT if number is None else number)
    if isinstance(error, BrokenPipeError):
        return Ending(BROKEN_PIPE, _joined("nobody reads what is printed", *_left) if _left else "")
    if isinstance(error, ArmchairError):
        told = str(error)
        return Ending(BAD_INPUT, told if "armchair resume" in told else _joined(told, *_left))
    if isinstance(error, OSError):
        return Ending(BAD_INPUT, _joined(_of_system(error), *_left))
    if isinstance(error, MemoryError):
        return Ending(BAD_INPUT, _joined("there is not enough memory for this", *_left))
    return None


def stopped(number: int) -> Ending:
    """How a command ends that a signal asked to."""
    return Ending(128 + number, _joined(f"stopped by {words(number)}", *_left))


def _is_early(error: BaseException) -> bool:
    return isinstance(error, KeyboardInterrupt | OSError | ArmchairError | MemoryError)


def _ask(tell: Callable[[], str]) -> None:
    if _left:
        return
    with contextlib.suppress(OSError, ArmchairError):
        _left.extend(filter(None, [tell()]))


def _caused_by_request(error: BaseException) -> bool:
    """Whether an error came of a request to end: in the middle of an import one looks like another error, and
    workers may have ended first.
    """
    if isinstance(error, ArmchairError) and not isinstance(error, ForeignError):
        return False  # as where the last checkpoint could not be written
    return any(isinstance(one, KeyboardInterrupt | ForeignError) for one in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _of_system(error: OSError) -> str:
    """What the system did not do, with the file that it is about."""
    told = error.strerror or str(error) or type(error).__name__
    files = [str(file) for file in (error.filename, error.filename2) if file is not None]
    return f"{' and '.join(files)}: {told}" if files else told


def _joined(*clauses: str) -> str:
    return "; ".join(" ".join(clause.split()) for clause in clauses)
