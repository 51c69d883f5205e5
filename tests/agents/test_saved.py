from __future__ import annotations

from pathlib import Path

import pytest
import torch

from armchair.agents.ppo import PPOConfig, make_agent
from armchair.agents.saved import PolicyInfo, load_policy, save_policy
from armchair.errors import RunError
from armchair.maths import generator
from armchair.runs.folder import RunDir

INFO = PolicyInfo("reach", "mujoco", "joint", 3, 2, (8, 16), 4096)


def test_a_loaded_policy_acts_as_the_saved_one(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {})
    agent = make_agent(3, 2, PPOConfig(hidden=(8, 16)), generator(0))
    obs = torch.randn(50, 3, generator=generator(1))
    agent.net.normaliser.absorb(5.0 + obs)
    save_policy(run, agent, INFO)
    loaded, info = load_policy(run)
    assert info == INFO
    assert torch.equal(loaded.net.best(obs), agent.net.best(obs))


def test_a_run_without_a_policy_says_so(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {})
    with pytest.raises(RunError, match="no checkpoint 'policy'"):
        load_policy(run)
    run.save("policy", {}, {"task": "reach"})
    with pytest.raises(RunError, match="does not say 'hidden'"):
        load_policy(run)
