"""Keys and values, as YAML gives them, into a frozen dataclass: names and types checked."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from armchair.errors import ConfigError, InvalidInput, nearest

Section = TypeVar("Section")


def read_section(
    found: object, over: Section, where: str, also: Sequence[str] = (), prefix: str = ""
) -> Section:
    """`over`, a dataclass, with the values found in the place of its own; nested ones alike.

    found: a dict, or None for an empty section. where: the file's name, for errors. also: keys to name in
    them besides the fields. prefix: the way to this section, such as "ppo.". Numbers may be texts: YAML 1.1
    reads 3e-4 as one. Raises ConfigError for an unknown key or a value of the wrong type.
    """
    if found is None:
        return over
    if not isinstance(found, dict):
        raise ConfigError(
            f"{where}: {prefix.rstrip('.')} must be a section of keys and values, got {found!r}"
        )
    assert dataclasses.is_dataclass(over) and not isinstance(over, type)
    types = cast("dict[str, object]", get_type_hints(type(over)))
    values: dict[str, object] = {}
    for key, value in cast("dict[object, object]", found).items():
        name = str(key)
        if name not in types:
            valid = [*types, *also]
            near = nearest(name, valid)
            hint = f"did you mean {prefix}{near}? " if near else ""
            raise ConfigError(f"{where}: unknown key {prefix}{name}: {hint}valid: {', '.join(valid)}")
        own = cast(object, getattr(over, name))
        if dataclasses.is_dataclass(own):
            values[name] = read_section(value, own, where, prefix=f"{prefix}{name}.")
        else:
            values[name] = _convert(value, types[name], own, f"{where}: {prefix}{name}")
    try:
        return dataclasses.replace(over, **values)
    except InvalidInput as error:
        raise ConfigError(f"{where}: {prefix}{error}") from None


def _convert(value: object, kind: object, own: object, where: str) -> object:
    """The value as the type `kind`; `own`, the value it takes the place of, serves as an example."""
    if get_origin(kind) is Literal:
        valid = [str(name) for name in get_args(kind)]
        if value not in valid:
            near = nearest(str(value), valid)
            hint = f"did you mean {near!r}? " if near else ""
            raise ConfigError(f"{where} cannot be {value!r}: {hint}valid: {', '.join(valid)}")
        return value
    if get_origin(kind) is tuple:
        return _many(value, get_args(kind), own, where)
    expected, read = _SCALARS[cast(type, kind)]
    try:
        return read(value)
    except (TypeError, ValueError, OverflowError):
        raise ConfigError(f"{where} must be {expected.format(own)}, got {value!r}") from None


def _many(value: object, kinds: tuple[object, ...], own: object, where: str) -> tuple[object, ...]:
    """A list as a tuple; `kinds` are those of its items, or one and an ellipsis."""
    example = list(cast("tuple[object, ...]", own))
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{where} must be a list such as {example}, got {value!r}")
    items = cast("Sequence[object]", value)
    each = [kinds[0]] * len(items) if kinds[-1] is ... else list(kinds)
    if len(items) != len(each):
        raise ConfigError(f"{where} must be a list of {len(each)} such as {example}, got {len(items)}")
    samples = example if len(example) == len(items) else [*example, *["..."] * len(items)]
    return tuple(
        _convert(item, kind, sample, f"{where}[{k}]")
        for k, (item, kind, sample) in enumerate(zip(items, each, samples, strict=False))
    )


def _number(value: object) -> float:
    """A finite number, of which a text may tell."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _whole(value: object) -> int:
    """A whole number, exactly, however it is written."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = _number(value)
    if not number.is_integer():
        raise ValueError
    return int(number)


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


_SCALARS: dict[type, tuple[str, Callable[[object], object]]] = {
    bool: ("true or false", _switch),
    int: ("a whole number such as {}", _whole),
    float: ("a number such as {}", _number),
    str: ("text such as {}", _word),
}
