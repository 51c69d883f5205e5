"""One look at the store is shared by all who watch."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from armchair.web.caches import hub as hub_module
from armchair.web.caches.hub import Hub


def test_the_store_is_looked_at_once_for_all_who_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    def look() -> Any:
        looks.append(time.monotonic())
        return "a snapshot"

    monkeypatch.setattr(hub_module, "TICK", 0.05)

    async def watch(hub: Hub) -> None:
        hub.watchers += 1
        seen = 0
        async for _ in hub.watch():
            seen += 1
            if seen == 6:
                break
        hub.watchers -= 1

    async def main() -> None:
        hub = Hub(look)
        await asyncio.gather(*(watch(hub) for _ in range(20)))
        await asyncio.sleep(0.2)

    asyncio.run(main())
    assert 6 <= len(looks) <= 8  # and none after the last has gone
