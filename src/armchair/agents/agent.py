"""Everything that PPO carries from one update to the next."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from armchair.adam import Adam
from armchair.agents.networks import ActorCritic
from armchair.errors import RunError
from armchair.runs.tensors import part


class Agent:
    """The networks, their optimisers and the counters of one learner, on the networks' device."""

    def __init__(self, net: ActorCritic, learning_rate: float) -> None:
        self.net = net
        self.learning_rate = learning_rate  # of all parameters, now
        self.updates = 0  # rollouts learned from so far
        learned = {"actor": net.actor.theta, "critic": net.critic.theta, "log_std": net.log_std}
        self._adam = {name: Adam(parameters) for name, parameters in learned.items()}

    def to(self, device: torch.device) -> Agent:
        """The same agent on a device: itself where it is there, else a copy."""
        if self.net.device == device:
            return self
        out = Agent(self.net.to(device), self.learning_rate)
        out.load_tensors(self.tensors())
        return out

    def descend(self, gradients: Mapping[str, Tensor]) -> None:
        """One step of Adam along the gradients of "actor", "critic", "log_std"; what is not named stays."""
        for name, gradient in gradients.items():
            self._adam[name].descend(gradient, self.learning_rate)

    def tensors(self) -> dict[str, Tensor]:
        """All that the agent's future depends on, by name: networks, statistics, moments, counters.

        Copies in the CPU's memory, wherever the agent is.
        """
        out = {f"net.{name}": at_home(value) for name, value in self.net.tensors().items()}
        for name, adam in self._adam.items():
            out[f"adam.{name}.mean"] = at_home(adam.mean)
            out[f"adam.{name}.square"] = at_home(adam.square)
            out[f"adam.{name}.steps"] = torch.tensor(adam.steps)
        out["learning_rate"] = torch.tensor(self.learning_rate, dtype=torch.float64)
        out["updates"] = torch.tensor(self.updates)
        return out

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Become the agent that `tensors()` was taken from. Raises RunError where it was of another make."""
        own = {name: (value.shape, value.dtype) for name, value in self.tensors().items()}
        if own != {name: (value.shape, value.dtype) for name, value in tensors.items()}:
            raise RunError("the saved policy has another shape: use its own task, control mode and widths")
        self.net.load_tensors(part(tensors, "net"))
        for name, adam in self._adam.items():
            adam.mean.copy_(tensors[f"adam.{name}.mean"])
            adam.square.copy_(tensors[f"adam.{name}.square"])
            adam.steps = int(tensors[f"adam.{name}.steps"])
        self.learning_rate = float(tensors["learning_rate"])
        self.updates = int(tensors["updates"])


def at_home(value: Tensor) -> Tensor:
    """A copy in the CPU's memory."""
    return value.to("cpu", copy=True)
