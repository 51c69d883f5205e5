"""Settings of the wishes that a run learns on top of a skill."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from armchair.config.ranges import Answers

Weight = Annotated[float, Field(ge=0.0, le=1.0)]


@dataclass(frozen=True)
class WishConfig:
    """Which wishes, and how the policy learns them. See docs/wishes.md and `armchair.training.wishes`."""

    asked: dict[str, str] = field(default_factory=dict[str, str])
    """The question about each wish, by its name, such as {carry_high: 'Which one carries it higher?'}.
    Then `policy` is the run of the skill, which is not learned any more."""
    weights: dict[str, Weight] = field(default_factory=dict[str, Weight])
    """How much of a wish the policy has in the end, by its name; if not given, what costs next to nothing."""
    most: Annotated[float, Field(ge=0.0, le=0.99)] = 0.9
    """The share of the reward that a wish has at weight 1."""
    margin: Weight = 0.02
    """Share of the episodes in which the task may be done no more, where a weight is chosen."""
    anchor: Annotated[float, Field(ge=0.0)] = 0.5
    """How strongly the policy is held to the skill at weight 0, see `DemonstrationConfig.pull`."""
    gain: Annotated[float, Field(ge=0.0)] = 0.3
    """Spread of the first layers' weights of a wish's weight, to begin with."""
    least_std: Annotated[float, Field(ge=1e-3)] = 0.3
    """Spread of the actions to begin with, at least: a finished skill hardly explores."""
    target_kl: Annotated[float, Field(gt=0.0)] = 0.06
    """In place of the skill's `ppo.target_kl`, to begin with; it falls to a tenth of that."""


MOST_WISHES = 8
WISH_LABELS: Answers = 40  # questions, if not given: for each wish
