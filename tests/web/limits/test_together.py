"""What several ask for while something is done is done together afterwards."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from armchair.web.limits.together import MOST, Together


def test_what_gathers_is_done_at_once_and_everybody_is_told_of_their_own() -> None:
    lots: list[list[int]] = []
    begun, go = threading.Event(), threading.Event()

    def work(asked: Sequence[int]) -> list[int | Exception]:
        lots.append(list(asked))
        begun.set()
        assert go.wait(10.0)
        return [ValueError(f"no {one}") if one % 10 == 3 else 2 * one for one in asked]

    async def main() -> list[int | BaseException]:
        together = Together(work)
        first = asyncio.create_task(together.do(0))
        await asyncio.to_thread(begun.wait, 10.0)
        others = [asyncio.create_task(together.do(k)) for k in range(1, MOST + 3)]
        await asyncio.sleep(0)
        others[4].cancel()  # its client has left
        go.set()
        return await asyncio.gather(first, *others, return_exceptions=True)

    told = asyncio.run(main())
    assert [len(lot) for lot in lots] == [1, MOST, 1]
    for k, one in enumerate(told):
        if k == 5:
            assert isinstance(one, asyncio.CancelledError)
        elif k % 10 == 3:
            assert str(one) == f"no {k}"
        else:
            assert one == 2 * k


def test_what_fails_fails_for_those_of_that_lot_and_the_next_is_done() -> None:
    def work(asked: Sequence[str]) -> list[str | Exception]:
        if "bad" in asked:
            raise OSError("the disk is full")
        return list(asked)

    async def main() -> None:
        together = Together(work)
        with pytest.raises(OSError, match="disk is full"):
            await together.do("bad")
        assert await together.do("good") == "good"

    asyncio.run(main())
