"""Copies of an environment of others shared among processes, which are watched and can be ended."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
import weakref
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import NamedTuple, cast

import gymnasium
import numpy as np
from gymnasium.vector.utils import CloudpickleWrapper
from numpy.typing import NDArray

from armchair.envs.foreign.copies import Made, Outcome, check_alike
from armchair.envs.foreign.processes.worker import work
from armchair.envs.foreign.sound import raised
from armchair.envs.foreign.values import Numbers
from armchair.errors import ForeignError, InvalidInput
from armchair.parallel.children import deaf, how_it_ended

MAKING = 600.0  # s that a process may take to begin and to make its copies
GRACE = 2.0  # s in which a process may close its copies before it is ended


class Worker(NamedTuple):
    """A process and what it runs."""

    process: SpawnProcess
    pipe: Connection
    numbers: list[int]  # of its copies


class WorkerCopies:
    """N copies in so many processes; see `armchair.envs.foreign.copies.Copies`.

    Numbers are equal to those of copies in one process, to the bit. A process that ends, or does not answer
    in time, is a ForeignError that says which copies were in it; then all of them are ended.
    """

    def __init__(
        self,
        make: Callable[[], gymnasium.Env[object, object]],
        name: str,
        num_envs: int,
        workers: int,
        draws: bool,
        limit: float,
    ) -> None:
        """workers: processes, of which there are never more than copies. limit: s for a step of one copy."""
        self._name, self._limit, self.num_envs = name, limit, num_envs
        context = multiprocessing.get_context("spawn")
        self._workers: list[Worker] = []
        self._closing = weakref.finalize(self, _end, self._workers)
        for part in np.array_split(np.arange(num_envs), min(workers, num_envs)):
            here, there = context.Pipe()
            numbers = [int(number) for number in part]
            given = (
                there,
                CloudpickleWrapper(make),
                name,
                numbers,
                draws,
            )
            process = context.Process(target=work, args=given, daemon=True, name=f"{name} {numbers[0]}")
            try:
                with deaf():
                    process.start()
            except Exception as error:  # what makes the environment cannot be copied
                self._closing()
                raise ForeignError(
                    f"{name} cannot be sent to other processes: {raised(error)}; name a function in a module"
                ) from error
            finally:
                there.close()
            self._workers.append(Worker(process, here, numbers))
        made = cast("list[Made]", self._answers(MAKING))
        self.made = made[0]
        try:
            check_alike(made, name)
        except InvalidInput:
            self._closing()
            raise

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

    def _ask(self, method: str, rows: Sequence[object] | NDArray[np.generic], *first: object) -> list[object]:
        """Have all of them call a method with their rows. -> what comes back, of all copies in order."""
        if not self._closing.alive:
            raise InvalidInput(f"{self._name}: its copies are closed")
        for worker in self._workers:
            begin, end = worker.numbers[0], worker.numbers[-1] + 1
            with contextlib.suppress(OSError):  # it has ended: found out below
                worker.pipe.send((method, (*first, rows[begin:end])))
        most = max(len(worker.numbers) for worker in self._workers)
        return [one for part in self._answers(self._limit * most) for one in cast("list[object]", part)]

    def _answers(self, limit: float) -> list[object]:
        """What every process answers within so many seconds, in order."""
        until, answers = time.monotonic() + limit, dict[int, object]()
        while len(answers) < len(self._workers):
            waiting = [worker for i, worker in enumerate(self._workers) if i not in answers]
            ready = wait([worker.pipe for worker in waiting], max(0.0, until - time.monotonic()))
            if not ready:
                self._closing()
                raise ForeignError(
                    f"{self._name}, {_copies(waiting[0])}: no answer for {limit:g} s; env.time_limit is the "
                    "most that a step or a reset of a copy may take"
                )
            for i, worker in enumerate(self._workers):
                if worker.pipe in ready:
                    answers[i] = self._answer(worker)
        return [answers[i] for i in range(len(self._workers))]

    def _answer(self, worker: Worker) -> object:
        try:
            error, found = cast("tuple[str | None, object]", worker.pipe.recv())
        except (EOFError, OSError):
            worker.process.join(GRACE)
            how = how_it_ended(worker.process.exitcode)
            self._closing()
            raise ForeignError(f"{self._name}, {_copies(worker)}: its process ended, {how}") from None
        if error is None:
            return found
        self._closing()
        raise (InvalidInput if found == InvalidInput.__name__ else ForeignError)(error)


def _copies(worker: Worker) -> str:
    first, last = worker.numbers[0], worker.numbers[-1]
    return f"copy {first}" if first == last else f"copies {first} to {last}"


def _end(workers: list[Worker]) -> None:
    """Close the pipes, at which processes end, and kill those that do not."""
    for worker in workers:
        worker.pipe.close()
    until = time.monotonic() + GRACE
    for worker in workers:
        worker.process.join(max(0.0, until - time.monotonic()))
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.process.close()
