"""The environments of a run of teaching: for training, for making clips, for reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from armchair.config.teach import TeachConfig
from armchair.console import warn
from armchair.envs.base import Demonstrable, Env
from armchair.envs.demonstrations import Demo
from armchair.envs.spec import TaskSpec
from armchair.envs.start_states import AlongDemonstrations, states_along
from armchair.errors import ConfigError


class Envs(NamedTuple):
    """The three, apart from each other."""

    train: Env
    film: Env
    report: Env

    def close(self) -> None:
        """Close all of them."""
        for env in self:
            env.close()


def check_task(spec: TaskSpec, config: TeachConfig, *, rewarded: bool) -> None:
    """Try the task before there is a run's folder; rewarded: whether anybody will go by its own reward.

    Raises ConfigError where clips are longer than episodes, and what `TaskSpec.check` raises.
    """
    _check_length(spec, config, spec.check(config.env, rewarded=rewarded))


def _check_length(spec: TaskSpec, config: TeachConfig, horizon: int) -> None:
    if horizon < config.queries.clip_length:
        raise ConfigError(
            f"queries.clip_length must be at most {horizon}, the length of an episode of {spec.name}; "
            f"got {config.queries.clip_length}"
        )


def make_envs(spec: TaskSpec, config: TeachConfig, along: Sequence[Demo] = ()) -> Envs:
    """The run's environments, poses or pictures recorded where clips are made.

    Only the one for training is where the configuration says, the others are on the CPU.

    along: demonstrations that some episodes begin along, but none of those that are reported. Standard error
    is told where clips will have no pictures. Raises ConfigError where episodes are shorter than clips.
    """
    train = spec.make(config.practice.num_envs, config.env, seed=config.seed)
    try:
        _check_length(spec, config, train.horizon)
    except ConfigError:
        train.close()
        raise
    record = config.env.frames or not spec.foreign
    if record and (reason := spec.why_no_pictures(config.env)) is not None:
        warn(f"clips of {spec.name} will have no pictures: {reason}")
        record = False
    shown = config.env.on_cpu()
    film = spec.make(config.queries.film_envs, shown, seed=config.seed + 1, record=record)
    report = spec.make(spec.copies_for(config.evaluation.episodes), shown, seed=config.seed + 2)
    begin_along((train, film), along, config.demonstrations.starts)
    return Envs(train, film, report)


def begin_along(envs: Sequence[Env], demos: Sequence[Demo], share: float) -> None:
    """Let a share of the episodes to come begin along demonstrations, if there are any."""
    if not demos:
        return
    states = states_along(demos, len(envs[0].layout.points))
    for env in envs:
        assert isinstance(env, Demonstrable), "the configuration was checked"
        env.starts = AlongDemonstrations(states, share, env.num_envs)
