"""Making a sweep: its points in their order, each with all its seeds, as jobs beside each other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple, cast

from armchair.api.begin import begin_run
from armchair.cli.endings.told import leaving
from armchair.cli.jobs.job import Job
from armchair.cli.jobs.making import FewerRuns, Where, make_runs
from armchair.cli.report import Report
from armchair.cli.sweeping.outcome import Outcome, leave_sweep, outcome_of, short
from armchair.cli.sweeping.plan import Plan, Setting, config_at, corners, plan_of
from armchair.cli.sweeping.search import ask
from armchair.config.read import as_yaml, from_run
from armchair.config.teach import TeachConfig
from armchair.console import printable
from armchair.envs.spec import resolve_task
from armchair.errors import ConfigError, InvalidInput, RunError
from armchair.jsonable import Json
from armchair.offers.extras import need
from armchair.reading.files import read_text
from armchair.reading.limits import JSON_BYTES
from armchair.reading.plain import parse_json
from armchair.runs.files import write_atomic
from armchair.runs.folder import RunDir

POINTS = "points.json"  # the settings that were chosen so far, in their order


class Sweep(NamedTuple):
    """A sweep that is to be made."""

    plan: Plan
    base: TeachConfig  # what its settings go over

    def check(self) -> None:
        """Raises ConfigError for settings that cannot be used, MissingDependency for what is not there."""
        need("plots", "the plot of a sweep")  # before hours of work
        if self.plan.trials:
            need("sweep", "a search")
        for setting in corners(self.plan.space_over(self.base)) if self.plan.trials else self.plan.grid():
            try:
                config_at(self.base, setting)
            except ConfigError as error:
                raise ConfigError(f"{told(setting)}: {error}") from None

    def folder(self, root: Path) -> RunDir:
        """A new folder for it and its runs."""
        about: dict[str, Json] = {"command": "sweep", "sweep": cast("Json", asdict(self.plan))}
        return begin_run(root, f"sweep-{resolve_task(self.base.task).slug}", {**about, **as_yaml(self.base)})

    @staticmethod
    def of(home: RunDir) -> Sweep:
        """The sweep in this folder. Raises ConfigError where the folder does not say what it is to be."""
        saved = home.config()
        return Sweep(plan_of(saved.get("sweep"), str(home.config_file)), from_run(saved))

    def jobs(self, points: Sequence[Setting], after: int = 0) -> list[list[Job]]:
        """The runs of points, of each point together. A point that was there before has the same runs.

        after: so many points at the beginning are left out.
        """
        found: list[list[Job]] = []
        for setting in points[after:]:
            number = 1 + points.index(setting)
            config = config_at(self.base, setting)
            seeds = range(self.plan.seed, self.plan.seed + self.plan.seeds)
            found.append(
                [
                    Job(
                        f"point-{number:03d}-seed-{seed}",
                        f"point {number} ({told(setting)})",
                        replace(config, seed=seed),
                        1,
                        teacher=self.plan.teacher,
                    )
                    for seed in seeds
                ]
            )
        return found


def sweep(sweep: Sweep, home: RunDir, where: Where, report: Report) -> None:
    """Make what is not there yet of a sweep, then leave table, plot and figures.

    Where runs fail, that is left of what there is, and then FewerRuns is raised.
    """
    how = f"what ended is in {home.path}/runs, `armchair resume {home.path}` makes the rest"
    plan, points = sweep.plan, read_points(home, sweep.plan)
    failed: FewerRuns | None = None
    left: dict[str, Json] = {}
    with leaving(lambda: how):
        try:
            _make(sweep, points, home, where)
        except FewerRuns as error:
            failed = error
    outcomes = _outcomes(sweep, points, home, partly=True)
    if outcomes:
        with leaving(lambda: f"the figures are in {home.path}"):
            left = leave_sweep(sweep.base.task, plan.measure, outcomes, home, report)
    if failed is not None:
        with leaving(lambda: how):
            raise failed
    report.finish({"task": sweep.base.task, "teacher": plan.teacher, "seeds": plan.seeds, **left})


def _make(sweep: Sweep, points: list[Setting], home: RunDir, where: Where) -> None:
    """Choose points and make their runs, batch by batch; `points` has all of them in the end."""
    plan, space = sweep.plan, sweep.plan.space_over(sweep.base)
    if not plan.trials:
        points[:] = plan.grid()
        write_points(home, points)
        _make_runs(sweep, points, home, where)
        return
    if points:
        _make_runs(sweep, points, home, where)
    known: list[tuple[Setting, float]] = []
    while len(points) < plan.trials:
        known += [(one.setting, one.worth) for one in _outcomes(sweep, points, home, after=len(known))]
        chosen = ask(space, known, min(plan.batch, plan.trials - len(points)), plan.seed)
        sweep.jobs(chosen)  # raises for settings that cannot be used, before they are kept
        points += chosen
        write_points(home, points)
        _make_runs(sweep, points, home, where, after=len(known))


def _make_runs(sweep: Sweep, points: Sequence[Setting], home: RunDir, where: Where, after: int = 0) -> None:
    jobs = {job.folder: job for point in sweep.jobs(points, after) for job in point}
    missing = [job for job in jobs.values() if not (home.path / "runs" / job.folder).exists()]
    if missing:
        make_runs(missing, home, where)


def _outcomes(
    sweep: Sweep, points: Sequence[Setting], home: RunDir, *, partly: bool = False, after: int = 0
) -> list[Outcome]:
    """What the points came to, but for so many at the beginning.

    partly: those without runs are left out, others may have fewer.
    """
    found: list[Outcome] = []
    for setting, jobs in zip(points[after:], sweep.jobs(points, after), strict=True):
        runs = [RunDir(home.path / "runs" / job.folder) for job in jobs]
        there = [run for run in runs if run.path.exists()] if partly else runs
        if there:
            number = 1 + points.index(setting)
            found.append(outcome_of(number, setting, there, sweep.plan.measure))
    return found


def read_points(home: RunDir, plan: Plan) -> list[Setting]:
    """The points that were chosen so far. Raises RunError for a file that is damaged or of another plan."""
    file = home.path / POINTS
    try:
        found = parse_json(read_text(file, JSON_BYTES), str(file))
    except FileNotFoundError:
        return []
    except (OSError, InvalidInput) as error:
        raise RunError(f"{file} cannot be read: {error}") from None
    keys = plan.space().keys()  # what the plan does not vary nobody has looked at: see `FIXED`
    if not isinstance(found, list) or not all(isinstance(one, dict) and one.keys() == keys for one in found):
        raise RunError(f"{file} must be a list of settings, each of {', '.join(keys)}")
    if len(found) > max(plan.trials, plan.points):
        raise RunError(f"{file} has {len(found)} points, {plan.trials or plan.points} were asked for")
    return cast("list[Setting]", found)


def write_points(home: RunDir, points: Sequence[Setting]) -> None:
    """Keep them."""
    write_atomic(home.path / POINTS, (json.dumps(points, indent=2) + "\n").encode())


def told(setting: Setting) -> str:
    """A point in words."""
    return printable(", ".join(f"{key} {short(value)}" for key, value in setting.items()))
