"""Answers as tensors to fit a reward to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from armchair.store.rows import clips as clip_rows
from armchair.store.rows.records import Record
from armchair.types import Choice, PreferenceBatch

if TYPE_CHECKING:  # only a trainer fits, so only it pays for torch
    from torch import Tensor

TARGETS: dict[Choice, float] = {"left": 0.0, "right": 1.0, "tie": 0.5, "both_bad": 0.5}


class BatchBuilder:
    """Makes batches of records, and remembers what the clips show: they never change."""

    def __init__(self) -> None:
        self._visible: dict[str, Tensor] = {}

    def build(self, conn: sa.Connection, records: Sequence[Record]) -> PreferenceBatch:
        """Answers ready for fitting, in their order; "can't tell" is left out."""
        import torch

        found = [record for record in records if record.answer.choice != "cant_tell"]
        names = dict.fromkeys(name for _, question, *_ in found for name in (question.left, question.right))
        # a few kB each, of few whole clips at once
        for chunk in clip_rows.chunks(name for name in names if name not in self._visible):
            self._visible |= {clip.id: clip.visible for clip in clip_rows.load_clips(conn, chunk)}
        pairs = [frozenset((question.left, question.right)) for _, question, *_ in found]
        numbers = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
        choices: list[Choice] = [record.answer.choice for record in found]

        def stacked(names: Sequence[str]) -> Tensor:
            if not names:
                return torch.empty(0, *(clip_rows.stored_shape(conn) or (0, 0)))
            return torch.stack([self._visible[name] for name in names])

        return PreferenceBatch(
            left=stacked([record.question.left for record in found]),
            right=stacked([record.question.right for record in found]),
            target=torch.tensor([TARGETS[choice] for choice in choices], dtype=torch.float32),
            weight=torch.tensor([record.answer.strength for record in found], dtype=torch.float32),
            both_bad=torch.tensor([choice == "both_bad" for choice in choices], dtype=torch.bool),
            pair=torch.tensor([numbers[pair] for pair in pairs], dtype=torch.int64),
        )
