"""A run's metrics as a table to draw: one row for each update of the policy, NaN where nothing is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from armchair.jsonable import Json
from armchair.web.dashboard.alarm import Alarm, alarm, chain
from armchair.web.dashboard.runs import number

NUMBERS = (
    "updates",
    "env_steps",
    "answers",
    "created",  # s since the epoch
    "reward",  # learned, mean of a step
    "success",  # of the episodes that ended in training, with noise
    "eval_success",
    "eval_return",
    "accuracy",  # of answers held out, as are nll and ece
    "nll",
    "ece",
    "fit_accuracy",  # of the answers that were fitted
    "fit_nll",
    "fit_spread",
)
MOST = 400  # rows that are drawn
TRUTH = ["success", "eval_success", "eval_return"]  # by the task's own measure
SPEED_OVER = 10  # updates


class Latest(NamedTuple):
    """The newest figure of a kind and the first one, NaN where there is none."""

    value: float
    first: float


def metrics_table(lines: Sequence[Mapping[str, Json]]) -> pd.DataFrame:
    """The metrics as columns NUMBERS and, besides, minutes (since the first line), speed (env steps/s)
    and learned (the learned return as one curve, see `chain`).
    """
    rows = [[number(line, key) for key in NUMBERS] for line in lines]
    table = pd.DataFrame(rows, columns=list(NUMBERS), dtype=float)
    table["env_steps"] = table["env_steps"].ffill()
    table["answers"] = table["answers"].ffill()
    table["learned"] = learned(table)
    table["minutes"] = (table["created"] - table["created"].min()) / 60
    steps, seconds = table["env_steps"].diff(SPEED_OVER), table["created"].diff(SPEED_OVER)
    table["speed"] = (steps / seconds).where((seconds > 0) & (steps > 0))
    return table


def learned(table: pd.DataFrame) -> list[float]:
    """The learned reward of each row as one curve over all fits, NaN where there is none."""
    fitted = table["fit_nll"].notna()
    known = table["reward"].notna()
    joined = iter(chain(list(zip(table["env_steps"], table["reward"], fitted, strict=True))))
    return [next(joined)[1] if there else math.nan for there in known]


def thinned(table: pd.DataFrame) -> pd.DataFrame:
    """About MOST rows of the table at most: every k-th one, the last, and those that hold an evaluation."""
    every = -(-len(table) // MOST) or 1
    kept = (table.index % every == 0) | (table.index == len(table) - 1) | table["eval_return"].notna()
    return table.loc[kept]


def without_truth(table: pd.DataFrame) -> pd.DataFrame:
    """The table of a run that is taught another wish than the task's, whose success says nothing of it."""
    return table.assign(**dict.fromkeys(TRUTH, math.nan))


def latest(table: pd.DataFrame, column: str) -> Latest:
    """The newest and the first figure of a column."""
    known = [float(value) for value in table[column] if not math.isnan(value)]
    return Latest(known[-1], known[0]) if known else Latest(math.nan, math.nan)


def alarm_of(table: pd.DataFrame, approval: Sequence[tuple[float, float]] = ()) -> Alarm | None:
    """The alarm for the run whose metrics these are; approval as `alarm` takes it."""
    return alarm(_known(table, "learned"), _known(table, "eval_return"), _known(table, "success"), approval)


def _known(table: pd.DataFrame, column: str) -> list[tuple[float, float]]:
    rows = table.dropna(subset=[column])
    return list(zip(rows["env_steps"].tolist(), rows[column].tolist(), strict=True))
