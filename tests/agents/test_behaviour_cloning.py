from __future__ import annotations

import math

import pytest
import torch

from armchair.agents.behaviour_cloning import CloningConfig, ImitationTerm, imitate
from armchair.agents.ppo import PPOConfig, make_agent
from armchair.errors import InvalidInput
from armchair.maths import generator


def test_a_linear_demonstrator_is_imitated_and_nothing_else_is_touched() -> None:
    agent = make_agent(3, 2, PPOConfig(hidden=(32, 32), std=0.6), generator(0))
    critic = agent.net.critic.theta.clone()
    obs = 5.0 + 2.0 * torch.randn(400, 3, generator=generator(1))
    weights = torch.tensor([[0.1, -0.2, 0.0], [0.05, 0.0, 0.1]])
    action = (obs - 5.0) @ weights.T
    stats = imitate(agent, obs, action, CloningConfig(updates=800), generator(2))
    fresh = 5.0 + 2.0 * torch.randn(400, 3, generator=generator(3))
    error = (agent.net.actor(agent.net.normaliser(fresh)) - (fresh - 5.0) @ weights.T).square().mean()
    assert stats.before > 0.05 and stats.after < 0.001 and float(error) < 0.003
    assert torch.equal(agent.net.critic.theta, critic) and agent.updates == 0
    assert agent.net.normaliser.mean.tolist() == pytest.approx([5.0] * 3, abs=0.3)
    assert agent.net.log_std.tolist() == pytest.approx([math.log(0.3)] * 2), "explores less than before"


def test_what_is_not_the_policys_shape_is_refused() -> None:
    agent = make_agent(3, 2, PPOConfig(hidden=(4,)), generator(0))
    with pytest.raises(InvalidInput, match=r"\(S, 3\) observations and \(S, 2\) actions, got \(5, 4\)"):
        imitate(agent, torch.zeros(5, 4), torch.zeros(5, 2), CloningConfig(), generator(0))
    with pytest.raises(InvalidInput, match="demonstrations must be"):
        imitate(agent, torch.zeros(0, 3), torch.zeros(0, 2), CloningConfig(), generator(0))


def test_the_pull_adds_the_gradient_of_half_the_mean_squared_error() -> None:
    agent = make_agent(3, 2, PPOConfig(hidden=(8,)), generator(0))
    net, obs = agent.net, torch.randn(16, 3, generator=generator(1))
    action = torch.rand(16, 2, generator=generator(2))
    before = torch.randn(net.actor.gradient.shape, generator=generator(3))

    def loss(theta: torch.Tensor) -> torch.Tensor:
        kept = net.actor.theta.clone()
        net.actor.theta.copy_(theta)
        out = 0.5 * (net.actor(net.normaliser(obs)) - action).square().sum(1).mean()
        net.actor.theta.copy_(kept)
        return out

    net.actor.gradient.copy_(before)
    rows = ImitationTerm(obs, action, 0.25, generator(4))
    # so many draws that every step comes about equally often
    total = torch.zeros_like(before)
    for _ in range(400):
        net.actor.gradient.zero_()
        rows.add_gradient(net, 16)
        total += net.actor.gradient / 400
    step = 1e-2
    for k in (0, 5, 20):
        nudge = torch.zeros_like(before)
        nudge[k] = step
        slope = (loss(net.actor.theta + nudge) - loss(net.actor.theta - nudge)) / (2 * step)
        assert float(total[k]) == pytest.approx(0.25 * float(slope), abs=0.02)
    net.actor.gradient.copy_(before)
    ImitationTerm(obs, action, 0.0, generator(5)).add_gradient(net, 16)
    assert torch.equal(net.actor.gradient, before), "no weight, no pull"
    net.actor.gradient.copy_(before)
    ImitationTerm(obs, action, 0.25, generator(6)).add_gradient(net, 16)
    added = net.actor.gradient - before
    assert 0.0 < float(added.norm()) < 1.0, "it is added to what is there"
