"""What an arm that wandered did: a policy that begins by imitating the best of it goes where it led.

Wandering from point to point meets what a policy that explores around its own mean never does, such as a
drawer that is pulled open (docs/benchmark.md). Which of it was good the learned reward says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.rewards.ensemble import RewardEnsemble

FILMS = 4  # latest ones that are kept
AHEAD = 0.97  # discount per step of what an action led to: about 30 steps
MOST = 4.0  # standard deviations of the gain that count, e^4 times the weight of the mean


class Shown(NamedTuple):
    """Steps to imitate."""

    obs: Tensor  # (S, D)
    action: Tensor  # (S, A) in [-1, 1]


class Film(NamedTuple):
    """T steps of N copies."""

    obs: Tensor  # (T, N, D) before the step
    action: Tensor  # (T, N, A) in [-1, 1]
    visible: Tensor  # (T, N, F) of the state that it led to
    terminated: Tensor  # (T, N) bool, where an episode ended by itself
    done: Tensor  # (T, N) bool, where an episode ended in any way


class Wandered:
    """The latest films of it."""

    def __init__(self, *, stays: bool = False) -> None:
        """stays: whether an episode that ended by itself counts as if its last state went on."""
        self.films: list[Film] = []
        self._stays = stays

    def add(self, film: Film) -> None:
        """Keep one more."""
        self.films = [*self.films[1 - FILMS :], film]

    def best(self, model: RewardEnsemble, rng: torch.Generator) -> Shown | None:
        """As many steps as were kept, drawn with weights: those that led to more reward come more often.

        Weights are exp of the gain, `gains`, in its standard deviations (as in advantage-weighted regression,
        Peng et al., 2019). On the device of `rng`. None where nobody wandered, or nothing it met is a number.
        """
        if not self.films:
            return None
        gain = torch.cat(
            [
                gains(model.mean(film.visible), film.done, film.terminated if self._stays else None).flatten()
                for film in self.films
            ]
        )
        sound = gain.isfinite()
        if int(sound.sum()) < 2:
            return None
        mean, std = gain[sound].mean(), gain[sound].std().clamp_min(1e-6)
        weight = torch.where(sound, ((gain - mean) / std).clamp(max=MOST).exp(), 0.0)
        on_cpu = rng.device.type == "cpu"  # drawn there in any case: a GPU's sums differ in their last bits
        draws = rng if on_cpu else torch.Generator().manual_seed(rng.initial_seed())
        rows = torch.multinomial(weight, len(weight), replacement=True, generator=draws)
        obs, action = (
            torch.cat([film[k].flatten(0, 1) for film in self.films])[rows].to(rng.device) for k in (0, 1)
        )
        return Shown(obs, action)

    def tensors(self) -> dict[str, Tensor]:
        """All of it, by name."""
        return {
            f"{i}.{name}": value
            for i, film in enumerate(self.films)
            for name, value in film._asdict().items()
        }

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        count = len(tensors) // len(Film._fields)
        self.films = [Film(*(tensors[f"{i}.{name}"] for name in Film._fields)) for i in range(count)]


def gains(reward: Tensor, done: Tensor, stays: Tensor | None = None) -> Tensor:
    """By how much what follows a step is better than the state that it leads to, within its episode. (T, N).

    Mean of the rewards from it on with weights `AHEAD`^k, less its own. stays: (T, N), the steps after which
    the state stays as it is for ever.
    """
    total, mass, ever = torch.zeros_like(reward[0]), torch.zeros_like(reward[0]), 1.0 / (1.0 - AHEAD)
    ahead = torch.empty_like(reward)
    for t in reversed(range(len(reward))):
        on = AHEAD * (~done[t]).float()  # nothing follows the end of an episode
        total, mass = reward[t] + on * total, 1.0 + on * mass
        if stays is not None:
            total = torch.where(stays[t], ever * reward[t], total)
            mass = torch.where(stays[t], ever, mass)
        ahead[t] = total / mass
    return ahead - reward
