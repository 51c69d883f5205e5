"""What is heard of pieces of work while they are done, wherever that is."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from armchair.errors import ArmchairError

Given = TypeVar("Given")
Tell = Callable[[object], None]
"""How work tells of its progress; what it tells can be copied between processes."""
Work = Callable[[Given, Tell], object]
"""One piece: what it is given, and whom it tells. Module-level, so that other processes find it."""


class Told(NamedTuple):
    """News of a piece that is being done."""

    number: int
    news: object


class Done(NamedTuple):
    """A piece is done."""

    number: int
    result: object


class Failed(NamedTuple):
    """A piece cannot be done."""

    number: int
    why: str  # one line
    trace: str = ""  # where it happened, if it is a mistake of ours


Event = Told | Done | Failed
Hear = Callable[[Event], bool]
"""Is called with each event in the order in which they come. -> whether further pieces shall be begun."""


def attempt(work: Work[Given], one: Given, number: int, tell: Tell) -> Done | Failed:
    """Do a piece; whatever it raises, but for a request to end, is a `Failed`."""
    try:
        return Done(number, work(one, tell))
    except Exception as error:
        expected = isinstance(error, ArmchairError | OSError | MemoryError)
        return Failed(number, told(error), "" if expected else traceback.format_exc())


def told(error: BaseException) -> str:
    """An error in one line."""
    text = " ".join(str(error).split())
    return text if isinstance(error, ArmchairError) and text else f"{type(error).__name__}: {text}"


def one_by_one(work: Work[Given], given: Sequence[Given], hear: Hear) -> None:
    """Do all of it in this process, one piece after the other."""
    for number, one in enumerate(given):
        if not hear(attempt(work, one, number, lambda news, at=number: _pass(hear, at, news))):
            return


def _pass(hear: Hear, number: int, news: object) -> None:
    hear(Told(number, news))
