"""The skill that wishes come on top of: kept in the run's own folder, from which alone it can go on."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from armchair.agents.networks import ActorCritic
from armchair.agents.saved import CHECKPOINT, load_policy
from armchair.agents.weighted import without_wishes
from armchair.config.teach import TeachConfig
from armchair.errors import RunError
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.saved import REWARD_MODEL, reward_of
from armchair.runs.folder import RunDir

FOLDER = "skill"  # in a run's folder
FILES = (f"{CHECKPOINT}.json", f"{CHECKPOINT}.safetensors", REWARD_MODEL)


class Skill(NamedTuple):
    """A finished policy and what it earns."""

    net: ActorCritic
    model: RewardEnsemble


def load_skill(config: TeachConfig) -> Skill:
    """The skill of the run `config.policy`; one that has wishes itself, at their chosen weights.

    Raises RunError where that run has no policy or has learned no reward.
    """
    run = RunDir.open(Path(config.policy))
    return Skill(without_wishes(load_policy(run)[0]).net, reward_of(run, config.task))


def keep_skill(run: RunDir, config: TeachConfig) -> TeachConfig:
    """Copy the skill into the run's folder, if it is not there. -> the configuration that finds it there."""
    if not config.wishes.asked:
        return config
    own = run.path / FOLDER
    if not own.is_dir():
        _copy(RunDir.open(Path(config.policy)), run.path / f".{FOLDER}", own)
    return replace(config, policy=str(own))


def _copy(skill: RunDir, draft: Path, own: Path) -> None:
    """All of it or nothing, so that a run that was stopped meanwhile begins anew."""
    shutil.rmtree(draft, ignore_errors=True)
    try:
        (draft / "checkpoints").mkdir(parents=True)
        shutil.copyfile(skill.config_file, draft / skill.config_file.name)
        for name in FILES:
            shutil.copyfile(skill.checkpoints / name, draft / "checkpoints" / name)
        draft.rename(own)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise RunError(f"the skill of {skill.path} cannot be copied: {error.strerror}") from None
