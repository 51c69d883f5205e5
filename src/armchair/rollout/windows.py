"""Which windows of which episodes: drawn at random, every one of an episode as likely as any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.errors import InvalidInput


class Episode(NamedTuple):
    """An episode that has ended."""

    env: int  # the copy it was in
    first: int  # running number of its first step
    length: int  # steps
    number: int  # running number of the episode
    group: int  # episodes of one group began in the same layout; -1 for none


class Windows(NamedTuple):
    """n windows; how long they are is said beside them."""

    env: Tensor  # (n,) int64
    first: Tensor  # (n,) int64, running number of the window's first step
    start: Tensor  # (n,) int64, the same counted from the episode's begin
    number: Tensor  # (n,) int64, of the episode

    def select(self, rows: Tensor) -> Windows:
        """The given rows of every field."""
        return Windows(*(field[rows] for field in self))


def draw(episodes: Sequence[Episode], n: int, length: int, rng: torch.Generator) -> Windows:
    """Draw n windows of `length` steps: an episode of at least that length, then a start in 0 … T − length.

    None at all when no episode is long enough.
    """
    _check(n, length)
    table = _table([episode for episode in episodes if episode.length >= length])
    chosen = table[_below(torch.full((n if len(table) else 0,), len(table)), rng)]
    return _windows(chosen, _below(chosen[:, 2] - length + 1, rng))


def draw_same_start(
    episodes: Sequence[Episode], n: int, length: int, rng: torch.Generator
) -> tuple[Windows, Windows]:
    """Draw n times the same window of two different episodes that began in the same layout.

    A group at random, two of its episodes at random, then a start that lies within both. None at all when
    no two episodes of a group are long enough.
    """
    _check(n, length)
    groups: dict[int, list[Episode]] = {}
    for episode in episodes:
        if episode.group >= 0 and episode.length >= length:
            groups.setdefault(episode.group, []).append(episode)
    members = [group for group in groups.values() if len(group) > 1]
    chosen = _below(torch.full((n if members else 0,), len(members)), rng).tolist()
    sizes = torch.tensor([len(members[group]) for group in chosen], dtype=torch.int64)
    one, other = _below(sizes, rng), _below(sizes - 1, rng)
    other = other + (other >= one)
    left = _table([members[group][row] for group, row in zip(chosen, one.tolist(), strict=True)])
    right = _table([members[group][row] for group, row in zip(chosen, other.tolist(), strict=True)])
    start = _below(torch.minimum(left[:, 2], right[:, 2]) - length + 1, rng)
    return _windows(left, start), _windows(right, start)


def _windows(table: Tensor, start: Tensor) -> Windows:
    return Windows(table[:, 0], table[:, 1] + start, start, table[:, 3])


def _table(episodes: Sequence[Episode]) -> Tensor:
    return torch.tensor([list(episode) for episode in episodes], dtype=torch.int64).reshape(-1, 5)


def _below(bounds: Tensor, rng: torch.Generator) -> Tensor:
    """An integer in 0 … bound − 1 for each bound, all equally likely. (n,) int64 -> (n,) int64."""
    return (torch.rand(len(bounds), generator=rng, dtype=torch.float64) * bounds).long()


def _check(n: int, length: int) -> None:
    if n < 0 or length < 1:
        raise InvalidInput(f"n must be at least 0 and length at least 1, got {n} and {length}")
