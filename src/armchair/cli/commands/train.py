"""`armchair train`: PPO on the task's own reward, as a yardstick, or on a reward model that is there."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.agents.agent import Agent
    from armchair.agents.presets import Preset
    from armchair.cli.training import Plan
    from armchair.config.teach import TeachConfig
    from armchair.jsonable import Json

EXAMPLES = (
    "armchair train reach",
    "armchair train push --steps 500000 --seed 3 --threads 2",
    "armchair train reach --control joint --json",
    "armchair train reach --reward runs/reach-001",
    "armchair train reach --policy runs/reach-002 --steps 20000",
    "armchair train stack --starts 0.5",
    "armchair train pick_place --demos scripted:20 --starts 0.5",
)


@dataclasses.dataclass(frozen=True)
class Args:
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
    """Trains, evaluates and saves; returns 0, or 130 on Ctrl-C."""
    args = parse(Args, "train", argv, EXAMPLES)
    report = Report("train", args.json)
    from armchair.cli.training import begin

    plan = _plan(args)
    return begin(plan, args.runs, describe(args, plan), report)


def _plan(args: Args) -> Plan:
    """The settings of the file, of the policy's run or of the task, with the flags over them."""
    from armchair.agents.presets import preset
    from armchair.cli.training import Plan
    from armchair.config.read import load_settings, with_flags
    from armchair.rewards.saved import sees_motion

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
    from armchair.config.teach import TeachConfig

    return TeachConfig(num_envs=chosen.num_envs, rollout=chosen.rollout, ppo=chosen.ppo)


def _continued(path: Path, task: str) -> tuple[Agent, TeachConfig]:
    """A run's policy, and the settings that it was trained by."""
    from armchair.agents.saved import load_policy
    from armchair.config.read import from_run
    from armchair.runs.folder import RunDir

    run = RunDir.open(path)
    agent, info = load_policy(run)
    if info.task != task:
        raise InvalidInput(f"{path} has a policy for {info.task}, not for {task}: train {info.task} instead")
    return agent, replace(from_run(run.config()), policy="")


def describe(args: Args, plan: Plan) -> dict[str, Json]:
    """What is written into the run as its configuration."""
    from armchair.config.read import as_yaml

    whole: dict[str, Json] = {"command": "train", **as_yaml(plan.config), "steps": plan.steps}
    whole |= {"reward_model": str(plan.reward)} if plan.reward else {}
    if args.policy:
        whole["policy"] = str(args.policy)
    else:
        del whole["policy"]
    order = ("command", "task", "engine", "control", "seed", "steps", "reward_model", "policy")
    return {
        name: whole[name]
        for name in (*order, "starts", "demos", "motion", "num_envs", "threads", "rollout", "ppo")
        if name in whole
    }
