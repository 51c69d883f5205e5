"""What is shown, and what it is worth to a simulated teacher, past the end of an episode."""

from __future__ import annotations

import torch
from torch import Tensor

from armchair.rollout.windows import End
from armchair.types import Step


def end_of(step: Step, env: int) -> End:
    """What may be shown past the end of the episode that this step of a copy ended, where ends stay."""
    if not bool(step.terminated[env]):
        return End.CUT_OFF
    return End.SUCCEEDED if bool(step.success[env]) else End.STAYS


def reward_with_end(reward: Tensor, past: Tensor, end: int) -> Tensor:
    """A clip's own rewards with what goes on past its episode's end. (L,), (L,) bool, see `End` -> (L,).

    The last one goes on, so that clips of one length can be compared. But an environment that is done with
    an episode counts nothing from there on, so no success costs, and nothing else earns: an arm that fell
    quickly would be paid its speed for ever.
    """
    if end == End.SUCCEEDED:
        return torch.where(past, reward.clamp(min=0.0), reward)
    return torch.where(past, reward.clamp(max=0.0), reward) if end == End.STAYS else reward
