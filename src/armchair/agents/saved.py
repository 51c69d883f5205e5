"""A policy on disk: its tensors, and what is needed to put it to work again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.agents.agent import Agent
from armchair.agents.networks import ActorCritic
from armchair.errors import RunError
from armchair.jsonable import Json
from armchair.runs.folder import RunDir

CHECKPOINT = "policy"


class PolicyInfo(NamedTuple):
    """What a policy was trained for."""

    task: str
    engine: str
    control: str
    obs_dim: int
    action_dim: int
    hidden: tuple[int, ...]
    env_steps: int  # it was trained for


def save_policy(
    run: RunDir,
    agent: Agent,
    info: PolicyInfo,
    *,
    name: str = CHECKPOINT,
    more: Mapping[str, Json] | None = None,
) -> None:
    """Write the run's policy, in place of an older one. more: is to be known of it, too."""
    save_tensors(run, agent.tensors(), info, name=name, more=more)


def save_tensors(
    run: RunDir,
    tensors: Mapping[str, Tensor],
    info: PolicyInfo,
    *,
    name: str = CHECKPOINT,
    more: Mapping[str, Json] | None = None,
) -> None:
    """The same of an agent as it was: `Agent.tensors()` of a moment that has gone."""
    run.save(name, tensors, {**info._asdict(), "hidden": list(info.hidden), **(more or {})})


def load_policy(run: RunDir) -> tuple[Agent, PolicyInfo]:
    """The run's policy, able to act and to go on learning. Raises RunError when there is none."""
    tensors, about = run.load(CHECKPOINT)
    try:
        widths = about["hidden"]
        if not isinstance(widths, list):
            raise ValueError(f"expected a list of widths, got {widths!r}")
        hidden = tuple(int(str(width)) for width in widths)
        task, engine, control = (str(about[name]) for name in ("task", "engine", "control"))
        obs_dim, action_dim, steps = (int(str(about[k])) for k in ("obs_dim", "action_dim", "env_steps"))
        info = PolicyInfo(task, engine, control, obs_dim, action_dim, hidden, steps)
        net = ActorCritic(info.obs_dim, info.action_dim, hidden, 1.0, torch.Generator())
        agent = Agent(net, 1e-3)
        agent.load_tensors(tensors)
    except (KeyError, ValueError) as error:
        raise RunError(f"the policy in {run.path} cannot be read: {error}") from None
    return agent, info
