"""`armchair evaluate`: how well a run's policy does, and how sure that is; what its reward model is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from armchair.cli.flags import JsonFlag, TrustFlag, WishFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput

EXAMPLES = (
    "armchair evaluate runs/reach-001",
    "armchair evaluate runs/push-001 --episodes 500 --json",
    "armchair evaluate runs/reach-001 --engine bullet",
    "armchair evaluate runs/reach-001 --relearn",
    "armchair evaluate runs/lift-001 --wish-weight carry_high=0.4",
)


@dataclass(frozen=True)
class Args(WishFlag, TrustFlag, JsonFlag):
    """Measure the success of a run's policy, without the noise that it explores with.

    Of a run of teaching the reward model is measured too: against the true reward, on clips of the policy
    as it explores. The plot reliability.png is left in the run. Of a run that was taught another wish than
    the task's (a question of its own, a style alone) only the answers are measured that the model predicts.
    """

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    episodes: int = 100
    """How many whole episodes."""
    seed: int = 0
    """Fixes what stands where; other layouts than in training."""
    arm: str | None = None
    """Try it on another arm: a YAML, MJCF or URDF; "" for the built-in one."""
    engine: str | None = None
    """Another simulator than the policy was trained in."""
    num_envs: int = 100
    """Copies simulated together, at most one an episode."""
    threads: int = 1
    """Simulation threads, 0 for one a core."""
    relearn: bool = False
    """Also train two new policies, as long as the run's: on its reward model, and on the true reward."""


def main(argv: Sequence[str]) -> int:
    """Evaluates and returns 0."""
    args = parse(Args, "evaluate", argv, EXAMPLES)
    report = Report("evaluate", args.json)
    import torch

    from armchair.agents.saved import load_policy
    from armchair.cli.evaluating import Trial, measure_policy, measure_relearned, measure_reward, other_wish
    from armchair.cli.locate import admit_run
    from armchair.cli.wishes.weights import use_weights
    from armchair.config.arms import chosen_arm
    from armchair.config.points import env_of
    from armchair.config.read import from_run
    from armchair.envs.spec import EnvConfig
    from armchair.rewards.saved import has_reward, reward_of
    from armchair.runs.folder import RunDir
    from armchair.store.wishes import run_wish

    torch.set_num_threads(1)
    run = RunDir.open(args.run)
    admit_run(run, trust=args.trust)
    agent, info = load_policy(run)
    weights = use_weights(args.wish_weight, run, agent, info)
    model = reward_of(run, info.task) if has_reward(run) else None
    if args.relearn and model is None:
        raise InvalidInput(
            f"{args.run} has no reward model to relearn from: only runs of `armchair teach` do"
        )
    where = args.engine or info.engine, info.control, chosen_arm(args.arm, info), args.threads
    env = env_of(run, EnvConfig(*where) if args.engine else EnvConfig(*where).on_cpu())
    copies = min(args.num_envs, max(args.episodes, 1))
    trial = Trial(info, env, args.episodes, copies, args.seed)
    wish = run_wish(run)
    if wish is not None:
        if args.relearn:
            raise InvalidInput(f'{args.run} was taught "{wish}", which the true reward does not measure')
        report.finish(other_wish(trial, run, wish, report))
        return 0
    summary = measure_policy(trial, agent, report, weights)
    if model is not None:
        config = from_run(run.config())
        config = replace(config, env=replace(config.env, threads=args.threads))
        summary |= measure_reward(trial, run, config, agent, model, report)
        if args.relearn:
            summary |= measure_relearned(trial, run, config, model, report)
    report.finish(summary)
    return 0
