"""Whether a configuration names what there is, and whether its values go together."""

from __future__ import annotations

import re

from armchair.config.ranges import MOST_AT_ONCE
from armchair.config.teach import TeachConfig
from armchair.engines import ENGINES
from armchair.envs.base import Demonstrable
from armchair.envs.control import MODES
from armchair.envs.foreign.points.declaration import Declared
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput, check_choice
from armchair.feedback.acquisition import STRATEGIES
from armchair.reading.limits import NETWORK_LAYERS
from armchair.rewards.relations import CHOSEN

MOST_SCRIPTED = 1000
SCRIPTED = re.compile(r"scripted:(\d+)")
RECORDED = re.compile(r"(lerobot|minari):.+", re.DOTALL)


def check(config: TeachConfig) -> None:
    """Raises InvalidInput, which names the key, for what does not exist or does not go with the rest."""
    task, queries = config.task, config.queries
    check_choice("env.engine", config.env.engine, ENGINES)
    check_choice("env.control", config.env.control, MODES)
    check_choice("queries.strategy", queries.strategy, STRATEGIES)
    if queries.first > queries.labels:
        most = f"queries.labels, {queries.labels}, of which it is a part"
        raise InvalidInput(f"queries.first must be at most {most}; got {queries.first}")
    if config.reward.inputs == "chosen" and not config.reward.chosen and task not in CHOSEN:
        needed = "reward.inputs chosen needs names of relations in reward.chosen"
        raise InvalidInput(f"{needed}: none are known for {task}")
    _check_memory(config)
    if config.wishes.asked and not config.policy:
        raise InvalidInput("wishes.asked needs policy, the run of the skill that they come on top of")
    spec = resolve_task(task)
    if not spec.offers(Demonstrable):
        _check_undemonstrable(config)
    Declared(config.env.points, config.env.scalars).places()  # in words that mean something
    if not spec.foreign:
        _check_own_pace(config)
        if config.env.ray:
            raise InvalidInput(f"env.ray is for environments of others: {task} is armchair's own")
    if spec.horizon is not None and queries.clip_length > spec.horizon:
        most = f"{spec.horizon}, the length of an episode of {task}"
        raise InvalidInput(f"queries.clip_length must be at most {most}; got {queries.clip_length}")
    _check_script(config)
    if config.wishes.asked and config.env.device != "cpu":
        raise InvalidInput("wishes are taught on the CPU: leave out --device, or env.device")


def _check_memory(config: TeachConfig) -> None:
    """What takes memory together, though each may be large by itself."""
    steps = config.practice.num_envs * config.practice.rollout
    if steps > MOST_AT_ONCE:
        raise InvalidInput(
            f"practice.num_envs times practice.rollout must be at most {MOST_AT_ONCE}, got {steps}"
        )
    if len(config.ppo.hidden) > NETWORK_LAYERS:
        raise InvalidInput(
            f"ppo.hidden must have at most {NETWORK_LAYERS} layers, got {len(config.ppo.hidden)}"
        )


def _check_undemonstrable(config: TeachConfig) -> None:
    """An environment of others has no script to begin along."""
    shown = config.demonstrations
    foreign = f"{config.task} is none of armchair's own tasks"
    source = "" if RECORDED.fullmatch(shown.source) else shown.source
    for key, given, none, why in (
        ("demonstrations.source", source, "lerobot:DIR, minari:DIR or empty", foreign),
        ("demonstrations.starts", shown.starts, "0", f"nobody has written a solution of {config.task}"),
    ):
        if given:
            raise InvalidInput(f"{key} must be {none}: {why}")


def _check_own_pace(config: TeachConfig) -> None:
    """How long an episode of our own tasks is, and a step of it, is part of the task."""
    env = config.env
    for key, given, usual in (("horizon", env.horizon, 0), ("repeat", env.repeat, 1)):
        if given != usual:
            raise InvalidInput(f"env.{key} must be {usual}: {config.task} is armchair's own")


def _check_script(config: TeachConfig) -> None:
    """Demonstrations are `scripted:N`, by the tool, or a folder, or none."""
    source, key = config.demonstrations.source, "demonstrations.source"
    if source and len(config.wishes.asked) > 1:
        raise InvalidInput(f"{key} shows one wish: teach one at a time, each on top of the run before")
    if config.wishes.asked and source.startswith("scripted"):
        raise InvalidInput(f"{key} must be a folder in which somebody shows the wish: no script knows of it")
    if not source.startswith("scripted"):
        return
    number = SCRIPTED.fullmatch(source)
    if number is None:
        raise InvalidInput(f"{key} must be scripted:N, such as scripted:20, got {source!r}")
    if not 1 <= int(number[1]) <= MOST_SCRIPTED:
        raise InvalidInput(f"{key} must be scripted:1 to scripted:{MOST_SCRIPTED}, got {source!r}")
    if config.env.control != "tool":
        raise InvalidInput("the script moves the tool: use control tool, or a folder of demonstrations")
