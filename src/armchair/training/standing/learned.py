"""What the newest answers told the reward model: which it had foretold, and which changed its mind."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import torch
from torch import Tensor

from armchair.jsonable import Json
from armchair.rewards.ensemble import RewardEnsemble
from armchair.types import PreferenceBatch

LATEST = 20  # answers that the agreement speaks of


class Learned:
    """Judges each answer by the model that was in force when it was given, at the fit that follows it."""

    def __init__(self) -> None:
        self._foretold: deque[bool] = deque(maxlen=LATEST)
        self._answers = self._changed = 0  # of the last fit

    def take_in(
        self, answers: PreferenceBatch, new: int, before: RewardEnsemble, after: RewardEnsemble
    ) -> None:
        """A fit was made. answers: all that it was made of; new: how many at the end were not known `before`.

        Answers about clips that an earlier answer spoke of are passed over: that one was learnt from.
        """
        rows = range(len(answers.target) - new, len(answers.target))
        known = set(answers.pair[: rows.start].tolist())
        fresh = torch.tensor([row for row in rows if int(answers.pair[row]) not in known], dtype=torch.int64)
        left, right, target = answers.left[fresh], answers.right[fresh], answers.target[fresh]
        said, says = (
            before.probability(left, right).mean(0) > 0.5,
            after.probability(left, right).mean(0) > 0.5,
        )
        sided = target != 0.5
        wrong = sided & (said != (target > 0.5))
        self._foretold.extend((~wrong[sided]).tolist())
        self._answers, self._changed = len(fresh), int((wrong | (said != says)).sum())

    def facts(self) -> dict[str, Json]:
        """For the page; nothing where there was no fit with a model before it."""
        facts: dict[str, Json] = {}
        if self._foretold:
            facts["agreement"] = {"agree": sum(self._foretold), "of": len(self._foretold)}
        if self._answers:
            facts["learned"] = {"answers": self._answers, "changed": self._changed}
        return facts

    def tensors(self) -> dict[str, Tensor]:
        """All of it, by name."""
        return {
            "foretold": torch.tensor(list(self._foretold), dtype=torch.bool),
            "latest": torch.tensor([self._answers, self._changed]),
        }

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`; older checkpoints have none."""
        if tensors:
            self._foretold = deque(tensors["foretold"].tolist(), maxlen=LATEST)
            self._answers, self._changed = (int(number) for number in tensors["latest"])
