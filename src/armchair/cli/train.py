"""`armchair train`: PPO on the task's own reward, as a yardstick, or on a reward model that is there."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import tyro

from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.agents.agent import Agent
    from armchair.agents.presets import Preset
    from armchair.envs.base import Env
    from armchair.evaluate import Evaluation
    from armchair.rundir import RunDir, Value
    from armchair.training.config import TeachConfig
    from armchair.training.train import Progress

EXAMPLES = (
    "armchair train reach",
    "armchair train push --steps 500000 --seed 3 --threads 2",
    "armchair train reach --control joint --json",
    "armchair train reach --reward runs/reach-001",
    "armchair train reach --policy runs/reach-002 --steps 20000",
    "armchair train stack --starts 0.5",
    "armchair train pick_place --demos scripted:20 --starts 0.5",
)
EPISODES = 100  # of the evaluation at the end
LINES = 20  # about as many lines of progress


@dataclasses.dataclass(frozen=True)
class Args:
    """Train a policy on the task's own reward, or on the reward model of an earlier run; nobody is asked.

    The policy is kept in a new folder under --runs; at the end it is evaluated on 100 episodes.
    """

    task: tyro.conf.Positional[str]
    """A task; `armchair envs` lists them."""
    steps: int | None = None
    """Environment steps, all copies together; the task's preset has a default."""
    reward: Path | None = None
    """Learn from this run's reward model, or the one in this file, in place of the task's own reward."""
    policy: Path | None = None
    """Go on with this run's policy, by its settings, in place of a new one."""
    config: str | None = None
    """How to learn: a preset of `armchair teach` or a YAML file, which may have a reward_model_path."""
    seed: int | None = None
    """Fixes everything that is random; 0 if nothing says otherwise."""
    engine: str | None = None
    """The simulator, mujoco if nothing says otherwise; `armchair envs` lists them."""
    control: Literal["tool", "joint"] | None = None
    """What actions mean: steps of the tool (if nothing says otherwise), or of the joints."""
    starts: float | None = None
    """Share of the episodes that begin along a demonstration (along the script's solution without --demos),
    while no ordinary one succeeds; fewer later, none in evaluations. 0 if nothing says otherwise."""
    demos: str | None = None
    """Demonstrations to begin by imitating: scripted:20 for so many by the task's script, or a folder."""
    num_envs: int | None = None
    """Copies of the arm simulated together; the task's preset has a default."""
    threads: int | None = None
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

    from armchair.envs.gym_import import tells_success
    from armchair.training.lessons import Lessons, along_demos, demos_of
    from armchair.training.teach import make_copies
    from armchair.training.train import new_agent

    torch.set_num_threads(1)  # the networks are small: more threads would only wait for each other
    plan = _plan(args)
    config, demos = plan.config, demos_of(plan.config)
    along = along_demos(config, demos)
    env = make_copies(config, config.num_envs, config.seed, record=False, along=along)
    try:
        if plan.agent is None:
            fresh = new_agent(env, config.ppo, config.seed)
            Lessons(config, demos).prepare(fresh)
            plan = plan._replace(agent=fresh)
        run, evaluation, env_steps = _train(args, plan, env, report)
        tells = tells_success(env)
    finally:
        env.close()
    report.say(f"{outcome_line(evaluation, tells)}; saved in {run.path}")
    summary = {"task": config.task, "engine": config.engine, "control": config.control, "seed": config.seed}
    success, ever = (found.value if tells else None for found in (evaluation.success, evaluation.ever))
    outcome = {"success": success, "ever": ever, "return": evaluation.total.value}
    outcome |= {"episodes": evaluation.episodes, "env_steps": env_steps}
    report.finish({**summary, **outcome, "run": str(run.path)})
    return 0


class Plan(NamedTuple):
    """What is to be done."""

    config: TeachConfig  # of which the environment, the seed and how to learn count
    steps: int
    reward: Path | None  # of the reward model; None for the task's own reward
    agent: Agent | None  # to go on with; None until a new one is made


def _plan(args: Args) -> Plan:
    """The settings of the file, of the policy's run or of the task, with the flags over them."""
    from armchair.agents.presets import preset
    from armchair.training.configs import load_settings, with_flags
    from armchair.training.saved_reward import sees_motion

    if args.steps is not None and args.steps < 1:
        raise InvalidInput(f"--steps must be at least 1, got {args.steps}")
    chosen, given = preset(args.task), args.reward
    agent, config = _continued(args.policy, args.task) if args.policy else (None, _usual(chosen))
    if args.config is not None:
        settings = load_settings(args.config)
        given = given or settings.reward_model_path
        hidden = agent.net.hidden if agent else settings.config.ppo.hidden
        config = replace(settings.config, ppo=replace(settings.config.ppo, hidden=hidden))
    trained = config.control
    names = ("task", "seed", "engine", "control", "num_envs", "threads", "starts", "demos")
    config = with_flags(config, {name: getattr(args, name) for name in names})
    if given is not None and sees_motion(given):
        config = replace(config, motion=True)
    if agent is not None and config.control != trained:
        raise InvalidInput(f"{args.policy} has a policy for {trained} control: leave out --control")
    return Plan(config, chosen.steps if args.steps is None else args.steps, given, agent)


def _usual(chosen: Preset) -> TeachConfig:
    """The settings that a task's preset has."""
    from armchair.training.config import TeachConfig

    return TeachConfig(num_envs=chosen.num_envs, rollout=chosen.rollout, ppo=chosen.ppo)


def _continued(path: Path, task: str) -> tuple[Agent, TeachConfig]:
    """A run's policy, and the settings that it was trained by."""
    from armchair.agents.saved import load_policy
    from armchair.rundir import RunDir
    from armchair.training.configs import from_run

    run = RunDir.open(path)
    agent, info = load_policy(run)
    if info.task != task:
        raise InvalidInput(f"{path} has a policy for {info.task}, not for {task}: train {info.task} instead")
    return agent, replace(from_run(run.config()), policy="")


def _train(args: Args, plan: Plan, env: Env, report: Report) -> tuple[RunDir, Evaluation, int]:
    from armchair.agents.saved import PolicyInfo, save_policy
    from armchair.envs.arm_env import ArmEnv
    from armchair.evaluate import evaluate
    from armchair.rundir import RunDir
    from armchair.training.metrics_log import MetricsLog
    from armchair.training.saved_reward import load_reward
    from armchair.training.teach import layout_of
    from armchair.training.train import TrainConfig, train_on_reward

    config = plan.config
    reward = load_reward(plan.reward, config.task, layout_of(env)).mean if plan.reward else "task"
    agent = plan.agent
    assert agent is not None
    steps = TrainConfig(plan.steps, config.rollout, config.ppo, config.seed)
    name = config.task.replace(":", "-").replace("/", "-")
    run = RunDir.create(args.runs, name, describe(args, plan))
    env_steps = 0
    with MetricsLog(run) as log:
        for progress in train_on_reward(env, steps, agent=agent, reward=reward):
            log.add(record(progress))
            if progress.env_steps * LINES // progress.total_steps > env_steps * LINES // progress.total_steps:
                report.say(line(progress))
            env_steps = progress.env_steps
        where = (config.task, config.engine, config.control, env.obs_dim, env.action_dim)
        save_policy(run, agent, PolicyInfo(*where, agent.net.hidden, env_steps))
        if isinstance(env, ArmEnv):
            env.start_share = 0.0  # what counts is how it does from ordinary starts
        evaluation = evaluate(env, agent.net.best, EPISODES, seed=config.seed + 1_000_000)
        log.add({"env_steps": env_steps, "eval_success": evaluation.success.value})
    return run, evaluation, env_steps


def describe(args: Args, plan: Plan) -> dict[str, Value]:
    """What is written into the run as its configuration."""
    from armchair.training.configs import as_yaml

    whole: dict[str, Value] = {"command": "train", **as_yaml(plan.config), "steps": plan.steps}
    whole |= {"reward_model": str(plan.reward)} if plan.reward else {}
    if args.policy:
        whole["policy"] = str(args.policy)
    else:
        del whole["policy"]
    order = ("command", "task", "engine", "control", "seed", "steps", "reward_model", "policy")
    return {
        name: whole[name]
        for name in (*order, "starts", "demos", "num_envs", "rollout", "ppo")
        if name in whole
    }


def record(progress: Progress) -> dict[str, Value]:
    """A line of the run's metrics."""
    numbers: dict[str, float] = {**progress._asdict(), **progress.update._asdict()}
    del numbers["update"], numbers["total_steps"]
    return {key: None if math.isnan(value) else value for key, value in numbers.items()}


def outcome_line(evaluation: Evaluation, tells: bool) -> str:
    """What came of it; tells: whether the environment says what success is."""
    success, total = evaluation.success, evaluation.total
    if not tells:
        told = f"return {total.value:.1f} ({total.low:.1f} to {total.high:.1f})"
        return f"{told} in {evaluation.episodes} episodes"
    return (
        f"success {success.value:.0%} ({success.low:.0%} to {success.high:.0%}) at the end of "
        f"{evaluation.episodes} episodes, {evaluation.ever.value:.0%} at any time"
    )


def line(progress: Progress) -> str:
    """A line of progress for people."""
    stats = progress.update
    success = "" if math.isnan(progress.success) else f"success {progress.success:4.0%}  "
    return (
        f"{progress.env_steps:>9,} of {progress.total_steps:,} steps  reward {progress.reward:.3f}  "
        f"{success}spread {stats.std:.2f}  KL {stats.kl:.3f}"
    )
