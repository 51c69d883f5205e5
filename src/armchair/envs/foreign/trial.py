"""Trying somebody's environment before anything is begun: two copies act at random for a second or two."""

from __future__ import annotations

import time

import torch
from torch import Tensor

from armchair.envs.foreign.env import ForeignEnv
from armchair.errors import ForeignError, InvalidInput
from armchair.maths import generator

COPIES = 2
STEPS = 200  # of an episode, at most
SECONDS = 2.0  # after which it is broken off


def try_out(env: ForeignEnv, *, rewarded: bool) -> None:
    """Let the `COPIES` copies of `env` act at random, up to the end of an episode.

    rewarded: whether anything will go by the reward. Raises ForeignError where something is not as
    Gymnasium says, and InvalidInput where there is nothing to learn from: nothing changes, or nothing but by
    itself.
    """
    seen, whole = _play(env, rewarded)
    if whole and len(seen) == 1:
        raise InvalidInput(
            f"{env.name}: episodes end with their first step: clips would show nothing that moves"
        )
    if bool((seen == seen[0, 0]).all()):
        raise InvalidInput(
            f"{env.name}: what it observes did not change in {len(seen)} steps of random actions: there is "
            "nothing to compare"
        )
    if whole and bool((seen[:, :1] == seen).all()):
        raise InvalidInput(
            f"{env.name}: episodes with other seeds and other actions were the same in all that it observes: "
            "there is nothing to compare, actions should have an effect"
        )


def _play(env: ForeignEnv, rewarded: bool) -> tuple[Tensor, bool]:
    """-> what was seen after each step (T, N, F), whether all episodes came to their ends together."""
    rng = generator(0, "trial")
    _check(env.reset(0), env)
    until, seen = time.monotonic() + SECONDS, list[Tensor]()
    for t in range(min(env.horizon, STEPS)):
        step = env.step(2.0 * torch.rand(env.num_envs, env.action_dim, generator=rng) - 1.0)
        _check(step.final_obs, env)
        _check(step.obs, env)
        if rewarded and (unrewarded := env.unrewarded()) is not None:
            raise ForeignError(f"{unrewarded}: a simulated teacher judges by it, people can do without")
        seen.append(step.visible)
        if bool(step.done.any()):
            return torch.stack(seen), bool(step.done.all())
        if t and time.monotonic() > until:
            break
    return torch.stack(seen), False


def _check(obs: Tensor, env: ForeignEnv) -> None:
    if not bool(obs.isfinite().all()):
        raise ForeignError(env.trouble() or "an observation is not finite")
