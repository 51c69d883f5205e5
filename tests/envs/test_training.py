"""Stable-Baselines3 trains on the environments."""

from __future__ import annotations

import importlib.util

import gymnasium
import pytest
import torch
from stable_baselines3 import PPO, SAC

from armchair.envs.gym.registration import IDS, register_envs

STEPS = 2_000
NETS = {"net_arch": [32, 32]}

register_envs()

CASES = [
    pytest.param(name, marks=[] if name == "armchair/KukaReach-v0" else [pytest.mark.slow]) for name in IDS
]


def env_for(name: str) -> gymnasium.Env:
    if name.endswith("RobotArmReach-v0") and importlib.util.find_spec("pybullet") is None:
        return gymnasium.make(name, engine="mujoco")
    return gymnasium.make(name)


def learns(model: PPO | SAC) -> None:
    """Training for STEPS steps changes the policy and leaves it finite."""
    before = [weight.clone() for weight in model.policy.parameters()]
    model.learn(STEPS)
    after = list(model.policy.parameters())
    assert model.num_timesteps >= STEPS
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert all(bool(torch.isfinite(weight).all()) for weight in after)
    assert len(model.ep_info_buffer or []) >= STEPS // 100 - 1  # episodes ended and were counted


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_ppo_trains(name: str) -> None:
    learns(
        PPO(
            "MlpPolicy",
            env_for(name),
            n_steps=500,
            batch_size=100,
            n_epochs=2,
            seed=0,
            device="cpu",
            policy_kwargs=NETS,
        )
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_sac_trains(name: str) -> None:
    learns(
        SAC(
            "MlpPolicy",
            env_for(name),
            learning_starts=1_000,
            train_freq=4,
            batch_size=64,
            buffer_size=STEPS,
            seed=0,
            device="cpu",
            policy_kwargs=NETS,
        )
    )
