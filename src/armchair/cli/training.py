"""What `train` and `resume` share: training in a run's folder, its progress, its evaluation at the end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch

from armchair.agents.agent import Agent
from armchair.agents.presets import preset
from armchair.agents.saved import load_policy
from armchair.agents.weighted import without_wishes
from armchair.api.begin import begin_run
from armchair.cli.endings.runs import how_to_go_on
from armchair.cli.endings.told import leaving
from armchair.cli.report import Report
from armchair.cli.tracking.runs import begin_tracked, tracking
from armchair.config.read import as_yaml, from_run, with_flags
from armchair.config.teach import FOREIGN_DEFAULTS, PracticeConfig, TeachConfig
from armchair.envs.base import Demonstrable, Env, tells_success
from armchair.envs.demonstrations import Demo
from armchair.envs.spec import EnvConfig, TaskSpec, is_foreign, resolve_task
from armchair.errors import InvalidInput, RunError
from armchair.evaluate import Evaluation, evaluate
from armchair.jsonable import Json
from armchair.maths import CPU
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.saved import check_layout, read_reward
from armchair.runs.folder import RunDir
from armchair.runs.undisturbed import undisturbed
from armchair.training.demonstrations import Demonstrations, demonstrations_of, keep_demos, start_along
from armchair.training.environments import begin_along
from armchair.training.fixed_reward import Progress, TrainConfig, Training, new_agent
from armchair.training.fixed_reward_run import GIVEN_REWARD, at_work, begin, train

EPISODES = 100  # of the evaluation at the end
LINES = 20  # about as many lines of progress


class GivenReward(NamedTuple):
    """A reward model to learn from, in place of the task's own reward."""

    path: Path
    model: RewardEnsemble


class Plan(NamedTuple):
    """What is to be done."""

    config: TeachConfig  # of which the environment, the seed and how to learn count
    steps: int
    reward: GivenReward | None
    agent: Agent | None = None  # to go on with; None until a new one is made
    policy: Path | None = None  # the run that the agent is from
    trackers: tuple[str, ...] = ()  # that the run is told to


def config_of(task: str) -> TeachConfig:
    """The settings that a task's preset has."""
    chosen = preset(task)
    practice = PracticeConfig(num_envs=chosen.num_envs, rollout=chosen.rollout)
    env = FOREIGN_DEFAULTS.env if is_foreign(task) else EnvConfig()
    return TeachConfig(env=env, practice=practice, ppo=chosen.ppo)


def policy_to_continue(path: Path, task: str) -> tuple[Agent, TeachConfig]:
    """A run's policy, at the weights of its wishes if it has any, and the settings that it was trained by."""
    run = RunDir.open(path)
    agent, info = load_policy(run)
    if info.task != task:
        raise InvalidInput(f"{path} has a policy for {info.task}, not for {task}: train {info.task} instead")
    return without_wishes(agent), replace(from_run(run.config()), policy="")


def _described(plan: Plan) -> dict[str, Json]:
    """What is written into the run as its configuration."""
    shown = plan.config.demonstrations
    whole: dict[str, Json] = {**as_yaml(plan.config), "command": "train", "steps": plan.steps}
    whole["reward_model"] = None if plan.reward is None else str(plan.reward.path)
    whole["policy"] = None if plan.policy is None else str(plan.policy)
    whole["demonstrations"] = {"source": shown.source, "starts": shown.starts}
    names = ("command", "task", "seed", "steps", "reward_model", "policy")
    names += ("env", "practice", "demonstrations", "ppo")
    return {name: whole[name] for name in names if whole[name] is not None}


def start_training(plan: Plan, runs: Path, report: Report) -> int:
    """Train in a new folder below `runs`, which is made once all is known to fit. -> as `_train`."""
    config, spec = plan.config, resolve_task(plan.config.task)
    demos = demonstrations_of(spec, config)
    env = _copies(spec, config, demos)
    try:
        agent = plan.agent
        if agent is None:
            agent = new_agent(env, config.ppo, config.seed)
            Demonstrations(config, demos, env.device).prepare(agent)
        training = _training(plan, env, agent)
        with undisturbed():  # until there is a checkpoint nothing can be gone on with
            run = begin_run(runs, spec.slug, _described(plan))
            begin_tracked(run, plan.trackers)
            keep_demos(run, config, demos)
            if plan.reward is not None:
                plan.reward.model.save(run.path / GIVEN_REWARD, config.task)
            begin(run, config, training)
        return _train(run, plan, training, env, report, resume=False)
    finally:
        env.close()


def resume_training(run: RunDir, report: Report, ray: str = "") -> int:
    """Go on with a run of `armchair train`, by what is in its folder. -> as `_train`.

    ray: the address of a Ray cluster in place of the one that the run was on.
    """
    saved = run.config()
    steps, path = saved.get("steps"), run.path / GIVEN_REWARD
    if not isinstance(steps, int):
        raise RunError(f"{run.config_file} does not say for how many steps to train")
    config = on_cluster(replace(from_run(saved), policy=""), ray)
    reward = GivenReward(path, read_reward(path)) if "reward_model" in saved else None
    plan, spec = Plan(config, steps, reward), resolve_task(config.task)
    env = _copies(spec, config, demonstrations_of(spec, config, run))
    try:
        training = _training(plan, env, new_agent(env, config.ppo, config.seed))
        return _train(run, plan, training, env, report, resume=True)
    finally:
        env.close()


def on_cluster(config: TeachConfig, ray: str) -> TeachConfig:
    """The configuration of a run that goes on with its copies on another Ray cluster; "": on its own."""
    return with_flags(config, {"env.ray": ray or None})


def _copies(spec: TaskSpec, config: TeachConfig, demos: Sequence[Demo]) -> Env:
    torch.set_num_threads(1)  # the networks are small: more threads would only wait for each other
    env = spec.make(config.practice.num_envs, config.env, seed=config.seed)
    begin_along([env], start_along(spec, config, demos), config.demonstrations.starts)
    return env


def _training(plan: Plan, env: Env, agent: Agent) -> Training:
    """Raises InvalidInput where the reward model sees something else than the environment shows."""
    config, reward = plan.config, plan.reward
    if reward is not None:
        check_layout(reward.model, reward.path, config.task, env.layout)
    stays = reward is not None and config.env.after_end == "stays"
    steps = TrainConfig(plan.steps, config.practice.rollout, config.ppo, config.seed, stays)
    score = "task" if reward is None else reward.model.to(env.device).mean
    return Training(env, steps, agent=agent, reward=score)


def _train(run: RunDir, plan: Plan, training: Training, env: Env, report: Report, *, resume: bool) -> int:
    """Train to the end, then evaluate; returns 0."""
    config = plan.config
    with (
        tracking(run) as track,
        leaving(lambda: how_to_go_on(run)),
        at_work(run, config, training, resume=resume, track=track) as log,
    ):
        with closing(train(run, config, training, log)) as turns:
            _watch(turns, report)
        evaluation = _evaluate(env, training, config)
        if not any("eval_success" in known for known in run.metrics()):  # one that had ended has it
            log.add({"env_steps": training.env_steps, "eval_success": evaluation.success.value})
    tells = tells_success(env)
    report.say(f"{outcome_line(evaluation, tells)}; saved in {run.path}")
    summary = {"task": config.task, "engine": config.env.engine, "control": config.env.control}
    success, ever = (found.value if tells else None for found in (evaluation.success, evaluation.ever))
    outcome = {"success": success, "ever": ever, "return": evaluation.total.value}
    outcome |= {"episodes": evaluation.episodes, "env_steps": training.env_steps}
    report.finish({**summary, "seed": config.seed, **outcome, "run": str(run.path)})
    return 0


def _evaluate(env: Env, training: Training, config: TeachConfig) -> Evaluation:
    """In the copies of the training, or on the CPU where those are elsewhere."""
    act, seed = training.agent.net.to(CPU).best, config.seed + 1_000_000
    if env.device != CPU:
        spec = resolve_task(config.task)
        with closing(spec.make(spec.copies_for(EPISODES), config.env.on_cpu(), seed=seed)) as report:
            return evaluate(report, act, EPISODES, seed)
    if isinstance(env, Demonstrable) and env.starts is not None:
        env.starts.set_share(0.0)  # what counts is how it does from ordinary starts
    return evaluate(env, act, EPISODES, seed)


def _watch(turns: Iterator[Progress], report: Report) -> None:
    """Train, with a line now and then."""
    printed = 0
    for progress in turns:
        reached = progress.env_steps * LINES // progress.total_steps
        if reached > printed:
            report.say(line(progress))
        printed = reached


def outcome_line(evaluation: Evaluation, tells: bool) -> str:
    """What came of it; tells: whether the environment says what success is."""
    success, total = evaluation.success, evaluation.total
    if not tells:
        several = f" ({total.low:.1f} to {total.high:.1f})" if evaluation.episodes > 1 else ""
        return f"return {total.value:.1f}{several} in {evaluation.episodes} episodes"
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
