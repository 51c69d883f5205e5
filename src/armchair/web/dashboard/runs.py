"""Runs side by side: what the folders around a run say of how well policies became, and by whom taught."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from armchair.errors import RunError
from armchair.intervals import Reached, mean_interval, reached
from armchair.jsonable import Json
from armchair.runs.folder import OF_RUNS, RunDir, runs_in
from armchair.store.wishes import style_of, wish_of

TRUE_REWARD = "the task's own reward"
PEOPLE = "people"
GRID = 60  # most places along a band
MOST = 1000  # runs that are kept in memory
NO_TEACHER = ("", "none", "human", "person", "people", "you")

Axis = Literal["env_steps", "answers"]
Measure = Literal["success", "total"]
RANGES: dict[Measure, tuple[float, float]] = {"success": (0.0, 1.0), "total": (-math.inf, math.inf)}


class Point(NamedTuple):
    """The policy, evaluated at some moment of its training."""

    env_steps: float
    answers: float
    success: float  # share of episodes, NaN where the environment does not tell
    total: float  # the true return, a mean over episodes; NaN where it was not written down


class Run(NamedTuple):
    """A run that was evaluated at least once."""

    name: str  # its folder, from the folder of runs
    task: str
    learned_from: str  # the task's own reward, or people or a simulated teacher and what was special
    seed: int
    points: tuple[Point, ...]  # in the order in which they came about
    wish: str | None = None  # that it was taught, where it is another than the task's


class BandPoint(NamedTuple):
    """Where the runs of a group were on average, at a place along an axis."""

    learned_from: str
    x: float  # environment steps or answers
    mean: float
    low: float  # of the 95 % interval over runs, by t; NaN for one run alone
    high: float


class Summary(NamedTuple):
    """How the runs of a group ended; the interval is NaN for one run alone."""

    learned_from: str
    runs: int
    value: float  # mean over runs
    low: float  # of its 95 % interval, by t
    high: float
    reached: Reached | None  # runs with a success of 90 % or more; None of another measure
    worst: float
    env_steps: float  # mean over runs
    answers: float


def runs_around(root: Path) -> list[Run]:
    """The runs in a folder of runs that were evaluated, those inside a comparison's folder too.

    A run that cannot be read is left out: it may be under way, or of another version.
    """
    folders = [*runs_in(root), *(run for inner in sorted(root.glob("*/runs")) for run in runs_in(inner))]
    found: list[Run | None] = []
    for folder in folders:
        with suppress(OSError):
            file = folder.metrics_file.stat()
            name = str(folder.path.relative_to(root))
            found.append(_read(folder.path, name, (file.st_mtime_ns, file.st_size)))
    return [run for run in found if run is not None]


@lru_cache(maxsize=MOST)
def _read(path: Path, name: str, stamp: tuple[int, int]) -> Run | None:
    """A run by its configuration and metrics; None where nothing was evaluated or it cannot be read.

    It is read again when its metrics have changed, of which `stamp` tells.
    """
    del stamp
    folder = RunDir(path)
    try:
        config, lines = folder.config(), folder.metrics()
    except (RunError, OSError):
        return None
    points = points_of(lines)
    if not points or config.get("command") in OF_RUNS:
        return None
    task, seed = str(config.get("task", "?")), number(config, "seed")
    source = learned_from(config)
    asked = wish_of(folder.store) if source.startswith(PEOPLE) else None
    source += f', asked "{asked}"' if asked else ""
    wish = asked or style_of(config)
    return Run(name, task, source, 0 if math.isnan(seed) else int(seed), points, wish)


def points_of(lines: Sequence[Mapping[str, Json]]) -> tuple[Point, ...]:
    """The evaluations among a run's metrics."""
    found: list[Point] = []
    answers = steps = 0.0
    for line in lines:
        given, at = number(line, "answers"), number(line, "env_steps")
        answers, steps = (old if math.isnan(new) else new for old, new in ((answers, given), (steps, at)))
        success, total = number(line, "eval_success"), number(line, "eval_return")
        if not (math.isnan(success) and math.isnan(total)):
            found.append(Point(steps, answers, success, total))
    return tuple(found)


def learned_from(config: Mapping[str, Json]) -> str:
    """Who or what taught a run: "people", "teacher mistake (mistake 0.2)", "the task's own reward", ...

    Runs of the same are averaged, so demonstrations are named, and another policy to begin with.
    """
    if config.get("command") == "train":
        model = config.get("reward_model")
        return f"the reward learnt in {Path(str(model)).name}" if model else TRUE_REWARD
    teacher = config.get("teacher")
    traits: Mapping[str, Json] = teacher if isinstance(teacher, Mapping) else {"name": teacher}
    name = str(traits.get("name") or "")
    demos, policy = config.get("demonstrations"), config.get("policy")
    more = ", demonstrations" if isinstance(demos, Mapping) and demos.get("source") else ""
    more += f", on top of {Path(str(policy)).name}" if policy else ""
    if name in NO_TEACHER:
        return PEOPLE + more
    shown = [f"{key} {value}" for key, value in traits.items() if key != "name" and value is not None]
    return f"teacher {name}" + (f" ({', '.join(shown)})" if shown else "") + more


def summary(runs: Sequence[Run], measure: Measure) -> list[Summary]:
    """How each group of runs ended, in the order in which groups first come."""
    found: list[Summary] = []
    for name, members in groups(runs, measure).items():
        ends = [_known(run, measure)[-1] for run in members]
        values = [float(getattr(end, measure)) for end in ends]
        good = reached(values) if measure == "success" else None
        env_steps, answers = np.mean([end[:2] for end in ends], axis=0).tolist()
        mean = mean_interval(values, *RANGES[measure])
        found.append(Summary(name, len(ends), *mean, good, min(values), env_steps, answers))
    return found


def bands(runs: Sequence[Run], axis: Axis, measure: Measure) -> list[BandPoint]:
    """Mean and 95 % interval over the runs of each group, along an axis.

    Between two evaluations a run is taken to be on the line between them, after its last one to stay.
    Against answers a group that gave none is a level line where it ended.
    """
    widest = max((getattr(run.points[-1], axis) for run in runs), default=0.0)
    found: list[BandPoint] = []
    for name, members in groups(runs, measure).items():
        lines = [_along(run, axis, measure) for run in members]
        level = axis == "answers" and all(xs[-1] == 0 for xs, _ in lines)
        places = np.array([0.0, widest]) if level else _places([xs for xs, _ in lines])
        at = np.stack([np.interp(places, xs, ys) for xs, ys in lines], axis=1)
        means = [mean_interval(values.tolist(), *RANGES[measure]) for values in at]
        found += [BandPoint(name, x, *mean) for x, mean in zip(places.tolist(), means, strict=True)]
    return found


def ceiling(runs: Sequence[Run], task: str) -> float | None:
    """Success that the task's own reward leads to, mean over the runs there are; None without one."""
    own = [run for run in runs if run.task == task and run.learned_from == TRUE_REWARD]
    found = summary(own, "success")
    return found[0].value if found else None


def groups(runs: Sequence[Run], measure: Measure) -> dict[str, list[Run]]:
    """Runs that learnt the same wish from the same, whatever their seeds.

    Without those whose measure is not known.
    """
    found: dict[str, list[Run]] = {}
    for run in runs:
        if _known(run, measure):
            found.setdefault(run.learned_from, []).append(run)
    return found


def number(line: Mapping[str, Json], key: str) -> float:
    """A number of a line of metrics; NaN where there is none."""
    value = line.get(key)
    return float(value) if isinstance(value, int | float) else math.nan


def _known(run: Run, measure: Measure) -> list[Point]:
    return [point for point in run.points if not math.isnan(getattr(point, measure))]


def _along(run: Run, axis: Axis, measure: Measure) -> tuple[np.ndarray, np.ndarray]:
    """Places and values there, each place once, the last one counting."""
    at = {float(getattr(point, axis)): float(getattr(point, measure)) for point in _known(run, measure)}
    places = sorted(at)
    return np.array(places), np.array([at[place] for place in places])


def _places(lines: Sequence[np.ndarray]) -> np.ndarray:
    """Where the runs were evaluated, from where all have begun; at most GRID and one."""
    begin = max(xs[0] for xs in lines)
    everywhere = np.unique(np.concatenate([xs[xs >= begin] for xs in lines]))
    return np.unique([*everywhere[:: -(-len(everywhere) // GRID)], everywhere[-1]])
