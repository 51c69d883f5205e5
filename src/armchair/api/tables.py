"""Tables of a run: of pandas where it is installed, else lists of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, Union

from armchair.jsonable import Json
from armchair.offers.extras import missing
from armchair.store.rows.records import Record

if TYPE_CHECKING:
    import pandas as pd

Rows: TypeAlias = list[dict[str, Json]]
Table: TypeAlias = Union["pd.DataFrame", Rows]


def table(rows: Rows) -> Table:
    """The rows as a DataFrame where pandas is installed, else as they are."""
    if "pandas" in missing("dashboard"):
        return rows
    import pandas as pd

    return pd.DataFrame(rows)


def answer_rows(records: Sequence[Record]) -> Rows:
    """Answers in force, a row each, in the order in which they were given."""
    return [
        {
            "left": record.question.left,
            "right": record.question.right,
            "choice": record.answer.choice,
            "strength": record.answer.strength,
            "annotator": record.answer.annotator,
            "seconds": record.answer.seconds,
            "created": record.answer.created,
            "strategy": record.question.strategy,
            "guess": record.question.guess,
            "wish": record.question.wish,
            "question": record.question.id,
            "answer": record.answer.id,
        }
        for record in records
    ]
