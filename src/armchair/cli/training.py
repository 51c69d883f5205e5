"""What `train` and `resume` share: going through a run of training, showing how it goes, what came of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch

from armchair.agents.agent import Agent
from armchair.cli.report import Report
from armchair.config.read import from_run
from armchair.config.teach import TeachConfig
from armchair.envs.arm_env import ArmEnv
from armchair.envs.base import Env
from armchair.envs.demonstrations import Demo
from armchair.envs.foreign.env import tells_success
from armchair.errors import RunError
from armchair.evaluate import Evaluation, evaluate
from armchair.jsonable import Json
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.saved import load_reward
from armchair.runs.folder import RunDir
from armchair.training.demonstrations import Lessons, along_demos, demos_of, keep_demos
from armchair.training.fixed_reward import Progress, TrainConfig, Training, new_agent
from armchair.training.fixed_reward_run import GIVEN_REWARD, at_work, train
from armchair.training.setup import layout_of, make_copies

EPISODES = 100  # of the evaluation at the end
LINES = 20  # about as many lines of progress


class Plan(NamedTuple):
    """What is to be done."""

    config: TeachConfig  # of which the environment, the seed and how to learn count
    steps: int
    reward: Path | None  # of the reward model; None for the task's own reward
    agent: Agent | None = None  # to go on with; None until a new one is made


def begin(plan: Plan, runs: Path, about: dict[str, Json], report: Report) -> int:
    """Train in a new folder below `runs`, which is made once all is known to fit. -> as `_go_through`.

    about: what is written into the run as its configuration.
    """
    config = plan.config
    demos = demos_of(config)
    env = _copies(config, demos)
    try:
        model = _model(plan, env)
        agent = plan.agent
        if agent is None:
            agent = new_agent(env, config.ppo, config.seed)
            Lessons(config, demos).prepare(agent)
        training = _training(plan, env, agent, model)
        run = RunDir.create(runs, config.task.replace(":", "-").replace("/", "-"), about)
        keep_demos(run, config, demos)
        if model is not None:
            model.save(run.path / GIVEN_REWARD)
        return _go_through(run, plan, training, env, report, resume=False)
    finally:
        env.close()


def go_on(run: RunDir, report: Report) -> int:
    """Go on with a run of `armchair train`, by what is in its folder. -> as `_go_through`."""
    saved = run.config()
    steps, reward = saved.get("steps"), run.path / GIVEN_REWARD
    if not isinstance(steps, int):
        raise RunError(f"{run.config_file} does not say for how many steps to train")
    config = replace(from_run(saved), policy="")
    plan = Plan(config, steps, reward if "reward_model" in saved else None)
    env = _copies(config, demos_of(config, run))
    try:
        training = _training(plan, env, new_agent(env, config.ppo, config.seed), _model(plan, env))
        return _go_through(run, plan, training, env, report, resume=True)
    finally:
        env.close()


def _copies(config: TeachConfig, demos: Sequence[Demo]) -> Env:
    torch.set_num_threads(1)  # the networks are small: more threads would only wait for each other
    along = along_demos(config, demos)
    return make_copies(config, config.num_envs, config.seed, record=False, along=along)


def _model(plan: Plan, env: Env) -> RewardEnsemble | None:
    return load_reward(plan.reward, plan.config.task, layout_of(env)) if plan.reward else None


def _training(plan: Plan, env: Env, agent: Agent, model: RewardEnsemble | None) -> Training:
    config = plan.config
    steps = TrainConfig(plan.steps, config.rollout, config.ppo, config.seed)
    return Training(env, steps, agent=agent, reward=model.mean if model else "task")


def _go_through(
    run: RunDir, plan: Plan, training: Training, env: Env, report: Report, *, resume: bool
) -> int:
    """Train to the end, then evaluate; returns 0, or 130 on Ctrl-C."""
    config = plan.config
    try:
        with at_work(run, config, training, resume=resume) as log:
            _watch(train(run, config, training, log), report)
            evaluation = _evaluate(env, training, config.seed)
            if not any("eval_success" in known for known in run.metrics()):  # one that had ended has it
                log.add({"env_steps": training.env_steps, "eval_success": evaluation.success.value})
    except KeyboardInterrupt:
        report.log(f"stopped; `armchair resume {run.path}` goes on from {training.env_steps:,} steps")
        return 130
    tells = tells_success(env)
    report.say(f"{outcome_line(evaluation, tells)}; saved in {run.path}")
    summary = {"task": config.task, "engine": config.engine, "control": config.control, "seed": config.seed}
    success, ever = (found.value if tells else None for found in (evaluation.success, evaluation.ever))
    outcome = {"success": success, "ever": ever, "return": evaluation.total.value}
    outcome |= {"episodes": evaluation.episodes, "env_steps": training.env_steps}
    report.finish({**summary, **outcome, "run": str(run.path)})
    return 0


def _evaluate(env: Env, training: Training, seed: int) -> Evaluation:
    if isinstance(env, ArmEnv):
        env.start_share = 0.0  # what counts is how it does from ordinary starts
    return evaluate(env, training.agent.net.best, EPISODES, seed=seed + 1_000_000)


def _watch(going: Iterator[Progress], report: Report) -> None:
    """Train, with a line now and then."""
    told = 0
    for progress in going:
        reached = progress.env_steps * LINES // progress.total_steps
        if reached > told:
            report.say(line(progress))
        told = reached


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
