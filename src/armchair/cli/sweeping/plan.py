"""What a sweep's file asks for. Its keys are the fields of `Plan`, and `settings`: keys of a configuration.

A key has either a list of values, of which each is tried with each of the others', or bounds {low, high} to
search between, with `log: true` where what counts is the ratio and `step` where only some values are wanted.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, cast

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from armchair.config.keys import by_key, flat
from armchair.config.pace import paced
from armchair.config.read import as_yaml, preset_for, task_named, with_flags
from armchair.config.teach import TeachConfig
from armchair.errors import ConfigError, InvalidInput, check_choice, nearest
from armchair.feedback.teachers import TEACHERS
from armchair.jsonable import Json
from armchair.reading.files import read_text
from armchair.reading.limits import CONFIG_BYTES
from armchair.reading.plain import parse_yaml
from armchair.training.asking.described import errs

MOST = 1000  # points
CORNERS = 256  # combinations of bounds and values that are looked at before any work, at most
FIXED = ("seed", "task", "env.ray")  # settings of all points
Setting = dict[str, Json]
"""One point: values by dotted keys of a configuration."""


class Bounds(NamedTuple):
    """Between what a number is searched."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant: both bounds are such, and the step."""
        bounds = isinstance(self.low, int) and isinstance(self.high, int)
        return bounds and float(self.step or 1).is_integer()

    @property
    def ends(self) -> list[Json]:
        """Both, and a value between them, which is no whole number unless all are."""
        step = self.step or (1 if self.whole else (self.high - self.low) / math.pi)
        return [self.low, min(self.high, self.low + step), self.high]


Values = Sequence[Json] | Bounds


@dataclass(frozen=True)
class Plan:
    """A sweep. Limits hold for what is read."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    task: str | None = None
    """A task, where the configuration names none."""
    config: str | None = None
    """The preset or file that the settings go over; the task's own preset if not given."""
    teacher: str = "oracle"
    """Who answers."""
    seeds: Annotated[int, Field(ge=1, le=1000)] = 3
    """Runs of each point."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """The first run's seed; the others follow."""
    measure: Literal["success", "return"] = "success"
    """What a point is worth: the mean of this over its seeds, at the end of training."""
    trials: Annotated[int, Field(ge=0, le=MOST)] = 0
    """Points to search for with Optuna; 0: each value with each, a grid."""
    batch: Annotated[int, Field(ge=1, le=100)] = 4
    """Points that are chosen at a time and made side by side, by what is known of those before them."""
    settings: dict[str, object] = field(default_factory=dict[str, object])
    """What is varied."""

    def space(self) -> dict[str, Values]:
        """What is varied, by dotted keys. Raises ConfigError for what cannot be."""
        found = by_key(_with_leaves(self.settings), "settings")
        return {key: _values(key, given) for key, given in found.items()}

    def space_over(self, base: TeachConfig) -> dict[str, Values]:
        """The same, with bounds of whole numbers for those settings alone that are such."""
        now = dict(flat(as_yaml(base)))
        space = self.space()
        for key, values in space.items():
            if isinstance(values, Bounds) and isinstance(now.get(key), float):
                space[key] = values._replace(low=float(values.low), high=float(values.high))
        return space

    @property
    def points(self) -> int:
        """Of a grid."""
        return math.prod(1 if isinstance(values, Bounds) else len(values) for values in self.space().values())

    def grid(self) -> list[Setting]:
        """Each value with each, the last key's fastest."""
        space = cast("dict[str, Sequence[Json]]", self.space())
        return [dict(zip(space, values, strict=True)) for values in itertools.product(*space.values())]


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises ConfigError, which names the file and the key."""
    try:
        found = parse_yaml(read_text(path, CONFIG_BYTES), str(path))
    except (OSError, InvalidInput) as error:
        told = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"{path} cannot be read: {told}") from None
    return plan_of(found, str(path))


def plan_of(found: object, where: str) -> Plan:
    """The plan that was read from there; checked but for its settings' keys."""
    names = [each.name for each in dataclasses.fields(Plan)]
    if not isinstance(found, dict):
        raise ConfigError(f"{where} must hold keys and values, of {', '.join(names)}; got {found!r}")
    for key in (key for key in cast("dict[object, object]", found) if key not in names):
        near = nearest(str(key), names)
        hint = f"did you mean {near}? " if near else ""
        raise ConfigError(f"{where}: unknown key {key}: {hint}valid: {', '.join(names)}")
    try:
        plan = TypeAdapter(Plan).validate_json(json.dumps(found, default=str))  # as `validation` does
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        told = first["msg"][0].lower() + first["msg"][1:]
        raise ConfigError(f"{where}: {key}: {told}, got {first['input']!r}") from None
    check_choice("teacher", plan.teacher, TEACHERS)
    try:
        _check_space(plan)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    return plan


def base_of(plan: Plan, *, pointed: bool) -> TeachConfig:
    """What the settings go over; pointed: whether the points of an environment of others are known."""
    people = errs({"name": plan.teacher})
    task = task_named(plan.task, plan.config)
    base = preset_for(task, None, plan.config, people=people, pointed=pointed)
    return replace(with_flags(base, {"task": plan.task}), seed=plan.seed)


def config_at(base: TeachConfig, setting: Setting) -> TeachConfig:
    """The configuration of a point, evaluated at its end. Raises ConfigError for what cannot be used."""
    config = paced(with_flags(base, setting, "settings"), base, fixed_updates="schedule.updates" in setting)
    return with_flags(config, {"evaluation.every": setting.get("evaluation.every", config.schedule.updates)})


def corners(space: Mapping[str, Values]) -> list[Setting]:
    """Points at which every value and bound occurs, each with each where these are not too many."""
    ends = {key: v.ends if isinstance(v, Bounds) else list(v) for key, v in space.items()}
    if math.prod(map(len, ends.values())) <= CORNERS:
        return [dict(zip(ends, one, strict=True)) for one in itertools.product(*ends.values())]
    most = max(len(values) for values in ends.values())
    return [{key: values[min(k, len(values) - 1)] for key, values in ends.items()} for k in range(most)]


def _check_space(plan: Plan) -> None:
    space = plan.space()
    if not space:
        raise ConfigError("settings names nothing to vary, such as queries.labels: [10, 20, 40]")
    for key in (key for key in space if key in FIXED):
        raise ConfigError(
            f"settings: {key} cannot be varied: all points share it, and seeds says how many runs each has"
        )
    bounded = [key for key, values in space.items() if isinstance(values, Bounds)]
    if bounded and not plan.trials:
        raise ConfigError(
            f"settings: {bounded[0]} has bounds, which are searched: add trials: 20, or list its values"
        )
    if not plan.trials and plan.points > MOST:
        raise ConfigError(
            f"settings make {plan.points} points, at most {MOST} are made: add trials to search them"
        )


class _Leaf(NamedTuple):
    """Bounds as they were written, which are no section of a configuration."""

    given: Mapping[str, object]


def _with_leaves(found: Mapping[str, object]) -> dict[str, object]:
    whole: dict[str, object] = {}
    for key, value in found.items():
        inner = cast("Mapping[str, object]", value) if isinstance(value, Mapping) else None
        leaf = inner is not None and {*Bounds._fields} & inner.keys()
        whole[key] = value if inner is None else _Leaf(inner) if leaf else _with_leaves(inner)
    return whole


def _values(key: str, found: object) -> Values:
    """What a key's values are to be."""
    if isinstance(found, list):
        values = cast("list[Json]", found)
        if not values or any(one in values[:k] for k, one in enumerate(values)):
            raise ConfigError(f"settings: {key} must list values, each once; got {values!r}")
        return values
    example = "a list of values, or {low: 0.001, high: 0.1}"
    if not isinstance(found, _Leaf):
        raise ConfigError(f"settings: {key} must be {example}; got {found!r}")
    given = dict(found.given)
    if not {"low", "high"} <= given.keys() <= {*Bounds._fields}:
        raise ConfigError(f"settings: {key} must be {example}, with log or step if wanted; got {given!r}")
    for name in given.keys() - {"log"}:
        value = given[name] = _number(given[name])
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            raise ConfigError(f"settings: {key}: {name} must be a number such as 0.0001, got {value!r}")
    bounds = Bounds(**given)  # type: ignore[arg-type]
    if given.get("log", False) not in (True, False) or (bounds.log and bounds.step is not None):
        raise ConfigError(f"settings: {key}: log must be true or false, and goes without step")
    if bounds.low >= bounds.high or (bounds.log and bounds.low <= 0) or (bounds.step or 1) <= 0:
        raise ConfigError(f"settings: {key}: low must be below high, and above 0 with log; got {given!r}")
    return bounds


def _number(value: object) -> object:
    """YAML 1.1 reads 3e-4 as text."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value
