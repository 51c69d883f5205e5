"""Films that are drawn when asked for: one at a time, in turns, and only while somebody waits."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

from armchair.errors import ArmchairError
from armchair.web.caches.clips import ByteCache
from armchair.web.errors import refuse
from armchair.web.limits.turns import Gone, Left, Turns
from armchair.web.options import Films

MAX_FILMS = 32 * 2**20  # bytes kept


class Drawing:
    """Draws clips, and keeps what it drew last."""

    def __init__(self, films: Films | None, turns: Turns) -> None:
        """films: draws a clip that has poses, or None where nothing can be drawn. turns: to draw."""
        self._films, self._turns = films, turns
        self._drawn = ByteCache(MAX_FILMS)

    async def film(self, name: str, who: str, gone: Gone) -> bytes:
        """A clip as MP4. gone: tells when whoever asked has left; then it is not drawn to the end.

        Raises Refused, with why it cannot be drawn or with 503 after too long a wait, Left when they left.
        """
        found = self._drawn.find(name)
        if found is not None:
            return found
        if self._films is None:
            refuse(404, "no_film", "no film is stored of this clip and this server draws none")
        async with self._turns.turn(who, gone):
            found = self._drawn.find(name)  # somebody else may have wanted it, too
            return self._drawn.keep(name, await _draw(self._films, name, gone)) if found is None else found


async def _draw(films: Films, name: str, gone: Gone) -> bytes:
    """Draw a clip in a thread, which is told when nobody waits for it any more."""
    left = threading.Event()
    draw = partial(films, name, lambda: not left.is_set())
    work = asyncio.get_running_loop().run_in_executor(None, draw)  # threads that endpoints have no need of
    watch = asyncio.ensure_future(gone())
    try:
        await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            left.set()
            await asyncio.wait({work})  # its place is free only when its process has ended
            work.exception()
            raise Left
        return work.result()
    except ArmchairError as error:
        refuse(404, "no_film", str(error))
    finally:
        left.set()
        work.cancel()
        watch.cancel()
