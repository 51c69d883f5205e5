"""Configurations from YAML, from the command line and from a run's folder; what they may hold.

A file has the fields of `TeachConfig` as keys, with sections `ppo` and `reward`; what it leaves out keeps
its default. `env_name`, the Gymnasium id of an environment, may stand in the place of `task`, and
`reward_model_path` may name a saved reward model.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple, cast

import gymnasium
import yaml

from armchair.config.demos import check_demos
from armchair.config.sections import read_section
from armchair.config.teach import IMPORTED, TeachConfig
from armchair.engines import ENGINES
from armchair.envs.control import CONTROLS
from armchair.envs.gym.registration import IDS, register_envs
from armchair.errors import ConfigError, nearest
from armchair.feedback.acquisition import STRATEGIES
from armchair.jsonable import Json
from armchair.rewards.relations import CHOSEN
from armchair.tasks import TASKS

# where the preset's name is not the task's
PRESET_OF = {"stack": "block_stack", "gymnasium:Pendulum-v1": "pendulum"}
PRESETS = files("armchair").joinpath("config", "presets")
ALIASES = ("env_name", "reward_model_path")

_MOST = float("inf")
LIMITS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("labels", "first", "session", "session_every", "updates", "num_envs"), (1, _MOST)),
    **dict.fromkeys(("rollout", "film_envs", "clip_length", "evaluate_every", "patience"), (1, _MOST)),
    "queue": (1, _MOST),
    **dict.fromkeys(("evaluate_episodes", "ppo.epochs", "ppo.minibatch"), (1, _MOST)),
    **dict.fromkeys(("seed", "threads", "critic_updates", "pull"), (0, _MOST)),
    **dict.fromkeys(("random_share", "progress_share", "starts", "ppo.lam"), (0.0, 1.0)),
    "alike": (0.01, 1.0),
    "ppo.gamma": (0.0, 0.99999),
    **dict.fromkeys(("ppo.learning_rate", "ppo.std", "ppo.clip", "ppo.max_grad"), (1e-9, _MOST)),
}
"""Least and greatest values; what a reward model allows, `RewardConfig` says itself."""


class Settings(NamedTuple):
    """What a file asks for."""

    config: TeachConfig
    reward_model_path: Path | None  # for training on a saved reward model; teaching makes its own


def presets() -> list[str]:
    """The names of the presets that are part of armchair."""
    names = [entry.name for entry in PRESETS.iterdir()]
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def preset_for(task: str, control: str | None = None, config: str | None = None) -> TeachConfig:
    """The configuration to begin with when a task is to be taught; flags go over it.

    config: a preset's name or a file's path, where one was asked for. Without it the preset TASK_CONTROL is
    taken, or TASK, or the defaults for a task that has neither; those for environments of others differ.
    """
    if config is not None:
        return load_config(config)
    name = PRESET_OF.get(task, task)
    found = next((known for known in (f"{name}_{control}", name) if known in presets()), None)
    return load_config(found) if found else with_flags(_defaults(task), {"task": task})


def named(task: str | None, config: str | None) -> str:
    """The task that is to be taught: the one given or, where none is, that of the preset or file."""
    if task is not None:
        return task
    if config is None:
        raise ConfigError(
            f"name a task, or a --config that does: {', '.join(TASKS)}, gymnasium:ID, module:factory"
        )
    return load_config(config).task


def load_config(name_or_path: str) -> TeachConfig:
    """The configuration in a preset or a YAML file; see `load_settings`."""
    return load_settings(name_or_path).config


def load_settings(name_or_path: str) -> Settings:
    """What a preset (its name) or a YAML file (its path) asks for.

    Raises ConfigError, which names the file, for a key that does not exist and a value that cannot be used.
    """
    if name_or_path in presets():
        text = (
            files("armchair")
            .joinpath("config", "presets", f"{name_or_path}.yaml")
            .read_text(encoding="utf-8")
        )
        return _settings(text, f"preset {name_or_path}")
    path = Path(name_or_path)
    try:
        return _settings(path.read_text(encoding="utf-8"), name_or_path)
    except (FileNotFoundError, NotADirectoryError):
        near = nearest(path.stem, presets())
        hint = f"did you mean {near}? " if near else ""
        raise ConfigError(
            f"there is no file and no preset {name_or_path!r}: {hint}presets: {', '.join(presets())}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name_or_path} cannot be read: {error}") from None


def with_flags(config: TeachConfig, flags: Mapping[str, Json]) -> TeachConfig:
    """The configuration with flags over it; those that are None were not given.

    A dot leads into a section: {"labels": 40, "reward.inputs": "raw"}. Where fewer labels are asked for than
    the first questions take, the first questions become fewer. Raises ConfigError for what cannot be used.
    """
    given = {key: value for key, value in flags.items() if value is not None}
    nested: dict[str, object] = {}
    for key, value in given.items():
        section, _, name = key.rpartition(".")
        inner = cast("dict[str, object]", nested.setdefault(section, {})) if section else nested
        inner[name] = value
    labels = given.get("labels")
    if isinstance(labels, int) and "first" not in given:
        nested["first"] = max(1, min(config.first, labels))
    return _read(nested, "the command line", config)


def as_yaml(config: TeachConfig) -> dict[str, Json]:
    """The configuration with all its values, as a run's folder keeps it."""
    return cast("dict[str, Json]", _plain(dataclasses.asdict(config)))


def from_run(found: Mapping[str, Json]) -> TeachConfig:
    """The configuration that `as_yaml` made. What else stands beside it in the run's file is left alone."""
    names = {field.name for field in dataclasses.fields(TeachConfig)}
    return _read({key: value for key, value in found.items() if key in names}, "the run's config.yaml")


def task_of(env_name: str) -> str:
    """The task that a Gymnasium id stands for: one of ours, or `gymnasium:ID`. ConfigError if unknown."""
    register_envs()
    for name in (env_name, f"armchair/{env_name}"):
        if name in IDS:
            task = gymnasium.registry[name].kwargs.get("task")
            return str(task) if task else f"gymnasium:{name}"
    if env_name in gymnasium.registry:
        return f"gymnasium:{env_name}"
    ours = [name.removeprefix("armchair/") for name in IDS]
    near = nearest(env_name, [*ours, *gymnasium.registry])
    hint = f"did you mean {near!r}? " if near else ""
    raise ConfigError(f"unknown env_name {env_name!r}: {hint}ours: {', '.join(ours)}")


# ---- reading and checking


def _settings(text: str, where: str) -> Settings:
    try:
        found: object = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{where} is not YAML: {' '.join(str(error).split())}") from None
    values = {} if found is None else found
    if not isinstance(values, dict):
        raise ConfigError(f"{where} must hold keys and values such as 'labels: 60', got {found!r}")
    values = dict(cast("dict[object, object]", values))
    path = _text(values.pop("reward_model_path", None), "reward_model_path", where)
    env_name = _text(values.pop("env_name", None), "env_name", where)
    if env_name is not None:
        if "task" in values:
            raise ConfigError(f"{where} has both task and env_name: leave one of them out")
        try:
            values["task"] = task_of(env_name)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None
    over = _defaults(str(values.get("task")))
    return Settings(_read(values, where, over), None if path is None else Path(path))


def _defaults(task: str) -> TeachConfig:
    return IMPORTED if ":" in task else TeachConfig()


def _text(value: object, key: str, where: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ConfigError(f"{where}: {key} must be text, got {value!r}")


def _read(values: object, where: str, over: TeachConfig | None = None) -> TeachConfig:
    config = read_section(values, over or TeachConfig(), where, also=ALIASES)
    _check_names(config, where)
    for key, (low, high) in LIMITS.items():
        section, _, name = key.rpartition(".")
        _check_range(
            f"{where}: {key}", cast(float, getattr(config.ppo if section else config, name)), low, high
        )
    for width in config.ppo.hidden:
        _check_range(f"{where}: ppo.hidden", width, 1, _MOST)
    if config.first > config.labels:
        raise ConfigError(
            f"{where}: first must be at most labels, {config.labels}, of which it is a part; "
            f"got {config.first}"
        )
    check_demos(config, where)
    return _with_chosen(config, where)


def _with_chosen(config: TeachConfig, where: str) -> TeachConfig:
    """With the relations that a hand chose for the task, where `chosen` is asked for and none are named."""
    if config.reward.inputs != "chosen" or config.reward.chosen:
        return config
    names = CHOSEN.get(config.task)
    if names is None:
        raise ConfigError(
            f"{where}: reward.inputs chosen needs names of relations in reward.chosen: none are known for "
            f"{config.task}"
        )
    return dataclasses.replace(config, reward=dataclasses.replace(config.reward, chosen=names))


def _check_range(what: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        most = "" if high == _MOST else f" and at most {high:g}"
        raise ConfigError(f"{what} must be at least {low:g}{most}, got {value:g}")


def _check_names(config: TeachConfig, where: str) -> None:
    choices = {"engine": list(ENGINES), "control": list(CONTROLS), "strategy": list(STRATEGIES)}
    if ":" not in config.task:
        choices["task"] = [*TASKS, "gymnasium:ID", "module:factory"]
    elif config.starts:
        raise ConfigError(f"{where}: starts must be 0: nobody has written a solution of {config.task}")
    for key, valid in choices.items():
        value = str(getattr(config, key))
        if value not in valid:
            near = f"gymnasium:{value}" if value in gymnasium.registry else nearest(value, valid)
            hint = f"did you mean {near!r}? " if near else ""
            raise ConfigError(f"{where}: unknown {key} {value!r}: {hint}valid: {', '.join(valid)}")
    if config.task in TASKS and config.clip_length > TASKS[config.task].horizon:
        raise ConfigError(
            f"{where}: clip_length must be at most {TASKS[config.task].horizon}, the length of an episode of "
            f"{config.task}; got {config.clip_length}"
        )


def _plain(value: object) -> object:
    """Tuples as lists, all the way down."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in cast("Sequence[object]", value)]
    return value
