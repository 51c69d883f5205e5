"""What trainer and page tell each other beside questions and answers: settings, status, metrics, assets."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import NamedTuple, cast

import sqlalchemy as sa

from armchair.errors import InvalidInput, StoreError, check_choice
from armchair.jsonable import Json, finite
from armchair.reading.limits import TOLD_BYTES
from armchair.reading.plain import parse_json, parse_object
from armchair.runs.folder import is_after
from armchair.store import schema as tables
from armchair.store.database import Database
from armchair.store.rows.wishes import MAX_QUESTION, check_known

MAX_LABELS, MAX_OVERLAP = 1_000_000, 100
MAX_ASSET = 64 * 2**20  # bytes
_LINE = "a line of the metrics"
CHANGE = "change"  # the asset with the arm before and now
MISUNDERSTOOD = "misunderstood"  # the key, among the settings, of how often that was said of which wish


@dataclass(frozen=True)
class Settings:
    """What the owner of a run may change while it runs."""

    question: str = ""
    """What annotators are asked; empty: the task's own words."""
    labels: int | None = None
    """Answers to ask for; None: as many as the trainer was told."""
    paused: bool = False
    """Whether to put no questions to anyone for now."""
    overlap: int = 1
    """How many annotators may answer the same question."""
    repeat_share: float = 0.05
    """Share of the questions that are put again to the same person, to see how steady they are."""
    show_success: bool = True
    """Whether annotators see how often the arm succeeds."""
    show_guess: bool = False
    """Whether annotators see, after an answer, what the model had guessed."""
    strengths: bool = True
    """Whether annotators may say "slightly" and "much"."""
    finished: bool = False
    """Whether the owner wants the command to end that waits, once the run is done, for more to do."""


class Status(NamedTuple):
    """What the trainer said of itself last."""

    value: dict[str, Json]
    updated: float  # s since the epoch


def own_wish(settings: Settings, status: Status | None) -> bool:
    """Whether the task's own question is answered; if not, success says nothing of it."""
    if status is not None and status.value.get("style"):
        return False
    return not settings.question or status is None or settings.question == status.value.get("question")


def budget_of(settings: Settings, status: Status | None) -> int | None:
    """Answers wanted in all, as the owner set it, or else the trainer; None where neither did."""
    labels = settings.labels or (status.value.get("labels") if status else None)
    return labels if isinstance(labels, int) else None


class Asset(NamedTuple):
    """A file that belongs to the run."""

    data: bytes
    sha256: str
    media_type: str


class Board:
    """The part of a store on which trainer and page leave each other messages: `store.board`."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        """`clock` gives seconds since the epoch."""
        self._database, self._clock = database, clock

    def settings(self) -> Settings:
        """What is set, with defaults for the rest."""
        with self._database.read() as conn:
            return read_settings(conn)

    def set_setting(self, key: str, value: str | float | bool | None) -> Settings:
        """Change a setting. -> all of them. Raises InvalidInput for an unknown one or a wrong value."""
        checked = _check_setting(key, value)
        with self._database.write() as conn:
            conn.execute(tables.settings.delete().where(tables.settings.c.key == key))
            conn.execute(tables.settings.insert().values(key=key, value=json.dumps(checked)))
            return read_settings(conn)

    def misunderstood(self) -> dict[str, int]:
        """How often it was said of a wish, by its name, that something else was understood than was meant."""
        with self._database.read() as conn:
            return _misunderstood(conn)

    def misunderstand(self, wish: str) -> int:
        """Say so once more. -> how often it was said now. Raises InvalidInput for an unknown wish."""
        with self._database.write() as conn:
            check_known(conn, wish or " ")  # no name stands for all of them here
            count = {wish: (known := _misunderstood(conn)).get(wish, 0) + 1}
            conn.execute(tables.settings.delete().where(tables.settings.c.key == MISUNDERSTOOD))
            conn.execute(tables.settings.insert().values(key=MISUNDERSTOOD, value=_to_json(known | count)))
            return count[wish]

    def set_status(self, value: Mapping[str, Json]) -> None:
        """Say what the trainer does now, in place of what it said before. Numbers not finite become None."""
        text = _to_json(value)
        with self._database.write(durable=False) as conn:
            conn.execute(tables.status.delete())
            conn.execute(tables.status.insert().values(id=1, value=text, updated=self._clock()))

    def replace_status(self, old: Status, value: Mapping[str, Json]) -> bool:
        """Say something in the trainer's place, unless it has spoken since `old`. -> whether it was said."""
        text = _to_json(value)
        with self._database.write(durable=False) as conn:
            unchanged = tables.status.update().where(tables.status.c.updated == old.updated)
            return conn.execute(unchanged.values(value=text, updated=self._clock())).rowcount > 0

    def status(self) -> Status | None:
        """What the trainer said last; None when it never said anything."""
        with self._database.read() as conn:
            return read_status(conn)

    def log(self, line: Mapping[str, Json]) -> None:
        """Add a line to the metrics. Numbers that are not finite become None."""
        text = _to_json(line)
        with self._database.write(durable=False) as conn:
            conn.execute(tables.metrics.insert().values(created=self._clock(), line=text))

    def metrics(self, since: int = 0) -> list[dict[str, Json]]:
        """The lines of the metrics after that "seq", each with its own "seq" and with "created"."""
        later = sa.select(tables.metrics).where(tables.metrics.c.seq > since).order_by(tables.metrics.c.seq)
        with self._database.read() as conn:
            rows = conn.execute(later).all()
        return [
            {"created": row.created} | parse_object(row.line, _LINE, TOLD_BYTES) | {"seq": row.seq}
            for row in rows
        ]

    def cut_metrics(self, after_env_steps: int) -> int:
        """Remove the lines whose "env_steps" lie after that, as a run needs that goes back. -> how many."""
        with self._database.write() as conn:
            rows = conn.execute(sa.select(tables.metrics))
            late = [
                row.seq
                for row in rows
                if is_after(parse_object(row.line, _LINE, TOLD_BYTES), after_env_steps)
            ]
            for seq in late:
                conn.execute(tables.metrics.delete().where(tables.metrics.c.seq == seq))
        return len(late)

    def put_asset(self, name: str, data: bytes, media_type: str) -> None:
        """Store a file, in place of an earlier one of this name. "scene" is the scene of the 3D replay."""
        if not 0 < len(name) <= 64 or not name.isprintable() or len(data) > MAX_ASSET:
            raise InvalidInput(
                f"an asset has a name of 1 to 64 printable characters and at most {MAX_ASSET} bytes, got "
                f"{name!r} and {len(data)} bytes"
            )
        row = {"sha256": hashlib.sha256(data).hexdigest(), "media_type": media_type, "data": data}
        with self._database.write() as conn:
            conn.execute(tables.assets.delete().where(tables.assets.c.name == name))
            conn.execute(tables.assets.insert().values(name=name, **row))

    def asset(self, name: str) -> Asset | None:
        """The file of this name, or None."""
        with self._database.read() as conn:
            row = conn.execute(sa.select(tables.assets).where(tables.assets.c.name == name)).one_or_none()
        return None if row is None else Asset(bytes(row.data), row.sha256, row.media_type)

    def asset_version(self, name: str) -> str | None:
        """SHA-256 of the file of this name, without reading the file; None when there is none."""
        with self._database.read() as conn:
            found = sa.select(tables.assets.c.sha256).where(tables.assets.c.name == name)
            return conn.execute(found).scalar_one_or_none()

    def asset_versions(self) -> dict[str, str]:
        """SHA-256 of every file there is, by name."""
        with self._database.read() as conn:
            return read_versions(conn)


_SETTINGS = sa.select(tables.settings)
_STATUS = sa.select(tables.status)
_VERSIONS = sa.select(tables.assets.c.name, tables.assets.c.sha256)
_KNOWN = {field.name for field in fields(Settings)}


def read_settings(conn: sa.Connection) -> Settings:
    """The settings, within a transaction that the caller holds."""
    rows = conn.execute(_SETTINGS).all()
    try:
        told = {row.key: parse_json(row.value, row.key, TOLD_BYTES) for row in rows if row.key in _KNOWN}
        checked = {key: _check_setting(key, value) for key, value in told.items()}
        return Settings(**checked)  # pyright: ignore[reportArgumentType]
    except InvalidInput as error:
        raise StoreError(f"the store has a setting that armchair never makes: {error}") from None


def read_status(conn: sa.Connection) -> Status | None:
    """What the trainer said last, within a transaction that the caller holds."""
    row = conn.execute(_STATUS).one_or_none()
    return None if row is None else Status(parse_object(row.value, "the status"), row.updated)


def read_versions(conn: sa.Connection) -> dict[str, str]:
    """SHA-256 of every file there is, by name, within a transaction that the caller holds."""
    return {row.name: row.sha256 for row in conn.execute(_VERSIONS)}


def _misunderstood(conn: sa.Connection) -> dict[str, int]:
    found = conn.execute(_SETTINGS.where(tables.settings.c.key == MISUNDERSTOOD)).one_or_none()
    told = {} if found is None else parse_object(found.value, MISUNDERSTOOD, TOLD_BYTES)
    return {wish: count for wish, count in told.items() if isinstance(count, int)}


def _check_setting(key: str, value: Json) -> str | float | bool | None:
    """The value as it is stored. Raises InvalidInput when the setting cannot have it."""
    check_choice("setting", key, asdict(Settings()))
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    whole = isinstance(number, int)
    valid, wanted = {
        "question": (
            isinstance(value, str) and len(value) <= MAX_QUESTION and (not value or value.isprintable()),
            f"one line of at most {MAX_QUESTION} characters",
        ),
        "labels": (
            value is None or (whole and 1 <= number <= MAX_LABELS),
            f"None or a whole number from 1 to {MAX_LABELS}",
        ),
        "overlap": (whole and 1 <= number <= MAX_OVERLAP, f"a whole number from 1 to {MAX_OVERLAP}"),
        "repeat_share": (0.0 <= number <= 0.5, "a share from 0 to 0.5"),
    }.get(key, (isinstance(value, bool), "true or false"))
    if not valid:
        raise InvalidInput(f"{key} must be {wanted}, got {value!r}")
    assert not isinstance(value, list | Mapping), "it would not be valid"
    return float(number) if key == "repeat_share" else cast("str | float | bool | None", value)


def _to_json(value: Mapping[str, Json]) -> str:
    try:
        return json.dumps(finite(value), allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"what is told must be texts, numbers, lists and mappings: {error}") from error
