"""The runs that a comparison sets side by side, and what is left of it: table, plot, figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from armchair.agents.presets import Preset, preset
from armchair.api.begin import begin_run
from armchair.cli.endings.told import leaving
from armchair.cli.jobs.job import Job
from armchair.cli.jobs.making import Where, make_runs
from armchair.cli.report import Report, table
from armchair.config.read import as_yaml, from_run
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput, RunError
from armchair.intervals import GOOD
from armchair.jsonable import Json
from armchair.reports import curves
from armchair.reports.curves import Curve, Group
from armchair.runs.files import write_atomic
from armchair.runs.folder import RunDir
from armchair.store.wishes import run_wish

TRUE_REWARD = "the task's own reward"
LEARNING = (
    "steps",
    "num_envs",
    "rollout",
)  # what a comparison keeps of how the task's own reward is learned from
MOST_SEEDS = 10_000
FIRST_SHARE = 8  # of the answers, one in so many is about a wandering arm where demonstrations are taken away


def jobs_of(
    configs: Sequence[TeachConfig], settings: Preset, teacher: str, *, taught: bool = True
) -> list[Job]:
    """The runs of a comparison: on the task's own reward; where there are demonstrations, the same teaching
    without them; and, if `taught`, the teaching that is asked for.

    configs: alike but for their seeds. settings: how to learn from the task's own reward.
    """
    own_points, points = curves.count_evaluations(configs[0], settings)
    jobs = [
        Job(f"train-{k:03d}", TRUE_REWARD, config, own_points, own=settings)
        for k, config in enumerate(configs, start=1)
    ]
    plans = [without_demos(config) for config in configs] if configs[0].demonstrations.source else []
    for k, config in enumerate([*plans, *(configs if taught else ())], start=1):
        jobs.append(Job(f"teach-{k:03d}", name_of(config, teacher), config, points, teacher=teacher))
    return jobs


def groups_of(jobs: Sequence[Job], home: RunDir) -> list[Group]:
    """The curves of runs that are there, by kind."""
    kinds: dict[str, list[Curve]] = {}
    for job in jobs:
        kinds.setdefault(job.kind, []).append(curves.curve_of(RunDir(home.path / "runs" / job.folder)))
    return [Group(kind, tuple(found)) for kind, found in kinds.items()]


def name_of(config: TeachConfig, teacher: str) -> str:
    """What such a run is called in tables and plots."""
    return f"teacher {teacher}" + (", demonstrations" if config.demonstrations.source else "")


def without_demos(config: TeachConfig) -> TeachConfig:
    """The same teaching without demonstrations; some questions then are about an arm that wanders first."""
    first = max(config.queries.first, config.queries.labels // FIRST_SHARE)
    queries = replace(config.queries, first=first)
    return replace(config, demonstrations=replace(config.demonstrations, source=""), queries=queries)


def draw_with_baselines(run: RunDir, config: TeachConfig, teacher: str) -> str:
    """Make the baselines of a run that has just ended and draw them beside it. -> the plot's name."""
    from armchair.reports.plots import draw_comparison

    jobs = jobs_of([config], preset(config.task), teacher, taught=False)
    make_runs(jobs, run, Where())
    groups = groups_of(jobs, run)
    groups.append(Group(name_of(config, teacher), (curves.curve_of(run),)))
    plot = run.path / "comparison.png"
    write_rows(run.path / "comparison.json", curves.summary_of(groups))
    draw_comparison(plot, config.task, groups)
    return plot.name


def write_rows(file: Path, rows: Sequence[Mapping[str, Json]]) -> None:
    """Leave a comparison's figures as JSON."""
    write_atomic(file, (json.dumps(rows, indent=2) + "\n").encode())


def group_of(path: Path, task: str) -> Group:
    """A run that is to be drawn beside the others. Raises InvalidInput for another task or wish."""
    run = RunDir.open(path)
    found = run.config().get("task")
    if found != task:
        raise InvalidInput(f"{path} is a run of {found}, not of {task}: compare {found} instead")
    wish = run_wish(run)
    if wish is not None:
        raise InvalidInput(
            f'{path} was taught "{wish}": the task\'s success, compared here, says nothing of it'
        )
    return Group(f"run {run.name}", (curves.curve_of(run),))


class Plan(NamedTuple):
    """A comparison that is to be made."""

    config: TeachConfig  # of the first seed
    seeds: int
    teacher: str
    settings: Preset  # how to learn from the task's own reward
    beside: Path | None = None  # a run that is drawn beside the others

    def jobs(self) -> list[Job]:
        """Its runs."""
        configs = [replace(self.config, seed=self.config.seed + k) for k in range(self.seeds)]
        return jobs_of(configs, self.settings, self.teacher)

    def folder(self, root: Path) -> RunDir:
        """A new folder for it and its runs."""
        settings = self.settings
        train = {key: getattr(settings, key) for key in LEARNING}
        about: dict[str, Json] = {"command": "compare", "seeds": self.seeds, "compared_teacher": self.teacher}
        about["beside"] = None if self.beside is None else str(self.beside.resolve())
        slug = resolve_task(self.config.task).slug
        return begin_run(root, f"compare-{slug}", {**about, "train": train, **as_yaml(self.config)})

    @staticmethod
    def of(home: RunDir) -> Plan:
        """What the comparison in this folder is to be. Raises RunError where the folder does not say so."""
        saved = home.config()
        config, train = from_run(saved), saved.get("train")
        seeds, teacher, beside = (saved.get(key) for key in ("seeds", "compared_teacher", "beside"))
        if not isinstance(train, dict) or not isinstance(seeds, int) or not isinstance(teacher, str):
            raise RunError(f"{home.config_file} does not say which runs to compare: compare anew")
        numbers = [train.get(key) for key in LEARNING]
        given = {
            key: number for key, number in zip(LEARNING, numbers, strict=True) if isinstance(number, int)
        }
        if len(given) < len(LEARNING) or min(given.values()) < 1 or not 1 <= seeds <= MOST_SEEDS:
            raise RunError(f"{home.config_file} says of seeds or train what cannot be: compare anew")
        settings = replace(preset(config.task), **given)
        return Plan(config, seeds, teacher, settings, Path(beside) if isinstance(beside, str) else None)


def compare(plan: Plan, home: RunDir, where: Where, report: Report) -> None:
    """Make those of a comparison's runs that are not there yet, then leave table, plot and figures."""
    jobs = plan.jobs()
    with leaving(lambda: f"what ended is in {home.path}/runs, `armchair resume {home.path}` makes the rest"):
        make_runs(jobs, home, where)
    task, beside = plan.config.task, plan.beside
    groups = groups_of(jobs, home) + ([] if beside is None else [group_of(beside, task)])
    with leaving(lambda: f"the figures are in {home.path}"):
        summary: dict[str, Json] = {"task": task, "teacher": plan.teacher, "seeds": plan.seeds}
        report.finish({**summary, **leave_comparison(task, groups, home, report)})


def leave_comparison(task: str, groups: Sequence[Group], folder: RunDir, report: Report) -> dict[str, Json]:
    """Print and leave the table, leave the plot and the figures. -> these and where, for the summary."""
    from armchair.reports.plots import draw_comparison

    plot, rows, lines = folder.path / "curves.png", curves.summary_of(groups), _table(groups)
    write_rows(folder.path / "summary.json", rows)
    write_atomic(folder.path / "table.txt", (lines + "\n").encode())
    report.say(
        f"{task}: success at the end of the episode, with 95 % intervals over seeds (Student's t, Wilson)"
    )
    report.say(lines)
    drawn = True
    try:
        draw_comparison(plot, task, groups)
    except Exception as error:  # the figures are there
        drawn = False
        report.log(f"no plot: {' '.join(str(error).split()) or type(error).__name__}")
    report.say(f"{'plot and ' if drawn else ''}runs in {folder.path}")
    return {"groups": rows, "plot": str(plot) if drawn else None, "run": str(folder.path)}


def _table(groups: Sequence[Group]) -> str:
    """One row a group; a single run has no interval."""
    shares = f"seeds ≥ {GOOD:.0%}"
    rows = [
        ["learnt from", "seeds", "success", "interquartile mean", "worst", shares, "env steps", "answers"]
    ]
    for group in groups:
        found = curves.figures(group)
        mean, good = found.success, found.reached
        success = f"{mean.value:.1%}" + (f" ({mean.low:.1%} to {mean.high:.1%})" if found.seeds > 1 else "")
        share = f"{good.runs} of {good.of} ({good.low:.0%} to {good.high:.0%})"
        numbers = [f"{found.middle:.1%}", f"{found.worst:.1%}", share]
        numbers += [f"{found.env_steps:,.0f}", f"{found.answers:.0f}"]
        rows.append([group.name, str(found.seeds), success, *numbers])
    return table(rows)
