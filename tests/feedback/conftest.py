"""Stores, and made-up clips whose worth is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import torch

from armchair.feedback.store import Store
from armchair.ids import new_id
from armchair.types import Clip, Question

MakeClip = Callable[[float], Clip]
AskAbout = Callable[[Sequence[tuple[float, float]]], list[Question]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "armchair.db") as store:
        yield store


@pytest.fixture
def make_clip() -> MakeClip:
    """A clip of 4 steps whose true return is given; its visible numbers are the same."""

    def make(total: float) -> Clip:
        visible, action = torch.full((4, 3), float(total)), torch.ones(4, 2)
        reward = torch.tensor([total, 0.0, 0.0, 0.0])
        return Clip(new_id(), visible, action, reward, torch.rand(4, 5, 7), None, 0, 0, 0)

    return make


@pytest.fixture
def ask(store: Store, make_clip: MakeClip) -> AskAbout:
    """Put a question about each pair of true returns."""

    def put(returns: Sequence[tuple[float, float]]) -> list[Question]:
        pairs = [(make_clip(left), make_clip(right)) for left, right in returns]
        questions = [Question(new_id(), left.id, right.id, "uniform", 0) for left, right in pairs]
        store.ask(questions, [clip for pair in pairs for clip in pair])
        return questions

    return put
