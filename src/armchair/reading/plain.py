"""JSON and YAML by others: bounded in size, depth and numbers, and text that can be written again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import cast

import yaml

from armchair.errors import InvalidInput
from armchair.jsonable import Json
from armchair.reading.limits import COLLECTIONS, CONFIG_BYTES, DEPTH, JSON_BYTES, NODES, WHOLE

SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_USABLE = (ValueError, TypeError, OverflowError, AttributeError, KeyError, IndexError)
"""What the YAML library raises for dates that do not exist, keys that are lists, and endless numbers."""
_ENOUGH = 10**9  # values: so many are never counted, what is parsed is as large as its text


def parse_json(text: str | bytes, where: str, most: int = JSON_BYTES, whole: int = WHOLE) -> Json:
    """What a JSON text of at most `most` bytes holds. where: what an error calls it.

    whole: what whole numbers lie below, either way. Raises InvalidInput for what is too long, too deep or no
    JSON, for larger numbers and for text that is no Unicode.
    """
    if len(text) > most:
        raise InvalidInput(f"{where} has {len(text)} bytes of JSON, at most {most} are read")
    lists = (
        text.count(b"[") + text.count(b"{") if isinstance(text, bytes) else text.count("[") + text.count("{")
    )
    if lists > COLLECTIONS:
        raise InvalidInput(f"{where} has {lists} lists and objects, at most {COLLECTIONS} are read")
    try:
        found: object = json.loads(text)
    except RecursionError:
        raise InvalidInput(_too_deep(where)) from None
    except ValueError as error:  # numbers of thousands of digits, too
        raise InvalidInput(f"{where} is not JSON: {_short(error)}") from None
    check_plain(found, where, _ENOUGH, whole)
    return cast("Json", found)


def parse_object(
    text: str | bytes, where: str, most: int = JSON_BYTES, whole: int = WHOLE
) -> dict[str, Json]:
    """The JSON object in a text; InvalidInput for anything else, see `parse_json`."""
    found = parse_json(text, where, most, whole)
    if not isinstance(found, dict):
        raise InvalidInput(f"{where} must be a JSON object, got {_short(repr(found))}")
    return found


def parse_yaml(text: str, where: str) -> object:
    """What a YAML text holds, read by the safe loader; InvalidInput as in `parse_json`.

    Aliases count as often as they are used, so that a short text cannot stand for a huge one.
    """
    if len(text) > CONFIG_BYTES:
        raise InvalidInput(f"{where} has {len(text)} bytes, at most {CONFIG_BYTES} are read")
    try:
        _check_events(text, where)
        found: object = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidInput(f"{where} is not YAML: {_short(error)}") from None
    except InvalidInput:
        raise
    except _NOT_USABLE as error:
        raise InvalidInput(f"{where} is not YAML that can be used: {_short(error)}") from None
    check_plain(found, where, NODES)
    return found


def _check_events(text: str, where: str) -> None:
    """InvalidInput for a YAML text that is too deep or stands for too many values, before one is built.

    The parser does not recurse; what builds values of its events does, and copies what is merged (`<<`).
    """
    sizes: dict[str, int] = {}  # of what has an anchor, in values
    inside: list[tuple[str | None, int]] = [(None, 0)]  # anchor, and values so far, of what is not closed yet
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            inside.append((event.anchor, 1))
            if len(inside) > DEPTH:
                raise InvalidInput(_too_deep(where))
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, size = inside.pop()
        elif isinstance(event, yaml.NodeEvent):
            anchor, size = event.anchor, 1
            if isinstance(event, yaml.AliasEvent):
                anchor, size = None, sizes.get(str(anchor), 1)
        else:
            continue
        if anchor is not None:
            sizes[anchor] = size
        outer, count = inside[-1]
        inside[-1] = outer, count + size
        if count + size > NODES:
            raise InvalidInput(
                f"{where} has more than {NODES} values, those named by aliases counted each time"
            )


def check_plain(value: object, where: str, most: int = NODES, whole: int = WHOLE) -> int:
    """InvalidInput for what is too deep or has more than `most` values, for numbers and text as above.

    Keeps no note of what it has seen: what is used twice is counted twice. -> how many values there are.
    """
    count = 1
    level: list[object] = [value]
    for _ in range(DEPTH + 1):
        deeper: list[object] = []
        for item in level:
            if isinstance(item, str | int):
                _check_value(item, where, whole)
            elif isinstance(item, dict):
                inside = cast("dict[object, object]", item)
                deeper += inside.keys()
                deeper += inside.values()
            elif isinstance(item, list | tuple):
                deeper += cast("Iterable[object]", item)
            elif item is not None and not isinstance(item, float):
                raise InvalidInput(f"{where} has a {type(item).__name__}, of which nothing is made: quote it")
            if count + len(deeper) > most:
                raise InvalidInput(f"{where} has more than {most} values")
        count += len(deeper)
        if not deeper:
            return count
        level = deeper
    raise InvalidInput(_too_deep(where))


def _check_value(value: str | int, where: str, whole: int) -> None:
    if isinstance(value, int):
        if not -whole < value < whole:
            raise InvalidInput(f"{where} has a whole number that is beyond {whole.bit_length()} bits")
    elif not value.isascii() and SURROGATE.search(value):
        raise InvalidInput(f"{where} has text that is no Unicode: {_short(ascii(value))}")


def _too_deep(where: str) -> str:
    return f"{where} has lists or sections inside each other more than {DEPTH} deep"


def _short(told: object) -> str:
    line = " ".join(str(told).split())
    return line if len(line) <= 200 else f"{line[:200]}…"
