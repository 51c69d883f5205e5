"""A saved reward model, and whether it fits the task at hand."""

from __future__ import annotations

from pathlib import Path

from armchair.errors import InvalidInput, RunError
from armchair.rewards.ensemble import RewardEnsemble
from armchair.runs.folder import RunDir
from armchair.types import VisibleLayout

REWARD_MODEL = "reward.safetensors"  # in a run's folder of checkpoints


def load_reward(path: Path, task: str) -> RewardEnsemble:
    """The reward model in a run of teaching, or in a file of its own, for `task`.

    Raises RunError where there is none, InvalidInput where it is of a run of another task.
    """
    return RewardEnsemble.load(path) if path.is_file() else reward_of(RunDir.open(path), task)


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
    return RewardEnsemble.load(run.checkpoints / REWARD_MODEL)


def has_reward(run: RunDir) -> bool:
    """Whether the run has learned a reward."""
    return (run.checkpoints / REWARD_MODEL).is_file()
