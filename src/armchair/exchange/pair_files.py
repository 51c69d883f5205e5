"""Compared trajectories as plain arrays, in and out: NAME.npz or NAME.parquet.

    obs_1, obs_2  (M, L, F)   what was seen of the two
    act_1, act_2  (M, L, A)
    label         (M,)        probability that the second is better: 0, 1, or 0.5 for a tie

Others keep such pairs as pickles, which are never read here: docs/data.md says how to convert them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from armchair.errors import InvalidInput, StoreError
from armchair.exchange.pairs import ComparedPair, Imported, import_pairs, trajectory_clip
from armchair.exchange.parquet import read_table, write_table
from armchair.offers.extras import need
from armchair.reading.arrays import read_npz
from armchair.reading.limits import IMPORT_BYTES
from armchair.runs.files import write_atomic
from armchair.store.store import Store
from armchair.types import Choice

ARRAYS = ("obs_1", "act_1", "obs_2", "act_2")
LABEL = "label"
KINDS = {**dict.fromkeys(ARRAYS, "float32[][]"), LABEL: "double"}
CHOICES: dict[float, Choice] = {0.0: "left", 1.0: "right", 0.5: "tie"}
LABELS: dict[Choice, float] = {"left": 0.0, "right": 1.0, "tie": 0.5, "both_bad": 0.5}
BATCH = 100  # answers whose clips are in memory at a time, films included


def check_pairs_path(path: Path) -> None:
    """Raises InvalidInput for a name that is neither NAME.npz nor NAME.parquet, MissingDependency."""
    if path.suffix not in (".npz", ".parquet"):
        raise InvalidInput(f"pairs are written to NAME.npz or NAME.parquet, got {path}")
    if path.suffix == ".parquet":
        need("parquet", "Parquet")


def export_pairs(store: Store, path: Path) -> int:
    """Write the skill's answers in force, in place of what is there. -> how many.

    "Can't tell" says nothing and is left out, "both bad" is a tie. Raises InvalidInput where there is none.
    """
    check_pairs_path(path)
    records = [record for record in store.records(wish=None) if record.answer.choice in LABELS]
    if not records:
        raise InvalidInput("there is no answer to write: nobody has answered yet")
    parts: dict[str, list[NDArray[np.generic]]] = {name: [] for name in ARRAYS}
    for begin in range(0, len(records), BATCH):
        for record in records[begin : begin + BATCH]:
            left, right = store.clips([record.question.left, record.question.right])
            values = (left.visible, left.action, right.visible, right.action)
            for name, value in zip(ARRAYS, values, strict=True):
                parts[name].append(value.numpy())
    arrays: dict[str, NDArray[np.generic]] = {name: np.stack(rows) for name, rows in parts.items()}
    labels = np.array([LABELS[record.answer.choice] for record in records])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            columns = {name: list(map(list, rows)) for name, rows in arrays.items()}
            write_table(path, {**columns, LABEL: labels}, KINDS)
        else:
            content = io.BytesIO()
            np.savez_compressed(content, label=labels, **arrays)  # pyright: ignore[reportArgumentType]
            write_atomic(path, content.getvalue())
    except OSError as error:
        raise StoreError(f"cannot write to {path}: {error.strerror}") from error
    return len(records)


def import_pair_file(store: Store, path: Path, *, length: int | None = None) -> Imported:
    """Read such a file into a store, all or nothing; reading it again changes nothing.

    length: as in `import_sketch_layout`. Raises InvalidInput for anything that is not as described.
    """
    return import_pairs(store, _pairs(_arrays(path), str(path), length))


def _arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    if path.suffix == ".parquet":
        table = read_table(path, str(path), [*ARRAYS, LABEL])
        return {**table.numbers}
    found = read_npz(path, IMPORT_BYTES)
    if missing := [name for name in (*ARRAYS, LABEL) if name not in found]:
        raise InvalidInput(f"{path} has no {', '.join(missing)}: it has {', '.join(found)[:400]}")
    return found


def _pairs(arrays: dict[str, NDArray[np.generic]], where: str, length: int | None) -> Iterator[ComparedPair]:
    label, count = arrays[LABEL], arrays[LABEL].size
    for name in ARRAYS:
        value = arrays[name]
        if value.ndim != 3 or len(value) != count or value.dtype.kind not in "biuf":
            raise InvalidInput(
                f"{name} in {where} must be ({count}, L, numbers), as label is, got {value.shape}"
            )
    for number in range(count):
        choice = CHOICES.get(float(label.reshape(-1)[number]))
        if choice is None:
            told = label.reshape(-1)[number]
            raise InvalidInput(
                f"label {number} of {where} is {told}: 0 means the first, 1 the second, 0.5 a tie"
            )
        with np.errstate(over="ignore"):  # what is too large is refused as not finite
            values = [torch.from_numpy(arrays[name][number].astype(np.float32)) for name in ARRAYS]
        at = f"pair {number} of {where}"
        first = trajectory_clip(values[0], values[1], f"{at}, the first", length=length)
        second = trajectory_clip(values[2], values[3], f"{at}, the second", length=length)
        if first.id == second.id:
            raise InvalidInput(f"{at} compares a trajectory with itself")
        yield ComparedPair(first, second, choice)
