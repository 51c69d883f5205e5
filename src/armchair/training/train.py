"""PPO on a reward that is there already: the task's own, or a saved model's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch

from armchair.agents.agent import Agent
from armchair.agents.ppo import PPOConfig, UpdateStats, make_agent, sound, update
from armchair.envs.arm_env import ArmEnv
from armchair.envs.base import Env
from armchair.errors import RunError
from armchair.maths import generator
from armchair.rollout.collect import Episodes, NotFinite, Running, Score, check_rollout, collect
from armchair.training.words import warn
from armchair.types import Rollout

IN_A_ROW = 3  # faults with nothing learnt between them, after which training stops


@dataclass(frozen=True)
class TrainConfig:
    """How long to train, and how."""

    steps: int
    """Environment steps, all copies together; rounded up to whole rollouts."""
    rollout: int
    """Control steps of every copy between two updates."""
    ppo: PPOConfig
    """The update."""
    seed: int = 0
    """Of the networks, the actions and the layouts."""


class Progress(NamedTuple):
    """Where training stands after an update."""

    env_steps: int  # so far
    total_steps: int  # when it will be done
    reward: float  # mean of what was learnt from, per step
    success: float  # share of this rollout's ended episodes with success at the end; NaN if none ended
    episodes: int  # that ended in this rollout
    update: UpdateStats
    collect_seconds: float  # CPU time of simulation and inference, in this rollout
    update_seconds: float  # CPU time of the update


def train_on_reward(
    env: Env,
    config: TrainConfig,
    *,
    agent: Agent | None = None,
    reward: Literal["task"] | Score = "task",
) -> Iterator[Progress]:
    """Train `agent` in `env`; each turn of the iterator is one rollout and one update.

    agent: made by `new_agent`, which is what happens when none is given; continued where it stands. The
    same configuration, environment and agent give the same parameters, bit for bit. Where something is not
    finite the agent goes back to where it was before that rollout, which does not count; the third time in
    a row raises RunError, and the agent is as it last was well.
    """
    agent = agent or new_agent(env, config.ppo, config.seed)
    net, noise, order = agent.net, generator(config.seed, "action"), generator(config.seed, "minibatch")
    running = Running(start(env, config.seed))
    per_rollout = config.rollout * env.num_envs
    rollouts = -(-config.steps // per_rollout)
    good, k, faults = agent.tensors(), 0, 0
    while k < rollouts:
        begun = time.process_time()
        try:
            rollout, ended = collect(
                env, lambda obs: net.sample(obs, noise), config.rollout, running, reward=reward
            )
            check_rollout(rollout)
            collected = time.process_time()
            stats = update(agent, rollout, config.ppo, order)
            check_sound(agent, stats, rollout)
        except NotFinite as fault:
            agent.load_tensors(good)
            running, faults = Running(begin_again(env)), faults + 1
            if faults == IN_A_ROW:
                raise RunError(f"training stopped: {fault}, {IN_A_ROW} times in a row") from None
            warn(f"{fault}: back to where the policy was before")
            continue
        good, k, faults = agent.tensors(), k + 1, 0
        yield Progress(
            env_steps=k * per_rollout,
            total_steps=rollouts * per_rollout,
            reward=rollout.reward.mean().item(),
            success=_share(ended),
            episodes=len(ended.copy),
            update=stats,
            collect_seconds=collected - begun,
            update_seconds=time.process_time() - collected,
        )


def new_agent(env: Env, config: PPOConfig, seed: int) -> Agent:
    """An agent for this environment that has learnt nothing yet."""
    return make_agent(env.obs_dim, env.action_dim, config, generator(seed, "network"))


def start(env: Env, seed: int) -> torch.Tensor:
    """Reset, with the copies out of phase where the environment can do that: each rollout then has a bit
    of everything. -> (N, D) observations.
    """
    return env.reset(seed, stagger=True) if isinstance(env, ArmEnv) else env.reset(seed)


def begin_again(env: Env) -> torch.Tensor:
    """New episodes in all copies, out of phase where that can be, other ones than at the start. -> (N, D)."""
    return env.reset(stagger=True) if isinstance(env, ArmEnv) else env.reset()


def check_sound(agent: Agent, stats: UpdateStats, rollout: Rollout) -> None:
    """Raises NotFinite where an update from this rollout left something that is not finite."""
    wrong = sound(agent, stats)
    if wrong is not None:
        raise NotFinite(wrong, rollout)


def _share(ended: Episodes) -> float:
    return ended.success.float().mean().item() if len(ended.success) else float("nan")
