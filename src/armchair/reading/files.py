"""Files by their content: regular ones, of a size that is checked first, where they are said to be."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from armchair.errors import InvalidInput
from armchair.reading.limits import HOLES_FROM

_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe would be waited for
_BLOCK = 512  # bytes, in which `st_blocks` counts
MOST_ENTRIES = 10_000  # in a folder that is looked through


def open_regular(path: Path, most: int, where: str | None = None) -> io.BufferedReader:
    """Open a file of at most `most` bytes. where: what an error calls it, the path if not given.

    Raises InvalidInput for a larger one, for one that is almost all holes, and for what is no regular file;
    OSError where it cannot be opened.
    """
    where = where or str(path)
    try:
        handle = os.open(path, os.O_RDONLY | _WITHOUT_WAITING)
    except ValueError as error:  # names that no file can have
        raise InvalidInput(f"{where!r} is no path of a file: {error}") from None
    try:
        check_regular(os.fstat(handle), most, where)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def check_regular(found: os.stat_result, most: int, where: str) -> None:
    """InvalidInput unless this is a regular file of at most `most` bytes that are really there."""
    if not stat.S_ISREG(found.st_mode):
        raise InvalidInput(f"{where} is no regular file")
    if found.st_size > most:
        raise InvalidInput(f"{where} has {found.st_size} bytes, at most {most} are read")
    blocks = getattr(found, "st_blocks", None)
    if found.st_size > HOLES_FROM and blocks is not None and blocks * _BLOCK < found.st_size // 100:
        raise InvalidInput(
            f"{where} is a file of holes: {found.st_size} bytes, of which hardly any are there"
        )


def read_bytes(path: Path, most: int, where: str | None = None) -> bytes:
    """The content of a file; errors as of `open_regular`."""
    with open_regular(path, most, where) as file:
        content = file.read(most + 1)
    if len(content) > most:  # it has grown since
        raise InvalidInput(f"{where or path} has more than {most} bytes, at most so many are read")
    return content


def read_text(path: Path, most: int, where: str | None = None) -> str:
    """The text of a file in UTF-8; InvalidInput for other bytes, too."""
    try:
        return read_bytes(path, most, where).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{where or path} is not text in UTF-8: {error}") from None


def resolve_inside(root: Path, parts: tuple[str, ...], where: str) -> Path:
    """Where a path below `root`, which is resolved already, leads when links are followed.

    Raises InvalidInput for one that leads out, in a circle, or that no file can have.
    """
    try:
        found = root.joinpath(*parts).resolve()
        found.lstat()
    except FileNotFoundError:
        found = root.joinpath(*parts).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a circle of links
        told = (isinstance(error, OSError) and error.strerror) or "links in a circle, or no name of a file"
        raise InvalidInput(f"{where}: {told}") from None
    if not found.is_relative_to(root):
        raise InvalidInput(f"{where} leads out of the folder")
    return found


def check_no_links(folder: Path) -> None:
    """InvalidInput where something in a folder is a link that leads out of it, or to nothing.

    What lies below is opened, appended to, renamed and removed by its name; a link would have all that done
    elsewhere.
    """
    root = Path(os.path.realpath(folder))
    for number, entry in enumerate(_entries(folder)):
        if number >= MOST_ENTRIES:
            raise InvalidInput(f"{folder} holds more than {MOST_ENTRIES} files: it is no run's folder")
        if not entry.is_symlink():
            continue
        target = Path(os.path.realpath(entry.path))
        if not target.is_relative_to(root) or not target.exists():
            raise InvalidInput(
                f"{entry.path} is a link that leads out of {folder}: put what it points to in its place"
            )


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
