"""Identifiers."""

from __future__ import annotations

import uuid

import pytest

from armchair.errors import InvalidInput
from armchair.ids import check_id, id_from, new_id
from armchair.maths import generator


def test_ids_are_uuids_and_repeat_only_with_a_generator() -> None:
    assert new_id() != new_id()
    assert new_id(generator(1)) == new_id(generator(1)) != new_id(generator(2))
    rng = generator(1)
    assert len({new_id(rng) for _ in range(100)}) == 100
    assert uuid.UUID(new_id(rng)).version == 4
    assert id_from(b"x" * 32) == id_from(b"x" * 16 + b"y" * 16)


USUAL = "0a7b8c9d-0000-4000-8000-00000000000f"


@pytest.mark.parametrize("wrong", ["", "1", "../x", USUAL.upper(), "{" + USUAL + "}", USUAL + "\n"])
def test_only_the_usual_form_is_an_id(wrong: str) -> None:
    with pytest.raises(InvalidInput, match="must be a UUID"):
        check_id("a clip", wrong)
    assert check_id("a clip", USUAL) == USUAL
