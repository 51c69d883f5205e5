"""`armchair train`: PPO on the task's own reward, what preferences have to measure up to."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.agents.presets import Preset
    from armchair.envs.arm_env import ArmEnv
    from armchair.evaluate import Evaluation
    from armchair.rundir import RunDir, Value
    from armchair.training.train import Progress

EXAMPLES = (
    "armchair train reach",
    "armchair train push --steps 500000 --seed 3 --threads 2",
    "armchair train reach --control joint --json",
)
EPISODES = 100  # of the evaluation at the end
LINES = 20  # about as many lines of progress


@dataclasses.dataclass(frozen=True)
class Args:
    """Train a policy on the task's own reward, with no person asked.

    The policy is kept in a new folder under --runs; at the end it is evaluated on 100 episodes.
    """

    task: tyro.conf.Positional[str]
    """A task; `armchair envs` lists them."""
    steps: int | None = None
    """Environment steps, all copies together; the task's preset has a default."""
    seed: int = 0
    """Fixes everything that is random."""
    engine: str = "mujoco"
    """The simulator; `armchair envs` lists them."""
    control: Literal["tool", "joint"] = "tool"
    """What actions mean: steps of the tool, or of the joints."""
    num_envs: int | None = None
    """Copies of the arm simulated together; the task's preset has a default."""
    threads: int = 1
    """Simulation threads, 0 for one a core."""
    runs: Path = Path("runs")
    """Folder in which the run's folder is made."""
    json: bool = False
    """End the output with one JSON object; the other lines go to standard error."""


def main(argv: Sequence[str]) -> int:
    """Trains, evaluates and saves; returns 0."""
    args = parse(Args, "train", argv, EXAMPLES)
    report = Report("train", args.json)
    import torch

    from armchair.agents.presets import preset
    from armchair.envs.arm_env import make_env

    torch.set_num_threads(1)  # the networks are small: more threads would only wait for each other
    settings = _settings(args, preset(args.task))
    env = make_env(
        args.task,
        num_envs=settings.num_envs,
        engine=args.engine,
        control=args.control,
        seed=args.seed,
        threads=args.threads,
    )
    try:
        run, evaluation, env_steps = _train(args, settings, env, report)
    finally:
        env.close()
    success = evaluation.success
    report.say(
        f"success {success.value:.0%} ({success.low:.0%} to {success.high:.0%}) at the end of "
        f"{evaluation.episodes} episodes, {evaluation.ever.value:.0%} at any time; saved in {run.path}"
    )
    summary = {"task": args.task, "engine": args.engine, "control": args.control, "seed": args.seed}
    outcome = {"success": success.value, "ever": evaluation.ever.value, "episodes": evaluation.episodes}
    report.finish({**summary, **outcome, "env_steps": env_steps, "run": str(run.path)})
    return 0


def _settings(args: Args, preset: Preset) -> Preset:
    """The preset with the flags over it."""
    if args.steps is not None and args.steps < 1:
        raise InvalidInput(f"--steps must be at least 1, got {args.steps}")
    steps = preset.steps if args.steps is None else args.steps
    num_envs = preset.num_envs if args.num_envs is None else args.num_envs
    return dataclasses.replace(preset, steps=steps, num_envs=num_envs)


def _train(args: Args, settings: Preset, env: ArmEnv, report: Report) -> tuple[RunDir, Evaluation, int]:
    from armchair.agents.saved import PolicyInfo, save_policy
    from armchair.evaluate import evaluate
    from armchair.rundir import RunDir
    from armchair.training.train import TrainConfig, new_agent, train_on_reward

    agent = new_agent(env, settings.ppo, args.seed)
    config = TrainConfig(settings.steps, settings.rollout, settings.ppo, args.seed)
    run = RunDir.create(args.runs, args.task, describe(args, settings))
    env_steps = 0
    for progress in train_on_reward(env, config, agent=agent):
        run.log(record(progress))
        if progress.env_steps * LINES // progress.total_steps > env_steps * LINES // progress.total_steps:
            report.say(line(progress))
        env_steps = progress.env_steps
    hidden = settings.ppo.hidden
    info = PolicyInfo(args.task, args.engine, args.control, env.obs_dim, env.action_dim, hidden, env_steps)
    save_policy(run, agent, info)
    evaluation = evaluate(env, agent.net.best, EPISODES, seed=args.seed + 1_000_000)
    run.log({"env_steps": env_steps, "eval_success": evaluation.success.value})
    return run, evaluation, env_steps


def describe(args: Args, settings: Preset) -> dict[str, Value]:
    """What is written into the run as its configuration."""
    fields: dict[str, float | tuple[float, ...]] = dataclasses.asdict(settings.ppo)
    ppo: dict[str, Value] = {k: list(v) if isinstance(v, tuple) else v for k, v in fields.items()}
    return {
        "command": "train",
        "task": args.task,
        "engine": args.engine,
        "control": args.control,
        "seed": args.seed,
        "steps": settings.steps,
        "num_envs": settings.num_envs,
        "rollout": settings.rollout,
        "ppo": ppo,
    }


def record(progress: Progress) -> dict[str, Value]:
    """A line of the run's metrics."""
    numbers: dict[str, float] = {**progress._asdict(), **progress.update._asdict()}
    del numbers["update"], numbers["total_steps"]
    return {key: None if math.isnan(value) else value for key, value in numbers.items()}


def line(progress: Progress) -> str:
    """A line of progress for people."""
    stats = progress.update
    return (
        f"{progress.env_steps:>9,} of {progress.total_steps:,} steps  reward {progress.reward:.3f}  "
        f"success {progress.success:4.0%}  spread {stats.std:.2f}  KL {stats.kl:.3f}"
    )
