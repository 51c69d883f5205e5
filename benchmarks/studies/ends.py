"""Environments that end: a point in a plane and its goal, taught by an oracle with and without the end.

Four environments, alike but for when they end themselves: never; at success; at failure, outside of a square;
at both. `--after-end nothing` is how it was before ended states stayed, `--raw` leaves out the points.

    ends.py --seeds 5
    ends.py --ends success both --after-end nothing
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import gymnasium
import numpy as np
import torch
from _workers import add_workers, in_order, seeds_of
from gymnasium.spaces import Box
from gymnasium.wrappers import TimeLimit
from numpy.typing import NDArray

from armchair.config.read import preset_for, with_flags
from armchair.feedback.teachers import make_teacher
from armchair.intervals import mean_interval
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.training.setup import teach

FIRST_SEED = 100  # tuning used 0 to 2
RADIUS, EDGE = 0.1, 1.0  # of success about the goal, of half the square
STEPS = 60  # in an episode that does not end before
PACE = 0.03  # an action's push in a step; of the speed 0.7 is left after one
SETTINGS: dict[str, Json] = {
    "queries.labels": 32,
    "queries.first": 12,
    "queries.film_envs": 8,
    "schedule.session": 2,
    "schedule.session_every": 3,
    "schedule.updates": 30,
    "practice.rollout": 64,
    "evaluation.every": 10,
    "evaluation.episodes": 64,
    "env.frames": False,
    "ppo.gamma": 0.95,
}
Obs = NDArray[np.float32]


class Point(gymnasium.Env[Obs, Obs]):
    """A point that is pushed about a plane; the reward is minus its distance from the goal."""

    def __init__(self, *, success: bool, failure: bool) -> None:
        """success, failure: whether they end an episode."""
        self.action_space = Box(-1.0, 1.0, (2,), np.float32)
        self.observation_space = Box(-np.inf, np.inf, (8,), np.float32)
        self._ends = success, failure
        self._at = self._goal = self._speed = np.zeros(2)

    def reset(self, *, seed: int | None = None, options: object = None) -> tuple[Obs, dict[str, object]]:
        """At rest somewhere in the middle, at least 0.3 from the goal."""
        super().reset(seed=seed)
        self._at, self._goal, self._speed = self._somewhere(), self._somewhere(), np.zeros(2)
        while np.linalg.norm(self._goal - self._at) < 0.3:
            self._goal = self._somewhere()
        return self._observe(), {}

    def step(self, action: Obs) -> tuple[Obs, float, bool, bool, dict[str, object]]:
        """Push."""
        self._speed = 0.7 * self._speed + PACE * action
        self._at = (self._at + self._speed).clip(-1.5, 1.5)
        distance = float(np.linalg.norm(self._goal - self._at))
        there, lost = distance < RADIUS, bool(np.abs(self._at).max() > EDGE)
        ended = (there and self._ends[0]) or (lost and self._ends[1])
        return self._observe(), -distance, ended, False, {"is_success": there}

    def _somewhere(self) -> NDArray[np.float64]:
        return self.np_random.uniform(-0.8, 0.8, 2)

    def _observe(self) -> Obs:
        seen = (self._at, [0.0], self._goal, [0.0], 10.0 * self._speed)
        return np.concatenate(seen).astype(np.float32)


def make_never() -> gymnasium.Env[Obs, Obs]:
    """It goes on for all its steps."""
    return TimeLimit(Point(success=False, failure=False), STEPS)


def make_success() -> gymnasium.Env[Obs, Obs]:
    """It ends at the goal."""
    return TimeLimit(Point(success=True, failure=False), STEPS)


def make_failure() -> gymnasium.Env[Obs, Obs]:
    """It ends outside of the square."""
    return TimeLimit(Point(success=False, failure=True), STEPS)


def make_both() -> gymnasium.Env[Obs, Obs]:
    """It ends at the goal and outside of the square."""
    return TimeLimit(Point(success=True, failure=True), STEPS)


ENDS = {"never": make_never, "success": make_success, "failure": make_failure, "both": make_both}


def one(ends: str, seed: int, flags: dict[str, Json]) -> tuple[list[float], float]:
    """Teach once. -> success at each evaluation, seconds of CPU."""
    task = f"{Path(__file__).stem}:{ENDS[ends].__name__}"
    config = with_flags(preset_for(task), {**SETTINGS, **flags, "seed": seed})
    began, found = time.process_time(), list[float]()
    with tempfile.TemporaryDirectory() as folder:
        run = RunDir.create(Path(folder), "run", {})
        for progress in teach(config, run, make_teacher("oracle", {}, generator(seed, "teacher"))):
            if progress.evaluation is not None:
                found.append(progress.evaluation.success.value)
    return found, time.process_time() - began


def several(ends: str, seeds: Sequence[int], flags: dict[str, Json], workers: int) -> float:
    """Teach once for every seed, with a line each. -> mean success at the end."""
    left = iter(seeds)

    def show(row: tuple[list[float], float]) -> None:
        course = ", ".join(f"{share:.0%}" for share in row[0])
        print(f"ends at {ends}, seed {next(left)}: success {course}, {row[1]:.0f} s", flush=True)

    rows = in_order(one, [(ends, seed, flags) for seed in seeds], workers, show)
    last = [found[-1] for found, _ in rows]
    mean = mean_interval(last, 0.0, 1.0)
    spread = f" ({mean.low:.1%} to {mean.high:.1%} by t)" if len(last) > 1 else ""
    print(f"ends at {ends}: mean {mean.value:.1%}{spread}, worst {min(last):.0%}", flush=True)
    return mean.value


def main() -> None:
    """Teach in all of them; print the figures and what share of those without an end they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--ends", nargs="*", default=list(ENDS), choices=list(ENDS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--after-end", default="stays", choices=["stays", "nothing"])
    parser.add_argument("--raw", action="store_true", help="do not say which numbers are points")
    add_workers(parser)
    args = parser.parse_args()
    torch.set_num_threads(1)
    flags: dict[str, Json] = {"env.after_end": args.after_end}
    if not args.raw:
        flags |= {"env.points": {"hand": 0, "goal": 3}, "env.differences": True}
    figures = {ends: several(ends, seeds_of(args), flags, args.workers) for ends in args.ends}
    print(json.dumps({"success": min(figures.values()) >= 0.9, "figures": figures}))


if __name__ == "__main__":
    main()
