"""Identifiers: UUIDs, drawn from a generator where a run has to be repeatable."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING

from armchair.errors import InvalidInput

if TYPE_CHECKING:
    import torch


def new_id(rng: torch.Generator | None = None) -> str:
    """A fresh UUID (version 4); with a generator the same one in every repetition of the run."""
    if rng is None:
        return str(uuid.uuid4())
    import torch  # here, because the page's server, which has no generator, does without it

    octets = torch.randint(0, 256, (16,), generator=rng, dtype=torch.uint8)
    return id_from(bytes(octets.tolist()))


def content_id(rng: torch.Generator, contents: bytes) -> str:
    """A UUID by place in the run and contents: the same in every repetition of the run, to the bit.

    Where something else comes of a repetition, as it may on another machine or with another version, so does
    another id.
    """
    return id_from(hashlib.sha256(new_id(rng).encode() + contents).digest())


def id_from(digest: bytes) -> str:
    """The UUID made of the first 16 bytes of a digest: equal contents get equal ids."""
    return str(uuid.UUID(bytes=digest[:16], version=4))


def check_id(what: str, value: str) -> str:
    """`value` itself when it is a UUID in its usual form; raises InvalidInput otherwise."""
    try:
        usual = str(uuid.UUID(value))
    except (ValueError, AttributeError, TypeError):
        usual = None
    if value != usual:
        raise InvalidInput(f"the id of {what} must be a UUID such as {uuid.UUID(int=0)}, got {value!r}")
    return value
