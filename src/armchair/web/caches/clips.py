"""Clips as the page fetches them. They never change, so what was read once is kept for a while."""

from __future__ import annotations

import gzip
import struct
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Literal

from typing_extensions import TypedDict  # pydantic wants this one below Python 3.12

from armchair.errors import StoreError
from armchair.feedback.beginnings import begin_alike
from armchair.store.rows.clips import Replay
from armchair.store.store import Store
from armchair.types import Question
from armchair.web.caches.assets import Asset
from armchair.web.errors import refuse, unusable

MAX_REFS = 2048
MAX_POSES = 16 * 2**20  # bytes kept, some 1600 clips: what a hundred people have before them


class ClipRef(TypedDict):
    """A clip and where its data are."""

    id: str
    kind: Literal["poses", "film"]
    steps: int
    bodies: int
    url: str
    film: str


class ByteCache:
    """Bytes by name, the latest used, up to a total size."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._size = 0
        self._found: OrderedDict[str, bytes] = OrderedDict()

    def find(self, name: str) -> bytes | None:
        """What is kept under this name."""
        with self._lock:
            if name in self._found:
                self._found.move_to_end(name)
            return self._found.get(name)

    def get(self, name: str, make: Callable[[], bytes]) -> bytes:
        """What is kept under this name, or else what `make` gives."""
        found = self.find(name)
        return self.keep(name, make()) if found is None else found

    def keep(self, name: str, made: bytes) -> bytes:
        """Keep it under this name, unless it would push out too many others. -> the same."""
        with self._lock:
            if name not in self._found and len(made) <= self._most // 4:
                self._found[name] = made
                self._size += len(made)
            while self._size > self._most:
                self._size -= len(self._found.popitem(last=False)[1])
        return made


class Clips:
    """The clips of a store: what they are, their poses, the films that are stored."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._refs: dict[str, ClipRef] = {}
        self._beginnings: dict[str, tuple[float, ...]] = {}
        self._assets: dict[str, Asset] = {}
        self._poses = ByteCache(MAX_POSES)

    def refs(self, questions: Iterable[Question]) -> dict[str, ClipRef]:
        """What the page needs to know of the clips of these questions, by id."""
        return self.refs_of(name for question in questions for name in (question.left, question.right))

    def refs_of(self, names: Iterable[str]) -> dict[str, ClipRef]:
        """What the page needs to know of these clips, by id. Raises StoreError for an unknown one."""
        wanted = dict.fromkeys(names)
        known = self._refs
        found = {name: known[name] for name in wanted if name in known}
        missing = [name for name in wanted if name not in found]
        if missing:
            for name, info in self._store.clip_info(missing).items():
                found[name] = ClipRef(
                    id=name,
                    kind="poses" if info.bodies else "film",
                    steps=info.steps,
                    bodies=info.bodies,
                    url=f"/api/clips/{name}",
                    film=f"/api/clips/{name}/film",
                )
            self._refs = ({} if len(known) > MAX_REFS else known) | found
        return found

    def alike(self, question: Question) -> bool:
        """Whether a question's clips begin alike; not said of films, nor of clips that cannot be read."""
        if any(ref["kind"] == "film" for ref in self.refs([question]).values()):
            return False
        return begin_alike(self._beginning(question.left), self._beginning(question.right))

    def _beginning(self, name: str) -> tuple[float, ...]:
        """The first pose of everything in a clip, 7 numbers each; none where there are no poses."""
        known = self._beginnings
        if name not in known:
            try:
                replay = self._store.replay(name)
            except StoreError as error:
                if unusable(error):
                    raise
                return ()
            first = () if replay.poses is None else struct.unpack_from(f"<{7 * replay.bodies}f", replay.poses)
            self._beginnings = ({} if len(known) > MAX_REFS else known) | {name: first}
        return self._beginnings[name]

    def kept(self, name: str) -> bytes | None:
        """`poses` of a clip that was fetched lately; None for another."""
        return self._poses.find(name)

    def poses(self, name: str) -> bytes:
        """The poses of a clip, float32 (steps, bodies, 7), gzip."""
        return self._poses.get(name, lambda: self._pack(name))

    def asset(self, name: str) -> Asset | None:
        """A file of the run, such as the 3D scene, read again when there is another; None without one."""
        version = self._store.board.asset_version(name)
        known = self._assets.get(name)
        if version is None or (known is not None and known.tag == f'"{version}"'):
            return known if version is not None else None
        stored = self._store.board.asset(name)
        if stored is None:
            return None
        packed = gzip.compress(stored.data, 6, mtime=0)
        self._assets[name] = Asset(stored.data, packed, f'"{stored.sha256}"', stored.media_type)
        return self._assets[name]

    def film(self, name: str) -> bytes | None:
        """The MP4 that was stored with a clip; None where it has to be drawn."""
        return self._replay(name).film

    def _pack(self, name: str) -> bytes:
        poses = self._replay(name).poses
        if poses is None:
            refuse(404, "not_found", "this clip has a film and no poses")
        return gzip.compress(poses, 6, mtime=0)

    def _replay(self, name: str) -> Replay:
        try:
            return self._store.replay(name)
        except StoreError as error:
            if unusable(error):
                raise
            refuse(404, "not_found", str(error))
