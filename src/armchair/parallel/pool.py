"""Work shared among processes of this machine. One that dies costs the piece it was at, and no other."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import cast

from armchair.errors import InvalidInput
from armchair.parallel.children import begin_as_child, deaf, how_it_ended
from armchair.parallel.events import Done, Failed, Given, Hear, Told, Work, attempt, one_by_one

GRACE = 5.0  # s in which a process may close what it has open before it is killed
MOST = 64  # processes


class _Worker:
    """A process that does one piece after the other."""

    def __init__(self, work: Work[Given]) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, there = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_serve, args=(there, work))
        self.doing: int | None = None
        self.lost = False  # whether it has died
        try:
            with deaf():
                self.process.start()
        finally:
            there.close()

    def begin(self, number: int, one: object) -> None:
        """Have it do a piece."""
        self.doing = number
        with contextlib.suppress(OSError):  # it has ended: found out when it is listened to
            self.pipe.send((number, one))

    def listen(self) -> Told | Done | Failed:
        """The next that it says; where it has died, that the piece has failed."""
        assert self.doing is not None, "only those who do something are listened to"
        try:
            return cast("Told | Done | Failed", self.pipe.recv())
        except (EOFError, OSError):
            self.lost = True
            self.process.join(GRACE)
            return Failed(self.doing, f"its process ended, {how_it_ended(self.process.exitcode)}")


def check_workers(workers: int) -> None:
    """Raises InvalidInput for a number of processes that cannot be."""
    if not 1 <= workers <= MOST:
        raise InvalidInput(f"--workers must be at least 1 and at most {MOST}, got {workers}")


def side_by_side(work: Work[Given], given: Sequence[Given], workers: int, hear: Hear) -> None:
    """Do all of it in so many processes, in this one where that is one; pieces are begun in their order.

    Processes are begun anew ("spawn"), so a script needs `if __name__ == "__main__":`. They end with this
    call, however that ends. Raises InvalidInput for a number of workers that cannot be.
    """
    check_workers(workers)
    if workers == 1:
        one_by_one(work, given, hear)
        return
    waiting, going = deque(enumerate(given)), True
    pool: list[_Worker] = []
    try:
        while True:
            idle = [worker for worker in pool if worker.doing is None]
            while going and waiting and (idle or len(pool) < workers):
                if not idle:
                    pool.append(_Worker(work))
                    idle.append(pool[-1])
                idle.pop().begin(*waiting.popleft())
            busy = {worker.pipe: worker for worker in pool if worker.doing is not None}
            if not busy:
                return
            for pipe in wait(list(busy)):
                worker = busy[cast(Connection, pipe)]
                event = worker.listen()
                if not isinstance(event, Told):
                    worker.doing = None
                    if worker.lost:
                        pool.remove(worker)
                        _end([worker])
                going = hear(event) and going
    finally:
        _end(pool)


def _serve(pipe: Connection, work: Work[object]) -> None:
    """In a child: do what is asked until the pipe is closed."""
    begin_as_child()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            number, one = cast("tuple[int, object]", pipe.recv())
            pipe.send(attempt(work, one, number, lambda news, at=number: pipe.send(Told(at, news))))


def _end(pool: Sequence[_Worker]) -> None:
    """Have them end: those who are at something close it first, those who take too long are killed."""
    for worker in pool:
        worker.pipe.close()
        if worker.doing is not None:
            worker.process.terminate()
    until = time.monotonic() + GRACE
    for worker in pool:
        worker.process.join(max(0.0, until - time.monotonic()))
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.process.close()
