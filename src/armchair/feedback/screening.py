"""Which candidate pairs are worth a person's time: neither asked already nor too alike to be told apart.

An oracle needs none of this. A person's answer to what they cannot see is chance, and the same question twice
is worth one answer.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

NEAR = 0.1
"""How far apart two clips are to the eye, in standard deviations of what is visible: about 7 mm in reach."""


class Pairs(NamedTuple):
    """P pairs of clips of L steps, as a person sees them."""

    left: Tensor  # (P, L, F)
    right: Tensor  # (P, L, F)


def screen(pairs: Pairs, asked: Pairs, told: Tensor | None, count: int) -> Tensor:
    """The pairs that are worth asking about; where they are fewer than `count`, the best of the others too.

    Left out are pairs near one that was asked, or one before them among those kept, and pairs whose
    clips nobody could tell apart. Of those the best are pairs that are new, and of these the ones that can be
    told apart best.

    told: (P,) by how much the clips differ to the eye, over what it must be; None where nobody knows.
    -> rows (R,) int64, rising.
    """
    both, count = torch.cat((*pairs, *asked)), min(count, len(pairs.left))
    unit = both.flatten(0, 1).std(0, correction=0).clamp_min(1e-6)
    new, old = (Pairs(left / unit, right / unit) for left, right in (pairs, asked))
    nearest = _distances(new, old).amin(1) if len(old.left) else torch.full((len(new.left),), torch.inf)
    among = _distances(new, new)
    seen = torch.full_like(nearest, torch.inf) if told is None else told.to(nearest.dtype)
    chosen: list[int] = []
    for row in (seen >= 1.0).nonzero().flatten().tolist():
        if nearest[row] >= NEAR:
            chosen.append(row)
            nearest = torch.minimum(nearest, among[row])
    while len(chosen) < count:
        others = sorted(set(range(len(nearest))) - set(chosen))
        best = max(
            others, key=lambda row: (bool(nearest[row] >= NEAR), float(seen[row]), float(nearest[row]))
        )
        chosen.append(best)
        nearest = torch.minimum(nearest, among[best])
    return torch.tensor(sorted(chosen), dtype=torch.int64)


def _distances(some: Pairs, others: Pairs) -> Tensor:
    """How far pairs are from others, in the order of the clips that is nearer. (P …), (Q …) -> (P, Q)."""
    same = torch.maximum(_apart(some.left, others.left), _apart(some.right, others.right))
    turned = torch.maximum(_apart(some.left, others.right), _apart(some.right, others.left))
    return torch.minimum(same, turned)


def _apart(clips: Tensor, others: Tensor) -> Tensor:
    """Root mean square over time of how far the numbers of two clips are apart. -> (P, Q)."""
    exact = "donot_use_mm_for_euclid_dist"  # the same for any number of threads
    apart = torch.cdist(clips.flatten(1), others.flatten(1), compute_mode=exact)
    return apart / clips.shape[1] ** 0.5
