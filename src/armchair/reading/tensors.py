"""The header of a safetensors file, looked at before a tensor is: names, shapes, sizes that fit the bytes.

8 bytes     length H of the header, little-endian
H bytes     UTF-8 JSON: dtype, shape and place of each tensor by name, and texts under `__metadata__`
the rest    the tensors, one after the other
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple, cast

from armchair.errors import InvalidInput
from armchair.jsonable import Json
from armchair.reading.files import open_regular
from armchair.reading.limits import DIMENSIONS, HEADER_BYTES, TENSORS, TENSORS_BYTES
from armchair.reading.plain import parse_object

SIZES = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "I16": 2,
    "U16": 2,
    "F16": 2,
    "BF16": 2,
    "I32": 4,
    "U32": 4,
    "F32": 4,
    "I64": 8,
    "U64": 8,
    "F64": 8,
}
"""Bytes of a number; others, complex ones too, armchair does not write."""
METADATA = "__metadata__"
_LENGTH = 8  # bytes


class TensorInfo(NamedTuple):
    """What a header says of a tensor."""

    dtype: str
    shape: tuple[int, ...]
    begin: int  # bytes after the header
    end: int


class Header(NamedTuple):
    """What a header says."""

    begin: int  # bytes, where the tensors begin
    tensors: dict[str, TensorInfo]
    metadata: dict[str, str]


def read_header(path: Path, most: int = TENSORS_BYTES) -> Header:
    """The header of a file of at most `most` bytes.

    Raises InvalidInput unless all that it says fits the file, OSError where that cannot be opened.
    """
    with open_regular(path, most) as file:
        size = file.seek(0, 2)
        file.seek(0)
        start = file.read(_LENGTH)
        length = int.from_bytes(start, "little")
        if length > min(HEADER_BYTES, size - _LENGTH):
            raise InvalidInput(f"{path} says that its header has {length} bytes: it is no safetensors file")
        start += file.read(length)
    return parse_header(start, size, str(path))


def parse_header(start: bytes, size: int | None, where: str) -> Header:
    """The header at the beginning of `start`. size: bytes of the whole, None where that is not known.

    Raises InvalidInput where it is not whole, or where what it says does not fit.
    """
    length = int.from_bytes(start[:_LENGTH], "little")
    begin = _LENGTH + length
    if len(start) < _LENGTH or begin > len(start):
        raise InvalidInput(f"{where} ends within its header: it is no safetensors file")
    told = parse_object(start[_LENGTH:begin], f"the header of {where}", HEADER_BYTES)
    metadata = told.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise InvalidInput(f"the header of {where} has metadata that are no texts")
    if len(told) > TENSORS:
        raise InvalidInput(f"{where} says that it holds {len(told)} tensors, at most {TENSORS} are read")
    tensors = {name: _info(about, f"{name!r} in {where}") for name, about in told.items()}
    at = 0
    for info in sorted(tensors.values(), key=lambda one: (one.begin, one.end)):
        if info.begin != at:
            raise InvalidInput(f"the tensors of {where} do not lie one after the other")
        at = info.end
    if size is not None and begin + at != size:
        raise InvalidInput(f"{where} has {size} bytes, its header speaks of {begin + at}")
    return Header(begin, tensors, cast("dict[str, str]", metadata))


def _info(about: Json, where: str) -> TensorInfo:
    try:
        told = cast("dict[str, Json]", about)
        dtype, shape, offsets = str(told["dtype"]), _whole(told["shape"]), _whole(told["data_offsets"])
        begin, end = offsets
    except (TypeError, KeyError, ValueError):
        raise InvalidInput(f"{where} is described by {str(about)[:100]}: it is no tensor") from None
    if dtype not in SIZES:
        raise InvalidInput(f"{where} holds numbers of the kind {dtype[:20]!r}: valid: {', '.join(SIZES)}")
    if len(shape) > DIMENSIONS or end - begin != math.prod(shape) * SIZES[dtype]:
        raise InvalidInput(
            f"{where} has the shape {list(shape)[:9]} and {end - begin} bytes, which do not fit"
        )
    return TensorInfo(dtype, shape, begin, end)


def _whole(value: Json) -> tuple[int, ...]:
    """A list of whole numbers from 0 on; ValueError or TypeError for anything else."""
    if not isinstance(value, list):
        raise TypeError
    numbers = tuple(number for number in value if type(number) is int and number >= 0)
    if len(numbers) != len(value):
        raise ValueError
    return numbers
