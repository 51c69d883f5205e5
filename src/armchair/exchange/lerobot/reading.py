"""Reading a LeRobotDataset v3 by others: what it says of itself is checked before anything else is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.exchange.lerobot.films import frames_of
from armchair.exchange.lerobot.info import Info, place_of, read_info
from armchair.exchange.lerobot.schema import TASKS
from armchair.exchange.parquet import read_table
from armchair.reading.files import resolve_inside
from armchair.reading.limits import IMPORT_BYTES
from armchair.video import Frame

MOST_EPISODES = 100_000
_TABLE = re.compile(r"chunk-\d+/file-\d+\.parquet")
_OF_EPISODES = ("episode_index", "length", "data/chunk_index", "data/file_index")


class Film(NamedTuple):
    """Where an episode's film is."""

    chunk: int
    file: int
    begin: float  # s


class EpisodeAt(NamedTuple):
    """Where an episode is, and how long."""

    number: int  # its episode_index
    length: int  # frames
    chunk: int
    file: int
    films: Mapping[str, Film]  # by camera


class Recorded(NamedTuple):
    """An episode's numbers."""

    at: EpisodeAt
    numbers: dict[str, Tensor]  # by feature, (T, D) float32
    task: str  # in words; "" where nobody said


class Dataset:
    """A data set by others; `open` looks at it, `numbers` and `film` read it. All raise InvalidInput."""

    def __init__(self, root: Path, info: Info, episodes: Sequence[EpisodeAt], tasks: Sequence[str]) -> None:
        """root: resolved. tasks: in words, by their index."""
        self.root, self.info, self.episodes, self.tasks = root, info, episodes, tasks

    @staticmethod
    def open(folder: Path) -> Dataset:
        """The data set in a folder, whose episodes have the lengths that they say."""
        info = read_info(folder)
        root = folder.resolve()
        return Dataset(root, info, _episodes(root, info), _tasks(root))

    def numbers(self, names: Sequence[str], optional: Sequence[str] = ()) -> list[Recorded]:
        """The numbers of these features, an entry for each episode, in their order.

        optional: those that may be missing. Raises InvalidInput where one is missing or not finite, or
        episodes are not as long as they say.
        """
        known = self.info.features
        missing = [name for name in names if name not in known]
        if missing:
            raise InvalidInput(
                f"{self.root} has no feature {', '.join(missing)}: it has {', '.join(known)[:400]}"
            )
        wanted = [*names, *(name for name in optional if name in known)]
        width = sum(known[name].size for name in wanted)
        if 8 * width * self.info.frames > IMPORT_BYTES:
            raise InvalidInput(
                f"{self.root} has {self.info.frames} frames of {width} numbers, at most {IMPORT_BYTES} bytes "
                "of them are read: take a part of it"
            )
        files: dict[tuple[int, int], _Rows] = {}
        return [self._one(at, wanted, files) for at in self.episodes]

    def _one(self, at: EpisodeAt, wanted: Sequence[str], files: dict[tuple[int, int], _Rows]) -> Recorded:
        key = (at.chunk, at.file)
        if key not in files:
            files.clear()  # episodes lie one after the other
            files[key] = self._rows(at, wanted)
        columns, of = files[key]
        rows = np.flatnonzero(of == at.number)
        if len(rows) != at.length:
            raise InvalidInput(
                f"{self.root}: episode {at.number} has {len(rows)} frames of data, "
                f"meta/episodes says {at.length}"
            )
        numbers = {name: self._tensor(columns[name][rows], name, at) for name in wanted}
        task = int(columns["task_index"][rows[0]]) if "task_index" in columns else -1
        return Recorded(at, numbers, self.tasks[task] if 0 <= task < len(self.tasks) else "")

    def _tensor(self, values: NDArray[np.float64], name: str, at: EpisodeAt) -> Tensor:
        size = self.info.features[name].size
        values = values.reshape(len(values), -1)
        if values.shape[1] != size:
            raise InvalidInput(
                f"{self.root}: {name} has {values.shape[1]} numbers, meta/info.json says {size}"
            )
        with np.errstate(over="ignore"):
            found = torch.from_numpy(values.astype(np.float32))
        if not bool(found.isfinite().all()):
            raise InvalidInput(f"{self.root}: {name} of episode {at.number} has numbers that are not finite")
        return found

    def _rows(self, at: EpisodeAt, wanted: Sequence[str]) -> _Rows:
        """Columns of the file that an episode is in, and the episode of each row."""
        parts = place_of(self.info.data_path, at.chunk, at.file)
        where = f"{self.root}/{'/'.join(parts)}"
        file = resolve_inside(self.root, parts, where)
        if not file.is_file():
            raise InvalidInput(f"{where} is missing: episode {at.number} should be in it")
        named = ["episode_index", *wanted]
        table = read_table(file, where, [*named, "task_index"], optional=["task_index"])
        return _Rows(table.numbers, table.numbers["episode_index"])

    def cameras(self) -> list[str]:
        """The features that are films."""
        return [name for name, feature in self.info.features.items() if feature.dtype == "video"]

    def film(self, at: EpisodeAt, camera: str, first: int, count: int) -> Iterator[Frame]:
        """`count` frames (H, W, 3) of an episode from its frame `first` on."""
        film = at.films[camera]
        assert self.info.video_path is not None, "there are films"
        parts = place_of(self.info.video_path, film.chunk, film.file, camera)
        where = f"{self.root}/{'/'.join(parts)}"
        file = resolve_inside(self.root, parts, where)
        if not file.is_file():
            raise InvalidInput(f"{where} is missing: the film of episode {at.number} should be in it")
        return frames_of(file, where, count, film.begin + first / self.info.fps)


class _Rows(NamedTuple):
    columns: dict[str, NDArray[np.float64]]
    episode: NDArray[np.float64]  # (rows,)


def _episodes(root: Path, info: Info) -> list[EpisodeAt]:
    """All of them, in order of their index; their lengths add up to what meta/info.json says."""
    folder = root / "meta" / "episodes"
    files = sorted(file.relative_to(root) for file in folder.glob("*/*.parquet"))
    files = [file for file in files if _TABLE.fullmatch(file.relative_to("meta/episodes").as_posix())]
    if not files:
        raise InvalidInput(
            f"{root} has no meta/episodes/chunk-000/file-000.parquet: nobody knows where episodes begin"
        )
    found: dict[int, EpisodeAt] = {}
    for file in files:
        for at in _in_table(root, file, info):
            if at.number in found:
                raise InvalidInput(f"{root}: meta/episodes has episode {at.number} twice")
            found[at.number] = at
        if len(found) > MOST_EPISODES:
            raise InvalidInput(f"{root} has more than {MOST_EPISODES} episodes")
    total = sum(at.length for at in found.values())
    if (len(found), total) != (info.episodes, info.frames):
        raise InvalidInput(
            f"{root}: meta/episodes has {len(found)} episodes of {total} frames, meta/info.json says "
            f"{info.episodes} of {info.frames}"
        )
    return [found[number] for number in sorted(found)]


def _in_table(root: Path, file: Path, info: Info) -> list[EpisodeAt]:
    where = f"{root}/{file.as_posix()}"
    films = [name for name, feature in info.features.items() if feature.dtype == "video"]
    columns = [
        f"videos/{name}/{key}" for name in films for key in ("chunk_index", "file_index", "from_timestamp")
    ]
    path = resolve_inside(root, file.parts, where)
    table = read_table(path, where, [*_OF_EPISODES, *columns])
    numbers = {name: table.numbers[name] for name in (*_OF_EPISODES, *columns)}
    whole = [name for name in numbers if not name.endswith("_timestamp")]
    for name in numbers:
        values = numbers[name]
        if values.ndim != 1 or not np.isfinite(values).all() or (values < 0).any():
            raise InvalidInput(f"{name} in {where} must be a number from 0 on in each row")
        if (name in whole and (values != np.floor(values)).any()) or (values > 2**53).any():
            raise InvalidInput(f"{name} in {where} must be whole numbers")
    if (numbers["length"] < 1).any():
        raise InvalidInput(f"{where} has an episode without frames")
    return [_at(numbers, row, films) for row in range(table.rows)]


def _at(numbers: Mapping[str, NDArray[np.float64]], row: int, films: Sequence[str]) -> EpisodeAt:
    def film(name: str) -> Film:
        chunk, file, begin = (
            numbers[f"videos/{name}/{key}"][row] for key in ("chunk_index", "file_index", "from_timestamp")
        )
        return Film(int(chunk), int(file), float(begin))

    number, length, chunk, file = (int(numbers[name][row]) for name in _OF_EPISODES)
    return EpisodeAt(number, length, chunk, file, {name: film(name) for name in films})


def _tasks(root: Path) -> list[str]:
    """In words, by their index; none where nobody wrote them down."""
    where = f"{root}/{TASKS}"
    path = resolve_inside(root, tuple(TASKS.split("/")), where)
    if not path.is_file():
        return []
    texts = ["task", "__index_level_0__"]  # the second: of a frame whose index has no name
    table = read_table(path, where, ["task_index"], texts, optional=texts)
    words = next((table.texts[name] for name in texts if name in table.texts), None)
    if words is None:
        return []
    found = {int(number): word or "" for number, word in zip(table.numbers["task_index"], words, strict=True)}
    return [found.get(number, "") for number in range(len(words))]
