"""What a simulated teacher may like besides the task's own reward: how the arm moves.

A style is a function of what a person sees; its points are found by the names that `Task.points` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from armchair.errors import InvalidInput, check_choice
from armchair.feedback.teachers import Scorer
from armchair.types import Clip

NEAR = 0.10  # m, what "near the goal" means


class Points:
    """The named points in what a clip shows: three numbers each, in order, at the front of `visible`."""

    def __init__(self, visible: Tensor, names: Sequence[str]) -> None:
        """visible: (L, F); names: a task's `points`."""
        if visible.shape[1] < 3 * len(names):
            raise InvalidInput(
                f"{len(names)} points take {3 * len(names)} numbers, but the clip shows {visible.shape[1]}"
            )
        self.visible, self.names = visible, tuple(names)

    def __getitem__(self, name: str) -> Tensor:
        """Positions of a point. -> (L, 3) m."""
        check_choice("point", name, self.names)
        at = 3 * self.names.index(name)
        return self.visible[:, at : at + 3]


Style = Callable[[Points], Tensor]
"""Points of a clip of L steps -> (L,) what each step is worth; it need not have a scale."""


def from_above(points: Points) -> Tensor:
    """The tool approaches the goal from above: sine of the elevation of the tool over the goal. -> (L,).

    1 straight above, −1 straight below; within 2 cm it counts as above.
    """
    offset = points["tool"] - points["goal"]
    distance = offset.norm(dim=1)
    return torch.where(distance < 0.02, 1.0, offset[:, 2] / distance.clamp_min(1e-6))


def slow_near_goal(points: Points) -> Tensor:
    """The tool moves slowly near the goal: −(cm moved in the step) · exp(−(d / 10 cm)²). -> (L,)."""
    tool, goal = points["tool"], points["goal"]
    way = torch.cat((torch.zeros(1), tool.diff(dim=0).norm(dim=1)))
    distance = (tool - goal).norm(dim=1)
    return -100.0 * way * torch.exp(-((distance / NEAR) ** 2))


STYLES: dict[str, Style] = {"from_above": from_above, "slow_near_goal": slow_near_goal}


def style_score(style: str | Style, points: Sequence[str]) -> Scorer:
    """The sum of a style, by name or your own function, over a clip; `points` are those of the task."""
    chosen = STYLES[check_choice("style", style, STYLES)] if isinstance(style, str) else style

    def score(clip: Clip) -> float:
        return float(chosen(Points(clip.visible, points)).double().sum())

    return score


def weighted(*parts: tuple[Scorer, float]) -> Scorer:
    """A weighted sum of scorers, such as the true return and a style."""

    def score(clip: Clip) -> float:
        return sum(weight * scorer(clip) for scorer, weight in parts)

    return score
