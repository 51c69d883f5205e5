"""PPO on a reward that is there already: the task's own, or a saved model's."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from armchair.agents.agent import Agent
from armchair.agents.noise import exploring
from armchair.agents.ppo import PPOConfig, UpdateStats, find_non_finite, make_agent, update
from armchair.console import warn
from armchair.envs.base import Env, restore, snapshot_of
from armchair.errors import RunError
from armchair.maths import generator
from armchair.rollout.collect import Episodes, NotFinite, Running, Score, check_rollout, collect
from armchair.runs.tensors import part, prefixed
from armchair.runs.undisturbed import undisturbed
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
    stays: bool = False
    """Whether an episode that ended by itself is worth its last reward for ever, see `value_after`."""


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


class Training:
    """PPO in `env` on a reward that is there, with its state after the last update at hand at any time.

    The same configuration, environment and agent give the same parameters, bit for bit; so does one that was
    kept (`tensors`) and gone on with in another process.
    """

    def __init__(
        self,
        env: Env,
        config: TrainConfig,
        *,
        agent: Agent | None = None,
        reward: Literal["task"] | Score = "task",
    ) -> None:
        """agent: made by `new_agent`, which is what happens when none is given; continued where it stands, as
        a copy if that is not on the environment's device.
        """
        self.agent = new_agent(env, config.ppo, config.seed) if agent is None else agent.to(env.device)
        self.rollouts = 0  # learnt from so far
        self._env, self._config = env, config
        self._reward: Literal["task"] | Score = reward
        device = self.agent.net.device
        self._rngs = {name: generator(config.seed, name, device=device) for name in ("action", "minibatch")}
        self._running = Running(env.reset(config.seed, stagger=True))
        self._state = self._now()

    @property
    def env_steps(self) -> int:
        """Environment steps learnt from so far, all copies together."""
        return self.rollouts * self._config.rollout * self._env.num_envs

    def run(self) -> Iterator[Progress]:
        """Train to the end; each turn is one rollout and one update.

        Where something is not finite the agent goes back to where it was before that rollout, which does not
        count; the third time in a row raises RunError. However it ends, the agent is as the last update left
        it.
        """
        per_rollout = self._config.rollout * self._env.num_envs
        total, faults = -(-self._config.steps // per_rollout), 0
        while self.rollouts < total:
            try:
                progress = self._turn(total * per_rollout)
            except NotFinite as fault:
                self._go_back()
                self._running, faults = Running(self._env.reset(stagger=True)), faults + 1
                if faults == IN_A_ROW:
                    raise RunError(f"training stopped: {fault}, {IN_A_ROW} times in a row") from None
                warn(f"{fault}: back to where the policy was before")
                continue
            except BaseException:
                with undisturbed():
                    self._go_back()
                raise
            faults = 0
            yield progress

    def tensors(self) -> dict[str, Tensor]:
        """All that the future depends on, as the last update left it."""
        return self._state

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()` of a training with the same configuration; an environment of others begins
        its episodes anew.
        """
        self.agent.load_tensors(part(tensors, "agent"))
        for name, state in part(tensors, "rng").items():
            self._rngs[name].set_state(state)
        self.rollouts = int(tensors["rollouts"])
        if restore(self._env, part(tensors, "env")):
            self._running.load_tensors(part(tensors, "running"))
        self._state = self._now()

    def _now(self) -> dict[str, Tensor]:
        out = prefixed("agent", self.agent.tensors()) | prefixed("running", self._running.tensors())
        out |= {f"rng.{name}": rng.get_state() for name, rng in self._rngs.items()}
        return out | snapshot_of("env", self._env) | {"rollouts": torch.tensor(self.rollouts)}

    def _go_back(self) -> None:
        self.agent.load_tensors(part(self._state, "agent"))

    def _turn(self, total_steps: int) -> Progress:
        """A rollout and an update. Raises NotFinite where something is not."""
        config, begun = self._config, time.process_time()
        shape = (config.rollout, self._env.num_envs)
        act = exploring(self.agent.net, shape, config.ppo.noise_beta, self._rngs["action"])
        rollout, ended = collect(self._env, act, config.rollout, self._running, reward=self._reward)
        check_rollout(rollout)
        collected = time.process_time()
        stats = update(self.agent, rollout, config.ppo, self._rngs["minibatch"], stays=config.stays)
        check_sound(self.agent, stats, rollout)
        with undisturbed():
            self.rollouts += 1
            self._state = self._now()
        return Progress(
            env_steps=self.env_steps,
            total_steps=total_steps,
            reward=rollout.reward.mean().item(),
            success=_share(ended),
            episodes=len(ended.copy),
            update=stats,
            collect_seconds=collected - begun,
            update_seconds=time.process_time() - collected,
        )


def train_on_reward(
    env: Env,
    config: TrainConfig,
    *,
    agent: Agent | None = None,
    reward: Literal["task"] | Score = "task",
) -> Iterator[Progress]:
    """Train `agent` in `env`; each turn of the iterator is one rollout and one update. See `Training`."""
    yield from Training(env, config, agent=agent, reward=reward).run()


def new_agent(env: Env, config: PPOConfig, seed: int) -> Agent:
    """An agent for this environment, on its device, that has learnt nothing yet."""
    return make_agent(env.obs_dim, env.action_dim, config, generator(seed, "network"), env.device)


def check_sound(agent: Agent, stats: UpdateStats, rollout: Rollout) -> None:
    """Raises NotFinite where an update from this rollout left something that is not finite."""
    wrong = find_non_finite(agent, stats)
    if wrong is not None:
        raise NotFinite(wrong, rollout)


def _share(ended: Episodes) -> float:
    return ended.success.float().mean().item() if len(ended.success) else float("nan")
