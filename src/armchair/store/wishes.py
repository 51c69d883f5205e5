"""What a run is taught where it is another wish than the task's, of which the task's success says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from armchair.errors import StoreError
from armchair.jsonable import Json
from armchair.runs.folder import RunDir
from armchair.store.board import own_wish
from armchair.store.store import Store


def run_wish(run: RunDir) -> str | None:
    """The wish of a run, in words, if it is another than the task's: a style alone, or a question of its own.

    Raises RunError where the run's configuration cannot be read.
    """
    return style_of(run.config()) or wish_of(run.store)


def style_of(config: Mapping[str, Json]) -> str | None:
    """What a simulated teacher judges by in place of the task's reward, in words; None where it does not."""
    teacher = config.get("teacher")
    if (
        not isinstance(teacher, Mapping)
        or not teacher.get("style")
        or teacher.get("style_weight") is not None
    ):
        return None
    return f"style {teacher['style']}"


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
    return None if own_wish(settings, status) or not settings.question else settings.question
