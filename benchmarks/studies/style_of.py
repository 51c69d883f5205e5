"""How policies move: success, and what a style (`armchair.feedback.styles`) makes of whole episodes.

    style_of.py runs/pick_place-001 runs/pick_place-002 --styles carry_high place_gently

The policy without noise, 100 episodes from ordinary starts; the sum of a style over an episode, its mean
over episodes with a 95 % interval by t.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor

from armchair.agents.saved import load_policy
from armchair.envs.arm_env import make_env
from armchair.feedback.styles import STYLES, Points
from armchair.intervals import mean_interval
from armchair.runs.folder import RunDir

EPISODES, SEED = 100, 1000


def watch(run: RunDir) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """-> what is seen of whole episodes (T, N, F), whether they end in success (N,), names of points."""
    agent, info = load_policy(run)
    env = make_env(info.task, num_envs=EPISODES, engine=info.engine, control=info.control, seed=SEED)
    obs, seen, success = env.reset(seed=SEED), [], torch.zeros(EPISODES)
    with torch.inference_mode():
        for _ in range(env.horizon):
            step = env.step(agent.net.best(obs))
            obs, success = step.obs, step.success.float()
            seen.append(step.visible)
    env.close()
    return torch.stack(seen), success, env.task.points


def main() -> None:
    """A line for each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--styles", nargs="+", default=["carry_high"], choices=STYLES)
    args = parser.parse_args()
    torch.set_num_threads(1)
    print("| run | success | " + " | ".join(args.styles) + " |")
    print("|---" * (2 + len(args.styles)) + "|")
    told = {}
    for path in args.runs:
        seen, success, points = watch(RunDir.open(path))
        sums = {
            style: [float(STYLES[style](Points(seen[:, n], points)).sum()) for n in range(EPISODES)]
            for style in args.styles
        }
        found = {style: mean_interval(values) for style, values in sums.items()}
        cells = " | ".join(f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f})" for one in found.values())
        print(f"| {path} | {float(success.mean()):.0%} | {cells} |", flush=True)
        told[str(path)] = {style: one.value for style, one in found.items()}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
