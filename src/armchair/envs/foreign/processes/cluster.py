"""Copies of an environment of others on a Ray cluster, the learner at home.

It pays where a step of all copies takes much longer than the 20 ms or so that a way there and back takes.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import NamedTuple, cast

import gymnasium
import numpy as np
from numpy.typing import NDArray

from armchair.envs.foreign.copies import Made, Outcome, check_alike
from armchair.envs.foreign.processes.worker import Answer, Held
from armchair.envs.foreign.sound import raised
from armchair.envs.foreign.values import Numbers
from armchair.errors import ForeignError, InvalidInput
from armchair.parallel.cluster import connected, cpus
from armchair.runs.trust import gate

MAKING = 600.0  # s that an actor may take to begin and to make its copies
SETS = 4  # environments of a run at most, which act in turns: so many actors share a CPU


class _Actor(NamedTuple):
    """A process on some node, and what it runs."""

    handle: object
    numbers: list[int]  # of its copies


class RayCopies:
    """N copies in so many processes of a cluster; see `armchair.envs.foreign.copies.Copies`.

    Numbers are equal to those of copies in one process, to the bit. A process or a node that is lost, or does
    not answer in time, is a ForeignError that says which copies were in it: what they were in the middle of
    is gone. A run goes on from its last checkpoint.
    """

    def __init__(
        self,
        make: Callable[[], gymnasium.Env[object, object]],
        name: str,
        num_envs: int,
        workers: int,
        draws: bool,
        limit: float,
        address: str,
    ) -> None:
        """workers: processes, of which there are never more than copies. limit: s for a step of one copy."""
        gate.check_cluster(address)
        self._name, self._limit, self.num_envs = name, limit, num_envs
        connection = contextlib.ExitStack()
        self._ray: ModuleType = connection.enter_context(connected(address))
        self._actors: list[_Actor] = []
        self._closing = weakref.finalize(self, _end, self._ray, self._actors, connection)
        try:
            self._begin(make, min(workers, num_envs), draws)
            made = cast("list[Made]", self._answers([_call(a, "make") for a in self._actors], MAKING))
            check_alike(made, name)
        except BaseException:
            self._closing()
            raise
        self.made = made[0]

    def reset(self, seeds: Sequence[int | None]) -> list[Numbers]:
        """See `Copies`."""
        return cast("list[Numbers]", self._ask("reset", seeds))

    def step(self, actions: NDArray[np.generic]) -> list[Outcome]:
        """See `Copies`."""
        return cast("list[Outcome]", self._ask("step", actions))

    def call(self, name: str, arguments: Sequence[tuple[object, ...]]) -> list[object]:
        """See `Copies`."""
        return self._ask("call", arguments, name)

    def close(self) -> None:
        """See `Copies`."""
        self._closing()

    def _begin(self, make: Callable[[], object], workers: int, draws: bool) -> None:
        there = cpus(self._ray)
        if workers > there:  # they would wait for ever
            raise InvalidInput(f"env.workers must be at most {there}, the CPUs of the cluster; got {workers}")
        kind = self._ray.remote(num_cpus=1 / SETS, scheduling_strategy="SPREAD")(Held)
        for part in np.array_split(np.arange(self.num_envs), workers):
            numbers = [int(number) for number in part]
            try:
                handle = kind.remote(make, self._name, numbers, draws)
            except Exception as error:  # what makes the environment cannot be copied
                told = f"{self._name} cannot be sent to a cluster: {raised(error)}"
                raise ForeignError(f"{told}; name a function in a module") from error
            self._actors.append(_Actor(handle, numbers))

    def _ask(self, method: str, rows: Sequence[object] | NDArray[np.generic], *first: object) -> list[object]:
        """Have all of them call a method with their rows. -> what comes back, of all copies in order."""
        if not self._closing.alive:
            raise InvalidInput(f"{self._name}: its copies are closed")
        parts = [rows[actor.numbers[0] : actor.numbers[-1] + 1] for actor in self._actors]
        asked = [
            _call(actor, "ask", method, (*first, part))
            for actor, part in zip(self._actors, parts, strict=True)
        ]
        limit = self._limit * max(len(actor.numbers) for actor in self._actors)
        return [one for part in self._answers(asked, limit) for one in cast("list[object]", part)]

    def _answers(self, asked: list[object], limit: float) -> list[object]:
        """What every process answers within so many seconds, in order."""
        _, late = self._ray.wait(asked, num_returns=len(asked), timeout=limit)
        if late:
            actor = self._actors[asked.index(late[0])]
            self._closing()
            raise ForeignError(
                f"{self._name}, {_copies(actor)}: no answer from the cluster for {limit:g} s; env.time_limit "
                "is the most that a step or a reset of a copy may take"
            )
        return [self._answer(actor, ref) for actor, ref in zip(self._actors, asked, strict=True)]

    def _answer(self, actor: _Actor, ref: object) -> object:
        try:
            error, found = cast(Answer, self._ray.get(ref))
        except self._ray.exceptions.RayError as lost:
            why = str(lost).strip().splitlines() or [""]
            self._closing()
            raise ForeignError(
                f"{self._name}, {_copies(actor)}: the process or its node was lost: {why[0]}"
            ) from None
        if error is None:
            return found
        self._closing()
        raise (InvalidInput if found == InvalidInput.__name__ else ForeignError)(error)


def _call(actor: _Actor, method: str, *arguments: object) -> object:
    return getattr(actor.handle, method).remote(*arguments)


def _copies(actor: _Actor) -> str:
    first, last = actor.numbers[0], actor.numbers[-1]
    return f"copy {first}" if first == last else f"copies {first} to {last}"


def _end(ray: ModuleType, actors: list[_Actor], connection: contextlib.ExitStack) -> None:
    """Have the copies closed, end their processes, and leave the cluster."""
    with contextlib.suppress(Exception):  # those that are lost
        ray.wait([_call(actor, "close") for actor in actors], num_returns=len(actors), timeout=2.0)
    for actor in actors:
        with contextlib.suppress(Exception):
            ray.kill(actor.handle)
    actors.clear()
    connection.close()
