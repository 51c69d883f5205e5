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
Answer = tuple[str | None, object]
"""(None, what was asked for), or (what an error says, the name of its class)."""


class Held:
    """Some copies in a process that is not the caller's: each request has an answer, errors too."""

    def __init__(self, make: Make, name: str, numbers: list[int], draws: bool) -> None:
        """Makes nothing yet; see `SerialCopies`."""
        self._make, self._name, self._numbers, self._draws = make, name, numbers, draws
        self._copies: SerialCopies | None = None

    def make(self) -> Answer:
        """Make the copies. -> (None, what is known of each), or (error, its kind)."""
        try:
            self._copies = SerialCopies(self._make, self._name, self._numbers, self._draws)
        except BaseException as error:
            return _told(error, self._name)
        return None, self._copies.made

    def ask(self, method: str, arguments: tuple[object, ...]) -> Answer:
        """Call one of their methods. -> (None, what it returns), or (error, its kind)."""
        try:
            return None, getattr(self._copies, method)(*arguments)
        except BaseException as error:
            return _told(error, self._name)

    def close(self) -> None:
        """Close them, if they were made."""
        if self._copies is not None:
            self._copies.close()


def work(pipe: Connection, make: CloudpickleWrapper, name: str, numbers: list[int], draws: bool) -> None:
    """Answer requests (method, arguments) until the pipe is closed.

    What a terminal asks, by Ctrl-C or by closing, is the parent's matter. Where the parent has gone this
    process ends, whatever it is doing.
    """
    begin_as_child()
    held = Held(cast(Make, make.fn), name, numbers, draws)
    with contextlib.suppress(EOFError, OSError):
        made = held.make()
        pipe.send(made)
        if made[0] is not None:
            return
        while True:
            method, arguments = cast("tuple[str, tuple[object, ...]]", pipe.recv())
            pipe.send(held.ask(method, arguments))
    held.close()


def _told(error: BaseException, name: str) -> Answer:
    """What goes wrong, as (what it says, the name of the error's class)."""
    if isinstance(error, ArmchairError):
        return str(error), type(error).__name__
    return f"{name}: its process raised {raised(error)}", "ForeignError"
