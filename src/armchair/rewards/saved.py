"""A saved reward model, and whether it fits the task at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from safetensors import SafetensorError, safe_open

from armchair.errors import InvalidInput, RunError
from armchair.jsonable import Json
from armchair.reading.limits import NETWORK_SIZE, TOLD_BYTES
from armchair.reading.plain import parse_object
from armchair.reading.tensors import Header, read_header
from armchair.rewards.ensemble import ABOUT, FORMAT, Normaliser, RewardConfig, RewardEnsemble, Weights
from armchair.runs.folder import RunDir
from armchair.runs.seal import check_seal
from armchair.types import VisibleLayout

REWARD_MODEL = "reward.safetensors"  # in a run's folder of checkpoints
_TENSORS = (*Weights._fields, *Normaliser._fields)


def load_reward(path: Path, task: str) -> RewardEnsemble:
    """The reward model in a run of teaching, or in a file of its own, for `task`.

    Raises RunError where there is none, InvalidInput where it is of a run of another task.
    """
    return _read(path, path, task) if path.is_file() else reward_of(RunDir.open(path), task)


def check_layout(model: RewardEnsemble, path: Path, task: str, layout: VisibleLayout) -> None:
    """InvalidInput where the model, which was loaded from `path`, sees something else than the task shows."""
    if model.layout != layout:
        seen, shown = (", ".join(names.points + names.scalars) for names in (model.layout, layout))
        raise InvalidInput(
            f"the reward model in {path} does not fit {task}: it sees {seen}, {task} has {shown}"
        )


def reward_of(run: RunDir, task: str) -> RewardEnsemble:
    """The reward model of a run that taught `task`; errors as in `load_reward`."""
    found = run.config().get("task")
    if found != task:
        raise InvalidInput(f"{run.path} is a run of {found}, not of {task}: train {found} on it instead")
    if not has_reward(run):
        raise RunError(
            f"{run.path} has no reward model: runs of `armchair teach` have one once answers are in"
        )
    return _read(run.checkpoints / REWARD_MODEL, run.path, task)


def has_reward(run: RunDir) -> bool:
    """Whether the run has learned a reward."""
    return (run.checkpoints / REWARD_MODEL).is_file()


def read_reward(path: Path) -> RewardEnsemble:
    """Read what `RewardEnsemble.save` wrote, whatever its task. Raises InvalidInput for anything else."""
    return _read(path, path, None)


def _read(path: Path, shown: Path, task: str | None) -> RewardEnsemble:
    """The reward model in a file; InvalidInput also where that says it is of another task than `task`."""
    try:
        header = read_header(path)
        layout, config, own = _about(header, path)
        _check_size(header)
        check_seal(path, header)
        with safe_open(path, framework="pt") as file:  # pyright: ignore[reportUnknownVariableType]
            tensors = {name: file.get_tensor(name) for name in _TENSORS}
    except (OSError, SafetensorError, InvalidInput) as error:
        raise InvalidInput(f"{path} is no reward model: {error}") from error
    if task is not None and own not in (None, task):
        raise InvalidInput(f"the reward model in {shown} is of {str(own)[:80]}, not of {task}")
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise InvalidInput(f"{path} is no reward model: it has numbers that are not finite")
    return RewardEnsemble.from_tensors(layout, config, tensors)


def _about(header: Header, path: Path) -> tuple[VisibleLayout, RewardConfig, Json]:
    """What the model sees, how it is built and its task, if told. InvalidInput for what makes no sense."""
    said = parse_object(header.metadata.get(ABOUT, "{}"), f"what {path} says", TOLD_BYTES)
    if said.get("format") != FORMAT:
        raise InvalidInput(f"its format is not {FORMAT!r}")
    layout, config = said.get("layout"), said.get("config")
    if not isinstance(layout, dict) or not isinstance(config, dict):
        raise InvalidInput("it says nothing of its layout and its settings")
    names = (_names(layout.get(key, []), key) for key in ("points", "scalars", "units"))
    return VisibleLayout(*names), _config_of(config), said.get("task")


def _config_of(saved: Mapping[str, Json]) -> RewardConfig:
    defaults = RewardConfig()
    known = {field.name: getattr(defaults, field.name) for field in fields(RewardConfig)}
    unknown = sorted(set(saved) - set(known))
    if unknown:
        raise InvalidInput(f"unknown settings of a reward model: {', '.join(unknown)}")
    values: dict[str, object] = {}
    for name, value in saved.items():
        own = known[name]
        fits = isinstance(value, int | float) if type(own) is float else type(value) is type(own)
        if isinstance(own, tuple):
            values[name] = _names(value, name)
        elif fits and isinstance(value, bool) == isinstance(own, bool):
            values[name] = value
        else:
            raise InvalidInput(f"{name} of a reward model must be such as {own!r}, got {str(value)[:80]}")
    return RewardConfig(**values)  # pyright: ignore[reportArgumentType]


def _names(value: Json, what: str) -> tuple[str, ...]:
    names = [name for name in value if isinstance(name, str)] if isinstance(value, list) else None
    if names != value:
        raise InvalidInput(f"{what} must be a list of names, got {str(value)[:80]}")
    return tuple(names or ())


def _check_size(header: Header) -> None:
    """InvalidInput unless all weights are there, and not more than a network of ours has."""
    missing = [name for name in _TENSORS if name not in header.tensors]
    if missing:
        raise InvalidInput(f"it has no {', '.join(missing)}")
    for name in _TENSORS:
        held = header.tensors[name]
        if held.dtype != "F32" or (held.end - held.begin) // 4 > NETWORK_SIZE:
            raise InvalidInput(f"{name} must hold at most {NETWORK_SIZE} numbers of the kind F32")
