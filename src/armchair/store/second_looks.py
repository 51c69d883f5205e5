"""Questions whose answers deserve a second look: offered by the trainer, and looked at once each."""

from __future__ import annotations

import json
from collections.abc import Iterable

from armchair.reading.plain import parse_json
from armchair.store.board import Board

OFFERED, LOOKED = "look_again", "looked_again"  # assets: ids of questions, as JSON
MEDIA = "application/json"


def offer(board: Board, questions: list[str]) -> None:
    """Have these looked at once more, in place of those offered before."""
    if questions != _read(board, OFFERED):
        board.put_asset(OFFERED, json.dumps(questions).encode(), MEDIA)


def looked(board: Board) -> set[str]:
    """Questions that were looked at a second time."""
    return set(_read(board, LOOKED))


def look(board: Board, question: str) -> None:
    """Note that a question has had its second look, whatever came of it."""
    known = _read(board, LOOKED)
    if question not in known:
        board.put_asset(LOOKED, json.dumps([*known, question]).encode(), MEDIA)


def waiting(board: Board, names: Iterable[str]) -> list[str]:
    """Questions that were offered and not looked at yet. names: of the board's assets."""
    if OFFERED not in names:
        return []
    done = looked(board)
    return [question for question in _read(board, OFFERED) if question not in done]


def _read(board: Board, name: str) -> list[str]:
    asset = board.asset(name)
    found = [] if asset is None else parse_json(asset.data, f"the asset {name}")
    return [question for question in found if isinstance(question, str)] if isinstance(found, list) else []
