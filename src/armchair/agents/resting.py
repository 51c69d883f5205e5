"""How a policy comes to rest: smaller and smaller steps, and in the end the average of its latest policies.

PPO with steps of one size wanders about what is as good, and now and then over an edge of it: what was there
is lost, and there is nothing new to learn that would have been worth it (docs/studies/wishes.md,
docs/benchmark.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from armchair.agents.networks import ActorCritic
from armchair.agents.ppo import PPOConfig

AVERAGED = 20  # updates that the average looks back on, about


def slowed(ppo: PPOConfig, over: float, slowest: float, target_kl: float) -> PPOConfig:
    """The settings with smaller steps: `target_kl` falls in a line to `slowest` of it.

    over: share of the way, 0 at its beginning and 1 at its end.
    """
    return replace(ppo, target_kl=target_kl * max(slowest, 1.0 - over))


class Average:
    """Of the latest networks: the plain mean of up to `AVERAGED`, then earlier ones fade.

    m ← m + (x − m) / min(n, AVERAGED)
    """

    def __init__(self, tensors: Mapping[str, Tensor] | None = None) -> None:
        """tensors: of `tensors()`, to go on from."""
        self._mean = dict(tensors or {})
        self.taken = int(self._mean.pop("taken", torch.tensor(0)))

    def take_in(self, net: ActorCritic) -> None:
        """One more."""
        self.taken += 1
        share = 1.0 / min(self.taken, AVERAGED)
        for name, value in net.tensors().items():
            before = self._mean.get(name)
            if before is None or not value.is_floating_point():
                self._mean[name] = value.clone()
            else:
                self._mean[name] = torch.lerp(before.to(value.device), value, share)

    def put_into(self, net: ActorCritic) -> None:
        """Let it act as they did on average; nothing changes where there was none yet."""
        if self.taken:
            net.load_tensors(self._mean)

    def tensors(self) -> dict[str, Tensor]:
        """All of it, by name."""
        return {name: value.clone() for name, value in self._mean.items()} | {
            "taken": torch.tensor(self.taken)
        }
