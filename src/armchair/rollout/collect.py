"""Run a policy in N environments for T steps, and keep what the learner may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from armchair.envs.base import Env
from armchair.errors import InvalidInput
from armchair.types import Rollout, Step

Act = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Observations (N, D) -> actions (N, A) as drawn, log density (N,)."""
Score = Callable[[Tensor], Tensor]
"""What a person sees (T, N, F) -> reward (T, N)."""
Watch = Callable[[Tensor, Step], None]
"""Is given each step's actions (N, A) and their outcome; for recording clips."""


class NotFinite(InvalidInput):
    """Something that training relies on is NaN or infinite."""

    def __init__(self, where: str, rollout: Rollout | None = None, obs: Tensor | None = None) -> None:
        """where: "observation", "reward", "loss", …; rollout: the steps that led to it, as far as known.

        obs: what was observed (N, D), where there is no rollout.
        """
        super().__init__(f"the {where} is not finite")
        self.where, self.rollout, self.obs = where, rollout, obs


class Episodes(NamedTuple):
    """E episodes that ended, in the order in which they did. For reports, never for the learner."""

    copy: Tensor  # (E,) int64, which of the environments it was in
    length: Tensor  # (E,) int64, steps
    total: Tensor  # (E,) sum of the task's own reward
    success: Tensor  # (E,) bool, the criterion held at the end
    ever: Tensor  # (E,) bool, it held at some step

    @staticmethod
    def join(parts: list[Episodes]) -> Episodes:
        """One after the other; none at all is fine."""
        none, no = torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.bool)
        whole = Episodes(none, none, torch.zeros(0), no, no)
        return Episodes(*(torch.cat(fields) for fields in zip(whole, *parts, strict=True)))


class Tally(NamedTuple):
    """Of every running episode after a step, those that ended with it included; each (N,) or (T, N)."""

    done: Tensor  # bool, which ended
    length: Tensor  # int64
    total: Tensor
    success: Tensor  # bool
    ever: Tensor  # bool

    def episodes(self) -> Episodes:
        """Those that ended, in the order of steps and then of copies, in the CPU's memory."""
        here = Tally(*(field.cpu() for field in self))
        rows = here.done.nonzero(as_tuple=True)
        return Episodes(rows[-1], *(field[rows] for field in here[1:]))


class Running:
    """The N running episodes: the latest observations, and lengths and returns so far."""

    def __init__(self, obs: Tensor) -> None:
        """Starts from the observations (N, D) of a reset."""
        self.obs = obs
        self.length = torch.zeros(len(obs), dtype=torch.int64, device=obs.device)
        self.total = torch.zeros(len(obs), device=obs.device)
        self.ever = torch.zeros(len(obs), dtype=torch.bool, device=obs.device)

    def take(self, step: Step) -> Tally:
        """Take in one step of all copies, without asking which episodes ended."""
        done, length, total = step.done, self.length + 1, self.total + step.reward
        ever = self.ever | step.success
        self.obs, self.length, self.total = (
            step.obs,
            length.masked_fill(done, 0),
            total.masked_fill(done, 0.0),
        )
        self.ever = ever & ~done
        return Tally(done, length, total, step.success, ever)

    def count(self, step: Step) -> Episodes:
        """Take in one step of all copies. -> the episodes that ended with it."""
        return self.take(step).episodes()

    def tensors(self) -> dict[str, Tensor]:
        """All of it by name, to go on from later; copies in the CPU's memory."""
        return {name: getattr(self, name).to("cpu", copy=True) for name in _RUNNING}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        for name in _RUNNING:
            setattr(self, name, tensors[name].to(self.obs.device, copy=True))


_RUNNING = ("obs", "length", "total", "ever")


def collect(
    env: Env,
    act: Act,
    steps: int,
    running: Running,
    *,
    reward: Literal["task"] | Score | None = None,
    watch: Watch | None = None,
) -> tuple[Rollout, Episodes]:
    """T = `steps` steps from where the `running` episodes stand, and the episodes that ended within them.

    reward: what the learner is given: a function of what a person sees, nothing (zeros) or, only if asked
    for, the task's own reward. running: made at a reset and handed on from call to call. The rollout is on
    the environment's device, where nothing waits for a step to be done; episodes are in the CPU's memory.
    """
    rollout = _empty(env, steps)
    own = torch.zeros(steps, env.num_envs, device=env.device)
    tallies: list[Tally] = []
    for t in range(steps):
        obs = running.obs
        action, log_prob = act(obs)
        try:
            step = env.step(action)
        except InvalidInput:
            if is_finite(action):
                raise
            where = "policy" if is_finite(obs) else "observation"
            rollout.obs[t], rollout.action[t] = obs, action
            raise NotFinite(where, Rollout(*(field[: t + 1] for field in rollout))) from None
        row = (obs, action, log_prob, 0.0, step.terminated, step.truncated, step.final_obs)
        for field, value in zip(rollout, (*row, step.visible), strict=True):
            field[t] = value
        own[t] = step.reward
        tallies.append(running.take(step))
        if watch is not None:
            watch(action, step)
    if reward == "task":
        rollout = rollout._replace(reward=own)
    elif reward is not None:
        rollout = rollout._replace(reward=reward(rollout.visible))
    return rollout, Tally(*(torch.stack(fields) for fields in zip(*tallies, strict=True))).episodes()


def is_finite(value: Tensor) -> bool:
    """Whether there is no NaN and nothing infinite in it: one sum tells."""
    return bool(value.sum().isfinite())


def check_rollout(rollout: Rollout) -> None:
    """Raises NotFinite where something in it is not finite that the learner goes by.

    A policy's actions are looked at by the environment, step by step, but where that would have to wait for a
    GPU: then here.
    """
    called = {"reward": "reward", "action": "policy"}
    for where in ("action", "obs", "final_obs", "visible", "reward"):
        if not is_finite(getattr(rollout, where)):
            raise NotFinite(called.get(where, "observation"), rollout)


def _empty(env: Env, steps: int) -> Rollout:
    shape, device = (steps, env.num_envs), env.device
    return Rollout(
        obs=torch.zeros(*shape, env.obs_dim, device=device),
        action=torch.zeros(*shape, env.action_dim, device=device),
        log_prob=torch.zeros(shape, device=device),
        reward=torch.zeros(shape, device=device),
        terminated=torch.zeros(shape, dtype=torch.bool, device=device),
        truncated=torch.zeros(shape, dtype=torch.bool, device=device),
        final_obs=torch.zeros(*shape, env.obs_dim, device=device),
        visible=torch.zeros(*shape, env.layout.size, device=device),
    )
