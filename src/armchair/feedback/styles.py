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
LIFTED = 0.06  # m, a block so high above the table has been lifted
MIDDLE, ZONE = (0.55, 0.0), 0.15  # m, a place on the table to keep away from, and how far


class Points:
    """The named points in what a clip shows: three numbers each, in order, at the front of `visible`."""

    def __init__(self, visible: Tensor, names: Sequence[str], begins: Tensor | None = None) -> None:
        """visible: (L, …, F), time in front; names: a task's `points`. begins: (L, …) bool, the first step of
        an episode, whose motion is not known; if not given, that of the first step alone is not.
        """
        if visible.shape[-1] < 3 * len(names):
            raise InvalidInput(
                f"{len(names)} points take {3 * len(names)} numbers, but the clip shows {visible.shape[-1]}"
            )
        self.visible, self.names = visible, tuple(names)
        self._begins = torch.zeros(visible.shape[:-1], dtype=torch.bool) if begins is None else begins

    def __getitem__(self, name: str) -> Tensor:
        """Positions of a point. -> (L, …, 3) m."""
        check_choice("point", name, self.names)
        at = 3 * self.names.index(name)
        return self.visible[..., at : at + 3]

    @property
    def place(self) -> Tensor:
        """Where a block shall go: the goal, or the second block where there is no goal. -> (L, …, 3) m."""
        return self["goal" if "goal" in self.names else "block_b"]

    @property
    def thing(self) -> Tensor:
        """What is brought to its place: the block, or the tool where there is none. -> (L, …, 3) m."""
        return self["block_a" if "block_a" in self.names else "tool"]

    def way(self, positions: Tensor) -> Tensor:
        """How far something came in each step, in cm; 0 where an episode begins. (L, …, 3) -> (L, …, 3)."""
        moved = torch.zeros_like(positions)
        moved[1:] = 100.0 * (positions[1:] - positions[:-1])
        return torch.where(self._begins.unsqueeze(-1), 0.0, moved)

    def swerve(self, positions: Tensor) -> Tensor:
        """How far that differs from the step before, in cm; 0 in an episode's first two. -> (L, …, 3)."""
        way = self.way(positions)
        change = torch.zeros_like(way)
        change[2:] = way[2:] - way[1:-1]
        early = self._begins.clone()
        early[1:] |= self._begins[:-1]
        return torch.where(early.unsqueeze(-1), 0.0, change)


Style = Callable[[Points], Tensor]
"""Points of L steps -> (L, …) what each step is worth; it need not have a scale."""


def from_above(points: Points) -> Tensor:
    """The tool approaches the goal from above: sine of the elevation of the tool over the goal.

    1 straight above, −1 straight below; within 2 cm it counts as above.
    """
    offset = points["tool"] - points["goal"]
    distance = offset.norm(dim=-1)
    return torch.where(distance < 0.02, 1.0, offset[..., 2] / distance.clamp_min(1e-6))


def from_the_side(points: Points) -> Tensor:
    """The tool approaches the goal at its own height: −|sine of its elevation|; 0 within 2 cm."""
    offset = points["tool"] - points["goal"]
    distance = offset.norm(dim=-1)
    return torch.where(distance < 0.02, 0.0, -offset[..., 2].abs() / distance.clamp_min(1e-6))


def left_of_goal(points: Points) -> Tensor:
    """The tool is on the arm's left of where the thing goes, by up to 10 cm: y, in units of that."""
    return ((points["tool"] - points.place)[..., 1] / NEAR).clamp(-1.0, 1.0)


def keep_away(points: Points) -> Tensor:
    """The tool keeps out of the middle of the table: −1 there, 0 from 15 cm off, seen from above."""
    middle = torch.tensor(MIDDLE)
    return ((points["tool"][..., :2] - middle).norm(dim=-1) / ZONE).clamp(max=1.0) - 1.0


def low_over_table(points: Points) -> Tensor:
    """The tool stays low: −its height, in units of 15 cm."""
    return -points["tool"][..., 2] / HIGH


def smooth(points: Points) -> Tensor:
    """The tool moves evenly: −(cm by which a step differs from the one before)²."""
    return -points.swerve(points["tool"]).square().sum(-1)


def slow_near_goal(points: Points) -> Tensor:
    """The tool moves slowly near the goal: −(cm moved in the step)² · exp(−(d / 10 cm)²).

    Squared, since the sum of ways that are not is the same however fast one goes.
    """
    return _slowly_near(points, points["tool"], points["goal"])


def slow_start(points: Points) -> Tensor:
    """The tool moves slowly while the thing is far from its place: as above, beyond 10 cm."""
    away = (points.thing - points.place).norm(dim=-1) > NEAR
    return torch.where(away, -points.way(points["tool"]).square().sum(-1), 0.0)


def carry_high(points: Points) -> Tensor:
    """The block is high above the table until it is over its place. -> in [0, 1], of 15 cm."""
    block = points["block_a"]
    away = (block - points.place)[..., :2].norm(dim=-1) > PLACED
    return torch.where(away, ((block[..., 2] - BLOCK_SIZE / 2) / HIGH).clamp(0.0, 1.0), 0.0)


def lift_straight(points: Points) -> Tensor:
    """The block goes straight up: −cm that it moves along the table below 6 cm, until it is at its place."""
    block = points["block_a"]
    low = block[..., 2] - BLOCK_SIZE / 2 < LIFTED
    away = (block - points.place).norm(dim=-1) > PLACED
    return torch.where(low & away, -points.way(block)[..., :2].norm(dim=-1), 0.0)


def place_gently(points: Points) -> Tensor:
    """The block moves slowly near its place: −(cm moved in the step)² · exp(−(d / 10 cm)²)."""
    return _slowly_near(points, points["block_a"], points.place)


def _slowly_near(points: Points, thing: Tensor, place: Tensor) -> Tensor:
    near = torch.exp(-(((thing - place).norm(dim=-1) / NEAR) ** 2))
    return -points.way(thing).square().sum(-1) * near


STYLES: dict[str, Style] = {
    "from_above": from_above,
    "from_the_side": from_the_side,
    "left_of_goal": left_of_goal,
    "keep_away": keep_away,
    "low_over_table": low_over_table,
    "smooth": smooth,
    "slow_near_goal": slow_near_goal,
    "slow_start": slow_start,
    "carry_high": carry_high,
    "lift_straight": lift_straight,
    "place_gently": place_gently,
}

QUESTIONS: dict[str, str] = {
    "from_above": "In which one does the arm come more from above?",
    "from_the_side": "In which one does the arm come more from the side?",
    "left_of_goal": "In which one does the arm stay more to the left of the target?",
    "keep_away": "Which one keeps away more from the middle of the table?",
    "low_over_table": "In which one does the arm stay lower over the table?",
    "smooth": "Which one moves more smoothly?",
    "slow_near_goal": "Which one is slower near the target?",
    "slow_start": "Which one is slower on its way to the target?",
    "carry_high": "Which one carries the block higher?",
    "lift_straight": "Which one lifts the block more straight up?",
    "place_gently": "Which one places the block more gently?",
}
"""What a person would be asked about each."""

OF_MOTION = ("slow_near_goal", "place_gently", "slow_start", "smooth", "lift_straight")
"""The styles that speak of motion: a reward model that does not see it cannot learn them."""


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
