"""Whoever waits is served in turns of people."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from armchair.web.errors import Refused
from armchair.web.limits.turns import Left, Turns


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 30))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_people_take_turns_however_much_each_of_them_wants() -> None:
    async def main() -> None:
        turns, served = Turns(1), list[str]()

        async def work(who: str) -> None:
            async with turns.turn(who):
                served.append(who)

        await turns.begin("first")
        waiting = [asyncio.create_task(work("greedy")) for _ in range(50)]
        await settle()
        waiting += [asyncio.create_task(work(who)) for who in ("ann", "bob")]
        await settle()
        assert turns.waiting == 52
        turns.end()
        await asyncio.gather(*waiting)
        assert served[:4] == ["greedy", "ann", "bob", "greedy"]
        assert len(served) == 52 and turns.waiting == 0
        await turns.begin("later")  # the place is free again

    run(main)


def test_no_more_work_than_there_are_places() -> None:
    async def main() -> None:
        turns, inside, most = Turns(3), 0, 0

        async def work(who: str) -> None:
            nonlocal inside, most
            async with turns.turn(who):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(work(str(k % 5)) for k in range(100)))
        assert most == 3

    run(main)


def test_who_leaves_or_gives_up_takes_no_place() -> None:
    async def main() -> None:
        turns = Turns(1)
        await turns.begin("first")
        left = asyncio.Event()

        async def gone() -> None:
            await left.wait()

        leaver = asyncio.create_task(turns.begin("ann", gone))
        cancelled = asyncio.create_task(turns.begin("bob"))
        given = asyncio.create_task(turns.begin("cem"))
        last = asyncio.create_task(turns.begin("dan"))
        await settle()
        left.set()
        cancelled.cancel()
        with pytest.raises(Left):
            await leaver
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        turns.end()  # to cem, who is told off in the same moment
        given.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given
        await last
        assert turns.waiting == 0 and not turns._queues

    run(main)


def test_waiting_has_an_end_and_so_has_the_queue() -> None:
    async def main() -> None:
        turns = Turns(1, patience=0.02, most=1)
        await turns.begin("first")
        waiting = asyncio.create_task(turns.begin("ann"))
        await settle()
        with pytest.raises(Refused) as full:
            await turns.begin("bob")
        with pytest.raises(Refused) as late:
            await waiting
        assert [(one.value.status, one.value.code) for one in (full, late)] == [(503, "busy")] * 2
        assert full.value.retry
        turns.end()
        await turns.begin("bob")

    run(main)
