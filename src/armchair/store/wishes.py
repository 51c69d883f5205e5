"""What a run's annotators are asked, where it is not what the task asks."""

from __future__ import annotations

from pathlib import Path

from armchair.errors import StoreError
from armchair.store.board import own_wish
from armchair.store.store import Store


def wish_of(where: Path | str) -> str | None:
    """The question in the store of a run, if it is another than the task's own; None where it cannot be read.

    where: as `RunDir.store` gives it.
    """
    if isinstance(where, Path) and not where.is_file():
        return None
    try:
        with Store.open(where, create=False) as store:
            settings, status = store.board.settings(), store.board.status()
    except StoreError:
        return None
    return None if own_wish(settings, status) else settings.question
