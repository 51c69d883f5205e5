"""Writing a LeRobotDataset v3: episodes one after the other; the folder appears when all is there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np
import torch

from armchair.errors import InvalidInput, StoreError
from armchair.exchange.lerobot import stats
from armchair.exchange.lerobot.features import (
    At,
    columns_of,
    features_of,
    kind_in_episodes,
    kinds_of,
    write_json,
)
from armchair.exchange.lerobot.schema import (
    CAMERA,
    CHUNK_SIZE,
    DATA,
    DATA_MB,
    EPISODES,
    INFO,
    STATS,
    TASKS,
    VERSION,
    VIDEO_MB,
    VIDEOS,
    Episode,
    Named,
)
from armchair.exchange.parquet import TableWriter, Values, write_table
from armchair.jsonable import Json
from armchair.offers.extras import need
from armchair.video import FilmWriter, Frame

MB = 10**6
KEY_EVERY = 2  # frames: lerobot's own films are as quick to be looked into anywhere


class Film(NamedTuple):
    """Where an episode's film lies: in which file, from when to when, in s."""

    file: int
    begin: float
    end: float


class DatasetWriter:
    """A data set in the making, in a folder beside its place; a context manager, without trace after errors.

    >>> with DatasetWriter(Path("pushes"), Named(20, "iiwa", state_names, action_names)) as data:
    ...     data.add(episode, frames)
    """

    def __init__(self, folder: Path, named: Named) -> None:
        """Raises StoreError where the folder is there already or cannot be made, MissingDependency without
        pyarrow.
        """
        need("parquet", "a data set")
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise StoreError(f"{folder} is there already: name a new folder")
        self.folder, self.named = folder, named
        self.draft = folder.parent / f".{folder.name}.{os.getpid()}.tmp"
        self.lengths: list[int] = []
        self._tasks: dict[str, int] = {}
        self._rows: list[dict[str, Values]] = []  # of the table of episodes
        self._stats: dict[str, list[stats.Stats]] = {}
        self._size: tuple[int, int] | None = None  # of the films: height, width
        self._kinds = kinds_of(named)
        self._table: TableWriter | None = None
        self._data_file = self._film_file = -1
        self._film: FilmWriter | None = None
        try:
            self.draft.mkdir(parents=True)
        except OSError as error:
            raise StoreError(f"cannot write to {folder}: {error.strerror}") from None

    def add(self, episode: Episode, frames: Iterable[Frame] = ()) -> None:
        """Write an episode; frames: a picture of what was seen before each action, or none at all.

        Raises InvalidInput where the parts do not go together, or only some episodes have films.
        """
        length, number = len(episode.state), len(self.lengths)
        self._check(episode)
        task = self._tasks.setdefault(episode.task, len(self._tasks))
        columns = columns_of(episode, self.named, At(number, sum(self.lengths), task))
        table = self._data()
        table.add(columns)
        found = {name: stats.of_rows(np.asarray(values)) for name, values in columns.items()}
        film = self._add_film(frames, length, found)
        if (film is None) != (self._size is None) or (film is not None and number and not self.has_films):
            raise InvalidInput(f"episode {number}: all episodes must have films, or none")
        begin = sum(self.lengths)
        row: dict[str, Values] = {
            "episode_index": [number],
            "tasks": [[episode.task]],
            "length": [length],
            "data/chunk_index": [self._data_file // CHUNK_SIZE],
            "data/file_index": [self._data_file % CHUNK_SIZE],
            "dataset_from_index": [begin],
            "dataset_to_index": [begin + length],
            "meta/episodes/chunk_index": [0],
            "meta/episodes/file_index": [0],
        }
        if film is not None:
            row |= {
                f"videos/{CAMERA}/chunk_index": [film.file // CHUNK_SIZE],
                f"videos/{CAMERA}/file_index": [film.file % CHUNK_SIZE],
                f"videos/{CAMERA}/from_timestamp": [film.begin],
                f"videos/{CAMERA}/to_timestamp": [film.end],
            }
        row |= {
            f"stats/{name}/{key}": [value.tolist()]
            for name, own in found.items()
            for key, value in own.items()
        }
        for name, own in found.items():
            self._stats.setdefault(name, []).append(own)
        self._rows.append(row)
        self.lengths.append(length)

    @property
    def has_films(self) -> bool:
        """Whether the episodes have them."""
        return bool(self._rows) and f"videos/{CAMERA}/chunk_index" in self._rows[0]

    def _check(self, episode: Episode) -> None:
        length, named = len(episode.state), self.named
        wanted = {"state": (length, len(named.state)), "action": (length, len(named.action))}
        wanted |= {"visible": (length, len(named.visible))} if named.visible else {}
        wanted |= {name: (length,) for name in ("reward", "success") if getattr(named, name)}
        for name, shape in wanted.items():
            value = getattr(episode, name)
            if value is None or tuple(value.shape) != shape or not length:
                got = None if value is None else tuple(value.shape)
                raise InvalidInput(
                    f"episode {len(self.lengths)}: {name} must have the shape {shape}, got {got}"
                )
            if not bool(torch.isfinite(value).all()):
                raise InvalidInput(f"episode {len(self.lengths)}: {name} has numbers that are not finite")

    def _data(self) -> TableWriter:
        """The file that rows go to; a new one where the last is large enough."""
        if self._table is None or self._table.bytes > DATA_MB * MB:
            self._data_file += 1
            if self._table is not None:
                self._table.close()
            file = self._file(DATA, self._data_file)
            self._table = TableWriter(file, self._kinds)
        return self._table

    def _add_film(self, frames: Iterable[Frame], length: int, found: dict[str, stats.Stats]) -> Film | None:
        """One more stretch of the film, or of the next one where it is large enough."""
        shown: list[Frame] = []
        for frame in frames:
            film = self._film_for() if self._film is None or not shown else self._film
            self._film = film
            film.add(frame)
            shown.append(frame)
            self._size = (frame.shape[0], frame.shape[1])
        if not shown:
            return None
        if len(shown) != length:
            raise InvalidInput(
                f"episode {len(self.lengths)} has {length} frames of data and {len(shown)} of film"
            )
        found[CAMERA] = stats.of_frames(shown)
        assert self._film is not None
        end = self._film.count
        return Film(self._film_file, (end - length) / self.named.fps, end / self.named.fps)

    def _film_for(self) -> FilmWriter:
        if self._film is not None:
            file = self._file(VIDEOS, self._film_file)
            if file.stat().st_size <= VIDEO_MB * MB:
                return self._film
            self._film.close()
        self._film_file += 1
        return FilmWriter(
            str(self._file(VIDEOS, self._film_file)), self.named.fps, faststart=True, key_every=KEY_EVERY
        )

    def _file(self, pattern: str, number: int) -> Path:
        name = pattern.format(
            chunk_index=number // CHUNK_SIZE, file_index=number % CHUNK_SIZE, video_key=CAMERA
        )
        file = self.draft / name
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    # ---- the end

    def finish(self) -> Path:
        """Write what a data set says of itself. -> the folder that becomes the data set; more may be put
        into it. Raises InvalidInput where no episode was added.
        """
        if not self.lengths:
            raise InvalidInput("a data set needs at least one episode")
        self._close_files()
        overall = {name: stats.together(parts) for name, parts in self._stats.items()}
        plain = {name: {key: value.tolist() for key, value in own.items()} for name, own in overall.items()}
        write_json(self._file(STATS, 0), plain)
        write_json(self._file(INFO, 0), self._info())
        self._write_tasks()
        columns = {name: [value for row in self._rows for value in row[name]] for name in self._rows[0]}
        write_table(self._file(EPISODES, 0), columns, {name: kind_in_episodes(name) for name in columns})
        return self.draft

    def _info(self) -> dict[str, Json]:
        count = len(self.lengths)
        about: dict[str, Json] = {
            "codebase_version": VERSION,
            "robot_type": self.named.robot,
            "total_episodes": count,
            "total_frames": sum(self.lengths),
            "total_tasks": len(self._tasks),
            "chunks_size": CHUNK_SIZE,
            "data_files_size_in_mb": DATA_MB,
            "video_files_size_in_mb": VIDEO_MB,
            "fps": self.named.fps,
            "splits": {"train": f"0:{count}"},
            "data_path": DATA,
            "video_path": None if self._size is None else VIDEOS,
        }
        return about | {"features": features_of(self.named, self._size)}

    def _write_tasks(self) -> None:
        """As pandas would write a frame whose index is the task in words: lerobot reads it with that."""
        texts = list(self._tasks)
        shared: dict[str, Json] = {"metadata": None}
        described: list[Json] = [
            {"name": name, "field_name": name, "pandas_type": kind, "numpy_type": own, **shared}
            for name, kind, own in (("task_index", "int64", "int64"), ("task", "unicode", "object"))
        ]
        about: dict[str, Json] = {"index_columns": ["task"], "column_indexes": [], "columns": described}
        write_table(
            self._file(TASKS, 0),
            {"task_index": list(range(len(texts))), "task": texts},
            {"task_index": "int64", "task": "string"},
            {"pandas": json.dumps(about | {"pandas_version": "2.2.0"})},
        )

    def _close_files(self) -> None:
        for open_one in (self._table, self._film):
            if open_one is not None:
                open_one.close()
        self._table = self._film = None

    def __enter__(self) -> DatasetWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                if (self.draft / INFO).exists():
                    self._put()
            elif kind is OSError:
                raise StoreError(f"cannot write to {self.folder}: {error}") from None
        finally:
            try:
                self._close_files()
            finally:
                shutil.rmtree(self.draft, ignore_errors=True)

    def _put(self) -> None:
        """The draft becomes the folder."""
        try:
            if self.folder.exists():
                self.folder.rmdir()  # an empty one
            self.draft.rename(self.folder)
        except OSError as error:
            raise StoreError(f"cannot write to {self.folder}: {error.strerror}") from None
