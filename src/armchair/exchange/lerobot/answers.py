"""The answers beside a LeRobotDataset, with the frames that they speak of, as clips of a store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from armchair.errors import InvalidInput, check_choice
from armchair.exchange.lerobot.preferences import FILE, LABELS, SCHEMA, SCHEMA_VERSION
from armchair.exchange.lerobot.reading import Dataset, Recorded
from armchair.exchange.lerobot.schema import ACTION, STATE
from armchair.exchange.pairs import ComparedPair, Imported, import_pairs, trajectory_clip
from armchair.exchange.parquet import Table, read_table
from armchair.reading.files import resolve_inside
from armchair.reading.limits import TOLD_BYTES
from armchair.reading.plain import parse_object
from armchair.store.store import Store
from armchair.types import Choice, Clip
from armchair.video import mp4_bytes

_PLACES = ("episode_left", "first_left", "episode_right", "first_right", "length")


def import_dataset(store: Store, folder: Path, *, length: int | None = None) -> Imported:
    """Read preferences/preferences.parquet and its clips into a store, all or nothing.

    Clips have the states as what is visible, and their film where there is one. Answers about wishes are left
    out. length: as in `import_sketch_layout`. Raises InvalidInput for anything that is not as described.
    """
    data = Dataset.open(folder)
    where = f"{folder}/{FILE}"
    path = resolve_inside(data.root, tuple(FILE.split("/")), where)
    if not path.is_file():
        raise InvalidInput(
            f"{folder} has no {FILE}: `armchair label dataset:{folder}` asks people about its episodes"
        )
    table = read_table(path, where, _PLACES, ["choice", "wish"], optional=["wish"])
    said = parse_object(table.about.get(SCHEMA, "{}"), f"the schema of {where}", TOLD_BYTES)
    if said.get("version") != SCHEMA_VERSION:
        raise InvalidInput(
            f"{where} is of version {json.dumps(said.get('version'))}, {SCHEMA_VERSION} is read"
        )
    return import_pairs(store, _pairs(data, table, where, length))


def _pairs(data: Dataset, table: Table, where: str, length: int | None) -> Iterator[ComparedPair]:
    episodes = {one.at.number: one for one in data.numbers([STATE, ACTION])}
    cameras, made = data.cameras(), dict[tuple[int, int, int], Clip]()

    def clip(side: str, row: int) -> Clip:
        at = tuple(_whole(table, name, row, where) for name in (f"episode_{side}", f"first_{side}", "length"))
        number, first, count = at
        one = episodes.get(number)
        if one is None or count < 1 or first + count > one.at.length:
            raise InvalidInput(
                f"row {row} of {where}: there are no {count} frames from {first} on in episode {number}"
            )
        if (number, first, count) not in made:
            made[number, first, count] = _clip(data, one, (first, count), cameras, length)
        return made[number, first, count]

    wishes = table.texts.get("wish", [None] * table.rows)
    for row, (choice, wish) in enumerate(zip(table.texts["choice"], wishes, strict=True)):
        if wish is None:
            check_choice(f"choice in row {row} of {where}", str(choice), LABELS)
            yield ComparedPair(clip("left", row), clip("right", row), cast("Choice", choice))


def _whole(table: Table, name: str, row: int, where: str) -> int:
    value = float(table.numbers[name][row])
    if not (value >= 0 and value == int(value)):
        raise InvalidInput(f"{name} in row {row} of {where} must be a whole number from 0 on, got {value:g}")
    return int(value)


def _clip(data: Dataset, one: Recorded, at: tuple[int, int], cameras: list[str], length: int | None) -> Clip:
    first, count = at
    rows = slice(first, first + count)
    film = None
    if cameras and length in (None, count):
        film = mp4_bytes(data.film(one.at, cameras[0], first, count), data.info.fps)
    where = f"episode {one.at.number}"
    name = f"{one.at.number} {first}"
    made = trajectory_clip(
        one.numbers[STATE][rows], one.numbers[ACTION][rows], where, length=length, frames=film, name=name
    )
    return made._replace(episode=one.at.number, start=first)
