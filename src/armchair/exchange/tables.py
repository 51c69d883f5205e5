"""Answers and clips as tables for other programs: JSON lines or Parquet. The columns: `docs/data.md`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from armchair.errors import StoreError
from armchair.offers.extras import need
from armchair.store.rows.records import Record
from armchair.store.store import Store
from armchair.types import Clip

Value = str | int | float | bool | None | list[float] | list[list[float]] | list[list[list[float]]]
Row = dict[str, Value]
BATCH = 200  # clips read at a time
ANSWER_COLUMNS = {
    "answer": "string",
    "question": "string",
    "left_clip": "string",
    "right_clip": "string",
    "choice": "string",
    "strength": "float64",
    "annotator": "string",
    "annotator_kind": "string",
    "seconds": "float64",
    "created": "float64",
    "strategy": "string",
    "policy_step": "int64",
    "guess": "float64",
    "repeat_of": "string",
    "swapped": "bool",
    "page": "string",
    "wish": "string",
}
"""Names and Arrow types; [] after a type is a list of it."""
CLIP_COLUMNS = {
    "clip": "string",
    "policy_step": "int64",
    "episode": "int64",
    "start": "int64",
    "visible": "float32[][]",
    "action": "float32[][]",
    "reward": "float32[]",
    "poses": "float32[][][]",
}


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

    Raises MissingDependency without pyarrow.
    """
    need("parquet", "Parquet")
    return _export(store, folder, "parquet", _write_parquet)


def answer_row(record: Record, kind: str) -> Row:
    """An answer in force with its question; `kind` of the annotator."""
    answer, question = record.answer, record.question
    clips = {"left_clip": question.left, "right_clip": question.right}
    values = question._asdict() | answer._asdict() | clips | {"answer": answer.id, "annotator_kind": kind}
    return {name: values[name] for name in ANSWER_COLUMNS}


def clip_row(clip: Clip, reward_known: bool) -> Row:
    """A clip with its arrays as nested lists; its frames are left out."""
    row: Row = {"clip": clip.id} | {name: getattr(clip, name) for name in ("policy_step", "episode", "start")}
    for name in ("visible", "action", "reward", "poses"):
        array = getattr(clip, name)
        row[name] = None if array is None else array.tolist()
    return row if reward_known else row | {"reward": None}


Write = Callable[[Path, Sequence[Row], Mapping[str, str]], None]
"""File, rows, columns."""


def _export(store: Store, folder: Path, suffix: str, write: Write) -> Exported:
    records = store.records()
    kinds = store.annotators()
    names = sorted({name for record in records for name in (record.question.left, record.question.right)})
    clip_rows: list[Row] = []
    for begin in range(0, len(names), BATCH):
        batch = names[begin : begin + BATCH]
        all_known = store.rewards_known(batch)
        clip_rows += [
            clip_row(clip, all_known or store.rewards_known([clip.id])) for clip in store.clips(batch)
        ]
    answer_rows = [answer_row(record, kinds.get(record.answer.annotator, "")) for record in records]
    files = (folder / f"answers.{suffix}", folder / f"clips.{suffix}")
    tables = ((answer_rows, ANSWER_COLUMNS), (clip_rows, CLIP_COLUMNS))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, (rows, columns) in zip(files, tables, strict=True):
            unfinished = file.with_name(f"{file.name}.tmp")
            write(unfinished, rows, columns)
            unfinished.replace(file)
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}") from error
    return Exported(*files, len(records), len(clip_rows))


def _write_jsonl(path: Path, rows: Sequence[Row], columns: Mapping[str, str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({name: row[name] for name in columns}, allow_nan=False) + "\n")


def _write_parquet(path: Path, rows: Sequence[Row], columns: Mapping[str, str]) -> None:
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")

    def arrow_type(name: str) -> object:
        item = name.removesuffix("[]")
        return arrow.type_for_alias(name) if item == name else arrow.list_(arrow_type(item))

    schema = arrow.schema([(name, arrow_type(kind)) for name, kind in columns.items()])
    parquet.write_table(arrow.Table.from_pylist(list(rows), schema=schema), path)
