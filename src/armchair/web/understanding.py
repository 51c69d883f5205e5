"""What the trainer says that it has understood of a wish: the clips that it likes best and least, and why."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError
from typing_extensions import TypedDict  # pydantic wants this one below Python 3.12

from armchair.store.board import Status
from armchair.web.caches.clips import ClipRef

MOST_RELATIONS = 8
Name = Annotated[str, Field(min_length=1, max_length=200)]
Clips = Annotated[list[Name], Field(min_length=2, max_length=2)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Understanding(BaseModel):
    """The fact `understood` of the trainer's status."""

    wish: Name
    best: Clips
    worst: Clips
    relations: Annotated[
        list[tuple[Annotated[str, Field(max_length=200)], Share]], Field(max_length=MOST_RELATIONS)
    ]
    """What counts, in words, and its share of all that does."""


class Relation(TypedDict):
    """Something that counts, in words, and its share of all that does."""

    words: str
    share: float


class Understood(TypedDict):
    """What was understood of a wish: two clips that are most like it, two that are least, and why."""

    wish: str
    version: str
    asks: str
    best: list[ClipRef]
    worst: list[ClipRef]
    relations: list[Relation]


def understanding(status: Status | None) -> Understanding | None:
    """What was understood; None where nothing is told, or nothing that makes sense."""
    told = None if status is None else status.value.get("understood")
    try:
        return None if told is None else Understanding.model_validate(told)
    except ValidationError:
        return None


def version_of(found: Understanding) -> str:
    """What tells it from what is understood after more answers."""
    return hashlib.sha256(json.dumps(found.model_dump()).encode()).hexdigest()[:16]
