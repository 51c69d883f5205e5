"""meta/info.json of a LeRobotDataset by others."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from armchair.errors import InvalidInput
from armchair.exchange.lerobot.schema import INFO
from armchair.jsonable import Json
from armchair.reading.files import read_text, resolve_inside
from armchair.reading.limits import JSON_BYTES, TABLE_ROWS
from armchair.reading.plain import parse_object

CONVERT = "python -m lerobot.scripts.convert_dataset_v21_to_v30"  # of lerobot, from the version before
MOST_FPS, MOST_NUMBERS = 10_000, 20_000
_FIELD = re.compile(r"\{(\w+)(?::0?(\d)d)?\}")


class Feature(NamedTuple):
    """A column, or a film."""

    dtype: str
    shape: tuple[int, ...]
    names: tuple[str, ...]  # of its numbers; empty where nobody said

    @property
    def size(self) -> int:
        """How many numbers there are in a frame."""
        return math.prod(self.shape)


class Info(NamedTuple):
    """What a data set says of itself."""

    fps: float
    robot: str
    episodes: int
    frames: int
    features: dict[str, Feature]
    data_path: str
    video_path: str | None


def read_info(folder: Path) -> Info:
    """What meta/info.json says. Raises InvalidInput where it is missing, of another version, or no sense."""
    if not folder.is_dir():
        raise InvalidInput(f"there is no folder {folder}")
    root = folder.resolve()
    where = f"{folder}/{INFO}"
    path = resolve_inside(root, tuple(INFO.split("/")), where)
    if not path.is_file():
        raise InvalidInput(f"{folder} is no LeRobotDataset: it has no {INFO}")
    try:
        found = parse_object(read_text(path, JSON_BYTES, where), where)
    except OSError as error:
        raise InvalidInput(f"{where} cannot be read: {error.strerror}") from None
    version = found.get("codebase_version")
    if not isinstance(version, str) or not version.startswith("v3."):
        hint = f": `{CONVERT}` makes one of v2.1" if str(version).startswith("v2") else ""
        raise InvalidInput(f"{where} is of codebase_version {str(version)[:40]!r}, v3.0 is read{hint}")
    features = found.get("features")
    if not isinstance(features, dict) or not features:
        raise InvalidInput(f"{where} must have features, by name")
    robot, video = found.get("robot_type"), found.get("video_path")
    return Info(
        fps=_fps(found, where),
        robot=robot[:80] if isinstance(robot, str) else "unknown",
        episodes=_count(found, "total_episodes", where),
        frames=_count(found, "total_frames", where),
        features={name: _feature(name, value, where) for name, value in features.items()},
        data_path=_template(found.get("data_path"), "data_path", where),
        video_path=None if video is None else _template(video, "video_path", where),
    )


def place_of(template: str, chunk: int, file: int, camera: str = "") -> tuple[str, ...]:
    """The parts of a path that a template such as "data/chunk-{chunk_index:03d}/…" comes to."""

    def filled(field: re.Match[str]) -> str:
        if field[1] == "video_key":
            return camera
        return f"{chunk if field[1] == 'chunk_index' else file:0{int(field[2] or 1)}d}"

    return Path(_FIELD.sub(filled, template)).parts


def _template(value: Json, key: str, where: str) -> str:
    """One that has no other fields than those of lerobot."""
    fields = {"chunk_index", "file_index", "video_key"}
    text = value if isinstance(value, str) else ""
    if not text or "{" in _FIELD.sub("", text) or not {field[1] for field in _FIELD.finditer(text)} <= fields:
        right = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
        raise InvalidInput(f"{where}: {key} must be such as {right!r}, got {str(value)[:80]!r}")
    return text


def _fps(found: Mapping[str, Json], where: str) -> float:
    fps = found.get("fps")
    if not isinstance(fps, int | float) or isinstance(fps, bool) or not 0 < fps <= MOST_FPS:
        raise InvalidInput(
            f"{where}: fps must be a number above 0 and at most {MOST_FPS}, got {str(fps)[:40]}"
        )
    return fps


def _count(found: Mapping[str, Json], key: str, where: str) -> int:
    value = found.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= TABLE_ROWS:
        raise InvalidInput(f"{where}: {key} must be from 1 to {TABLE_ROWS}, got {str(value)[:40]}")
    return value


def _feature(name: str, value: Json, where: str) -> Feature:
    said = value if isinstance(value, dict) else {}
    dtype, shape, names = said.get("dtype"), said.get("shape"), said.get("names")
    sizes = [size for size in shape if isinstance(size, int)] if isinstance(shape, list) else []
    if not isinstance(dtype, str) or not sizes or sizes != shape or min(sizes) < 1:
        raise InvalidInput(f"{where}: the feature {name[:80]!r} must have a dtype and a shape such as [7]")
    numbers = dtype not in ("video", "image", "string")
    if numbers and math.prod(sizes) > MOST_NUMBERS:
        raise InvalidInput(
            f"{where}: the feature {name[:80]!r} has {math.prod(sizes)} numbers, "
            f"at most {MOST_NUMBERS} are read"
        )
    return Feature(dtype, tuple(sizes), _names(names, math.prod(sizes) if numbers else 0))


def _names(value: Json, size: int) -> tuple[str, ...]:
    """Names of the numbers, where there is one for each: a list, or {"motors": a list}."""
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    given = [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
    return tuple(name[:80] for name in given) if len(given) == size == len(set(given)) else ()
