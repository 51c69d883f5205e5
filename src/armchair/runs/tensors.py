"""Tensors in one file: names with a prefix for each thing they belong to, and a header that is checked."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from armchair.errors import RunError
from armchair.jsonable import Json

if TYPE_CHECKING:
    from torch import Tensor

MAX_HEADER = 100 * 2**20  # bytes, as safetensors itself has it
ITEM_BYTES = {
    **dict.fromkeys(("BOOL", "U8", "I8"), 1),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 2),
    **dict.fromkeys(("I32", "U32", "F32"), 4),
    **dict.fromkeys(("I64", "U64", "F64"), 8),
}

DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors with "prefix." before their names."""
    return {f"{prefix}.{name}": value for name, value in tensors.items()}


def named(prefix: str, state: tuple[Tensor, ...]) -> dict[str, Tensor]:
    """Fields of a named tuple of tensors, with a prefix; whoever keeps them may not change them."""
    fields = getattr(state, "_fields")  # noqa: B009 - a NamedTuple's, which its type does not show
    import torch  # here, because whoever only checks a file does without it

    return {
        f"{prefix}.{name}": torch.as_tensor(value).clone() for name, value in zip(fields, state, strict=True)
    }


def part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with "prefix.", without it."""
    start = f"{prefix}."
    return {name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)}


def check_tensors(file: Path) -> None:
    """Raises RunError unless this is a safetensors file whose header, and the sizes in it, fit the file.

    Reads no tensor, so a damaged or hostile file cannot ask for more memory than it has bytes.
    """
    try:
        with file.open("rb") as data:
            read_header(data, os.fstat(data.fileno()).st_size)
    except DAMAGED as error:
        raise RunError(f"{file} is damaged: {error}") from None


def read_header(data: BinaryIO, total: int) -> dict[str, dict[str, str]]:
    """The header of safetensors of `total` bytes. Raises one of DAMAGED when it makes no sense."""
    size = int.from_bytes(data.read(8), "little")
    if not 2 <= size <= min(MAX_HEADER, total - 8):
        raise ValueError(f"its header would have {size} bytes")
    header = cast("dict[str, dict[str, str]]", json.loads(data.read(size)))
    end = 0
    for begin, until in sorted(
        _extent(name, part) for name, part in header.items() if name != "__metadata__"
    ):
        if begin != end:
            raise ValueError("its tensors do not lie one after the other")
        end = until
    if end != total - 8 - size:
        raise ValueError(f"its tensors take {end} bytes, there are {total - 8 - size}")
    return header


def _extent(name: str, part: Mapping[str, Json]) -> tuple[int, int]:
    """Where a tensor begins and ends. Raises one of DAMAGED when that is not what its shape and type take."""
    begin, end = cast("list[int]", part["data_offsets"])
    takes = math.prod(cast("list[int]", part["shape"])) * ITEM_BYTES[str(part["dtype"])]
    if end - begin != takes or begin < 0:
        raise ValueError(f"tensor {name} takes {takes} bytes, but has {end - begin}")
    return begin, end
