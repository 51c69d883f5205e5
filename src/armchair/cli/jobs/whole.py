"""Folders that appear whole or not at all, and folders as bytes that go from one machine to another."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Generator, Mapping
from pathlib import Path, PurePosixPath
from typing import TypeVar

from armchair.errors import RunError
from armchair.runs.files import sync

T = TypeVar("T")
Packed = dict[str, bytes]
"""What is in a folder: files by their paths in it; folders are paths that end in "/", without content."""


def made_whole(path: Path, put: Callable[[Path], T]) -> T:
    """Have `put` fill a new folder, which gets the name `path` once it is full. -> what `put` returned.

    Until then its name is one that nobody looks for; when `put` raises, whatever that is, nothing is left.
    Where there is such a folder already, as somebody else has made the same, that one stays.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with _made(path):
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
        result = put(draft)
        with _made(path):
            sync(draft)
            _rename(draft, path)
            sync(path.parent)
        return result
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def remove_drafts(root: Path) -> None:
    """Remove what processes that were killed left of folders under `root` that never became whole."""
    for draft in root.glob(".*.*"):
        if draft.is_dir() and draft.suffix[1:].isdecimal():
            shutil.rmtree(draft, ignore_errors=True)


def pack(folder: Path) -> Packed:
    """What is in it."""
    packed: Packed = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            packed[f"{name}/"] = b""
        else:
            packed[name] = path.read_bytes()
    return packed


def unpack(packed: Mapping[str, bytes], folder: Path) -> None:
    """Put it into a folder, durably. Raises RunError for a path that leads out of it."""
    for name, content in packed.items():
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts:
            raise RunError(f"{name!r} leads out of the folder that it should be in")
        path = folder.joinpath(*parts.parts)
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        sync(path)
    for inner in filter(Path.is_dir, folder.rglob("*")):
        sync(inner)  # what is in it


def _rename(draft: Path, path: Path) -> None:
    try:
        draft.rename(path)
    except OSError:
        if not path.is_dir():
            raise


@contextlib.contextmanager
def _made(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(f"{path} cannot be made: {error.strerror or error}") from None
