"""Implicit preferences: comparisons that demonstrations imply; nobody is asked, no budget is charged.

Two assumptions about a demonstration: it gets better from beginning to end, and it is ahead of what the
policy does at the same time of its episode (both as in Rank2Reward, Yang et al., 2024). Neither always holds,
so they weigh less than an answer and are taken to be less certain. The second keeps a policy away from places
that no demonstration and no answer covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.types import FREE, PreferenceBatch

MOST = 100_000  # comparisons of either kind


@dataclass(frozen=True)
class ImplicitConfig:
    """How many implicit preferences there are, and how much they count."""

    progress: int = 200
    """Comparisons of a later part of a demonstration with an earlier part of the same one."""
    beats: int = 150
    """Comparisons of a demonstration with a clip of the newest policy, at its time or later; fewer later in
    the run, when it may have become better than what was shown."""
    weight: float = 0.5
    """Of each, where an answer has 1."""
    sure: float = 0.9
    """Probability with which they are taken to be right."""
    apart: float = 0.03
    """Least change of a visible number between two parts that are compared, in m where it is a place: what
    rests does not get better."""

    def __post_init__(self) -> None:
        """Raises InvalidInput for a number out of range."""
        if not (1 <= self.progress <= MOST and 0 <= self.beats <= MOST):
            right = f"progress must be from 1 to {MOST} and beats from 0 to {MOST}"
            raise InvalidInput(f"{right}, got {self.progress} and {self.beats}")
        if self.weight < 0.0 or not 0.5 <= self.sure <= 1.0 or self.apart < 0.0:
            raise InvalidInput("weight and apart must be at least 0, sure in [0.5, 1]")


class PolicyClips(NamedTuple):
    """C clips of the newest policy."""

    visible: Tensor  # (C, L, F)
    start: Tensor  # (C,) int64, the step of its episode at which each begins


def implicit_preferences(
    demos: Sequence[Tensor], recent: PolicyClips, length: int, config: ImplicitConfig, rng: torch.Generator
) -> PreferenceBatch:
    """Comparisons of parts of demonstrations with each other and with clips of the policy; right is better.

    demos: (T, F) each, what a person sees; clips have `length` steps. -> at most progress + C.
    """
    early, late = _parts(demos, length, config, rng)
    count = len(recent.start)
    shown = torch.randint(0, len(demos), (count,), generator=rng).tolist()
    later = torch.rand(count, generator=rng).tolist()
    ahead = [
        _part(demos[k], start, share, length)
        for k, start, share in zip(shown, recent.start.tolist(), later, strict=True)
    ]
    if ahead:
        early, late = torch.cat((early, recent.visible)), torch.cat((late, torch.stack(ahead)))
    count = len(early)
    return PreferenceBatch(
        left=early,
        right=late,
        target=torch.full((count,), config.sure),
        weight=torch.full((count,), config.weight),
        both_bad=torch.zeros(count, dtype=torch.bool),
        pair=torch.full((count,), FREE),
    )


def _part(demo: Tensor, start: int, share: float, length: int) -> Tensor:
    """A part of `length` steps that begins at `start` or as great a share of the rest later."""
    last = len(demo) - length
    first = min(start, last)
    at = first + int(share * (last - first + 1))
    return demo[at : at + length]


def _parts(
    demos: Sequence[Tensor], length: int, config: ImplicitConfig, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Earlier and later parts (P, length, F) of the same demonstrations, as far as they differ at all."""
    count = config.progress
    shown = torch.randint(0, len(demos), (count,), generator=rng).tolist()
    last = torch.tensor([len(demos[k]) - length + 1 for k in shown])
    at = (torch.rand(count, 2, generator=rng) * last.unsqueeze(1)).long().sort(dim=1).values.tolist()
    early = torch.stack([demos[k][a : a + length] for k, (a, _) in zip(shown, at, strict=True)])
    late = torch.stack([demos[k][b : b + length] for k, (_, b) in zip(shown, at, strict=True)])
    differ = (late.mean(1) - early.mean(1)).abs().amax(1) >= config.apart
    return early[differ], late[differ]


def join(answers: PreferenceBatch, free: PreferenceBatch) -> PreferenceBatch:
    """Both, the answers first; no answers at all have no clips' width to join by."""
    if not len(answers.target):
        return free
    return PreferenceBatch(*(torch.cat(parts) for parts in zip(answers, free, strict=True)))
