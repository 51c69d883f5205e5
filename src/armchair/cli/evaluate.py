"""`armchair evaluate`: how well a run's policy does, and how sure that is."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import tyro

from armchair.cli.parse import parse
from armchair.cli.report import Report

EXAMPLES = (
    "armchair evaluate runs/reach-001",
    "armchair evaluate runs/push-001 --episodes 500 --json",
    "armchair evaluate runs/reach-001 --engine bullet",
)


@dataclasses.dataclass(frozen=True)
class Args:
    """Measure the success of a run's policy, without the noise that it explores with."""

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    episodes: int = 100
    """How many whole episodes."""
    seed: int = 0
    """Fixes what stands where; other layouts than in training."""
    engine: str | None = None
    """Another simulator than the policy was trained in."""
    num_envs: int = 100
    """Copies simulated together, at most one an episode."""
    threads: int = 1
    """Simulation threads, 0 for one a core."""
    json: bool = False
    """End the output with one JSON object; the other lines go to standard error."""


def main(argv: Sequence[str]) -> int:
    """Evaluates and returns 0."""
    args = parse(Args, "evaluate", argv, EXAMPLES)
    report = Report("evaluate", args.json)
    import torch

    from armchair.agents.saved import load_policy
    from armchair.envs.arm_env import make_env
    from armchair.evaluate import Interval, evaluate
    from armchair.rundir import RunDir

    torch.set_num_threads(1)
    agent, info = load_policy(RunDir.open(args.run))
    engine = args.engine or info.engine
    copies = min(args.num_envs, max(args.episodes, 1))
    env = make_env(info.task, num_envs=copies, engine=engine, control=info.control, threads=args.threads)
    try:
        found = evaluate(env, agent.net.best, args.episodes, seed=args.seed + 1_000_000)
    finally:
        env.close()

    def share(figure: Interval) -> str:
        return f"{figure.value:.1%} (95 %: {figure.low:.1%} to {figure.high:.1%})"

    report.say(f"{info.task}, {found.episodes} episodes, {info.control} control, {engine}")
    report.say(f"  success at the end   {share(found.success)}")
    report.say(f"  success at any time  {share(found.ever)}")
    total = found.total
    report.say(f"  return               {total.value:.2f} (95 %: {total.low:.2f} to {total.high:.2f})")
    report.finish(
        {
            "task": info.task,
            "engine": engine,
            "control": info.control,
            "seed": args.seed,
            "episodes": found.episodes,
            "success": found.success.value,
            "success_interval": [found.success.low, found.success.high],
            "ever": found.ever.value,
            "ever_interval": [found.ever.low, found.ever.high],
            "return": total.value,
            "return_interval": [total.low, total.high],
        }
    )
    return 0
