"""Answers out of the zip file that Uni-RLHF's platform exports."""

from __future__ import annotations

import ast
import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.exchange.lerobot.reading import Dataset
from armchair.exchange.lerobot.schema import ACTION, STATE
from armchair.exchange.pairs import ComparedPair, Imported, import_pairs, trajectory_clip
from armchair.exchange.unirlhf.files import KINDS, LABELS, META, NUMBERS, OPTIONS, STEPS
from armchair.jsonable import Json
from armchair.reading.arrays import check_directory, read_npz
from armchair.reading.files import open_regular
from armchair.reading.limits import IMPORT_BYTES
from armchair.reading.plain import parse_object
from armchair.store.store import Store
from armchair.types import Choice

MOST_ROWS, MOST_LABEL, MOST_MEMBERS = 100_000, 4000, 8  # the second: letters of a label


class Trajectories(NamedTuple):
    """All steps one after the other."""

    obs: Tensor  # (N, F)
    act: Tensor  # (N, A)


def import_unirlhf(
    store: Store, path: Path, data: Path | None = None, *, length: int | None = None
) -> Imported:
    """Read such a zip file into a store, all or nothing; reading it again changes nothing.

    data: where the numbers are, unless they are in the zip: an npz with observations and actions, or a
    LeRobotDataset. length: as in `import_sketch_layout`. Raises InvalidInput for anything else.
    """
    members = _members(path)
    if data is None and NUMBERS not in members:
        raise InvalidInput(
            f"{path} names steps of a data set: say which with --data, an npz with observations and actions, "
            "or a LeRobotDataset"
        )
    steps = _from_zip(path, members[NUMBERS]) if data is None else _steps(data)
    meta = parse_object(members[META], f"{META} in {path}")
    if meta.get("feedback_type") != "comparative":
        raise InvalidInput(
            f"{path} has feedback {str(meta.get('feedback_type'))[:40]!r}, comparative is read"
        )
    return import_pairs(store, _pairs(path, members[LABELS], _options(meta), steps, length))


def _members(path: Path) -> dict[str, bytes]:
    """The files in the zip that are known, none larger than it may be."""
    found: dict[str, bytes] = {}
    try:
        with open_regular(path, IMPORT_BYTES) as file:
            check_directory(file, MOST_MEMBERS, str(path))
            with zipfile.ZipFile(file) as archive:
                for member in archive.infolist():
                    if member.filename in KINDS:
                        with archive.open(member) as packed:
                            found[member.filename] = packed.read(KINDS[member.filename] + 1)
    except InvalidInput:
        raise
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, RuntimeError, ValueError, EOFError) as error:
        raise InvalidInput(f"{path} cannot be read: {' '.join(str(error).split())[:200]}") from None
    for name, content in found.items():
        if len(content) > KINDS[name]:
            raise InvalidInput(
                f"{name} in {path} has more than {KINDS[name]} bytes, at most so many are read"
            )
    if missing := [name for name in (META, LABELS) if name not in found]:
        raise InvalidInput(f"{path} is no export of Uni-RLHF: it has no {' and no '.join(missing)}")
    return found


def _from_zip(path: Path, content: bytes) -> Trajectories:
    with TemporaryDirectory() as folder:
        file = Path(folder) / NUMBERS
        file.write_bytes(content)
        return _npz(file, f"{NUMBERS} in {path}")


def _steps(data: Path) -> Trajectories:
    if data.suffix == ".npz":
        return _npz(data, str(data))
    found = Dataset.open(data).numbers([STATE, ACTION])
    return Trajectories(
        torch.cat([one.numbers[STATE] for one in found]), torch.cat([one.numbers[ACTION] for one in found])
    )


def _npz(path: Path, where: str) -> Trajectories:
    arrays = read_npz(path, IMPORT_BYTES, where)
    if missing := [name for name in ("observations", "actions") if name not in arrays]:
        raise InvalidInput(f"{where} has no {' and no '.join(missing)}")
    obs, act = arrays["observations"], arrays["actions"]
    if obs.ndim != 2 or act.ndim != 2 or len(obs) != len(act) or obs.dtype.kind + act.dtype.kind != "ff":
        raise InvalidInput(
            f"{where} must hold observations (N, F) and actions (N, A), got {obs.shape}, {act.shape}"
        )
    with np.errstate(over="ignore"):
        return Trajectories(*(torch.from_numpy(values.astype(np.float32)) for values in (obs, act)))


def _options(meta: Mapping[str, Json]) -> list[Choice]:
    """What the options of the first question mean, by their words; without these left, right, equal."""
    text = meta.get("question")
    asked = parse_object(text, f"question in {META}") if isinstance(text, str) and text else {}
    words = next(iter(asked.values()), None)
    if not isinstance(words, list):
        return list(OPTIONS)
    return [_meant(str(word).lower(), number) for number, word in enumerate(words)]


def _meant(word: str, number: int) -> Choice:
    for choice, known in (
        ("cant_tell", ("can't", "cannot", "unsure", "skip")),
        ("tie", ("equal", "tie", "same", "both", "neither")),
        ("left", ("left", "first", "1")),
        ("right", ("right", "second", "2")),
    ):
        if any(part in word for part in known):
            return cast("Choice", choice)
    return OPTIONS[min(number, 2)]


def _pairs(
    path: Path, content: bytes, options: list[Choice], steps: Trajectories, length: int | None
) -> Iterator[ComparedPair]:
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{LABELS} in {path} cannot be read: {error}") from None
    columns = set(rows[0]) if rows else set()
    if missing := [name for name in (*STEPS, "label") if name not in columns]:
        raise InvalidInput(f"{LABELS} in {path} has no column {', '.join(missing)}")
    if len(rows) > MOST_ROWS:
        raise InvalidInput(f"{LABELS} in {path} has {len(rows)} rows, at most {MOST_ROWS} are read")
    for number, row in enumerate(rows, start=1):
        where = f"row {number} of {LABELS} in {path}"
        for option in _given(row["label"] or "", where):
            if not 0 <= option < len(options):
                raise InvalidInput(f"{where} has the answer {option}, there are {len(options)}, from 0 on")
            bounds = [_step(row[name], f"{name} in {where}", len(steps.obs)) for name in STEPS]
            clips = [
                trajectory_clip(steps.obs[a:b], steps.act[a:b], f"{where}, the {side}", length=length)
                for (a, b), side in ((bounds[:2], "first"), (bounds[2:], "second"))
            ]
            yield ComparedPair(clips[0], clips[1], options[option])


def _step(text: str | None, where: str, count: int) -> int:
    try:
        value = int(float(text or ""))
    except (ValueError, OverflowError):
        value = -1
    if not 0 <= value <= count:
        raise InvalidInput(
            f"{where} must be from 0 to {count}, the steps of the data, got {str(text)[:20]!r}"
        )
    return value


def _given(label: str, where: str) -> list[int]:
    """The options chosen for the first question, of {user: {"0": option}}; none where it was skipped."""
    if not label.strip():
        return []
    wrong = InvalidInput(f"{where}: label must be such as {{'3': {{'0': 1}}}}, got {label[:60]!r}")
    if len(label) > MOST_LABEL:
        raise wrong
    try:
        found: object = ast.literal_eval(label)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        raise wrong from None
    users = cast("dict[object, object]", found).values() if isinstance(found, dict) else [None]
    options: list[int] = []
    for said in users:
        by = (
            {str(key): value for key, value in cast("dict[object, object]", said).items()}
            if isinstance(said, dict)
            else {}
        )
        option = by.get("0")
        if not isinstance(option, int) or isinstance(option, bool):
            raise wrong
        options.append(option)
    return options
