"""What somebody writes of their arm: a YAML file beside an MJCF or URDF, of which only `model` is needed."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Annotated, Literal, cast

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from armchair.errors import InvalidInput, nearest
from armchair.reading.files import read_text
from armchair.reading.limits import CONFIG_BYTES
from armchair.reading.plain import parse_yaml

MODELS = (".xml", ".mjcf", ".urdf")
FILES = (".yaml", ".yml", *MODELS)

Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e4, le=1e4)]
Positive = Annotated[float, Field(allow_inf_nan=False, gt=0.0, le=1e5)]
Place = tuple[Number, Number, Number]
Direction = Literal["x", "y", "z", "-x", "-y", "-z"]
_CONFIG = ConfigDict(extra="forbid", frozen=True)


@dataclass(config=_CONFIG)
class Box:
    """Corners, in m, in the world's frame."""

    low: Place
    high: Place


@dataclass(config=_CONFIG)
class Spots:
    """Corners of a rectangle on the table, in m."""

    low: tuple[Number, Number]
    high: tuple[Number, Number]


@dataclass(config=_CONFIG)
class GripperText:
    """A gripper; what is not said is taken from the model."""

    model: str = ""
    """A file of its own, beside this one."""
    at: str = ""
    """The arm's body that carries what is in that file."""
    joints: tuple[str, ...] = ()
    """That the fingers move in, one or more."""
    shut: tuple[Number, ...] = ()
    open: tuple[Number, ...] = ()
    """rad or m, of each joint."""
    force: Positive | None = None
    """N or N·m, of each joint at most."""
    stroke: Positive | None = None
    """m, the gap when it is open; measured between the fingers' collision shapes where it is not said."""


@dataclass(config=_CONFIG)
class Description:
    """An arm in words and numbers; what is not said is taken from the model, or solved for."""

    model: str
    """MJCF or URDF, beside this file."""
    name: str = ""
    tool: str = ""
    """The site or body between the finger tips."""
    out: Direction | None = None
    """Which of its axes points out of the hand."""
    across: Direction | None = None
    """Along which the fingers open."""
    joints: tuple[str, ...] = ()
    """Base first: those that lead to the tool."""
    limits: dict[str, tuple[Number, Number]] = field(default_factory=dict[str, tuple[Number, Number]])
    """rad or m, in place of the model's."""
    speed: Positive | tuple[Positive, ...] | None = None
    """rad/s or m/s, of all joints or of each."""
    effort: Positive | tuple[Positive, ...] | None = None
    """N·m or N, of all joints or of each."""
    home: tuple[Number, ...] = ()
    """rad, where episodes begin: the hand is kept as it is there."""
    base: Place = (0.0, 0.0, 0.0)
    """m, where the model stands."""
    yaw: Annotated[float, Field(allow_inf_nan=False, ge=-360.0, le=360.0)] | None = None
    """Degrees, how far the model is turned about z."""
    gripper: GripperText | Literal[False] | None = None
    """False where there is none, whatever the model has."""
    workspace: Box | None = None
    """In which the tool's target stays."""
    goals: Box | None = None
    """From which goals in the air are drawn."""
    spawn: Spots | None = None
    """From which places on the table are drawn."""


_ADAPTER = TypeAdapter(Description)


def read_description(path: Path) -> Description:
    """The description in a file, which may be a model alone. Paths in it are left as they are.

    Raises InvalidInput, in one line, for a file that is not there, is of another kind, or says what makes no
    sense.
    """
    if path.suffix.lower() not in FILES:
        raise InvalidInput(
            f"an arm is an MJCF, a URDF or a YAML file beside one ({', '.join(FILES)}), got {path}"
        )
    if not path.is_file():
        beside = path.parent if path.parent.is_dir() else Path()
        there = [file.name for file in sorted(beside.iterdir()) if file.suffix.lower() in FILES]
        near = nearest(path.name, there)
        raise InvalidInput(f"there is no arm {path}{f': did you mean {beside / near}?' if near else ''}")
    if path.suffix.lower() in MODELS:
        return Description(model=path.name)
    found = parse_yaml(read_text(path, CONFIG_BYTES), str(path))
    if not isinstance(found, dict):
        raise InvalidInput(f"{path} must be keys and values such as 'model: panda.xml'")
    try:
        return _ADAPTER.validate_python(found, strict=False)
    except ValidationError as error:
        raise InvalidInput(f"{path}: {_line(error)}") from None


def _line(error: ValidationError) -> str:
    told = error.errors(include_url=False)[0]
    where = [str(part) for part in told["loc"] if not _is_kind(str(part))]
    key = ".".join(where)
    if told["type"] == "unexpected_keyword_argument":
        known = _keys(GripperText if where[:-1] == ["gripper"] else Description)
        near = nearest(where[-1], known)
        return f"unknown key {key}: {f'did you mean {near}? ' if near else ''}valid: {', '.join(known)}"
    if told["type"] == "missing":
        return f"{key} is missing, such as 'model: panda.xml'"
    shown = str(told["input"])[:80]
    return f"{key}: {told['msg'][:1].lower()}{told['msg'][1:]}, got {shown!r}"


def _is_kind(part: str) -> bool:
    """Whether a part of a place is one of pydantic's names of types, which say nothing to a reader."""
    return "[" in part or part in ("float", "GripperText", "Box", "Spots", "dataclass")


def _keys(kind: type) -> list[str]:
    return list(cast("dict[str, object]", kind.__dataclass_fields__))  # type: ignore[attr-defined]
