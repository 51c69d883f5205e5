"""What a run of teaching tells of each turn, and the lines of metrics that this makes."""

from __future__ import annotations

import math
from typing import NamedTuple

from armchair.agents.ppo import UpdateStats
from armchair.evaluate import Evaluation
from armchair.jsonable import Json
from armchair.rewards.fit import FitReport
from armchair.training.rival import Contest


class Update(NamedTuple):
    """A rollout and an update of the policy."""

    stats: UpdateStats
    reward: float  # mean learned reward of the rollout, per step
    success: float  # share of the rollout's ended episodes, true success at the end; NaN if none ended
    contest: Contest | None = None  # with a policy that began anew, held before it


class Progress(NamedTuple):
    """Where a run stands after a turn."""

    updates: int
    env_steps: int  # simulated for training and filming, without evaluations
    asked: int  # questions put so far
    answers: int  # answers in force, "can't tell" included
    labels: int  # the budget, as it is now
    of_updates: int  # updates in all, with that budget
    has_success: bool  # whether the environment says what success is; if not, shares of it mean nothing
    update: Update | None  # None where the run waits for answers
    evaluation: Evaluation | None  # of the deterministic policy, when it was due
    fits: tuple[FitReport, ...]  # how the reward was fitted anew in this turn, the newest last
    diverged: int  # episodes that the simulation lost so far
    faults: int  # turns so far in which something was not finite


def metrics_of(progress: Progress) -> list[dict[str, Json]]:
    """Lines of the run's metrics: one for each fit, the last with the update's; unknown numbers left out."""
    where = {"updates": progress.updates, "env_steps": progress.env_steps}
    where |= {"asked": progress.asked, "answers": progress.answers}
    *earlier, last = [_of_fit(fit) for fit in progress.fits] or [{}]
    lines = [{**where, **fit} for fit in earlier]
    lines.append({**where, **_of_update(progress), **_of_evaluation(progress), **last})
    return [
        {key: value for key, value in line.items() if value is not None and math.isfinite(value)}
        for line in lines
    ]


def _of_update(progress: Progress) -> dict[str, float | None]:
    if progress.update is None:
        return {}
    stats, reward, success, held = progress.update
    values = {"reward": reward, "success": success if progress.has_success else None, "kl": stats.kl}
    if held is not None:
        values |= {"contest_own": held.own, "contest_rival": held.rivals}
    return values | {"std": stats.std, "diverged": progress.diverged, "faults": progress.faults}


def _of_evaluation(progress: Progress) -> dict[str, float | None]:
    found = progress.evaluation
    if found is None:
        return {}
    values: dict[str, float | None] = {"eval_return": found.total.value}
    if progress.has_success:
        values |= {"eval_success": found.success.value, "eval_ever": found.ever.value}
    return values


def _of_fit(fit: FitReport) -> dict[str, float | None]:
    values: dict[str, float | None] = {
        "fit_answers": fit.answers,
        "fit_accuracy": fit.train.accuracy,
        "fit_nll": fit.train.nll,
        "fit_spread": fit.disagreement,
        "fit_seconds": fit.seconds,
    }
    if fit.doubt is not None:
        values |= {"slips": fit.doubt.slips.rate}
    if fit.heldout is not None:
        values |= {"accuracy": fit.heldout.accuracy, "nll": fit.heldout.nll, "ece": fit.heldout.ece}
    return values
