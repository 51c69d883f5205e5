"""Points of environments of others in a run's settings: from the command line, and as the run keeps them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from armchair.config.read import from_run
from armchair.config.teach import TeachConfig
from armchair.envs.foreign.points.declaration import Declared
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.errors import InvalidInput
from armchair.jsonable import Json
from armchair.runs.folder import RunDir


def settled(config: TeachConfig, reward: Path | None = None) -> TeachConfig:
    """The settings as a run keeps them: with the points that its environment tells, where none are declared.

    reward: a run whose reward model is to be learned from, which saw what its own settings say. Raises
    InvalidInput where no environment can be made, before anything is begun. See `TaskSpec.settle`.
    """
    spec, env = resolve_task(config.task), config.env
    if reward is not None and spec.foreign and not env.points and reward.is_dir():
        env = env_of(RunDir.open(reward), env)
    find = config.reward.inputs != "raw" and reward is None
    return replace(config, env=spec.settle(env, find=find))


def settled_by(make: Callable[[bool], TeachConfig]) -> TeachConfig:
    """The same of the settings that `make` makes, told whether the points of an environment are known."""
    config = settled(make(False))
    return replace(make(True), env=config.env) if config.env.points else config


def flags_of_points(points: Sequence[str], scalars: Sequence[str]) -> dict[str, Json]:
    """The flags --points and --scalars as settings; None for one that was not given.

    Raises InvalidInput for a word that is not NAME=SOURCE.
    """
    return {"env.points": _table("--points", points), "env.scalars": _table("--scalars", scalars)}


def declared_by(points: Sequence[str], scalars: Sequence[str]) -> Declared:
    """What the flags declare by themselves. Raises InvalidInput as `flags_of_points` does."""
    tables = (_table("--points", points) or {}, _table("--scalars", scalars) or {})
    first, second = (cast("dict[str, int | str]", table) for table in tables)
    declared = Declared(first, second)
    declared.places()
    return declared


def _table(flag: str, words: Sequence[str]) -> Json:
    found: dict[str, Json] = {}
    for word in words:
        name, equals, source = word.partition("=")
        if not (name and equals and source):
            raise InvalidInput(f"{flag} takes NAME=SOURCE, such as hand=0 or goal=site:target, got {word!r}")
        found[name] = int(source) if source.isdecimal() else source
    return found or None


def env_of(run: RunDir, kept: EnvConfig) -> EnvConfig:
    """`kept` with what the run's configuration says of an environment of others: its points and its pace."""
    own = from_run(run.config()).env
    points = replace(kept, points=own.points, scalars=own.scalars, differences=own.differences)
    return replace(points, horizon=own.horizon, repeat=own.repeat)
