"""What is measured: tasks, where their points are, budgets, and one cell of the table as a run's settings."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple, cast

from armchair.config.pace import paced
from armchair.config.read import as_yaml, load_settings, with_flags
from armchair.config.teach import TeachConfig
from armchair.feedback.teachers import Teacher
from armchair.jsonable import Json
from armchair.training.asking.described import errs, make_described

HERE = Path(__file__).parent
Protocol = Literal["field", "repeat3"]
PROTOCOLS: dict[Protocol, str] = {
    "field": "action repeat 1, episodes of 500 steps, clips of 50 steps",
    "repeat3": "action repeat 3, episodes of 150 steps, clips of 60 steps",
}

HAND = "site:endEffector"  # midway between the finger tips
TASKS: dict[
    str, dict[str, str]
] = {  # the only thing that is told about a task: points, by names of the model
    "window-open": {"hand": HAND, "object": "site:handleOpenStart", "goal": "site:goal"},
    "button-press": {"hand": HAND, "object": "geom:btnGeom", "goal": "site:hole"},
    "drawer-open": {"hand": HAND, "object": "geom:objGeom", "goal": "site:goal"},
    "door-open": {"hand": HAND, "object": "geom:handle", "goal": "site:goal"},
    "sweep-into": {"hand": HAND, "object": "body:obj", "goal": "site:goal"},
    "hammer": {"hand": HAND, "object": "body:hammer", "nail": "body:nail_link", "goal": "site:goal"},
}
EASY, BUDGETS = ("window-open", "button-press"), (50, 100, 250, 500)
LARGE = {"sweep-into": 1000, "hammer": 1000}  # one more budget for the hardest
TEACHERS = (
    "mistake",
    "skip",
    "equal",
    "myopic",
    "viewer",
)  # beside the oracle, on the easiest
BESIDE = (100,)  # the budget of what stands beside, where none is named
OWN_REWARD = "own-reward"  # nobody is asked: the policy learns from the task's own reward, what PPO can do
REWARD_AT_MOST = 10.0  # a step, in Meta-World
SEEN = ("plain", "differences")  # what the policy observes: the 39 numbers; the ways between points besides


class Cell(NamedTuple):
    """One run. Its key is what it is found by in the results."""

    protocol: Protocol
    task: str
    labels: int
    seed: int
    teacher: str = "oracle"
    observed: str = "plain"
    inputs: str = "relational"  # what the reward model sees: "raw" for the observation as it comes, no points

    @property
    def row(self) -> tuple[str, ...]:
        """The line of the table that it belongs to."""
        return (self.protocol, self.task, str(self.labels), self.teacher, self.observed, self.inputs)

    @property
    def key(self) -> str:
        """Unique among cells, and fit for a folder's name."""
        return "_".join((*self.row, str(self.seed)))


def cells_of(rows: list[Cell], seeds: range) -> list[Cell]:
    """Each row on every seed: all rows on the first seed, then all on the next."""
    return [row._replace(seed=seed) for seed in seeds for row in rows]


def rows_of(protocol: Protocol, tasks: list[str], budgets: list[int], teacher: str = "oracle") -> list[Cell]:
    """A row for each task and budget of the teacher's answers, of nobody's only one a task; seed 0."""
    if teacher == OWN_REWARD:
        return [Cell(protocol, task, 0, 0, teacher) for task in tasks]
    return [
        Cell(protocol, task, labels, 0, teacher)
        for labels in sorted({*budgets, *(LARGE.values() if set(budgets) == set(BUDGETS) else ())})
        for task in tasks
        if labels in budgets or LARGE.get(task) == labels
    ]


def besides(protocol: Protocol, tasks: list[str], budgets: list[int]) -> list[Cell]:
    """What stands beside: the task's own reward, and of each budget differences as observations, raw inputs,
    other teachers; seed 0.
    """
    rows = rows_of(protocol, tasks, [], OWN_REWARD)
    for row in (Cell(protocol, task, labels, 0) for labels in budgets for task in tasks):
        rows += [row._replace(observed="differences"), row._replace(inputs="raw")]
        rows += [row._replace(teacher=teacher) for teacher in TEACHERS if row.task in EASY]
    return rows


def settings(cell: Cell) -> TeachConfig:
    """The run's settings: the protocol's file for every task, paced to the budget."""
    own = cell.teacher == OWN_REWARD
    people = not own and errs({"name": cell.teacher})
    base = load_settings(str(HERE / f"{cell.protocol}.yaml"), people=people).config
    raw = cell.inputs == "raw"
    flags: dict[str, Json] = {
        "task": f"metaworld:{cell.task}-v3",
        "seed": cell.seed,
        "labels": base.queries.labels if own else cell.labels,
        "reward.inputs": cell.inputs,
    }
    config = with_flags(base, flags)
    points = {} if raw else dict(TASKS[cell.task])
    env = replace(
        config.env, points=cast("dict[str, int | str]", points), differences=cell.observed != SEEN[0]
    )
    if own:  # of a step 0 to 1, as a learned reward is about
        ppo = replace(config.ppo, reward_scale=config.ppo.reward_scale / REWARD_AT_MOST)
        config = replace(config, ppo=ppo)
    return _paced(replace(config, env=env), base)


def _paced(config: TeachConfig, base: TeachConfig) -> TeachConfig:
    """As `armchair teach --labels N --updates M` does, M the file's, above its budget as the root of the
    budget: at the file's pace a run of 500 answers would take more than an hour.
    """
    more = max(1.0, config.queries.labels / base.queries.labels)
    plan = replace(config.schedule, updates=round(base.schedule.updates * math.sqrt(more)))
    return paced(replace(config, schedule=plan), base, fixed_updates=True)


def teacher_of(cell: Cell, config: TeachConfig) -> Teacher:
    """Who answers: a simulated person judges by points that it sees, the others by the reward."""
    teacher = make_described({"name": cell.teacher}, config)
    assert teacher is not None, "a simulated one is named"
    return teacher


def digest(cell: Cell) -> str:
    """Of the settings, all defaults included: results of other settings are not taken for these."""
    text = json.dumps(as_yaml(settings(cell)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
