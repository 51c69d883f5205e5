"""`armchair evaluate`: how well a run's policy does, and how sure that is; what its reward model is worth."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import tyro

from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput
from armchair.jsonable import Json

if TYPE_CHECKING:
    from armchair.agents.agent import Agent
    from armchair.agents.saved import PolicyInfo
    from armchair.config.teach import TeachConfig
    from armchair.evaluate import Evaluation, Interval
    from armchair.rewards.ensemble import RewardEnsemble
    from armchair.runs.folder import RunDir

EXAMPLES = (
    "armchair evaluate runs/reach-001",
    "armchair evaluate runs/push-001 --episodes 500 --json",
    "armchair evaluate runs/reach-001 --engine bullet",
    "armchair evaluate runs/reach-001 --relearn",
)
LAYOUTS = 1_000_000  # added to the seed, so that training has seen none of them


@dataclasses.dataclass(frozen=True)
class Args:
    """Measure the success of a run's policy, without the noise that it explores with.

    Of a run of teaching the reward model is measured too: against the true reward, on clips of the policy
    as it explores. The plot reliability.png is left in the run.
    """

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
    relearn: bool = False
    """Also train two new policies, as long as the run's: on its reward model, and on the true reward."""
    json: bool = False
    """End the output with one JSON object; the other lines go to standard error."""


def main(argv: Sequence[str]) -> int:
    """Evaluates and returns 0."""
    args = parse(Args, "evaluate", argv, EXAMPLES)
    report = Report("evaluate", args.json)
    import torch

    from armchair.agents.saved import load_policy
    from armchair.config.read import from_run
    from armchair.rewards.saved import has_reward, reward_of
    from armchair.runs.folder import RunDir

    torch.set_num_threads(1)
    run = RunDir.open(args.run)
    agent, info = load_policy(run)
    model = reward_of(run, info.task) if has_reward(run) else None
    if args.relearn and model is None:
        raise InvalidInput(
            f"{args.run} has no reward model to relearn from: only runs of `armchair teach` do"
        )
    summary = _success(args, agent, info, report)
    if model is not None:
        config = dataclasses.replace(from_run(run.config()), threads=args.threads)
        summary |= _reward(args, run, config, agent, model, report)
        if args.relearn:
            summary |= _relearn(args, run, config, info, model, report)
    report.finish(summary)
    return 0


class Measured(NamedTuple):
    """What a policy did."""

    found: Evaluation
    tells: bool  # whether the environment says what success is; if not, shares of it mean nothing


def _measure(args: Args, agent: Agent, info: PolicyInfo) -> Measured:
    """The policy's best actions, on layouts that depend on the seed alone."""
    from armchair.config.teach import TeachConfig
    from armchair.envs.foreign.env import tells_success
    from armchair.evaluate import evaluate
    from armchair.training.setup import make_copies

    engine = args.engine or info.engine
    config = TeachConfig(task=info.task, engine=engine, control=info.control, threads=args.threads)
    env = make_copies(config, min(args.num_envs, max(args.episodes, 1)), 0, record=False)
    try:
        found = evaluate(env, agent.net.best, args.episodes, seed=args.seed + LAYOUTS)
        return Measured(found, tells_success(env))
    finally:
        env.close()


def _success(args: Args, agent: Agent, info: PolicyInfo, report: Report) -> dict[str, Json]:
    (found, tells), engine = _measure(args, agent, info), args.engine or info.engine
    total = found.total
    where = "" if ":" in info.task else f", {info.control} control, {engine}"
    report.say(f"{info.task}, {found.episodes} episodes{where}")
    if tells:
        report.say(f"  success at the end   {_share(found.success)}")
        report.say(f"  success at any time  {_share(found.ever)}")
    report.say(f"  return               {total.value:.2f} (95 %: {total.low:.2f} to {total.high:.2f})")
    return {
        "task": info.task,
        "engine": engine,
        "control": info.control,
        "seed": args.seed,
        "episodes": found.episodes,
        "success": found.success.value if tells else None,
        "success_interval": [found.success.low, found.success.high] if tells else None,
        "ever": found.ever.value if tells else None,
        "ever_interval": [found.ever.low, found.ever.high] if tells else None,
        "return": total.value,
        "return_interval": [total.low, total.high],
    }


def _share(figure: Interval) -> str:
    return f"{figure.value:.1%} (95 %: {figure.low:.1%} to {figure.high:.1%})"


# ---- the reward model


def _reward(
    args: Args, run: RunDir, config: TeachConfig, agent: Agent, model: RewardEnsemble, report: Report
) -> dict[str, Json]:
    """The reward model against the answers and against an oracle."""
    from armchair.reports.reward_report import heldout, report_reward
    from armchair.rewards.metrics import plot_reliability

    out: dict[str, Json] = {}
    held = heldout(run)
    report.say("reward model")
    if held is not None:
        report.say(f"  answers held out     {_agreement(held.accuracy, held.nll, held.ece)}")
        out |= {f"heldout_{name}": value for name, value in held._asdict().items()}
    try:
        found = report_reward(config, agent, model, args.seed + LAYOUTS)
    except InvalidInput as error:
        report.say(f"  {error}")
        return out
    fresh, plot = found.fresh, run.path / "reliability.png"
    plot_reliability(found.reliability, plot)
    report.say(f"  {fresh.answers} fresh pairs      {_agreement(fresh.accuracy, fresh.nll, fresh.ece)}")
    report.say(f"  rank correlation     {found.rank_correlation:.3f} of learned and true returns of clips")
    report.say(f"  spread               {found.spread:.3f} between members, in units of reward")
    report.say(f"  reliability          {plot}")
    return out | {
        "pairs": fresh.answers,
        "accuracy": fresh.accuracy,
        "nll": fresh.nll,
        "ece": fresh.ece,
        "rank_correlation": found.rank_correlation,
        "spread": found.spread,
        "reliability": str(plot),
    }


def _agreement(accuracy: float, nll: float, ece: float) -> str:
    return f"accuracy {accuracy:.1%}, NLL {nll:.3f} (a coin has 0.693), calibration error {ece:.3f}"


def _relearn(
    args: Args, run: RunDir, config: TeachConfig, info: PolicyInfo, model: RewardEnsemble, report: Report
) -> dict[str, Json]:
    """New policies from scratch: on the reward model, and on the true reward for as many steps."""
    from armchair.reports.reward_report import updates_of

    updates = updates_of(run, config)
    learned = _anew(args, config, info, model, updates)
    true = _anew(args, config, info, None, updates)
    steps = updates * config.num_envs * config.rollout
    report.say(f"new policies, {steps:,} environment steps each")
    out: dict[str, Json] = {"relearn_env_steps": steps}
    for name, what, (found, tells) in (
        ("relearn", "reward model", learned),
        ("true_reward", "true reward", true),
    ):
        told = f"success {_share(found.success)}, " if tells else ""
        report.say(f"  on the {what:<14}{told}return {found.total.value:.2f}")
        out[f"{name}_success"] = found.success.value if tells else None
        out[f"{name}_interval"] = [found.success.low, found.success.high] if tells else None
        out[f"{name}_return"] = found.total.value
    return out


def _anew(
    args: Args, config: TeachConfig, info: PolicyInfo, model: RewardEnsemble | None, updates: int
) -> Measured:
    """A policy trained from scratch on the model, or on the true reward, and evaluated as the run's was."""
    from rich.console import Console
    from rich.progress import track

    from armchair.agents.ppo import make_agent
    from armchair.maths import generator
    from armchair.reports.reward_report import relearn

    seed = config.seed + args.seed + 1  # another start than the run's
    agent = make_agent(info.obs_dim, info.action_dim, config.ppo, generator(seed, "network"))
    turns = relearn(agent, config, "task" if model is None else model.mean, updates, seed)
    console = Console(file=sys.stderr)
    told = f"a new policy on the {'true reward' if model is None else 'reward model'}"
    for _ in track(turns, told, total=updates, console=console, disable=not console.is_terminal):
        pass
    return _measure(args, agent, info)
