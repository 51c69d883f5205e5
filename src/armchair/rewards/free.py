"""Comparisons that demonstrations bring for nothing: nobody is asked, and no budget is charged.

Two things are taken for granted of a demonstration: it gets better from its beginning to its end (as in
Rank2Reward, Yang et al., 2024), and its end is at least as good as what the policy shows. Neither holds
always, so they weigh less than an answer and are believed less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from armchair.types import PreferenceBatch


@dataclass(frozen=True)
class FreeConfig:
    """How much demonstrations say by themselves."""

    progress: int = 200
    """Comparisons of a later part of a demonstration with an earlier part of the same one."""
    beats: int = 50
    """Comparisons of the end of a demonstration with a clip of the policy."""
    weight: float = 0.5
    """Of each, where an answer has 1."""
    sure: float = 0.9
    """Probability with which they are taken to be right."""
    apart: float = 0.03
    """Least change of a visible number between two parts that are compared, in m where it is a place: what
    rests does not get better."""


def free_comparisons(
    demos: Sequence[Tensor], clips: Tensor, length: int, config: FreeConfig, rng: torch.Generator
) -> PreferenceBatch:
    """Comparisons of parts of demonstrations with each other and with clips of the policy; right is better.

    demos: (T, F) each, what a person sees; clips: (C, length, F), C may be 0. -> at most progress + beats.
    """
    early, late = _parts(demos, length, config, rng)
    if len(clips) and config.beats:
        some = torch.randint(0, len(clips), (config.beats,), generator=rng)
        shown = torch.randint(0, len(demos), (config.beats,), generator=rng).tolist()
        early = torch.cat((early, clips[some]))
        late = torch.cat((late, torch.stack([demos[k][-length:] for k in shown])))
    count = len(early)
    return PreferenceBatch(
        left=early,
        right=late,
        target=torch.full((count,), config.sure),
        weight=torch.full((count,), config.weight),
        both_bad=torch.zeros(count, dtype=torch.bool),
    )


def _parts(
    demos: Sequence[Tensor], length: int, config: FreeConfig, rng: torch.Generator
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


def joined(answers: PreferenceBatch, free: PreferenceBatch) -> PreferenceBatch:
    """Both, the answers first; answers without a clip have no width of their own."""
    if not len(answers.target):
        return free
    return PreferenceBatch(*(torch.cat(parts) for parts in zip(answers, free, strict=True)))
