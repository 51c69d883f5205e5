"""Values, as YAML gives them, into a `TeachConfig`; what is wrong is said in one line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, cast

from pydantic import TypeAdapter, ValidationError

from armchair.config.keys import TABLES, flat, nested, unknown
from armchair.config.teach import TeachConfig
from armchair.errors import ConfigError, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_LONG = 10**18
_ADAPTER = TypeAdapter(TeachConfig)
_EXPECTED = {"bool": "true or false", "int": "a whole number such as {}", "string": "text such as {}"}
"""By the first word of pydantic's type of error; what is left are numbers."""


def validated(values: Mapping[str, object], base: TeachConfig, where: str) -> TeachConfig:
    """`base` with values, by dotted key, in the place of its own; an empty section changes nothing.

    where: the file's name, for errors. Numbers may be texts: YAML 1.1 reads 3e-4 as one. Raises ConfigError
    for an unknown key and for a value of the wrong type or out of its limits.
    """
    own = dict(flat(dataclasses.asdict(base)))
    for key, value in values.items():
        if key in own:
            continue
        if not any(name.startswith(f"{key}.") for name in own):
            raise ConfigError(f"{where}: {unknown(key, own)}")
        if value not in (None, {}):
            raise ConfigError(f"{where}: {key} must be a section of keys and values, got {value!r}")
    given = {key: _number(value, values.get(key, value)) for key, value in own.items()}
    try:  # as JSON: of that, strict validation takes lists for tuples, and whole numbers for others
        return _ADAPTER.validate_json(json.dumps(nested(given), default=str))
    except ValidationError as error:
        raise ConfigError(f"{where}: {_line(error.errors(include_url=False)[0], base)}") from None


def _shown(number: float) -> str:
    """A number, however long, whole ones in full."""
    if not abs(number) <= _LONG:
        return f"{number:g}" if isinstance(number, float) else "one of very many digits"
    return f"{number:g}" if number != int(number) else f"{int(number):,}"


def _number(own: object, found: object) -> object:
    """What was found, with numbers for texts where `own` has numbers, whole ones where those are whole."""
    if isinstance(own, tuple) and own and isinstance(found, list | tuple):
        return [_number(own[0], item) for item in cast("Sequence[object]", found)]
    if isinstance(own, bool) or not isinstance(own, int | float) or not isinstance(found, str | float):
        return found
    try:
        number = float(found)
    except ValueError:
        return found
    return int(number) if isinstance(own, int) and number.is_integer() else number


def _line(error: ErrorDetails, base: TeachConfig) -> str:
    """What is wrong, and what would be right; `base` serves as an example."""
    path = [part for part in error["loc"] if isinstance(part, str)]
    if (table := ".".join(path[:2])) in TABLES:
        inner, whole = TABLES[table]
        return (
            f"{'.'.join([table, *path[2:3]])} must be {inner if path[2:] else whole}, got {error['input']!r}"
        )
    key, kind, given = ".".join(path), error["type"], error["input"]
    if kind == "value_error":  # from the `__post_init__` of a section
        return f"{key}.{error.get('ctx', {})['error']}"
    *sections, name = path
    section = reduce(getattr, sections, base)
    schema, own = _ADAPTER.json_schema(), getattr(section, name)
    field = schema.get("$defs", {}).get(type(section).__name__, schema)["properties"][name]
    if kind == "literal_error":
        near = nearest(str(given), field["enum"])
        hint = f"did you mean {near!r}? " if near else ""
        return f"{key} cannot be {given!r}: {hint}valid: {', '.join(field['enum'])}"
    if kind in ("greater_than_equal", "less_than_equal"):
        limits = field.get("items", field)
        most = f" and at most {_shown(limits['maximum'])}" if "maximum" in limits else ""
        return f"{key} must be at least {_shown(limits['minimum'])}{most}, got {_shown(given)}"
    if kind in ("tuple_type", "missing", "too_long"):
        length, got = (f" of {field['maxItems']}", len(given)) if kind != "tuple_type" else ("", repr(given))
        return f"{key} must be a list{length} such as {list(own)}, got {got}"
    index = next((part for part in error["loc"] if isinstance(part, int)), None)
    if index is not None:
        key, own = f"{key}[{index}]", [*own, *["..."] * (index + 1)][index]
    expected = _EXPECTED.get(kind.split("_")[0], "a number such as {}")
    return f"{key} must be {expected.format(own)}, got {given!r}"
