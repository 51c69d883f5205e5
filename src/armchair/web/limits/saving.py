"""Storing answers: those that come while others are being written go into one transaction."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

from armchair.store.store import Store
from armchair.types import Answer
from armchair.web.limits.together import Together


class Kept(NamedTuple):
    """An answer that is on disk."""

    new: bool  # whether it was not there before
    guess: float | None  # P(right is better) as the model had guessed, where people are told


Saving = Together[Answer, Kept]


def saving(store: Store, writing: threading.Lock) -> Saving:
    """What stores answers. writing: held meanwhile."""

    def keep(several: Sequence[Answer]) -> list[Kept | Exception]:
        with writing:
            told = store.submit_all(several)
        shown = store.board.settings().show_guess
        return [
            new if isinstance(new, Exception) else Kept(new, _guess(store, answer) if shown else None)
            for answer, new in zip(several, told, strict=True)
        ]

    return Together(keep)


def _guess(store: Store, answer: Answer) -> float | None:
    return store.question(answer.question).guess
