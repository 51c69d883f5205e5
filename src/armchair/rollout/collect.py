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


class Running:
    """The N running episodes: the latest observations, and lengths and returns so far."""

    def __init__(self, obs: Tensor) -> None:
        """Starts from the observations (N, D) of a reset."""
        self.obs = obs
        self.length = torch.zeros(len(obs), dtype=torch.int64)
        self.total = torch.zeros(len(obs))
        self.ever = torch.zeros(len(obs), dtype=torch.bool)

    def count(self, step: Step) -> Episodes:
        """Take in one step of all copies. -> the episodes that ended with it."""
        self.obs = step.obs
        self.length += 1
        self.total += step.reward
        self.ever |= step.success
        rows = step.done.nonzero().squeeze(1)
        ended = Episodes(rows, self.length[rows], self.total[rows], step.success[rows], self.ever[rows])
        self.length[rows], self.total[rows], self.ever[rows] = 0, 0.0, False
        return ended

    def tensors(self) -> dict[str, Tensor]:
        """All of it by name, to go on from later."""
        return {name: getattr(self, name).clone() for name in ("obs", "length", "total", "ever")}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        self.obs, self.length = tensors["obs"].clone(), tensors["length"].clone()
        self.total, self.ever = tensors["total"].clone(), tensors["ever"].clone()


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
    for, the task's own reward. running: made at a reset and handed on from call to call.
    """
    rollout = _empty(env, steps)
    own = torch.zeros(steps, env.num_envs)
    ended: list[Episodes] = []
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
        row = (obs, action, log_prob, torch.zeros(()), step.terminated, step.truncated, step.final_obs)
        for field, value in zip(rollout, (*row, step.visible), strict=True):
            field[t] = value
        own[t] = step.reward
        episodes = running.count(step)
        if len(episodes.copy):
            ended.append(episodes)
        if watch is not None:
            watch(action, step)
    if reward == "task":
        rollout = rollout._replace(reward=own)
    elif reward is not None:
        rollout = rollout._replace(reward=reward(rollout.visible))
    return rollout, Episodes.join(ended)


def is_finite(value: Tensor) -> bool:
    """Whether there is no NaN and nothing infinite in it: one sum tells."""
    return bool(value.sum().isfinite())


def check_rollout(rollout: Rollout) -> None:
    """Raises NotFinite where something in it is not finite that the learner goes by."""
    for where in ("obs", "final_obs", "visible", "reward"):
        if not is_finite(getattr(rollout, where)):
            raise NotFinite("reward" if where == "reward" else "observation", rollout)


def _empty(env: Env, steps: int) -> Rollout:
    shape = (steps, env.num_envs)
    return Rollout(
        obs=torch.zeros(*shape, env.obs_dim),
        action=torch.zeros(*shape, env.action_dim),
        log_prob=torch.zeros(shape),
        reward=torch.zeros(shape),
        terminated=torch.zeros(shape, dtype=torch.bool),
        truncated=torch.zeros(shape, dtype=torch.bool),
        final_obs=torch.zeros(*shape, env.obs_dim),
        visible=torch.zeros(*shape, env.layout.size),
    )
