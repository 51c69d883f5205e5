"""The settings of a run that a program begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from typing import TypeAlias, cast

import gymnasium

from armchair.api.judges import place_of
from armchair.config.keys import UNGROUPED, by_key
from armchair.config.pace import paced, told_short
from armchair.config.points import settled_by
from armchair.config.read import preset_for, task_named, with_flags
from armchair.config.teach import TeachConfig
from armchair.console import warn
from armchair.envs.foreign.sources import find
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput
from armchair.jsonable import Json
from armchair.training.demonstrations import check_folder
from armchair.training.environments import check_task
from armchair.training.setup import with_widths_of_policy

EnvFactory: TypeAlias = Callable[[], "gymnasium.Env[object, object]"]
ConfigLike: TypeAlias = TeachConfig | Mapping[str, Json] | str | PathLike[str] | None
"""Settings: all of them; some, by key, over the task's preset; a preset's name or a YAML file; None: the
task's preset."""


def name_of(task: str | EnvFactory | None) -> str | None:
    """A task's name; of a function that makes an environment it is where the function is found.

    Raises InvalidInput where it cannot be found there again.
    """
    if task is None or isinstance(task, str):
        return task
    place = place_of(task)
    if "<" in place or find(place) is not task:
        raise InvalidInput(
            f"a run keeps where its environment is made, so {place} must be a function at the top of a module"
        )
    return place


def settings(
    task: str | EnvFactory | None,
    labels: int | None,
    config: ConfigLike,
    *,
    people: bool,
    simulated: bool,
    rewarded: bool,
) -> TeachConfig:
    """The settings, tried out: environments can be made, points are where they were said to be.

    people: whether answers may be wrong. simulated: whether a program answers, at once. rewarded: whether
    anybody goes by the task's own reward. Raises ConfigError or InvalidInput, before anything is begun, and
    standard error is told where the budget does not fit.
    """
    name = name_of(task)
    chosen = settled_by(
        lambda pointed: _chosen(name, labels, config, people=people, simulated=simulated, pointed=pointed)
    )
    check_task(resolve_task(chosen.task), chosen, rewarded=rewarded)
    if simulated and (short := told_short(chosen)):
        warn(short)
    return chosen


def _chosen(
    task: str | None, labels: int | None, config: ConfigLike, *, people: bool, simulated: bool, pointed: bool
) -> TeachConfig:
    if isinstance(config, TeachConfig):
        if task not in (None, config.task):
            raise InvalidInput(f"config is for {config.task}, not for {task}: leave the task out")
        base, flags = config, dict[str, Json]()
    else:
        flags = dict(config) if isinstance(config, Mapping) else {}
        file = None if config is None or isinstance(config, Mapping) else str(config)
        given = by_key(flags, "config")
        control = given.get("env.control")
        task = task_named(task or cast("str | None", given.get("task")), file)
        control = control if isinstance(control, str) else None
        base = preset_for(task, control, file, people=people, pointed=pointed)
        flags |= {"task": task}
    flags |= {} if labels is None else {"labels": labels}
    made = with_flags(base, _flat(flags), "config")
    if simulated:
        fixed = {"updates", "schedule.updates"} & set(_flat(flags))
        made = paced(made, base, fixed_updates=bool(fixed))
    check_folder(resolve_task(made.task), made)
    return with_widths_of_policy(made)


def _flat(flags: Mapping[str, Json]) -> dict[str, Json]:
    """Settings by one key each, also where they came in groups: {"ppo": {"std": 1}} as "ppo.std"."""
    plain = {key: value for key, value in flags.items() if key in UNGROUPED}
    rest = {key: value for key, value in flags.items() if key not in UNGROUPED}
    return cast("dict[str, Json]", plain | by_key(rest, "config"))
