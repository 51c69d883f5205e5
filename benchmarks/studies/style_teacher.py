"""A teacher with another wish than the task's: the same reward network, nothing changed.

    style_teacher.py --seeds 5 --labels 60
    style_teacher.py --seeds 5 --labels 60 --teacher viewer

At reach, the teacher wants the tool to hover 10 cm above the ball, not in it. Prints the share of 100
episodes that end within 2.5 cm of that place, deterministic policy, and of those that end in the ball.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import mean

import torch
from _workers import add_workers, in_order, seeds_of
from torch import Tensor

from armchair.agents.saved import load_policy
from armchair.config.read import load_config, with_flags
from armchair.envs.arm_env import make_env
from armchair.feedback.styles import Points, style_score
from armchair.feedback.teachers import Teacher, make_teacher
from armchair.feedback.viewer import Sight
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.tasks import get_task
from armchair.training.setup import teach

FIRST_SEED = 100
EPISODES = 100
ABOVE = torch.tensor([0.0, 0.0, 0.10])  # m
CLOSE = 0.025  # m


def hover(points: Points) -> Tensor:
    """The nearer to the place 10 cm above the goal the better. -> (L,)."""
    distance = (points["tool"] - points["goal"] - ABOVE).norm(dim=1)
    return torch.exp(-distance / 0.05) + torch.exp(-distance / 0.2)


def ends(run: RunDir, seed: int) -> Tensor:
    """Where the tool is, as seen from the goal, when the episodes end. -> (EPISODES, 3) m."""
    agent, info = load_policy(run)
    env = make_env(info.task, num_envs=EPISODES, seed=seed)
    obs = env.reset(seed=seed)
    with torch.inference_mode():
        for _ in range(env.horizon):
            step = env.step(agent.net.best(obs))
            obs = step.obs
    env.close()
    points = Points(step.visible, get_task(info.task).points)
    return points["tool"] - points["goal"]


def wishing(name: str, seed: int) -> Teacher:
    """An oracle that scores by the wish, or a viewer who looks for the place above the ball."""
    reach, rng = get_task("reach"), generator(seed, "teacher")
    if name == "viewer":
        cues = tuple(replace(cue, above=float(ABOVE[2])) for cue in reach.cues)
        return make_teacher(name, {}, rng, sight=Sight(reach.points, cues))
    return make_teacher(name, {}, rng, scorer=style_score(hover, reach.points))


def one(name: str, seed: int, settings: dict[str, int]) -> tuple[float, float]:
    """Teach once. -> share that ends above the ball, share that ends in it."""
    people = name == "viewer"
    config = with_flags(load_config("reach", people=people), {"seed": seed, **settings})
    teacher = wishing(name, seed)
    with tempfile.TemporaryDirectory() as folder:
        run = RunDir.create(Path(folder), "run", {})
        for _ in teach(config, run, teacher):
            pass
        at = ends(run, seed + 1000)
    above, inside = ((at - place).norm(dim=1) < CLOSE for place in (ABOVE, torch.zeros(3)))
    return float(above.float().mean()), float(inside.float().mean())


def main() -> None:
    """A line a seed, then the means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--teacher", default="oracle", choices=["oracle", "viewer"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--labels", type=int, default=60)
    parser.add_argument("--session", type=int, default=2)
    parser.add_argument("--updates", type=int, default=90)
    add_workers(parser)
    args = parser.parse_args()
    torch.set_num_threads(1)
    settings = {
        "queries.labels": args.labels,
        "schedule.session": args.session,
        "schedule.updates": args.updates,
    }
    left = iter(seeds_of(args))

    def show(row: tuple[float, float]) -> None:
        print(f"seed {next(left)}: {row[0]:.0%} end above the ball, {row[1]:.0%} in it", flush=True)

    given = [(args.teacher, seed, settings) for seed in seeds_of(args)]
    rows = in_order(one, given, args.workers, show)
    figures = {"above": mean(row[0] for row in rows), "inside": mean(row[1] for row in rows)}
    print(json.dumps({"success": min(row[0] for row in rows) >= 0.9, "figures": figures}))


if __name__ == "__main__":
    main()
