"""Success in the course of training, of several runs side by side: curves, figures, intervals over seeds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Literal, NamedTuple

import numpy as np
import torch

from armchair.agents.presets import Preset
from armchair.agents.saved import save_policy
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput, RunError
from armchair.evaluate import evaluate, interquartile_mean
from armchair.feedback.teachers import Teacher
from armchair.intervals import Interval, Reached, mean_interval, reached
from armchair.jsonable import Json
from armchair.maths import CPU
from armchair.runs.folder import RunDir
from armchair.runs.metrics_log import MetricsLog
from armchair.training.demonstrations import start_along
from armchair.training.environments import make_envs
from armchair.training.fixed_reward import TrainConfig, new_agent, train_on_reward
from armchair.training.setup import home_of, teach

EVALUATIONS = 20  # of a policy in training, about
GRID = 60  # most places along a band

Axis = Literal["env_steps", "answers"]


class Point(NamedTuple):
    """The deterministic policy, evaluated at some moment of its training."""

    env_steps: int
    answers: int
    success: float


class Curve(NamedTuple):
    """One run's success; its points in the order in which they came about, at least one."""

    seed: int
    points: tuple[Point, ...]


class Group(NamedTuple):
    """Runs that differ in their seeds only; at least one."""

    name: str
    curves: tuple[Curve, ...]


class Figures(NamedTuple):
    """How the runs of a group ended."""

    name: str
    seeds: int
    success: Interval  # mean over seeds
    middle: float  # interquartile mean
    reached: Reached  # seeds that came to 90 %
    worst: float  # the least of the seeds
    env_steps: float  # mean over seeds
    answers: float  # mean over seeds


class Band(NamedTuple):
    """Mean success over seeds and its 95 % interval, along an axis."""

    x: list[float]
    mean: list[float]
    low: list[float]  # NaN for one run alone, as is high
    high: list[float]


# ---- making curves


def train_with_curve(config: TeachConfig, settings: Preset, run: RunDir) -> Generator[Point]:
    """Train on the task's own reward, evaluated as teaching is; each turn is one evaluation.

    config: says task, engine, control, seed and the evaluations; how to learn is in `settings`. The run gets
    metrics and, at the end, the policy. Evaluations have environments of their own and disturb nothing.
    """
    practice = dataclasses.replace(config.practice, num_envs=settings.num_envs)
    queries = dataclasses.replace(config.queries, film_envs=2)
    plan = dataclasses.replace(config, practice=practice, queries=queries)
    spec = resolve_task(config.task)
    envs = make_envs(spec, plan, start_along(spec, plan, ()))
    try:
        agent = new_agent(envs.train, settings.ppo, config.seed)
        steps = TrainConfig(settings.steps, settings.rollout, settings.ppo, config.seed)
        updates, every = _plan(settings)
        with MetricsLog(run) as log:
            for update, progress in enumerate(train_on_reward(envs.train, steps, agent=agent), start=1):
                line: dict[str, Json] = {"updates": update, "env_steps": progress.env_steps, "answers": 0}
                line |= {"reward": progress.reward}
                line |= {} if math.isnan(progress.success) else {"success": progress.success}
                if update % every and update != updates:
                    log.add(line)
                    continue
                found = evaluate(
                    envs.report, agent.net.to(CPU).best, config.evaluation.episodes, config.seed + 2
                )
                log.add({**line, "eval_success": found.success.value, "eval_return": found.total.value})
                yield Point(progress.env_steps, 0, found.success.value)
        env_steps = updates * settings.rollout * settings.num_envs
        save_policy(run, agent, home_of(config, agent, env_steps))
    finally:
        for env in envs:
            env.close()


def _plan(settings: Preset) -> tuple[int, int]:
    """Updates of the policy, and how many of them lie between two evaluations."""
    updates = -(-settings.steps // (settings.rollout * settings.num_envs))
    return updates, max(1, updates // EVALUATIONS)


def count_evaluations(config: TeachConfig, settings: Preset) -> tuple[int, int]:
    """How many points the curve of a run on the task's own reward will have, and that of a taught one."""
    updates, every = _plan(settings)
    return -(-updates // every), -(-config.schedule.updates // config.evaluation.every)


def teach_with_curve(config: TeachConfig, teacher: Teacher, run: RunDir) -> Generator[Point]:
    """Have a simulated teacher teach in the folder `run`; each turn is one evaluation."""
    with closing(teach(config, run, teacher)) as going:
        for progress in going:
            if progress.evaluation is not None:
                yield Point(progress.env_steps, progress.answers, progress.evaluation.success.value)


def curve_of(run: RunDir) -> Curve:
    """The curve of a run that is there already, from its metrics. RunError where nothing was evaluated."""
    points: list[Point] = []
    answers = 0
    for line in run.metrics():
        answers = int(_number(line, "answers", answers))
        success = _number(line, "eval_success", 0.0 if "eval_return" in line else math.nan)
        if math.isfinite(success):  # it is 0 where the environment does not tell what success is
            points.append(Point(int(_number(line, "env_steps", 0)), answers, success))
    if not points:
        raise RunError(
            f"{run.path} has no evaluated policy in its {run.metrics_file.name}: a run of `armchair teach` "
            "has one every few updates"
        )
    return Curve(int(_number(run.config(), "seed", 0)), tuple(points))


def _number(line: dict[str, Json], key: str, default: float) -> float:
    value = line.get(key)
    return float(value) if isinstance(value, int | float) else default


# ---- figures


def figures(group: Group) -> Figures:
    """How the group's runs ended: their last evaluations."""
    _check(group)
    ends = [curve.points[-1] for curve in group.curves]
    success = [end.success for end in ends]
    return Figures(
        name=group.name,
        seeds=len(ends),
        success=mean_interval(success, 0.0, 1.0),
        middle=float(interquartile_mean(torch.tensor(success))),
        reached=reached(success),
        worst=min(success),
        env_steps=sum(end.env_steps for end in ends) / len(ends),
        answers=sum(end.answers for end in ends) / len(ends),
    )


def band(group: Group, axis: Axis) -> Band:
    """The group's curve along an axis, from where all its runs have begun.

    Between two evaluations a run's success is taken to be on the line between them, after its last one to
    stay. Of evaluations with the same number of answers the last one counts.
    """
    _check(group)
    lines = [_along(curve, axis) for curve in group.curves]
    begin = max(xs[0] for xs, _ in lines)
    everywhere = sorted({x for xs, _ in lines for x in xs if x >= begin})
    places = everywhere[:: -(-len(everywhere) // GRID)]
    places += [] if places[-1] == everywhere[-1] else [everywhere[-1]]
    scores = np.stack([np.interp(places, xs, ys) for xs, ys in lines], axis=1)
    intervals = [mean_interval(row.tolist(), 0.0, 1.0) for row in scores]
    return Band(places, *([at[k] for at in intervals] for k in range(3)))


def _along(curve: Curve, axis: Axis) -> tuple[list[float], list[float]]:
    """Places and successes there, each place once."""
    steps = axis == "env_steps"
    at = {float(point.env_steps if steps else point.answers): point.success for point in curve.points}
    return list(at), list(at.values())


def _check(group: Group) -> None:
    if not group.curves or not all(curve.points for curve in group.curves):
        raise InvalidInput(f"{group.name} has a curve without points, or none")


def summary_of(groups: Sequence[Group]) -> list[dict[str, Json]]:
    """The figures of all groups, and the successes they come from, for JSON."""
    rows: list[dict[str, Json]] = []
    for group in groups:
        found = figures(group)
        rows.append(
            {
                "name": found.name,
                "success": found.success.value,
                "success_interval": None if found.seeds < 2 else [found.success.low, found.success.high],
                "interquartile_mean": found.middle,
                "reached": found.reached.runs,
                "reached_interval": [found.reached.low, found.reached.high],
                "worst": found.worst,
                "by_seed": {str(curve.seed): curve.points[-1].success for curve in group.curves},
                "env_steps": found.env_steps,
                "answers": found.answers,
            }
        )
    return rows
