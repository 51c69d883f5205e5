"""Clips in which the same is done in many ways, or nobody could say which way they like.

The policy acts, at weights that differ from copy to copy, and most copies are led astray a little: by noise
that is alike from one step to the next, by a push in one direction for a while, by another tempo. What
disturbs fades before the end, so that most episodes still come to what the skill is about.
"""

from __future__ import annotations

import torch
from torch import Tensor

from armchair.agents.networks import ActorCritic
from armchair.training.asking.wandering import Wander

PLAIN = 0.2  # share of the copies that nothing disturbs
NOISE, PUSH = 0.5, 0.6  # largest spread of the noise, spread of the push, in units of the full action
PUSHED = 0.7  # share of the others that are pushed
OWN_TEMPO = 0.4  # share of the others that move as fast as the policy does
TEMPO = (0.3, 1.5)  # times the policy's actions, of the rest
LASTS = (5, 25)  # steps that a push lasts
SMALL = 0.3  # weights below this are small
CALM, FADES = 0.75, 0.2  # of the episode: when nothing disturbs any more, and how long it fades before


class Varied:
    """Acts for one episode in every copy; `weights` (N, W) are those of each copy."""

    def __init__(
        self, net: ActorCritic, weights: Tensor, horizon: int, grips: bool, rng: torch.Generator
    ) -> None:
        """grips: whether the last action is the gripper's, which is left as the policy has it."""
        copies, actions = len(weights), net.action_dim
        self.weights = weights
        self._net, self._rng, self._horizon = net, rng, horizon
        self._free = actions - 1 if grips else actions  # actions that may be disturbed
        plain = self._rand(copies, 1) < PLAIN
        self._spread = torch.where(plain, 0.0, NOISE * self._rand(copies, 1))
        low, high = TEMPO
        steady = plain | (self._rand(copies, 1) < OWN_TEMPO)
        self._tempo = torch.where(steady, 1.0, low + (high - low) * self._rand(copies, 1))
        push = PUSH * torch.randn(copies, self._free, generator=rng)
        self._push = torch.where(plain | (self._rand(copies, 1) >= PUSHED), 0.0, push)
        self._from = (self._rand(copies, 1) * horizon / 2).long()
        self._until = self._from + torch.randint(*LASTS, (copies, 1), generator=rng)
        self._noise = Wander((copies, self._free), rng, spread=1.0)
        self._step = 0

    def __call__(self, obs: Tensor) -> Tensor:
        """The next actions (N, A) from observations (N, D)."""
        action = self._net.best(torch.cat((obs, self.weights), dim=1))
        noise = self._noise(obs)
        pushed = (self._step >= self._from) & (self._step < self._until)
        fade = min(1.0, max(0.0, (CALM - self._step / self._horizon) / FADES))
        moved = action[:, : self._free] * self._tempo
        moved = moved + fade * (self._spread * noise + torch.where(pushed, self._push, 0.0))
        self._step += 1
        return torch.cat((moved, action[:, self._free :]), dim=1).clamp(-1.0, 1.0)

    def _rand(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._rng)


def weights_of_pairs(copies: int, wishes: int, about: int, rng: torch.Generator) -> Tensor:
    """Weights (N, W) for copies that begin two by two alike: of the wish `about` a small and a large one.

    The others are drawn anew for each pair, so that the two differ in what is asked about.
    """
    weights = torch.rand(-(-copies // 2), wishes, generator=rng).repeat_interleave(2, 0)[:copies]
    own = torch.rand(copies, generator=rng)
    odd = torch.arange(copies) % 2 == 1
    weights[:, about] = torch.where(odd, SMALL + (1.0 - SMALL) * own, SMALL * own)
    return weights
