"""What the numbers that copies observe are: a policy's observation, and what a person sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from armchair.envs.foreign.points.declaration import Declared
from armchair.envs.foreign.points.spaces import Foreign, width
from armchair.types import VisibleLayout


@dataclass(frozen=True)
class Columns:
    """Takes observations of copies apart."""

    obs_dim: int  # numbers of a policy's observation
    layout: VisibleLayout
    split: Callable[[Tensor], tuple[Tensor, Tensor]]
    """What copies observe (N, …) -> a policy's observation (N, D) and what is visible (N, F)."""
    differences: bool = False  # whether the ways between all points follow what is observed

    def names(self) -> tuple[str, ...]:
        """Of the numbers of a policy's observation: obs_0 and so on, then the ways between points."""
        ways = [f"{a}_to_{b}_{axis}" for a, b in combinations(self.layout.points, 2) for axis in "xyz"]
        own = self.obs_dim - len(ways) if self.differences else self.obs_dim
        return (*(f"obs_{i}" for i in range(own)), *(ways if self.differences else ()))


def observed(flat: Foreign, visible: Callable[[Tensor], Tensor] | None = None) -> Columns:
    """Without points: a person sees what `visible` makes of observations (N, D), or all of them."""
    see, size = visible or _all_of_it, width(flat)
    seen = see(torch.zeros(1, size)).shape[1]
    layout = VisibleLayout((), tuple(f"obs_{i}" for i in range(seen)))
    return Columns(size, layout, lambda whole: (whole, see(whole)))


def with_points(flat: Foreign, declared: Declared) -> Columns:
    """Of a `Witness` over `flat`; with `differences` policies get the ways between all points besides."""
    size, layout = width(flat), declared.layout
    pairs = list(combinations(range(len(layout.points)), 2)) if declared.differences else []

    def split(whole: Tensor) -> tuple[Tensor, Tensor]:
        obs, visible = whole[..., :size], whole[..., size:]
        ways = [visible[..., 3 * b : 3 * b + 3] - visible[..., 3 * a : 3 * a + 3] for a, b in pairs]
        return torch.cat((obs, *ways), dim=-1), visible

    return Columns(size + 3 * len(pairs), layout, split, declared.differences)


def _all_of_it(obs: Tensor) -> Tensor:
    return obs
