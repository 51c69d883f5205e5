"""A policy on disk: its tensors, and what is needed to put it to work again."""

from __future__ import annotations

from typing import NamedTuple

import torch

from armchair.agents.agent import Agent
from armchair.agents.networks import ActorCritic
from armchair.errors import RunError
from armchair.runs.folder import RunDir

CHECKPOINT = "policy"


class PolicyInfo(NamedTuple):
    """Where a policy is at home."""

    task: str
    engine: str
    control: str
    obs_dim: int
    action_dim: int
    hidden: tuple[int, ...]
    env_steps: int  # it was trained for


def save_policy(run: RunDir, agent: Agent, info: PolicyInfo) -> None:
    """Write the run's policy, in place of an older one."""
    run.save(CHECKPOINT, agent.tensors(), {**info._asdict(), "hidden": list(info.hidden)})


def load_policy(run: RunDir) -> tuple[Agent, PolicyInfo]:
    """The run's policy, able to act and to go on learning. Raises RunError when there is none."""
    tensors, about = run.load(CHECKPOINT)
    try:
        hidden = tuple(int(str(width)) for width in _list(about["hidden"]))
        info = PolicyInfo(
            task=str(about["task"]),
            engine=str(about["engine"]),
            control=str(about["control"]),
            obs_dim=int(str(about["obs_dim"])),
            action_dim=int(str(about["action_dim"])),
            hidden=hidden,
            env_steps=int(str(about["env_steps"])),
        )
        net = ActorCritic(info.obs_dim, info.action_dim, hidden, 1.0, torch.Generator())
        agent = Agent(net, 1e-3)
        agent.load_tensors(tensors)
    except (KeyError, ValueError) as error:
        raise RunError(f"the policy in {run.path} cannot be read: {error}") from None
    return agent, info


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"expected a list, got {value!r}")
    return list(value)
