"""What a run of teaching works with, and what it tells of each turn."""

from __future__ import annotations

from typing import NamedTuple

from armchair.agents.ppo import UpdateStats
from armchair.envs.base import Env
from armchair.evaluate import Evaluation
from armchair.rewards.fit import FitReport


class Progress(NamedTuple):
    """Where a run stands after an update of the policy."""

    updates: int
    env_steps: int  # simulated for training and filming, without evaluations
    asked: int  # questions put so far
    answers: int  # answers in force, "can't tell" included
    reward: float  # mean learned reward of the rollout, per step
    success: float  # share of the rollout's ended episodes, true success at the end; NaN if none ended
    has_success: bool  # whether the environment says what success is; if not, shares of it mean nothing
    evaluation: Evaluation | None  # of the deterministic policy, when it was due
    fit: FitReport | None  # when the reward was fitted anew
    update: UpdateStats
    diverged: int  # episodes that the simulation lost so far
    faults: int  # turns so far in which something was not finite


class Envs(NamedTuple):
    """The environments of a run: for training, for making clips, for reports."""

    train: Env
    film: Env
    report: Env
