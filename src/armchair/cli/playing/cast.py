"""Who plays what, and where."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import torch

from armchair.agents.agent import Agent
from armchair.agents.saved import load_policy
from armchair.cli.locate import admit, admit_run, find_run
from armchair.cli.playing.args import Args
from armchair.cli.wishes.weights import read_weights, use_weights
from armchair.config.arms import chosen_arm
from armchair.config.points import env_of
from armchair.engines import cpu_engine
from armchair.envs.base import Demonstrable, Env, Policy
from armchair.envs.spec import EnvConfig, TaskSpec, is_foreign, resolve_task
from armchair.errors import InvalidInput, check_choice
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.runs.trust import gate, named_in
from armchair.store.wishes import run_wish
from armchair.tasks import TASKS

POLICIES = ("random", "scripted")
ONNX = ".onnx"


class Cast(NamedTuple):
    """Who plays what."""

    spec: TaskSpec
    config: EnvConfig
    policy: str  # one of POLICIES, or a run's folder
    agent: Agent | None  # of a run
    wish: str | None = None  # that its policy was taught, if it is another than the task's
    weights: Mapping[str, float] = MappingProxyType({})  # of the wishes that the policy has as inputs
    act: Policy | None = None  # of a file that other programs run, too


def choose(args: Args) -> Cast:
    """What the arguments come to; a run's policy brings the task, engine and control that it knows."""
    what, policy, control = args.what, args.policy, args.control
    for word in (what, policy):
        if word is not None and Path(word).suffix == ONNX and word not in TASKS:
            return _of_file(args, Path(word))
    if not Path(what).is_dir():
        gate.allow(what)  # a task, which was typed
    if Path(what).parent != Path() and not is_foreign(what):
        find_run(Path(what))
    folder = what if Path(what).is_dir() and what not in TASKS else policy
    if folder is not None and folder not in POLICIES:
        if what in TASKS and not Path(folder).is_dir():
            check_choice("policy (or a run's folder)", folder, POLICIES)
        return _of_run(args, Path(folder))
    spec = resolve_task(what)
    scripted = spec.offers(Demonstrable)
    chosen = policy or ("scripted" if scripted else "random")
    if chosen == "scripted" and not scripted:
        raise InvalidInput(f"nobody has written a policy for {what}: use --policy random")
    if chosen == "scripted" and control not in (None, "tool"):
        raise InvalidInput("the scripted policy drives the tool: use --control tool, or --policy random")
    if args.wish_weight:
        raise InvalidInput(f"--wish-weight goes with a run's policy: the {chosen} one has no wishes")
    arm = args.arm or ""
    config = EnvConfig(engine=args.engine or "mujoco", control=control or "tool", arm=arm)
    return Cast(spec, spec.settle(config, find=False) if arm else config, chosen, None)


def _of_run(args: Args, folder: Path) -> Cast:
    run = RunDir.open(folder)
    admit_run(run, trust=args.trust)
    agent, info = load_policy(run)
    if Path(args.what) != folder and args.what != info.task:
        raise InvalidInput(f"the policy in {folder} has learnt {info.task}, not {args.what}")
    if args.control not in (None, info.control):
        raise InvalidInput(f"the policy in {folder} has learnt with --control {info.control}")
    arm = chosen_arm(args.arm, info)
    config = env_of(
        run, EnvConfig(engine=args.engine or cpu_engine(info.engine), control=info.control, arm=arm)
    )
    weights = use_weights(args.wish_weight, run, agent, info)
    return Cast(resolve_task(info.task), config, str(folder), agent, run_wish(run), weights)


def _of_file(args: Args, file: Path) -> Cast:
    from armchair.exchange.deploy.playing import OnnxPolicy

    found = OnnxPolicy(file)
    about = found.about
    if args.what == str(file) and args.policy not in (None, str(file)):
        raise InvalidInput(f"{file} is a policy already: leave out --policy {args.policy}")
    if args.what not in (str(file), about.task):
        raise InvalidInput(f"the policy in {file} has learnt {about.task}, not {args.what}")
    if args.control not in (None, about.control):
        raise InvalidInput(f"the policy in {file} has learnt with --control {about.control}")
    admit(file, named_in({"task": about.task}), trust=args.trust)
    found.weigh(read_weights(args.wish_weight, about.asked, file))
    if args.arm is not None and args.arm != about.arm and about.control != "tool":
        raise InvalidInput(f"the policy in {file} moves the joints of its own arm: leave out --arm")
    arm = about.arm if args.arm is None else args.arm
    plain = EnvConfig(engine=args.engine or cpu_engine(about.engine), control=about.control, arm=arm)
    config = about.env.onto(plain)
    return Cast(resolve_task(about.task), config, str(file), None, about.wish, found.weights, act=found)


def weighed(cast: Cast) -> dict[str, Json]:
    """The weights of wishes by which the policy acts, for a summary; nothing where it has none."""
    return {"weights": dict(cast.weights)} if cast.weights else {}


def policy_of(cast: Cast, env: Env, seed: int) -> Policy:
    """The policy that was chosen; a run's acts without the noise it explored with."""
    if cast.agent is not None:
        return cast.agent.net.best
    if cast.act is not None:
        return cast.act
    if cast.policy == "scripted" and isinstance(env, Demonstrable):
        solution = env
        return lambda _: solution.script()
    rng, size = generator(seed, "play"), env.action_dim
    return lambda obs: 2.0 * torch.rand(len(obs), size, generator=rng) - 1.0
