"""What a LeRobotDataset says of its columns: in meta/info.json, and as kinds of Parquet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from armchair.exchange.lerobot.schema import (
    ACTION,
    CAMERA,
    DONE,
    INDICES,
    REWARD,
    STATE,
    SUCCESS,
    VISIBLE,
    Episode,
    Named,
)
from armchair.exchange.parquet import Numbers
from armchair.jsonable import Json


def features_of(named: Named, film: tuple[int, int] | None) -> dict[str, Json]:
    """The features of meta/info.json; film: height and width of the pictures, where there are some."""
    found: dict[str, Json] = {}
    for name, names in _vectors(named).items():
        found[name] = _feature("float32", names)
    for name, kind in _scalars(named).items():
        found[name] = _feature(kind, None)
    if film is not None:
        found[CAMERA] = _film_feature(*film, named.fps)
    return found | {name: _feature(kind, None) for name, kind in INDICES.items()}


def kinds_of(named: Named) -> dict[str, str]:
    """The kinds of the columns of data, in their order; lerobot wants one number to be no list."""
    found = {
        name: "float32" if len(names) == 1 else f"float32[{len(names)}]"
        for name, names in _vectors(named).items()
    }
    return found | _scalars(named) | INDICES


class At(NamedTuple):
    """Where an episode stands in its data set."""

    number: int
    first: int  # running number of its first frame
    task: int


def columns_of(episode: Episode, named: Named, at: At) -> dict[str, Numbers]:
    """An episode's rows, by column."""
    frame = np.arange(len(episode.state))
    columns: dict[str, Numbers] = {
        STATE: episode.state.numpy().astype(np.float32),
        ACTION: episode.action.numpy().astype(np.float32),
    }
    if named.visible and episode.visible is not None:
        columns[VISIBLE] = episode.visible.numpy().astype(np.float32)
    if named.reward and episode.reward is not None:
        columns[REWARD] = episode.reward.numpy().astype(np.float32)
    columns[DONE] = frame == len(frame) - 1
    if named.success and episode.success is not None:
        columns[SUCCESS] = episode.success.numpy().astype(np.bool_)
    return columns | {
        "timestamp": (frame / named.fps).astype(np.float32),
        "frame_index": frame,
        "episode_index": np.full_like(frame, at.number),
        "index": frame + at.first,
        "task_index": np.full_like(frame, at.task),
    }


def kind_in_episodes(column: str) -> str:
    """The kind of a column of the table of episodes."""
    if column == "tasks":
        return "string[]"
    if column.startswith("stats/"):
        feature, _, key = column.removeprefix("stats/").rpartition("/")
        if key == "count":
            return "int64[]"
        return "double[][][]" if feature == CAMERA else "double[]"
    return "double" if column.endswith("_timestamp") else "int64"


def write_json(path: Path, content: Mapping[str, Json]) -> None:
    """As lerobot writes it."""
    path.write_text(json.dumps(content, indent=4, ensure_ascii=False) + "\n", encoding="utf-8")


def _vectors(named: Named) -> dict[str, tuple[str, ...]]:
    found = {STATE: named.state, ACTION: named.action}
    return found | ({VISIBLE: named.visible} if named.visible else {})


def _scalars(named: Named) -> dict[str, str]:
    found = {REWARD: "float32"} if named.reward else {}
    return found | {DONE: "bool"} | ({SUCCESS: "bool"} if named.success else {})


def _feature(dtype: str, names: Sequence[str] | None) -> Json:
    shape: list[Json] = [1 if names is None else len(names)]
    return {"dtype": dtype, "shape": shape, "names": None if names is None else list(names)}


def _film_feature(height: int, width: int, fps: float) -> Json:
    info: dict[str, Json] = {
        "video.height": height,
        "video.width": width,
        "video.codec": "h264",
        "video.pix_fmt": "yuv420p",
        "video.is_depth_map": False,
        "video.fps": fps,
        "video.channels": 3,
        "has_audio": False,
    }
    names: list[Json] = ["height", "width", "channels"]
    return {"dtype": "video", "shape": [height, width, 3], "names": names, "info": info}
