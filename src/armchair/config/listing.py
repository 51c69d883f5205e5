"""The presets that are part of armchair, and what lists say of them; read without what runs them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple, cast

import gymnasium
import yaml

from armchair.config.keys import by_key
from armchair.envs.gym.registration import IDS, register_envs
from armchair.errors import ConfigError, nearest
from armchair.offers.catalogue import ANY_TASK, TASK_OUTLINES

PRESETS = files("armchair").joinpath("config", "presets")
LABELS, FOREIGN_LABELS = 30, 200  # questions that may be asked, where a preset does not say


class Listed(NamedTuple):
    """What a list says of a preset."""

    task: str
    about: str  # what it is for
    question: str  # what people are asked
    labels: int  # how many answers they are asked for


def listed(name: str) -> Listed:
    """A preset as it is where people answer. A test holds it against what `read.load_config` makes of it."""
    text = PRESETS.joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    found = cast("dict[str, object]", yaml.safe_load(text))
    over = cast("Mapping[str, object]", found.pop("people", {}))
    values = {**by_key(found, name), **by_key(over, name)}
    task = str(values.get("task") or task_of(str(values["env_name"])))
    own = task in TASK_OUTLINES
    labels = values.get("queries.labels", LABELS if own else FOREIGN_LABELS)
    question = TASK_OUTLINES[task].question if own else ANY_TASK
    return Listed(task, text.splitlines()[0].removeprefix("#").strip(), question, int(str(labels)))


def presets() -> list[str]:
    """The names of the presets that are part of armchair."""
    names = [entry.name for entry in PRESETS.iterdir()]
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


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
