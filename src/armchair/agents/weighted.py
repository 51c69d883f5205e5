"""Policies that take the weights of wishes as inputs: made from one without, and turned into one without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from armchair.agents.agent import Agent
from armchair.agents.networks import ActorCritic

USUAL, SPREAD = 0.5, 0.3  # of a weight in training, by which its input is normalised to begin with


def with_wishes(net: ActorCritic, wishes: int) -> ActorCritic:
    """The same policy and critic with W inputs more, which change nothing yet."""
    out = ActorCritic(net.obs_dim, net.action_dim, net.hidden, 1.0, None, wishes=wishes)
    for new, old in ((out.actor, net.actor), (out.critic, net.critic)):
        for layer, known in zip(new.layers, old.layers, strict=True):
            layer.weight[:, : known.weight.shape[1]] = known.weight
            layer.bias.copy_(known.bias)
    out.log_std.copy_(net.log_std)
    own = net.normaliser
    more = torch.ones(wishes, dtype=torch.float64)
    statistics = {
        "mean": torch.cat((own.mean, USUAL * more)),
        "var": torch.cat((own.var, SPREAD**2 * more)),
        "count": own.count,
    }
    out.normaliser.load_tensors(statistics)
    return out


def at_weights(net: ActorCritic, weights: Tensor) -> ActorCritic:
    """The policy and the critic that these weights (W,) make, with observations as their only inputs.

    The first layer's share of a constant input is a constant: W x + b = W₁ x₁ + (W₂ x₂ + b).
    """
    out = ActorCritic(net.obs_dim, net.action_dim, net.hidden, 1.0, None)
    own = net.normaliser
    full = torch.cat((torch.zeros(net.obs_dim), weights))
    constant = own(full)[net.obs_dim :]
    for new, old in ((out.actor, net.actor), (out.critic, net.critic)):
        for layer, known in zip(new.layers, old.layers, strict=True):
            layer.weight.copy_(known.weight[:, : layer.weight.shape[1]])
            layer.bias.copy_(known.bias)
        new.layers[0].bias.add_(old.layers[0].weight[:, net.obs_dim :] @ constant)
    out.log_std.copy_(net.log_std)
    statistics = {"mean": own.mean[: net.obs_dim], "var": own.var[: net.obs_dim], "count": own.count}
    out.normaliser.load_tensors(statistics)
    return out


def weigh(net: ActorCritic, wishes: Sequence[str], given: Mapping[str, float]) -> None:
    """Set weights by the names of the policy's wishes (W,); those that are not named stay."""
    for k, name in enumerate(wishes):
        if name in given:
            net.weights[k] = given[name]


def without_wishes(agent: Agent) -> Agent:
    """An agent that goes on from a policy at its own weights, with observations as its only inputs.

    The moments of its optimisers begin anew where there were wishes; an agent without any is itself.
    """
    net = agent.net
    if not len(net.weights):
        return agent
    out = Agent(at_weights(net, net.weights), agent.learning_rate)
    out.updates = agent.updates
    return out
