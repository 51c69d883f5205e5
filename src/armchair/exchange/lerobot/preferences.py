"""What people said of a data set's episodes, as a table beside it: `preferences/preferences.parquet`.

LeRobot has no such file of its own. The columns, and what they mean: `docs/data.md`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from armchair.exchange.parquet import Values, write_table
from armchair.store.rows.records import Record
from armchair.types import Choice

FILE = "preferences/preferences.parquet"
SCHEMA, SCHEMA_VERSION = "armchair.preferences", 1  # the key in the file's metadata, and what it says
COLUMNS = {
    "episode_left": "int64",
    "first_left": "int64",
    "episode_right": "int64",
    "first_right": "int64",
    "length": "int64",
    "label": "double",
    "choice": "string",
    "strength": "double",
    "annotator": "string",
    "annotator_kind": "string",
    "created": "double",
    "question": "string",
    "wish": "string",
}
LABELS: dict[Choice, float | None] = {
    "left": 0.0,
    "right": 1.0,
    "tie": 0.5,
    "both_bad": 0.5,
    "cant_tell": None,
}
"""The probability that the right one is better, by what was said."""


class Place(NamedTuple):
    """Where a clip is in a data set."""

    episode: int
    first: int  # frame of the episode


class Asked(NamedTuple):
    """What the answers are about."""

    places: Mapping[str, Place]  # of the clips, by id
    length: int  # frames of each
    questions: Mapping[str | None, str]  # by wish; None: the skill itself
    kinds: Mapping[str, str]  # of the annotators, by name


def write_preferences(path: Path, records: Sequence[Record], asked: Asked) -> int:
    """Write the answers whose clips are in the data set, in place of what is there. -> how many."""
    rows = [record for record in records if _is_there(record, asked)]
    columns: dict[str, Values] = {name: [_value(record, asked, name) for record in rows] for name in COLUMNS}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(path, columns, COLUMNS, {SCHEMA: json.dumps({"version": SCHEMA_VERSION})})
    return len(rows)


def _is_there(record: Record, asked: Asked) -> bool:
    return record.question.left in asked.places and record.question.right in asked.places


def _value(record: Record, asked: Asked, column: str) -> object:
    answer, question = record.answer, record.question
    name, _, side = column.partition("_")
    if side in ("left", "right"):
        return getattr(asked.places[getattr(question, side)], name)
    special: dict[str, object] = {
        "length": asked.length,
        "label": LABELS[answer.choice],
        "annotator_kind": asked.kinds.get(answer.annotator, ""),
        "question": asked.questions.get(question.wish, ""),
        "wish": question.wish,
    }
    return special[column] if column in special else getattr(answer, column)
