"""JSON and arrays in one row of bytes, which a checkpoint keeps: never a pickle.

8 bytes     length H of the header, little-endian
H bytes     UTF-8 JSON: what was told, and of each array its name, dtype and shape
the rest    the arrays, one after the other
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.jsonable import Json
from armchair.reading.limits import STATE
from armchair.reading.plain import parse_object

Arrays = dict[str, NDArray[np.generic]]


def pack(told: Json, arrays: Mapping[str, NDArray[np.generic]]) -> Tensor:
    """JSON and arrays of numbers by name. -> (K,) uint8."""
    about = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    header = json.dumps({"told": told, "arrays": about}, separators=(",", ":")).encode()
    pieces = [len(header).to_bytes(8, "little"), header, *(array.tobytes() for array in arrays.values())]
    return torch.frombuffer(bytearray(b"".join(pieces)), dtype=torch.uint8)


def unpack(packed: Tensor) -> tuple[Json, Arrays]:
    """The reverse of `pack`. Raises InvalidInput for bytes that it did not make."""
    content = packed.contiguous().numpy().tobytes()
    try:
        begin = 8 + int.from_bytes(content[:8], "little")
        header = parse_object(content[8:begin], "its header", whole=STATE)
        arrays: Arrays = {}
        for name, kind, shape in cast("list[tuple[str, str, list[int]]]", header["arrays"]):
            dtype = np.dtype(kind)
            if dtype.kind not in "biuf":
                raise ValueError("it holds something else than numbers")
            count = math.prod(shape)
            if any(size < 0 for size in shape):
                raise ValueError(f"{name} has the shape {shape}")
            array = np.frombuffer(content, dtype, count, begin)
            arrays[name] = array.reshape(shape).copy()
            begin += count * dtype.itemsize
        return header["told"], arrays
    except (ValueError, TypeError, KeyError, OverflowError, SyntaxError) as error:
        raise InvalidInput(f"this snapshot cannot be read: {error}") from error
