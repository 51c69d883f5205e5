"""Reach for peers that stand on Stable-Baselines3: the environment, and how they are judged."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from _sb3 import Floats, SB3Env
from imitation.rewards.reward_nets import RewardNet
from stable_baselines3 import PPO

from armchair.envs.arm_env import OBS_LIMIT, ArmEnv, make_env
from armchair.evaluate import evaluate

EPISODES = 100
PAIRS = 1000  # held out


def reach_env(num_envs: int, seed: int, scale: float = 1.0) -> SB3Env:
    """Copies of reach as SB3 wants them; the seed counts at the first reset."""
    env, seeds = make_env("reach", num_envs=num_envs), itertools.chain([seed], itertools.repeat(None))
    return SB3Env(env, lambda: env.reset(next(seeds)), limit=OBS_LIMIT, scale=scale)


def judge(agent: PPO, seed: int) -> tuple[float, float]:
    """Success at the end and return over EPISODES, on the layouts that judge our runs of this seed."""
    env = make_env("reach", num_envs=EPISODES)
    found = evaluate(
        env,
        lambda obs: torch.from_numpy(agent.predict(obs.numpy(), deterministic=True)[0]),
        EPISODES,
        seed + 2,
    )
    env.close()
    return found.success.value, found.total.value


def heldout(net: RewardNet, agent: PPO | None, clip: int, seed: int) -> float:
    """Share of new pairs of clips that the reward puts in the true order, in [0, 1].

    With an agent clips of its episodes as it explores; without, half of episodes with random actions, half
    of noisy scripted ones, the same for every run of a seed.
    """
    env, rng = make_env("reach", num_envs=EPISODES), np.random.default_rng(seed + 5000)
    obs, learned, true = env.reset(seed + 5000), [], []
    for _ in range(env.horizon):
        action = motion(env, rng) if agent is None else agent.predict(obs.numpy())[0]
        step = env.step(torch.from_numpy(action))
        learned.append(net.predict(obs.numpy(), action, step.final_obs.numpy(), step.done.numpy()))
        true.append(step.reward.numpy())
        obs = step.obs
    env.close()
    first = rng.integers(0, env.horizon - clip + 1, (2, PAIRS))
    copy = rng.integers(0, EPISODES, (2, PAIRS))
    rows = first[..., None] + np.arange(clip)
    gaps = [np.diff(np.array(r)[rows, copy[..., None]].sum(-1), axis=0)[0] for r in (learned, true)]
    return float((np.sign(gaps[0]) == np.sign(gaps[1])).mean())


def motion(env: ArmEnv, rng: np.random.Generator) -> Floats:
    """Actions (N, A): random for the first half of the copies, scripted with noise for the others."""
    action = rng.uniform(-1.0, 1.0, (env.num_envs, env.action_dim)).astype(np.float32)
    half = env.num_envs // 2
    action[half:] = np.clip(0.5 * action[half:] + env.script().numpy()[half:], -1.0, 1.0)
    return action
