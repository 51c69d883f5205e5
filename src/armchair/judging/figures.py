"""How a model that judges fares: its bias, its agreement with people, what it cost. Without torch."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from armchair.errors import InvalidInput
from armchair.feedback.agreement import DECIDED, Share, share
from armchair.jsonable import Json
from armchair.judging.deciding import FATES
from armchair.judging.verdicts import Verdict
from armchair.reading.plain import parse_object
from armchair.store.board import Board
from armchair.store.rows.records import Record
from armchair.store.store import Store

PREFIX, MEDIA = "judge ", "application/json"


class Seen(NamedTuple):
    """What the figures need to know of a verdict."""

    question: str
    first: str  # see `Verdict`
    second: str
    choice: str | None
    fate: str
    tokens: int


class Figures(NamedTuple):
    """What there is to tell of a model, beside what is told of every annotator."""

    name: str  # of the annotator
    asked: int  # questions that it judged
    answered: int  # of them, those that its answer closed
    left: Mapping[str, int]  # those left to people, by the reason
    flips: Share  # of the questions of which it named a side twice, the other one after the exchange
    toward_first: Share  # of those, what was shown first
    audited: Share  # agreement with people where it would have answered: what its answers are worth
    handed_over: Share  # agreement with people where it named a side and was not believed
    tokens: int


def seen(verdict: Verdict) -> Seen:
    """The part of a verdict that the figures need."""
    return Seen(*(getattr(verdict, name) for name in Seen._fields))


def figures(name: str, judged: Sequence[Seen], records: Iterable[Record], people: set[str]) -> Figures:
    """The figures of a model. records: answers that count; people: the annotators who are."""
    said: dict[str, list[str]] = {}
    for record in records:
        if record.answer.annotator in people and record.answer.choice in DECIDED:
            said.setdefault(record.question.id, []).append(record.answer.choice)
    twice = [one for one in judged if {one.first, one.second} <= {"first", "second"}]
    flipped = [one for one in twice if one.first == one.second]
    fates = Counter(one.fate for one in judged)
    answered = fates.pop("answered", 0)
    return Figures(
        name,
        len(judged),
        answered,
        {fate: fates[fate] for fate in FATES if fates[fate]},
        share(len(flipped), len(twice)),
        share(sum(one.first == "first" for one in flipped), len(flipped)),
        _agreement([one for one in judged if one.fate == "audit"], said),
        _agreement([one for one in judged if one.fate not in ("audit", "answered")], said),
        sum(one.tokens for one in judged),
    )


def _agreement(judged: Sequence[Seen], said: Mapping[str, Sequence[str]]) -> Share:
    pairs = [
        one.choice == other for one in judged if one.choice in DECIDED for other in said.get(one.question, ())
    ]
    return share(sum(pairs), len(pairs))


def put(board: Board, name: str, judged: Sequence[Seen]) -> None:
    """Leave what a model said on the store's board, for the dashboard."""
    told = {"name": name, "rows": [list(one) for one in judged]}
    board.put_asset(_asset(name), json.dumps(told, ensure_ascii=False).encode(), MEDIA)


def read(store: Store) -> list[Figures]:
    """The figures of all models that have left something on the board, by name, as of now."""
    board, found = store.board, list[Figures]()
    assets = [name for name in board.asset_versions() if name.startswith(PREFIX)]
    if not assets:
        return []
    records = store.records()
    people = {name for name, kind in store.annotators().items() if kind == "person"}
    for asset in map(board.asset, assets):
        if asset is not None:
            with suppress(InvalidInput):
                name, rows = _parsed(asset.data)
                found.append(figures(name, rows, records, people))
    return sorted(found, key=lambda one: one.name)


def as_json(one: Figures) -> dict[str, Json]:
    """For programs: shares as [hits, of]."""
    told: dict[str, Json] = {}
    for name, value in one._asdict().items():
        told[name] = [value.hits, value.of] if isinstance(value, Share) else value
    return told | {"left": dict(one.left)}


def _asset(name: str) -> str:
    return PREFIX + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _parsed(data: bytes) -> tuple[str, list[Seen]]:
    told = parse_object(data, "what a model left on the board")
    name, rows = told.get("name"), told.get("rows")
    if not isinstance(name, str) or not isinstance(rows, list):
        raise InvalidInput("a model leaves a name and rows on the board")
    found: list[Seen] = []
    for row in rows:
        if not isinstance(row, list) or len(row) != len(Seen._fields):
            raise InvalidInput(f"a row has {len(Seen._fields)} values")
        question, first, second, choice, fate, tokens = row
        texts = (question, first, second, fate)
        if not all(isinstance(text, str) for text in texts) or not isinstance(tokens, int):
            raise InvalidInput("a row has texts, and a number of tokens last")
        kept = choice if isinstance(choice, str) else None
        found.append(Seen(str(question), str(first), str(second), kept, str(fate), tokens))
    return name, found
