"""Small harms to the bytes and to the structure of a file, drawn from a generator with a seed."""

from __future__ import annotations

import copy
import json
import random
import re
import struct
from collections.abc import Callable
from typing import Any

Mutate = Callable[[bytes, random.Random], bytes]

NUMBERS = (
    b"-1",
    b"0",
    b"9" * 30,
    b"9" * 5000,
    b"1e999",
    b"NaN",
    b"2147483648",
    b"9223372036854775808",
    b"1.5",
)
WORDS = (
    "",
    "x",
    "\x1b[31mred",
    "\u202e",
    "\ud800",
    "a" * 100_000,
    "../../../etc/passwd",
    "nan",
    "1e400",
    "\0",
)
SIZES = (-1, 0, 1, 2**31, 2**40, 2**62, 2**63, 2**64, 10**30)
FLOATS = (-1.0, 1e308, float("inf"), float("nan"), 5e-324)


def odd_value(rng: random.Random) -> object:
    """Something that should not be there."""
    deep: object = 1
    for _ in range(rng.choice((10, 100, 500))):
        deep = [deep]
    several: list[object] = [None, True, {}, [], [0] * 1000, {"a": {"b": [1]}}, deep, b"bytes"[0]]
    return rng.choice([rng.choice(WORDS), rng.choice(SIZES), rng.choice(FLOATS), rng.choice(several)])


def harm_bytes(data: bytes, rng: random.Random) -> bytes:
    """A few bits, a piece more or less, a number replaced."""
    kind = rng.randrange(7)
    if not data or kind == 0:
        return data[: rng.randrange(len(data) + 1)]
    at, size = rng.randrange(len(data)), rng.choice((1, 4, 64, 1000))
    if kind == 1:
        out = bytearray(data)
        for _ in range(rng.choice((1, 1, 3, 20))):
            out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
        return bytes(out)
    if kind == 2:
        return data[:at] + rng.randbytes(size) + data[at + size :]
    if kind == 3:
        return data[:at] + data[rng.randrange(len(data)) :][:size] + data[at:]
    if kind == 4:
        return data[:at] + rng.choice((b"\0", b"\xff", b"[", b"{", b"\n", b"- ", b"&a ")) * size + data[at:]
    found = list(re.finditer(rb"\d+", data[:20_000]))
    if not found:
        return data[:at] + data[at + size :]
    number = rng.choice(found)
    return data[: number.start()] + rng.choice(NUMBERS) + data[number.end() :]


def harm_value(value: object, rng: random.Random) -> object:
    """The same structure with one place of it changed, left out or under another name."""
    value = copy.deepcopy(value)
    places: list[tuple[dict[str, object] | list[object], object]] = []
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            places += [(node, key) for key in node]
            waiting += node.values()
        elif isinstance(node, list):
            places += [(node, k) for k in range(min(len(node), 20))]
            waiting += node[:20]
    if not places or rng.random() < 0.03:
        return odd_value(rng)
    for _ in range(rng.choice((1, 1, 2))):
        node, key = rng.choice(places)
        act = rng.randrange(4)
        try:
            if act == 0:
                del node[key]  # pyright: ignore
            elif act == 1 and isinstance(node, dict):
                node[rng.choice(WORDS)] = node.pop(key)  # pyright: ignore
            else:
                node[key] = odd_value(rng)  # pyright: ignore
        except (KeyError, IndexError):
            continue
    return value


def harm_json(data: bytes, rng: random.Random) -> bytes:
    """A JSON text that says something else, or no JSON any more."""
    if rng.random() < 0.3:
        return harm_bytes(data, rng)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):  # an earlier harm
        return harm_bytes(data, rng)
    text = json.dumps(harm_value(value, rng), ensure_ascii=rng.random() < 0.7)
    return text.encode("utf-8", "surrogatepass")


def harm_lines(data: bytes, rng: random.Random) -> bytes:
    """One JSON object a line."""
    lines = data.splitlines()
    k = rng.randrange(len(lines))
    lines[k] = harm_json(lines[k], rng)
    return b"\n".join(lines) + b"\n" * rng.randrange(2)


def harm_tensors(data: bytes, rng: random.Random) -> bytes:
    """A safetensors file whose header says something else, whose text does, or whose numbers are others.

    It loses its checksum, as whoever wants it to be read would take it away.
    """
    kind, header = rng.randrange(5), _header(data)
    if kind == 0 or header is None:
        return harm_bytes(data, rng)
    rest = data[8 + int.from_bytes(data[:8], "little") :]
    about = header.get("__metadata__", {})
    about.pop("sha256", None)
    if kind == 1 and about:
        name = rng.choice(sorted(about))
        about[name] = harm_json(about[name].encode("utf-8", "surrogatepass"), rng).decode("utf-8", "replace")
    elif kind == 2:
        header = harm_value(header, rng)
    elif kind == 3 and len(rest) > 8:
        out = bytearray(rest)
        number = rng.choice(
            (struct.pack("<f", rng.choice(FLOATS[2:])), struct.pack("<q", rng.choice(SIZES[:5])))
        )
        at = rng.randrange(len(rest) // 8) * 8
        out[at : at + len(number)] = number
        rest = bytes(out)
    else:
        names = sorted(set(header) - {"__metadata__"}) if isinstance(header, dict) else []
        one = header[rng.choice(names)] if names else {}
        one["shape"] = rng.choice(([], [0], [-1, -1], [2**40, 2**40], [1] * 100, one.get("shape", [])[::-1]))
        one["dtype"] = rng.choice(("F32", "F64", "I64", "C64", "BOOL", "F8_E4M3", "U8", one.get("dtype", "")))
    text = json.dumps(header).encode("utf-8", "surrogatepass")
    return len(text).to_bytes(8, "little") + text + rest


def _header(data: bytes) -> Any:
    """What a safetensors file says of its tensors; None where an earlier harm has left no such thing."""
    try:
        found = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        about = found.get("__metadata__", {})
        shapes = [one["shape"] for name, one in found.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    lists = all(isinstance(shape, list) for shape in shapes)
    return found if lists and all(isinstance(text, str) for text in about.values()) else None
