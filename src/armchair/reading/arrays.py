"""Arrays in npz files by others: looked at before anything is unpacked, and never a pickle."""

from __future__ import annotations

import io
import math
import struct
import warnings
import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from armchair.errors import InvalidInput
from armchair.reading.files import open_regular
from armchair.reading.limits import DIMENSIONS, MEMBERS

Arrays = dict[str, NDArray[np.generic]]
KINDS = "biufU"  # bool, whole numbers, floats; text, where something is told
MOST_TEXT = 2**20  # bytes of a text
_ENTRY = 400  # bytes of the directory for each member, at most: names are short
_END, _END_SIZE = b"PK\5\6", 22  # bytes
_LOCATOR, _LOCATOR_SIZE, _LARGE_SIZE = b"PK\6\7", 20, 56  # of files that may be larger than 4 GiB
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, EOFError, ValueError, TypeError, KeyError, IndexError),
    *(NotImplementedError, RuntimeError, OverflowError, struct.error, SyntaxError, TokenError),
)
"""What the libraries raise for damaged ones; encryption is a RuntimeError."""


def read_npz(path: Path, most: int, where: str | None = None) -> Arrays:
    """The arrays of a file by name. where: what an error calls it, the path if not given.

    Raises InvalidInput for a file that is none, that would unpack to more than `most` bytes or not to what it
    says, and for one that holds anything but numbers and texts.
    """
    where = where or str(path)
    try:
        with open_regular(path, most, where) as file:
            check_directory(file, MEMBERS, where)
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
                _check_members(members, most, where)
                return {
                    member.filename.removesuffix(".npy"): _array(_unpacked(archive, member), member.filename)
                    for member in members
                }
    except InvalidInput as error:
        raise (error if where in str(error) else InvalidInput(f"{where}: {error}")) from None
    except OSError as error:
        raise InvalidInput(f"{where} cannot be read: {error.strerror or error}") from None
    except _FAULTS as error:
        told = " ".join((str(error) or type(error).__name__).split())
        raise InvalidInput(f"{where} cannot be read: {told[:200]}") from None


def check_directory(file: BinaryIO, members: int, where: str) -> None:
    """InvalidInput for a zip file with a list of far more than `members`, BadZipFile for one without.

    The library reads that list whole, whatever its length.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_SIZE - 2**16))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_SIZE:
        raise zipfile.BadZipFile("it is no zip file, it has no list of members")
    lengths = [int.from_bytes(tail[at + 12 : at + 16], "little")]
    if tail[max(0, at - _LOCATOR_SIZE) :].startswith(_LOCATOR):  # it has another list, for large ones
        begin = at - _LOCATOR_SIZE - _LARGE_SIZE
        lengths.append(int.from_bytes(tail[max(0, begin) + 40 : max(0, begin) + 48], "little"))
        lengths = [length for length in lengths if length != 2**32 - 1]
    if max(lengths) > members * _ENTRY:
        raise InvalidInput(f"{where} has more than {members} members")


def _check_members(members: list[zipfile.ZipInfo], most: int, where: str) -> None:
    size = sum(member.file_size for member in members)
    if size > most or len(members) > MEMBERS:
        raise InvalidInput(
            f"{where} unpacks to {size} bytes in {len(members)} arrays; at most {most} in {MEMBERS} are read"
        )
    for member in members:
        if member.flag_bits & 1:
            raise InvalidInput(f"{where} is encrypted: leave the password off")
        if member.compress_type not in _PACKED:
            raise InvalidInput(f"{where} is packed in a way that NumPy does not write: use np.savez")


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """A member's bytes: no more are unpacked than it says, whatever is in it."""
    with archive.open(member) as packed:
        content = packed.read(member.file_size)
        if len(content) != member.file_size or packed.read(1):
            raise InvalidInput(f"{member.filename} does not have the size that it says")
    return content


def _array(content: bytes, name: str) -> NDArray[np.generic]:
    """An array in NumPy's format, whose header must fit the bytes."""
    file = io.BytesIO(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that only an old Python wrote
        version = npy.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise InvalidInput(f"{name} is of the version {version} of NumPy's format, 1 and 2 are read")
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, columns, dtype = read(file)
    rest = content[file.tell() :]
    if dtype.kind not in KINDS or dtype.itemsize > (MOST_TEXT if dtype.kind == "U" else 16):
        raise InvalidInput(f"{name} holds {dtype.name[:40]}: only whole numbers and floats are read")
    if len(shape) > DIMENSIONS or any(size < 0 for size in shape):
        raise InvalidInput(f"{name} has the shape {shape[:9]}")
    if math.prod(shape) * dtype.itemsize != len(rest):
        raise InvalidInput(f"{name} says that it has the shape {shape}, but there are {len(rest)} bytes")
    if not dtype.itemsize:
        raise InvalidInput(f"{name} holds nothing")
    return np.frombuffer(rest, dtype).reshape(shape, order="F" if columns else "C").copy()
