"""Which windows of which episodes: drawn at random, every one of an episode as likely as any other."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.errors import InvalidInput


class End(IntEnum):
    """How far an episode may be looked at past its last step; see `Episode.windows`."""

    NOTHING = 0  # nothing follows that could be shown
    CUT_OFF = 1  # by its time limit: where a window does not fit in, the last state is held
    STAYS = 2  # it stays as it is for ever
    SUCCEEDED = 3  # the same, and that is a success


class Episode(NamedTuple):
    """An episode, or what there is of it."""

    env: int  # the copy it was in
    first: int  # running number of its first step
    length: int  # steps
    number: int  # running number of the episode
    group: int  # episodes of one group began in the same layout; -1 for none
    end: int = End.NOTHING

    def windows(self, length: int) -> int:
        """How many windows of `length` steps can be cut: they begin at 0, 1, … and some go on past the end.

        Where the last state stays, at least half of a window (or the whole episode) is from before the end.
        """
        whole = self.length - length + 1
        if self.end >= End.STAYS:
            return max(1, self.length - (length + 1) // 2 + 1)
        return max(int(self.end == End.CUT_OFF), whole)


class Windows(NamedTuple):
    """n windows; how long they are is said beside them."""

    env: Tensor  # (n,) int64
    first: Tensor  # (n,) int64, running number of the window's first step
    start: Tensor  # (n,) int64, the same counted from the episode's begin
    number: Tensor  # (n,) int64, of the episode
    last: Tensor  # (n,) int64, running number of the episode's last step: past it, that one is held
    end: Tensor  # (n,) int64, see `End`

    def select(self, rows: Tensor) -> Windows:
        """The given rows of every field."""
        return Windows(*(field[rows] for field in self))

    def join(self, others: Windows) -> Windows:
        """These windows, then the others."""
        return Windows(*(torch.cat(both) for both in zip(self, others, strict=True)))


def draw(episodes: Sequence[Episode], n: int, length: int, rng: torch.Generator) -> Windows:
    """Draw n windows of `length` steps: an episode that has such, then one of them, see `Episode.windows`.

    None at all when no episode is long enough.
    """
    _check(n, length)
    fit = [episode for episode in episodes if episode.windows(length) > 0]
    rows = _below(torch.full((n if fit else 0,), len(fit)), rng)
    return _windows(_table(fit)[rows], _below(_rooms(fit, length)[rows], rng))


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
        if episode.group >= 0 and episode.windows(length) > 0:
            groups.setdefault(episode.group, []).append(episode)
    members = [group for group in groups.values() if len(group) > 1]
    chosen = _below(torch.full((n if members else 0,), len(members)), rng).tolist()
    sizes = torch.tensor([len(members[group]) for group in chosen], dtype=torch.int64)
    one, other = _below(sizes, rng), _below(sizes - 1, rng)
    other = other + (other >= one)
    left = [members[group][row] for group, row in zip(chosen, one.tolist(), strict=True)]
    right = [members[group][row] for group, row in zip(chosen, other.tolist(), strict=True)]
    start = _below(torch.minimum(_rooms(left, length), _rooms(right, length)), rng)
    return _windows(_table(left), start), _windows(_table(right), start)


def _windows(table: Tensor, start: Tensor) -> Windows:
    env, first, length, number, _, end = table.unbind(1)
    return Windows(env, first + start, start, number, first + length - 1, end)


def _table(episodes: Sequence[Episode]) -> Tensor:
    rows = [list(episode) for episode in episodes]
    return torch.tensor(rows, dtype=torch.int64).reshape(-1, len(Episode._fields))


def _rooms(episodes: Sequence[Episode], length: int) -> Tensor:
    """How many windows each has. -> (n,) int64."""
    return torch.tensor([episode.windows(length) for episode in episodes], dtype=torch.int64)


def _below(bounds: Tensor, rng: torch.Generator) -> Tensor:
    """An integer in 0 … bound − 1 for each bound, all equally likely. (n,) int64 -> (n,) int64."""
    return (torch.rand(len(bounds), generator=rng, dtype=torch.float64) * bounds).long()


def _check(n: int, length: int) -> None:
    if n < 0 or length < 1:
        raise InvalidInput(f"n must be at least 0 and length at least 1, got {n} and {length}")
