"""What a wish adds to the skill's reward.

A wish says how, not how far. What it is worth at a state is therefore counted from what it is worth on
average where the skill has come as far: else a wish to be slow would be a wish never to arrive, and one to
carry high a wish to go on carrying. How far the skill has come is told by its own learned reward.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

STAGES = 16  # parts of equal size that the skill's rewards are cut into
KEPT = 0.8  # of what earlier rollouts said, when another is counted


class Baseline:
    """The mean reward of wishes by how far the skill has come, over the latest rollouts."""

    def __init__(self, wishes: int) -> None:
        self._wishes = wishes
        self._edges = torch.zeros(0)
        self._total, self._count = torch.zeros(STAGES, wishes), torch.zeros(STAGES)

    def forget(self) -> None:
        """The wishes' rewards have changed: what was counted says nothing of the new ones."""
        self._total.zero_()
        self._count.zero_()

    def beyond(self, skill: Tensor, wish: Tensor) -> Tensor:
        """Rewards of wishes (T, N, W) beyond what is usual at these of the skill (T, N). Same shape."""
        flat = skill.flatten()
        if not len(self._edges):
            self._edges = flat.quantile(torch.linspace(0.0, 1.0, STAGES + 1)[1:-1])
        stage = torch.bucketize(flat, self._edges)
        self._total.mul_(KEPT).index_add_(0, stage, wish.flatten(0, 1))
        self._count.mul_(KEPT).index_add_(0, stage, torch.ones_like(flat))
        usual = self._total / self._count.clamp_min(1e-6).unsqueeze(1)
        return wish - usual[stage].view_as(wish)

    def tensors(self) -> dict[str, Tensor]:
        """All of it by name."""
        return {"edges": self._edges.clone(), "total": self._total.clone(), "count": self._count.clone()}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        self._edges, self._total = tensors["edges"].clone(), tensors["total"].clone()
        self._count = tensors["count"].clone()


def mixed(skill: Tensor, beyond: Tensor, weights: Tensor, most: float) -> Tensor:
    """(skill + Σ wᵢ wishᵢ) / (1 + Σ wᵢ). (T, N), (T, N, W), (T, N, W) in [0, 1] -> (T, N).

    A weight of 1 gives the wish the share `most` of the whole: w = most·weight / (1 − most·weight).
    """
    share = most * weights
    w = share / (1.0 - share)
    usual = 0.5  # what a model's rewards are on average, see `RewardConfig.mean`
    return (skill + (w * (usual + beyond)).sum(-1)) / (1.0 + w.sum(-1))
