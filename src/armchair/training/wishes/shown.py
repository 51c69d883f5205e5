"""Demonstrations of a wish: what somebody showed is more like it than what the skill does by itself.

Nobody is asked for that, and no budget is charged. Each part of a demonstration is compared with the skill's
own clip in which it has come as far, so that the two differ in how it is done: else whoever shows it slowly
would seem to wish that less is done. Comparisons by one demonstration say much the same, so all of them
together weigh as a few answers.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from armchair.agents.networks import ActorCritic
from armchair.envs.base import Env
from armchair.envs.demonstrations import Demo
from armchair.errors import InvalidInput
from armchair.rewards.ensemble import RewardEnsemble
from armchair.training.wishes.curve import begin
from armchair.types import FREE, PreferenceBatch

PARTS = 12  # of each demonstration
WORTH = 4.0  # answers that all parts of one demonstration together weigh
SURE = 0.9  # probability with which they are taken to be right


def skill_episodes(env: Env, skill: ActorCritic, seed: int) -> Tensor:
    """An episode of the skill in every copy, without noise. -> (T, N, F), what a person sees."""
    obs, seen = begin(env, seed), list[Tensor]()
    for _ in range(env.horizon):
        step = env.step(skill.best(obs))
        seen.append(step.visible)
        obs = step.obs
    return torch.stack(seen)


def shown_preferences(
    demos: Sequence[Demo], own: Tensor, model: RewardEnsemble, length: int, rng: torch.Generator
) -> PreferenceBatch:
    """Parts of demonstrations beside the skill's own clips; the right one, which was shown, is better.

    own: (T, N, F), episodes of the skill; model: its reward, which tells how far it has come. Raises
    InvalidInput for a demonstration that is shorter than a clip.
    """
    for number, demo in enumerate(demos):
        if len(demo.visible) < length:
            raise InvalidInput(
                f"demonstration {number} has {len(demo.visible)} steps, a clip has {length}: show whole "
                "episodes, or make --clip shorter"
            )
    clips = own.unfold(0, length, 1).transpose(2, 3).flatten(0, 1)  # all of them, (S N, L, F)
    reached = _reached(clips, model)
    left, right = list[Tensor](), list[Tensor]()
    for demo in demos:
        at = torch.randint(0, len(demo.visible) - length + 1, (PARTS,), generator=rng).tolist()
        parts = torch.stack([demo.visible[k : k + length] for k in at])
        nearest = torch.cdist(_reached(parts, model), reached).argmin(1)
        left.append(clips[nearest])
        right.append(parts)
    count = PARTS * len(demos)
    return PreferenceBatch(
        left=torch.cat(left),
        right=torch.cat(right),
        target=torch.full((count,), SURE),
        weight=torch.full((count,), WORTH / PARTS),
        both_bad=torch.zeros(count, dtype=torch.bool),
        pair=torch.full((count,), FREE),
    )


def _reached(clips: Tensor, model: RewardEnsemble) -> Tensor:
    """How far the skill has come where clips (C, L, F) begin and where they end. -> (C, 2)."""
    return torch.stack([model.mean(clips[:, 0]), model.mean(clips[:, -1])], dim=1)


def shown_actions(demos: Sequence[Demo]) -> tuple[Tensor, Tensor]:
    """What was done where, at weight 1 of the one wish there is. -> (S, D + 1), (S, A)."""
    obs = torch.cat([demo.obs for demo in demos])
    return torch.cat((obs, torch.ones(len(obs), 1)), dim=1), torch.cat([demo.action for demo in demos])
