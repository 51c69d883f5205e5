"""Clips whose bytes are in a store of objects, by fsspec URL: each under its SHA-256, checked when read.

The database keeps where (`meta`), and of each clip the header and the SHA-256. An object is written before
the row that names it, so a row never names one that is not there; what a failed transaction left is unused.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import sqlalchemy as sa

from armchair.errors import InvalidInput, MissingDependency, RunError, StoreError
from armchair.offers.extras import need
from armchair.reading.tensors import parse_header
from armchair.runs.files import write_atomic
from armchair.store.rows.meta import get_meta, set_meta

WHERE = "clips"  # the key, in `meta`, of the URL
KINDS = ("file", "s3", "gs", "gcs", "abfs", "az", "memory")
MOST = 500  # letters of a URL


class Whole(NamedTuple):
    """The bytes of a clip."""

    arrays: bytes
    frames: bytes | None


def check_place(url: str) -> None:
    """Raises InvalidInput for what names no place for clips."""
    kind, found, rest = url.partition("://")
    plain = len(url) <= MOST and url.isprintable() and "@" not in rest
    if not found or kind not in KINDS or not rest or not plain:
        raise InvalidInput(
            "clips are kept at a URL such as s3://bucket/clips or file:///data/clips, without a password "
            f"({', '.join(KINDS)}); got {url!r}"
        )


class Objects:
    """A place for objects."""

    def __init__(self, url: str) -> None:
        """Raises InvalidInput for a URL that names no such place, MissingDependency without its driver."""
        check_place(url)
        kind = url.partition("://")[0]
        need("clips", "a store of objects")
        from fsspec.core import url_to_fs

        try:
            fs, self._root = cast("tuple[Any, str]", url_to_fs(url))
        except ImportError as error:  # fsspec says which package it wants
            raise MissingDependency(f"{kind}:// cannot be used: {error}", "pip install s3fs") from error
        self._fs, self._url, self._local = fs, url, kind == "file"

    def put(self, name: str, data: bytes) -> None:
        """Keep an object; the same again is harmless. Raises StoreError where that cannot be."""
        path = self._path(name)
        try:
            if self._fs.exists(path) and self._fs.size(path) == len(data):
                return
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            if self._local:
                write_atomic(Path(path), data)
            else:  # such stores show an object when it is whole
                self._fs.pipe_file(path, data)
        except (OSError, RunError) as error:
            raise StoreError(f"clips cannot be written to {self._url}: {error}") from error

    def get(self, name: str) -> bytes:
        """An object as it was kept. Raises StoreError for one that is not there, or not what was kept."""
        try:
            data = bytes(self._fs.cat_file(self._path(name)))
        except FileNotFoundError:
            raise StoreError(f"a clip's bytes, {name[:12]}, are not at {self._url}") from None
        except OSError as error:
            raise StoreError(f"clips cannot be read from {self._url}: {error}") from error
        if hashlib.sha256(data).hexdigest() != name:
            raise StoreError(f"a clip is damaged: its bytes at {self._url} are not the ones that were stored")
        return data

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name[:2]}/{name}"


@lru_cache(maxsize=8)
def _at(url: str, process: int) -> Objects:
    return Objects(url)


def place_of(conn: sa.Connection) -> Objects | None:
    """Where this store keeps its clips; None where they are in it."""
    url = get_meta(conn, WHERE)
    return None if url is None else _at(url, os.getpid())


def settle(conn: sa.Connection, url: str) -> None:
    """Have clips that come from now on kept there. Raises InvalidInput or StoreError where that cannot be."""
    probe = b"armchair"
    name = hashlib.sha256(probe).hexdigest()
    place = _at(url, os.getpid())
    place.put(name, probe)
    place.get(name)
    set_meta(conn, WHERE, url)


def header_of(arrays: bytes) -> bytes:
    """What the database keeps of the arrays of a clip that is elsewhere."""
    return arrays[: parse_header(arrays, len(arrays), "it").begin]


def whole(conn: sa.Connection, row: Any) -> Whole:  # noqa: ANN401
    """The bytes of a row of `clips`, wherever they are. Raises StoreError."""
    if not row.elsewhere:
        return Whole(bytes(row.arrays), None if row.frames is None else bytes(row.frames))
    place = place_of(conn)
    if place is None:
        raise StoreError(f"clip {row.id} is kept elsewhere, and the store does not say where: it is damaged")
    data = place.get(row.sha256)
    try:
        header = parse_header(bytes(row.arrays), None, "it")
    except InvalidInput as error:
        raise StoreError(f"clip {row.id} is damaged: {error}") from None
    end = header.begin + max(info.end for info in header.tensors.values())
    return Whole(data[:end], None if row.frames is None else data[end:])


def put_all(place: Objects, given: Sequence[tuple[str, bytes]]) -> None:
    """Keep objects by name, several at a time: each waits for a network."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(16, max(1, len(given)))) as threads:
        names, contents = [name for name, _ in given], [data for _, data in given]
        list(threads.map(place.put, names, contents))
