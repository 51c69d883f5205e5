"""`armchair train`: PPO on the task's own reward, as a baseline, or on a reward model that is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from armchair.cli.flags import PointsFlags, SetupFlags, TrackFlag, TrustFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.cli.training import Plan

EXAMPLES = (
    "armchair train reach",
    "armchair train push --steps 500000 --seed 3 --threads 2",
    "armchair train reach --control joint --json",
    "armchair train reach --reward runs/reach-001",
    "armchair train reach --policy runs/reach-002 --steps 20000",
    "armchair train stack --starts 0.5",
    "armchair train pick_place --demos scripted:20 --starts 0.5",
)


@dataclass(frozen=True)
class Args(PointsFlags, TrustFlag, TrackFlag, SetupFlags):
    """Train a policy on the task's own reward, or on the reward model of an earlier run; nobody is asked.

    The policy is kept in a new folder under --runs; at the end it is evaluated on 100 episodes. After Ctrl-C,
    `armchair resume RUN` goes on.
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
    starts: float | None = None
    """Share of the episodes that begin along a demonstration (along the script's solution without --demos),
    while no ordinary one succeeds; fewer later, none in evaluations. 0 if nothing says otherwise."""
    demos: str | None = None
    """Demonstrations to begin by imitating: scripted:20 for so many by the task's script, lerobot:DIR or
    minari:DIR for the episodes of a data set, or a folder."""
    num_envs: int | None = None
    """Copies of the arm simulated together; the task's preset has a default."""


def main(argv: Sequence[str]) -> int:
    """Trains, evaluates and saves; returns 0, or 130 on Ctrl-C."""
    args = parse(Args, "train", argv, EXAMPLES)
    report = Report("train", args.json)
    from armchair.cli.training import start_training

    return start_training(_plan(args), args.runs, report)


def _plan(args: Args) -> Plan:
    """The settings of the file, of the policy's run or of the task, with the flags over them."""
    from armchair.agents.presets import preset
    from armchair.cli.tracking.runs import check_track
    from armchair.cli.training import GivenReward, Plan, config_of, policy_to_continue
    from armchair.config.points import flags_of_points, settled
    from armchair.config.read import load_settings, with_flags
    from armchair.envs.spec import resolve_task
    from armchair.rewards.saved import load_reward
    from armchair.runs.trust import gate
    from armchair.tasks.base import SPEED

    if args.steps is not None and args.steps < 1:
        raise InvalidInput(f"--steps must be at least 1, got {args.steps}")
    trackers = check_track(args.track)
    gate.allow(args.task, f"ray {args.ray}")  # they were typed
    chosen, given = preset(args.task), args.reward
    agent, config = (
        policy_to_continue(args.policy, args.task) if args.policy else (None, config_of(args.task))
    )
    if args.config is not None:
        settings = load_settings(args.config)
        given = given or settings.reward_model_path
        hidden = agent.net.hidden if agent else settings.config.ppo.hidden
        config = replace(settings.config, ppo=replace(settings.config.ppo, hidden=hidden))
    trained = config.env.control
    names = ("task", "seed", "engine", "device", "control", "arm", "num_envs", "threads", "workers")
    names += ("ray",)
    names += ("starts", "demos")
    flags = {name: getattr(args, name) for name in names}
    config = with_flags(config, flags | flags_of_points(args.points, args.scalars))
    reward = None if given is None else GivenReward(given, load_reward(given, args.task))
    if reward is not None and any(name.endswith(SPEED) for name in reward.model.layout.scalars):
        config = replace(config, env=replace(config.env, motion=True))
    resolve_task(config.task).check(config.env, rewarded=given is None)
    config = settled(config, given)
    if agent is not None and config.env.control != trained:
        raise InvalidInput(f"{args.policy} has a policy for {trained} control: leave out --control")
    steps = chosen.steps if args.steps is None else args.steps
    return Plan(config, steps, reward, agent, args.policy, trackers)
