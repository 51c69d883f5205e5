"""A policy on disk: its tensors, and what is needed to put it to work again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch

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
    run.save(name, agent.tensors(), {**info._asdict(), "hidden": list(info.hidden), **(more or {})})


def load_policy(run: RunDir) -> tuple[Agent, PolicyInfo]:
    """The run's policy, able to act and to go on learning.

    Raises RunError when there is none, and when it is of another task than its run.
    """
    tensors, about = run.load(CHECKPOINT)
    try:
        widths = about["hidden"]
        if not isinstance(widths, list):
            raise ValueError(f"expected a list of widths, got {widths!r}")
        hidden = tuple(int(str(width)) for width in widths)
        task, engine, control = (str(about[name]) for name in ("task", "engine", "control"))
        obs_dim, action_dim, steps = (int(str(about[k])) for k in ("obs_dim", "action_dim", "env_steps"))
        _check_home(run, task)
        info = PolicyInfo(task, engine, control, obs_dim, action_dim, hidden, steps)
        net = ActorCritic(info.obs_dim, info.action_dim, hidden, 1.0, torch.Generator())
        agent = Agent(net, 1e-3)
        agent.load_tensors(tensors)
    except (KeyError, ValueError) as error:
        raise RunError(f"the policy in {run.path} cannot be read: {error}") from None
    return agent, info


def _check_home(run: RunDir, task: str) -> None:
    """A policy says which task it is for, and so does its run: RunError where they differ."""
    if not run.config_file.is_file():
        return  # of nobody's
    own = run.config().get("task")
    if own not in (None, task):  # None: of a run that a program made
        raise RunError(
            f"{run.path} is a run of {own}, and the policy in it is for {task!r}: it is not its own"
        )
