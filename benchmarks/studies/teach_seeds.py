"""Success of teaching over seeds that were not used for tuning: reach, 30 answers of an oracle.

With arguments, any other preset, teacher or budget:

    teach_seeds.py reach_joint --seeds 10 --teacher mistake --set queries.labels=100 reward.inputs=raw
    teach_seeds.py reach --teacher viewer --params views=1 mistake=0.1
    teach_seeds.py reach --seeds 20 --workers 2
    teach_seeds.py reach --around          # and what the learned reward is worth around the goal
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
import yaml
from _workers import add_workers, in_order, seeds_of

from armchair.config.read import load_config, with_flags
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.evaluate import interquartile_mean
from armchair.feedback.teachers import TEACHERS
from armchair.intervals import mean_interval, reached
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.rewards.saved import REWARD_MODEL, read_reward
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.asking.described import errs, make_described
from armchair.training.setup import teach

FIRST_SEED = 100  # tuning used 0 to 9
AROUND = (0.0, 0.01, 0.025, 0.05, 0.1, 0.2)  # m from the goal


class Taught(NamedTuple):
    """What a run came to."""

    success: float
    total: float  # true return
    answers: int
    seconds: float  # of wall clock
    around: list[float]  # mean learned reward at the distances `AROUND` from the goal
    seed: int


def one(preset: str, teacher: dict[str, Json], seed: int, flags: dict[str, Json]) -> Taught:
    """Teach once; teacher: its name and traits."""
    config = with_flags(load_config(preset, people=errs(teacher)), {**flags, "seed": seed})
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run = RunDir.create(Path(folder), "run", {})
        for progress in teach(config, run, make_described(teacher, config)):
            last = progress
        around = reward_around(run, config)
    assert last.evaluation is not None
    result = last.evaluation
    seconds = time.perf_counter() - began
    return Taught(result.success.value, result.total.value, last.answers, seconds, around, seed)


def reward_around(run: RunDir, config: TeachConfig) -> list[float]:
    """Mean learned reward where the task's first cue is met, and at distances from there on all sides.

    Of the states in which the clips end, each with its point moved there. Nothing where a task has no cues.
    """
    spec = resolve_task(config.task)
    layout = spec.layout(config.env)
    if layout is None or not spec.cues:
        return []
    model = read_reward(run.checkpoints / REWARD_MODEL)
    with Store.open(run.store) as store:
        states = store.preferences().left[:, -1]
    cue, rng = spec.cues[0], generator(0, "around")
    point, place = (slice(3 * at, 3 * at + 3) for at in map(layout.points.index, (cue.point, cue.place)))
    found: list[float] = []
    for distance in AROUND:
        moved = states.repeat(20, 1)
        ways = torch.randn(len(moved), 3, generator=rng)
        moved[:, point] = moved[:, place] + distance * ways / ways.norm(dim=1, keepdim=True)
        moved[:, point.stop - 1] += cue.above
        found.append(float(model.mean(moved).mean()))
    return found


def show(row: Taught, *, around: bool) -> None:
    """A line for a run, and one for the reward around the goal."""
    print(
        f"seed {row.seed}: success {row.success:.0%}, return {row.total:.1f}, {row.answers} answers, "
        f"{row.seconds:.0f} s",
        flush=True,
    )
    if around:
        print("  reward at " + ", ".join(f"{100 * at:g}" for at in AROUND) + " cm from the goal: ", end="")
        print(" ".join(f"{value:.2f}" for value in row.around), flush=True)


def pairs(items: Sequence[str]) -> dict[str, Json]:
    """What is given as KEY=VALUE."""
    return {key: yaml.safe_load(value) for key, value in (item.split("=", 1) for item in items)}


def main() -> None:
    """Teach once for every seed; print a line each, then the figures over all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("preset", nargs="?", default="reach")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--teacher", default="oracle", choices=list(TEACHERS))
    parser.add_argument("--params", nargs="*", default=[], metavar="NAME=NUMBER", help="the teacher's traits")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")
    parser.add_argument("--around", action="store_true", help="print the learned reward around the goal, too")
    add_workers(parser)
    args = parser.parse_args()
    torch.set_num_threads(1)
    flags, traits = pairs(args.set), pairs(args.params)
    teacher = {"name": args.teacher, **traits}
    given = [(args.preset, teacher, seed, flags) for seed in seeds_of(args)]
    rows = in_order(one, given, args.workers, lambda row: show(row, around=args.around))
    scores = [row[0] for row in rows]
    average, good = mean_interval(scores, 0.0, 1.0), reached(scores)
    middle = float(interquartile_mean(torch.tensor(scores)))
    print(
        f"{args.preset} {args.teacher} {args.params + args.set}: mean {average.value:.1%} "
        f"({average.low:.1%} to {average.high:.1%} by t), {good.runs} of {good.of} seeds at 90 % or more "
        f"({good.low:.0%} to {good.high:.0%}), interquartile mean {middle:.1%}, "
        f"worst {min(scores):.0%}, median {statistics.median(row[3] for row in rows):.0f} s"
    )
    figures = {"mean": average.value, "worst": min(scores), "answers": max(row[2] for row in rows)}
    print(json.dumps({"success": min(scores) >= 0.9, "figures": figures}))


if __name__ == "__main__":
    main()
