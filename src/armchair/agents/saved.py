"""A policy on disk: its tensors, and what is needed to put it to work again."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor

from armchair.agents.agent import Agent
from armchair.agents.networks import ActorCritic
from armchair.errors import RunError
from armchair.jsonable import Json
from armchair.reading.limits import NETWORK_INPUTS, NETWORK_LAYERS, NETWORK_WIDTH
from armchair.reading.tensors import Header
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
    wishes: tuple[str, ...] = ()  # whose weights are inputs besides
    arm: str = ""  # the file that describes it; "" for the built-in one


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
    lists = {"hidden": list(info.hidden), "wishes": list(info.wishes)}
    run.save(name, tensors, {**info._asdict(), **lists, **(more or {})})


def load_policy(run: RunDir) -> tuple[Agent, PolicyInfo]:
    """The run's policy, able to act and to go on learning.

    Raises RunError when there is none, and when it is of another task than its run.
    """
    header, about = run.header(CHECKPOINT)
    try:
        info = _info(about)
        _check_home(run, info.task)
        _check_size(info, header)
        net = ActorCritic(info.obs_dim, info.action_dim, info.hidden, 1.0, None, wishes=len(info.wishes))
        agent = Agent(net, 1e-3)
        tensors = run.load(CHECKPOINT)[0]
        agent.load_tensors(tensors)
    except (KeyError, ValueError, TypeError) as error:
        told = f"it does not say {error}" if isinstance(error, KeyError) else error
        raise RunError(f"the policy in {run.path} cannot be read: {told}") from None
    if not all(bool(value.isfinite().all()) for value in tensors.values()):
        raise RunError(f"the policy in {run.path} has numbers that are not finite: go on from a backup")
    if bool(((agent.net.weights < 0.0) | (agent.net.weights > 1.0)).any()):
        raise RunError(f"the policy in {run.path} has weights that are not from 0 to 1: go on from a backup")
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


def _info(about: Mapping[str, Json]) -> PolicyInfo:
    """What is said of a policy. Raises KeyError for what is missing, ValueError for what makes no sense."""
    widths, wishes = about["hidden"], about.get("wishes", [])  # older ones have none
    if not isinstance(widths, list):
        raise ValueError(f"expected a list of widths, got {widths!r}")
    if not isinstance(wishes, list) or not all(isinstance(name, str) for name in wishes):
        raise ValueError(f"expected a list of names of wishes, got {str(wishes)[:80]!r}")
    task, engine, control = (str(about[name]) for name in ("task", "engine", "control"))
    obs_dim, action_dim, steps = (int(str(about[k])) for k in ("obs_dim", "action_dim", "env_steps"))
    hidden = tuple(int(str(width)) for width in widths)
    arm = str(about.get("arm", ""))  # older ones have none
    return PolicyInfo(task, engine, control, obs_dim, action_dim, hidden, steps, tuple(map(str, wishes)), arm)


def _check_size(info: PolicyInfo, header: Header) -> None:
    """ValueError unless networks of these widths are such as there are, and are what the file holds."""
    inputs = info.obs_dim + len(info.wishes)
    sane = info.obs_dim >= 1 and inputs <= NETWORK_INPUTS and 1 <= info.action_dim <= NETWORK_WIDTH
    if not sane or not all(1 <= width <= NETWORK_WIDTH for width in info.hidden):
        widths = str([inputs, *info.hidden, info.action_dim])[:80]
        raise ValueError(f"its networks have the widths {widths}, at most {NETWORK_WIDTH} are read")
    if len(info.hidden) > NETWORK_LAYERS:
        raise ValueError(f"it has {len(info.hidden)} hidden layers, at most {NETWORK_LAYERS} are read")
    for network, last in (("actor", info.action_dim), ("critic", 1)):
        for k, (fan_in, fan_out) in enumerate(itertools.pairwise((inputs, *info.hidden, last))):
            name = f"net.{network}.{k}.weight"
            held = header.tensors.get(name)
            if held is None or held.shape != (fan_out, fan_in):
                shape = "has none" if held is None else f"has {list(held.shape)}"
                raise ValueError(f"{name} must be {[fan_out, fan_in]} by what is said, the file {shape}")
