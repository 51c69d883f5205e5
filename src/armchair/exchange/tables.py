"""Answers and clips as tables for other programs: JSON lines or Parquet. The columns: `docs/data.md`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from armchair.errors import MissingDependency, StoreError
from armchair.store.rows.records import Record
from armchair.store.store import Store
from armchair.types import Clip

Value = str | int | float | bool | None | list[float] | list[list[float]] | list[list[list[float]]]
Row = dict[str, Value]
BATCH = 200  # clips read at a time
ANSWER_COLUMNS = (
    "answer",
    "question",
    "left_clip",
    "right_clip",
    "choice",
    "strength",
    "annotator",
    "annotator_kind",
    "seconds",
    "created",
    "strategy",
    "policy_step",
    "guess",
    "repeat_of",
    "swapped",
    "page",
)
CLIP_COLUMNS = ("clip", "policy_step", "episode", "start", "visible", "action", "reward", "poses")


class Exported(NamedTuple):
    """The files that were written, and how much is in them."""

    answers_file: Path
    clips_file: Path
    answers: int
    clips: int


def export_jsonl(store: Store, folder: Path) -> Exported:
    """Write `answers.jsonl` and `clips.jsonl`: one JSON object a line. Files of these names are replaced."""
    return _export(store, folder, "jsonl", _write_jsonl)


def export_parquet(store: Store, folder: Path) -> Exported:
    """Write `answers.parquet` and `clips.parquet`. Files of these names are replaced.

    Raises MissingDependency when pyarrow is not installed.
    """
    try:
        import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingDependency("Parquet needs pyarrow", "pip install pyarrow") from error
    return _export(store, folder, "parquet", _write_parquet)


def answer_row(record: Record, kind: str) -> Row:
    """An answer in force with its question; `kind` of the annotator."""
    answer, question = record.answer, record.question
    return {
        "answer": answer.id,
        "question": question.id,
        "left_clip": question.left,
        "right_clip": question.right,
        "choice": answer.choice,
        "strength": answer.strength,
        "annotator": answer.annotator,
        "annotator_kind": kind,
        "seconds": answer.seconds,
        "created": answer.created,
        "strategy": question.strategy,
        "policy_step": question.policy_step,
        "guess": question.guess,
        "repeat_of": question.repeat_of,
        "swapped": answer.swapped,
        "page": answer.page,
    }


def clip_row(clip: Clip, reward_known: bool) -> Row:
    """A clip with its arrays as nested lists; its frames are left out."""
    return {
        "clip": clip.id,
        "policy_step": clip.policy_step,
        "episode": clip.episode,
        "start": clip.start,
        "visible": clip.visible.tolist(),
        "action": clip.action.tolist(),
        "reward": clip.reward.tolist() if reward_known else None,
        "poses": None if clip.poses is None else clip.poses.tolist(),
    }


Write = Callable[[Path, Sequence[Row], Sequence[str]], None]
"""File, rows, names of the columns."""


def _export(store: Store, folder: Path, suffix: str, write: Write) -> Exported:
    records = store.records()
    kinds = store.annotators()
    names = sorted({name for record in records for name in (record.question.left, record.question.right)})
    clip_rows: list[Row] = []
    for begin in range(0, len(names), BATCH):
        batch = store.clips(names[begin : begin + BATCH])
        clip_rows += [clip_row(clip, store.rewards_known([clip.id])) for clip in batch]
    files = (folder / f"answers.{suffix}", folder / f"clips.{suffix}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        answer_rows = [answer_row(record, kinds[record.answer.annotator]) for record in records]
        _replace_file(files[0], answer_rows, ANSWER_COLUMNS, write)
        _replace_file(files[1], clip_rows, CLIP_COLUMNS, write)
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}") from error
    return Exported(*files, len(records), len(clip_rows))


def _replace_file(path: Path, rows: Sequence[Row], columns: Sequence[str], write: Write) -> None:
    """Write beside `path`, then put the whole file in its place."""
    unfinished = path.with_name(f"{path.name}.tmp")
    write(unfinished, rows, columns)
    unfinished.replace(path)


def _write_jsonl(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({name: row[name] for name in columns}, allow_nan=False) + "\n")


def _write_parquet(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    text, whole, real = arrow.string(), arrow.int64(), arrow.float64()
    series = arrow.list_(arrow.float32())
    types = {
        **dict.fromkeys(("answer", "question", "left_clip", "right_clip", "clip", "choice"), text),
        **dict.fromkeys(("annotator", "annotator_kind", "strategy", "repeat_of", "page"), text),
        **dict.fromkeys(("strength", "seconds", "created", "guess"), real),
        "swapped": arrow.bool_(),
        **dict.fromkeys(("policy_step", "episode", "start"), whole),
        **dict.fromkeys(("visible", "action"), arrow.list_(series)),
        "reward": series,
        "poses": arrow.list_(arrow.list_(series)),
    }
    schema = arrow.schema([(name, types[name]) for name in columns])
    parquet.write_table(arrow.Table.from_pylist(list(rows), schema=schema), path)
