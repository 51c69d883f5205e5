"""Finished runs, made one by one anywhere, as one comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from armchair.api.begin import begin_run
from armchair.cli.comparing import TRUE_REWARD, Plan, leave_comparison, name_of
from armchair.cli.locate import admit_run
from armchair.cli.report import Report
from armchair.config.keys import flat
from armchair.config.read import from_run
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput, RunError
from armchair.jsonable import Json
from armchair.reports.curves import Curve, Group, curve_of
from armchair.runs.folder import RunDir
from armchair.store.wishes import run_wish

SHOWN = 5  # settings in which runs differ
APART = ("seed", "env.threads", "env.workers", "env.ray")  # in which those set side by side may differ


class _Member(NamedTuple):
    """One of the runs."""

    run: RunDir
    kind: str
    task: str
    settings: dict[str, object]  # all but the seed, by dotted keys
    curve: Curve


def join(paths: Sequence[Path], root: Path, report: Report, *, trust: bool) -> None:
    """Leave table, plot and figures of finished runs in a new folder under `root`.

    paths: comparisons, whose runs are meant, or runs of `teach`. Of each kind of run seeds alone may differ.
    Raises RunError or InvalidInput, which name the folder, for what does not belong together.
    """
    members = [_member(run) for path in paths for run in _runs(path, report, trust=trust)]
    if not members:
        raise RunError(
            f"{_listed(paths)} holds no finished run: `armchair resume` makes those that are missing"
        )
    task = members[0].task
    kinds: dict[str, list[_Member]] = {}
    for one in members:
        if one.task != task:
            raise InvalidInput(
                f"{members[0].run.path} is of {task}, {one.run.path} of {one.task}: join one task's"
            )
        for other in kinds.setdefault(one.kind, []):
            _check_alike(other, one)
        kinds[one.kind].append(one)
    groups = [_group(kind, found) for kind, found in kinds.items()]
    about: dict[str, Json] = {"command": "compare", "task": task, "joined": [str(path) for path in paths]}
    home = begin_run(root, f"compare-{resolve_task(task).slug}", about)
    seeds = max(len(group.curves) for group in groups)
    report.finish({"task": task, "seeds": seeds, **leave_comparison(task, groups, home, report)})


def _runs(path: Path, report: Report, *, trust: bool) -> list[RunDir]:
    """The runs that a folder stands for."""
    run = RunDir.open(path)
    admit_run(run, trust=trust)
    if run.config().get("command") != "compare":
        if not (path / "summary.json").is_file():
            raise RunError(f"{path} is not finished: `armchair resume {path}` goes on with it")
        return [run]
    jobs = Plan.of(run).jobs()
    found = [RunDir(path / "runs" / job.folder) for job in jobs if (path / "runs" / job.folder).is_dir()]
    if len(found) < len(jobs):
        missing = f"{path} has {len(found)} of its {len(jobs)} runs"
        report.log(f"{missing}: `armchair resume {path}` makes the rest")
    return found


def _member(run: RunDir) -> _Member:
    saved = run.config()
    wish = run_wish(run)
    if wish is not None:
        raise InvalidInput(f'{run.path} was taught "{wish}": the task\'s success says nothing of it')
    teacher = saved.get("teacher")
    kind = TRUE_REWARD
    if saved.get("command") != "train":
        name = str(teacher.get("name")) if isinstance(teacher, Mapping) else ""
        kind = name_of(from_run(saved), name)
    settings = {key: value for key, value in flat(saved) if key not in APART}
    return _Member(run, kind, str(saved.get("task")), settings, curve_of(run))


def _check_alike(one: _Member, other: _Member) -> None:
    """Raises InvalidInput where two runs of a kind differ in more than their seeds, or not at all."""
    keys = sorted({*one.settings, *other.settings})
    pairs = {key: (one.settings.get(key), other.settings.get(key)) for key in keys}
    if differ := [f"{key} ({had} and {has})" for key, (had, has) in pairs.items() if had != has]:
        told = f"{one.run.path} and {other.run.path} differ in {', '.join(differ[:SHOWN])}"
        raise InvalidInput(f"{told}: join runs that differ in their seeds alone")
    if one.curve.seed == other.curve.seed:
        same = f"{one.run.path} and {other.run.path} are the same, {one.kind} with seed {one.curve.seed}"
        raise InvalidInput(f"{same}: join each seed once")


def _group(kind: str, members: Sequence[_Member]) -> Group:
    return Group(kind, tuple(sorted((one.curve for one in members), key=lambda curve: curve.seed)))


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(map(str, paths))
