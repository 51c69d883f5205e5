"""Configurations from YAML, from the command line and from a run's folder; what they may hold.

A file has the fields of `TeachConfig` as keys, its groups as sections; what it leaves out keeps its default.
The section `people` holds what is otherwise where people answer, in the same groups.
`env_name`, the Gymnasium id of an environment, may stand in the place of `task`, and `reward_model_path` may
name a saved reward model. Keys without a group, as files had them before there were groups, are understood.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

from armchair.config.checks import check
from armchair.config.gpu import for_gpu
from armchair.config.keys import UNGROUPED, by_key
from armchair.config.listing import PRESETS, presets, task_of
from armchair.config.teach import FALLIBLE, FOREIGN_DEFAULTS, POINTED_DEFAULTS, TeachConfig
from armchair.config.validation import validated
from armchair.console import warn
from armchair.envs.spec import is_foreign
from armchair.errors import ConfigError, InvalidInput, nearest
from armchair.jsonable import Json
from armchair.reading.files import read_text
from armchair.reading.limits import CONFIG_BYTES
from armchair.reading.plain import parse_yaml
from armchair.rewards.relations import CHOSEN
from armchair.tasks import TASKS

# where the preset's name is not the task's; that of a module is for all that it has
PRESET_OF = {
    "stack": "block_stack",
    "gymnasium:Pendulum-v1": "pendulum",
    "gymnasium_robotics:FetchReachDense-v4": "fetch_reach",
    "gymnasium_robotics:FetchReach-v4": "fetch_reach",
    "metaworld": "metaworld",
}


class Settings(NamedTuple):
    """What a file asks for."""

    config: TeachConfig
    reward_model_path: Path | None  # for training on a saved reward model; teaching makes its own


def preset_for(
    task: str,
    control: str | None = None,
    config: str | None = None,
    *,
    people: bool = False,
    pointed: bool = False,
) -> TeachConfig:
    """The configuration to begin with when a task is to be taught; flags go over it.

    config: a preset's name or a file's path, where one was asked for. Without it the preset TASK_CONTROL is
    taken, or TASK, or the defaults for a task that has neither; those for environments of others differ.
    people: whether people answer, or somebody who errs as they do; see `load_settings`. pointed: whether the
    points of an environment of others are known, which then is learned from fewer answers.
    """
    if config is not None:
        return load_settings(config, people=people, defaults=_defaults(task, pointed=pointed)).config
    name = PRESET_OF.get(task) or PRESET_OF.get(task.rpartition(":")[0], task)
    found = next((known for known in (f"{name}_{control}", name) if known in presets()), None)
    if found:
        return load_config(found, people=people)
    return with_flags(_defaults(task, pointed=pointed), {"task": task, **(FALLIBLE if people else {})})


def task_named(task: str | None, config: str | None) -> str:
    """The task that is to be taught: the one given or, where none is, that of the preset or file."""
    if task is not None:
        return task
    if config is None:
        raise ConfigError(
            f"name a task, or a --config that does: {', '.join(TASKS)}, gymnasium:ID, module:factory"
        )
    return load_config(config).task


def load_config(name_or_path: str, *, people: bool = False) -> TeachConfig:
    """The configuration in a preset or a YAML file; see `load_settings`."""
    return load_settings(name_or_path, people=people).config


def load_settings(
    name_or_path: str, *, people: bool = False, defaults: TeachConfig | None = None
) -> Settings:
    """What a preset (its name) or a YAML file (its path) asks for.

    people: whether people answer, or somebody who errs as they do. Then `FALLIBLE` takes the place of the
    defaults, and what the file has under `people` goes over the rest of it. defaults: of what a file leaves
    out; those of its task if not given, and for presets.

    Raises ConfigError, which names the file, for a key that does not exist and a value that cannot be used.
    """
    if name_or_path in presets():
        text = PRESETS.joinpath(f"{name_or_path}.yaml").read_text(encoding="utf-8")
        return _settings(text, f"preset {name_or_path}", people, None)
    path = Path(name_or_path)
    try:
        text = read_text(path, CONFIG_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        near = nearest(path.stem, presets())
        hint = f"did you mean {near}? " if near else ""
        raise ConfigError(
            f"there is no file and no preset {name_or_path!r}: {hint}presets: {', '.join(presets())}"
        ) from None
    except (OSError, InvalidInput) as error:
        raise ConfigError(f"{name_or_path} cannot be read: {error}") from None
    return _settings(text, name_or_path, people, defaults)


def with_flags(
    config: TeachConfig, flags: Mapping[str, Json], where: str = "the command line"
) -> TeachConfig:
    """The configuration with flags over it; those that are None were not given.

    {"queries.labels": 40, "reward.inputs": "raw"}, or a name that `UNGROUPED` has, such as "labels". The
    device cuda brings copies and gradients of its size along, see `for_gpu`; flags may change them. Where
    fewer labels are asked for than the first questions take, the first questions become fewer. where: they
    come from, for errors. Raises ConfigError for what cannot be used.
    """
    values = by_key({key: value for key, value in flags.items() if value is not None}, where)
    if values.get("env.device") == "cuda" and config.env.device == "cpu":
        config = for_gpu(config)
    labels = values.get("queries.labels")
    if isinstance(labels, int):
        values.setdefault("queries.first", max(1, min(config.queries.first, labels)))
    try:
        return _checked(values, config, where)
    except ConfigError as error:
        text = str(error)
        for name in (name for name in flags if name in UNGROUPED and flags[name] is not None):
            text = text.replace(UNGROUPED[name], name)  # as it was given
        raise ConfigError(text) from None


def as_yaml(config: TeachConfig) -> dict[str, Json]:
    """The configuration with all its values, as a run's folder keeps it."""
    return json.loads(json.dumps(dataclasses.asdict(config)))  # lists for tuples


def from_run(found: Mapping[str, Json]) -> TeachConfig:
    """The configuration that `as_yaml` made. What else stands beside it in the run's file is left alone."""
    names = {field.name for field in dataclasses.fields(TeachConfig)} | set(UNGROUPED)
    where = "the run's config.yaml"
    values = by_key({key: value for key, value in found.items() if key in names}, where)
    return _checked(values, TeachConfig(), where)


# ---- reading and checking


def _settings(text: str, where: str, people: bool, defaults: TeachConfig | None) -> Settings:
    try:
        found = parse_yaml(text, where)
    except InvalidInput as error:
        raise ConfigError(str(error)) from None
    if not isinstance(found, dict | None):
        raise ConfigError(f"{where} must hold keys and values such as 'task: push', got {found!r}")
    values = {str(key): value for key, value in cast("dict[object, object]", found or {}).items()}
    path = _text(values.pop("reward_model_path", None), "reward_model_path", where)
    env_name = _text(values.pop("env_name", None), "env_name", where)
    if env_name is not None:
        if "task" in values:
            raise ConfigError(f"{where} has both task and env_name: leave one of them out")
        try:
            values["task"] = task_of(env_name)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None
    if moved := [key for key in values if key in UNGROUPED]:
        moves = ", ".join(f"{key} is {UNGROUPED[key]} now" for key in moved)
        _warn_once(f"{where}: {moves}; read as such")
    over = values.pop("people", None)
    if not isinstance(over, dict | None):
        raise ConfigError(f"{where}: people must be a section of keys and values, got {over!r}")
    own = {**(FALLIBLE if people else {}), **by_key(values, where)}
    config = _checked(own, defaults or _defaults(values.get("task")), where)
    special = by_key(cast("dict[str, object]", over or {}), where)
    with_people = _checked(special, config, f"{where}, people")  # read in any case: it may be wrong
    return Settings(with_people if people else config, None if path is None else Path(path))


@cache
def _warn_once(line: str) -> None:  # a command may read its file more than once
    warn(line)


def _defaults(task: object, *, pointed: bool = False) -> TeachConfig:
    if not isinstance(task, str) or not is_foreign(task):
        return TeachConfig()
    return POINTED_DEFAULTS if pointed else FOREIGN_DEFAULTS


def _text(value: object, key: str, where: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ConfigError(f"{where}: {key} must be text, got {value!r}")


def _checked(values: Mapping[str, object], base: TeachConfig, where: str) -> TeachConfig:
    """`base` with values over it; "chosen" inputs without names are those a hand chose for the task."""
    config = validated(values, base, where)
    try:
        check(config)
    except InvalidInput as error:
        raise ConfigError(f"{where}: {error}") from None
    if config.reward.inputs != "chosen" or config.reward.chosen:
        return config
    reward = dataclasses.replace(config.reward, chosen=CHOSEN[config.task])
    return dataclasses.replace(config, reward=reward)
