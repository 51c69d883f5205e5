"""Measuring what a run came to: its policy, its reward model, and policies trained anew on that."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track

from armchair.agents.agent import Agent
from armchair.agents.ppo import make_agent
from armchair.agents.saved import PolicyInfo
from armchair.cli.report import Report
from armchair.cli.wishes.weights import told_weights
from armchair.config.teach import TeachConfig
from armchair.envs.base import tells_success
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.errors import InvalidInput, MissingDependency, RunError
from armchair.evaluate import Evaluation, evaluate
from armchair.intervals import Interval
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.reports.reward_report import heldout, relearn, report_reward, updates_of
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.metrics import Reliability, plot_reliability
from armchair.runs.folder import RunDir

LAYOUTS = 1_000_000  # added to the seed, so that training has seen none of them


class Measured(NamedTuple):
    """What a policy did."""

    found: Evaluation
    tells: bool  # whether the environment says what success is; if not, shares of it mean nothing


class Trial(NamedTuple):
    """How policies of a run are measured: by the task's reward and success."""

    info: PolicyInfo
    env: EnvConfig
    episodes: int
    copies: int  # simulated together
    seed: int

    def measure(self, agent: Agent) -> Measured:
        """The policy's best actions, on layouts that depend on the seed alone."""
        env = resolve_task(self.info.task).make(self.copies, self.env)
        try:
            found = evaluate(env, agent.net.best, self.episodes, seed=self.seed + LAYOUTS)
            return Measured(found, tells_success(env))
        finally:
            env.close()


def other_wish(trial: Trial, run: RunDir, wish: str, report: Report) -> dict[str, Json]:
    """Of a run that was taught another wish than the task's: what is known of that. -> for the summary."""
    report.say(f'{trial.info.task}, taught "{wish}": the task\'s success and return say nothing of that')
    summary: dict[str, Json] = {"task": trial.info.task, "engine": trial.env.engine, "wish": wish}
    return {**summary, "control": trial.env.control, **measure_heldout(run, report)}


def measure_heldout(run: RunDir, report: Report) -> dict[str, Json]:
    """How the reward model predicted answers that it had not seen. -> for the summary."""
    held = heldout(run)
    if held is None:
        return {}
    report.say(f"  answers held out     {_agreement(held.accuracy, held.nll, held.ece)}")
    return {f"heldout_{name}": value for name, value in held._asdict().items()}


def measure_policy(
    trial: Trial, agent: Agent, report: Report, weights: Mapping[str, float]
) -> dict[str, Json]:
    """The policy's success and return. weights: of its wishes, by which it acts. -> for the summary."""
    (found, tells), task = trial.measure(agent), trial.info.task
    total, engine, control = found.total, trial.env.engine, trial.env.control
    where = "" if resolve_task(task).foreign else f", {control} control, {engine}"
    report.say(f"{task}, {found.episodes} episodes{where}{told_weights(weights)}")
    if tells:
        report.say(f"  success at the end   {_share(found.success)}")
        report.say(f"  success at any time  {_share(found.ever)}")
    several = f" (95 %: {total.low:.2f} to {total.high:.2f})" if found.episodes > 1 else ""
    report.say(f"  return               {total.value:.2f}{several}")
    summary: dict[str, Json] = {"task": task, "engine": engine, "control": control, "seed": trial.seed}
    summary["episodes"] = found.episodes
    summary |= {"weights": weights} if weights else {}
    shares = {"success": found.success if tells else None, "ever": found.ever if tells else None}
    for name, interval in {**shares, "return": total}.items():
        summary[name] = None if interval is None else interval.value
        summary[f"{name}_interval"] = None if interval is None else [interval.low, interval.high]
    return summary


def measure_reward(
    trial: Trial, run: RunDir, config: TeachConfig, agent: Agent, model: RewardEnsemble, report: Report
) -> dict[str, Json]:
    """The reward model against the answers and against an oracle; leaves the plot. -> for the summary."""
    report.say("reward model")
    summary = measure_heldout(run, report)
    try:
        found = report_reward(config, agent, model, trial.seed + LAYOUTS)
    except InvalidInput as error:
        report.say(f"  {error}")
        return summary
    fresh, plot = found.fresh, _reliability_plot(found.reliability, run, report)
    report.say(f"  {fresh.answers} fresh pairs      {_agreement(fresh.accuracy, fresh.nll, fresh.ece)}")
    report.say(f"  rank correlation     {found.rank_correlation:.3f} of learned and true returns of clips")
    report.say(f"  spread               {found.spread:.3f} between members, in units of reward")
    if plot is not None:
        report.say(f"  reliability          {plot}")
    summary |= {"pairs": fresh.answers, "accuracy": fresh.accuracy, "nll": fresh.nll, "ece": fresh.ece}
    summary |= {"rank_correlation": found.rank_correlation, "spread": found.spread}
    return summary | {"reliability": None if plot is None else str(plot)}


def _reliability_plot(found: Reliability, run: RunDir, report: Report) -> Path | None:
    plot = run.path / "reliability.png"
    try:
        plot_reliability(found, plot)
    except (MissingDependency, RunError) as error:  # the figures are what was asked for
        report.log(f"no plot of the reliability: {error}")
        return None
    return plot


def measure_relearned(
    trial: Trial, run: RunDir, config: TeachConfig, model: RewardEnsemble, report: Report
) -> dict[str, Json]:
    """New policies from scratch: on the reward model, and on the true reward for as many steps."""
    updates = updates_of(run, config)
    learned, true = (_train_anew(trial, config, reward, updates) for reward in (model, None))
    steps = updates * config.practice.num_envs * config.practice.rollout
    report.say(f"new policies, {steps:,} environment steps each")
    summary: dict[str, Json] = {"relearn_env_steps": steps}
    policies = (("relearn", "reward model", learned), ("true_reward", "true reward", true))
    for name, what, (found, tells) in policies:
        success = f"success {_share(found.success)}, " if tells else ""
        report.say(f"  on the {what:<14}{success}return {found.total.value:.2f}")
        summary[f"{name}_success"] = found.success.value if tells else None
        summary[f"{name}_interval"] = [found.success.low, found.success.high] if tells else None
        summary[f"{name}_return"] = found.total.value
    return summary


def _train_anew(trial: Trial, config: TeachConfig, model: RewardEnsemble | None, updates: int) -> Measured:
    """A policy trained from scratch on the model, or on the true reward, and evaluated as the run's was."""
    seed, info = config.seed + trial.seed + 1, trial.info  # another start than the run's
    agent = make_agent(info.obs_dim, info.action_dim, config.ppo, generator(seed, "network"))
    turns = relearn(agent, config, "task" if model is None else model.mean, updates, seed)
    console = Console(file=sys.stderr)
    title = f"a new policy on the {'true reward' if model is None else 'reward model'}"
    for _ in track(turns, title, total=updates, console=console, disable=not console.is_terminal):
        pass
    return trial.measure(agent)


def _share(figure: Interval) -> str:
    return f"{figure.value:.1%} (95 %: {figure.low:.1%} to {figure.high:.1%})"


def _agreement(accuracy: float, nll: float, ece: float) -> str:
    return f"accuracy {accuracy:.1%}, NLL {nll:.3f} (a coin has 0.693), calibration error {ece:.3f}"
