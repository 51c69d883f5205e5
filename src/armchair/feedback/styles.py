"""What a simulated teacher may like besides the task's own reward: how the arm moves.

A style is a function of what a person sees; its points are found by the names that `Task.points` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from armchair.errors import InvalidChoice, InvalidInput, check_choice
from armchair.feedback.teachers import Scorer
from armchair.types import Clip
from armchair.world import BLOCK_SIZE

NEAR = 0.10  # m, what "near the goal" means
HIGH = 0.15  # m, a block carried so far above the table could not be carried better
PLACED = 0.05  # m, a block so near its place, seen from above, is no longer carried


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

    @property
    def place(self) -> Tensor:
        """Where a block shall go: the goal, or the second block where there is no goal. -> (L, 3) m."""
        return self["goal" if "goal" in self.names else "block_b"]


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
    """The tool moves slowly near the goal: −(cm moved in the step)² · exp(−(d / 10 cm)²). -> (L,).

    Squared, since the sum of ways that are not is the same however fast one goes.
    """
    return _speed_penalty(points["tool"], points["goal"])


def _speed_penalty(point: Tensor, place: Tensor) -> Tensor:
    moved = torch.cat((torch.zeros(1), 100.0 * point.diff(dim=0).norm(dim=1)))  # cm
    return -(moved**2) * torch.exp(-(((point - place).norm(dim=1) / NEAR) ** 2))


def carry_high(points: Points) -> Tensor:
    """The block is high above the table until it is over its place. -> (L,) in [0, 1], of 15 cm."""
    block = points["block_a"]
    away = (block - points.place)[:, :2].norm(dim=1) > PLACED
    return torch.where(away, ((block[:, 2] - BLOCK_SIZE / 2) / HIGH).clamp(0.0, 1.0), 0.0)


def place_gently(points: Points) -> Tensor:
    """The block moves slowly near its place: −(cm moved in the step)² · exp(−(d / 10 cm)²). -> (L,)."""
    return _speed_penalty(points["block_a"], points.place)


STYLES: dict[str, Style] = {
    "from_above": from_above,
    "slow_near_goal": slow_near_goal,
    "carry_high": carry_high,
    "place_gently": place_gently,
}

OF_MOTION = ("slow_near_goal", "place_gently")
"""The styles that speak of speed: a reward model that does not see it cannot learn them."""


def style_sum(style: str | Style, points: Sequence[str]) -> Callable[[Tensor], float]:
    """The sum of a style, by name or your own function, over what a clip shows, (L, F).

    points: those of the task. Raises InvalidInput for a style by name that looks at points which the task
    does not have.
    """
    chosen = STYLES[check_choice("style", style, STYLES)] if isinstance(style, str) else style
    if isinstance(style, str):
        try:
            chosen(Points(torch.zeros(2, 3 * len(points)), points))
        except InvalidChoice as error:
            there = ", ".join(points)
            raise InvalidInput(
                f"the style {style} looks at {error.value}, which is not in this task: there is {there}"
            ) from None

    return lambda visible: float(chosen(Points(visible, points)).double().sum())


def style_score(style: str | Style, points: Sequence[str]) -> Scorer:
    """What clips are worth to who likes a style; see `style_sum`."""
    worth = style_sum(style, points)
    return lambda clip: worth(clip.visible)


def weighted(*parts: tuple[Scorer, float]) -> Scorer:
    """A weighted sum of scorers, such as the true return and a style."""

    def score(clip: Clip) -> float:
        return sum(weight * scorer(clip) for scorer, weight in parts)

    return score
