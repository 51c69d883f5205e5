"""A process that runs some copies of an environment of others. It loads no torch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import cast

import gymnasium
from gymnasium.vector.utils import CloudpickleWrapper

from armchair.envs.foreign.copies import SerialCopies
from armchair.envs.foreign.sound import raised
from armchair.errors import ArmchairError
from armchair.parallel.children import begin_as_child

Make = Callable[[], gymnasium.Env[object, object]]


def work(pipe: Connection, make: CloudpickleWrapper, name: str, numbers: list[int], draws: bool) -> None:
    """Answer requests (method, arguments) until the pipe is closed: (error, its kind), or (None, answer).

    What a terminal asks, by Ctrl-C or by closing, is the parent's matter. Where the parent has gone this
    process ends, whatever it is doing.
    """
    begin_as_child()
    copies: SerialCopies | None = None
    with contextlib.suppress(EOFError, OSError):
        try:
            copies = SerialCopies(cast(Make, make.fn), name, numbers, draws)
            pipe.send((None, copies.made))
        except BaseException as error:
            pipe.send((*_told(error, name),))
            return
        while True:
            method, arguments = cast("tuple[str, tuple[object, ...]]", pipe.recv())
            try:
                answer = (None, getattr(copies, method)(*arguments))
            except BaseException as error:
                answer = _told(error, name)
            pipe.send(answer)
    if copies is not None:
        copies.close()


def _told(error: BaseException, name: str) -> tuple[str, str]:
    """What goes wrong, as (what it says, the name of the error's class)."""
    if isinstance(error, ArmchairError):
        return str(error), type(error).__name__
    return f"{name}: its process raised {raised(error)}", "ForeignError"
