"""Comparisons that are put aside for after the budget.

The trainer makes them when it is done. Their clips are in the store, so that it need not be there any more
when the run's owner asks for them; until then the questions are closed like any that nobody answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple, cast

from armchair.errors import StoreError
from armchair.reading.plain import parse_object
from armchair.store.board import Board
from armchair.store.store import Store

ASSET, MEDIA = "settling", "application/json"
ALL = 2**62  # environment steps, more than any run takes


class Offer(NamedTuple):
    """What may be compared, and what became of it."""

    questions: tuple[str, ...]
    policy_step: int  # environment steps of the newest policy
    older: int  # answers after which the older policy was as it is in the clips
    newest: int
    older_success: float | None = None  # share of tries, where success is known
    on: bool = False  # whether they are given out
    used: bool = False  # whether the older policy is the run's


def read(board: Board, names: Iterable[str] | None = None) -> Offer | None:
    """What is on offer; None for nothing. names: of the board's assets, where known."""
    asset = None if names is not None and ASSET not in names else board.asset(ASSET)
    if asset is None or asset.data == b"null":
        return None
    values = parse_object(asset.data, "what is offered to be compared")
    try:
        questions = cast("list[str]", values.pop("questions"))
        return Offer(tuple(questions), **values)  # pyright: ignore[reportArgumentType]
    except (KeyError, TypeError) as error:
        raise StoreError(f"what is offered to be compared cannot be read: {error}") from None


def write(board: Board, offer: Offer | None) -> None:
    """Offer this in place of what was offered before; None: nothing."""
    told = None if offer is None else offer._asdict()
    board.put_asset(ASSET, json.dumps(told).encode(), MEDIA)


def begin(store: Store, offer: Offer) -> None:
    """Give out those of the questions that nobody has answered; twice is harmless."""
    answered = {record.question.id for record in store.records(excluded=True)}
    store.ask([store.question(name) for name in offer.questions if name not in answered])
    write(store.board, offer._replace(on=True))


def end(store: Store, offer: Offer) -> None:
    """Give out no more of them; whoever holds one may still answer it."""
    store.retire(ALL)  # of a run that is done no other question is open
    write(store.board, offer._replace(on=False))


def withdraw(board: Board) -> None:
    """Offer nothing any more: the policy goes on."""
    if read(board) is not None:
        write(board, None)
