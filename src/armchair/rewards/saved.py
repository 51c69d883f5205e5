"""A saved reward model, and whether it fits the task at hand."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import safe_open

from armchair.errors import InvalidInput, RunError
from armchair.rewards.ensemble import RewardEnsemble
from armchair.runs.folder import RunDir
from armchair.types import VisibleLayout

REWARD_MODEL = "reward.safetensors"  # in a run's folder of checkpoints


def load_reward(path: Path, task: str) -> RewardEnsemble:
    """The reward model in a run of teaching, or in a file of its own, for `task`.

    Raises RunError where there is none, InvalidInput where it is of a run of another task.
    """
    return _load(path, path, task) if path.is_file() else reward_of(RunDir.open(path), task)


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
    return _load(run.checkpoints / REWARD_MODEL, run.path, task)


def _load(file: Path, shown: Path, task: str) -> RewardEnsemble:
    """The reward model in a file; InvalidInput where that says it is of another task."""
    model = RewardEnsemble.load(file)
    with safe_open(file, framework="pt") as found:  # pyright: ignore[reportUnknownVariableType]
        own = json.loads((found.metadata() or {}).get("armchair", "{}")).get("task", task)
    if own != task:
        raise InvalidInput(f"the reward model in {shown} is of {own}, not of {task}")
    return model


def has_reward(run: RunDir) -> bool:
    """Whether the run has learned a reward."""
    return (run.checkpoints / REWARD_MODEL).is_file()
