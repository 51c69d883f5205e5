"""What a run's own files say of how it was taught and what came of it, for a model card."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from armchair.intervals import Interval, wilson
from armchair.jsonable import Json
from armchair.runs.curve import read_curve
from armchair.runs.folder import RunDir

TRAINED = 100  # episodes of the evaluation that ends `armchair train`


class Facts(NamedTuple):
    """What is known of a run; None where it does not tell."""

    run: str
    taught_by: str  # a clause
    answers: int | None
    success: Interval | None  # of the task, at the end of episodes
    episodes: int | None  # that were evaluated
    total: float | None  # mean return of an episode


def facts_of(run: RunDir, *, wish: str | None, weights: Mapping[str, float]) -> Facts:
    """Read them. wish: that was taught, if not the task's: then success and return say nothing.

    weights: of wishes on top of a skill, at which the policy acts.
    """
    config = run.config()
    last = {key: value for line in run.metrics() for key, value in line.items() if value is not None}
    success, total, episodes = _number(last, "eval_success"), _number(last, "eval_return"), _episodes(config)
    if weights:
        success, total, episodes = _at(run, weights), None, None
    if wish is not None:
        success = total = None
    interval = None
    if success is not None:
        ends = wilson(success * episodes, episodes) if episodes else (math.nan, math.nan)
        interval = Interval(success, *ends)
    answers = _number(last, "answers")
    return Facts(
        run=run.name,
        taught_by=_taught_by(config),
        answers=None if answers is None else int(answers),
        success=interval,
        episodes=episodes,
        total=total,
    )


def _number(values: Mapping[str, Json], key: str) -> float | None:
    found = values.get(key)
    finite = isinstance(found, int | float) and math.isfinite(found)
    return float(found) if finite and isinstance(found, int | float) else None


def _episodes(config: Mapping[str, Json]) -> int | None:
    if config.get("command") == "train":
        return TRAINED
    evaluation = config.get("evaluation")
    found = evaluation.get("episodes") if isinstance(evaluation, Mapping) else None
    return found if isinstance(found, int) and found > 0 else None


def _at(run: RunDir, weights: Mapping[str, float]) -> float | None:
    """What was measured nearest to these weights."""
    curve = read_curve(run)
    if curve is None or set(curve.wishes) != set(weights) or not curve.rows:
        return None
    wanted = [weights[name] for name in curve.wishes]
    return min(curve.rows, key=lambda row: math.dist(row.weights, wanted)).success


def _taught_by(config: Mapping[str, Json]) -> str:
    if config.get("command") == "train":
        given = config.get("reward_model")
        return "nobody: it learned from " + ("a reward model" if given else "the task's own reward")
    teacher = config.get("teacher")
    name = teacher.get("name") if isinstance(teacher, Mapping) else None
    if not isinstance(name, str):
        return "whoever answered; the run does not say"
    return "people who compared clips" if name == "person" else f"a simulated teacher, `{name}`"
