"""How much of a wish: two ways to find one amount, beside the weights as inputs that runs of wishes have.

    wish_amounts.py runs/pick_place-001 --styles carry_high place_gently --seeds 2

The style itself is in the place of what answers teach, as in `wishes.py`, so that only the amount is in
question. All go on from the skill's policy for as many updates and are checked on the same layouts without
noise, where *done* is told by the skill's learned reward and at most two points of it may be lost.

* inputs    the policy takes the weight as an input, and the largest that keeps the task done is taken.
* ramp      the odds of the wish's share grow by 1.3 after every fourth update that keeps the task done; else
            back to the last policy that did, and half of the odds.
* multiplier  the odds follow a Lagrange multiplier: its logarithm rises by the share done that is missing.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from _workers import add_workers, in_order
from torch import Tensor
from wishes import TrueStyle, attainable, outcome
from wishes import play as seen_of

from armchair.agents.agent import Agent
from armchair.agents.networks import ActorCritic
from armchair.agents.saved import load_policy
from armchair.config.on_skill import asked_of, on_skill
from armchair.config.read import from_run
from armchair.config.teach import TeachConfig
from armchair.envs.arm_env import make_env
from armchair.envs.base import Env
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.policy_learner import PolicyLearner
from armchair.training.setup import make_trainer
from armchair.training.wishes.curve import ROUNDS, least_end, play

CHECK = 4  # updates between two checks
ODDS, UP, DOWN = 0.5, 1.3, 0.5  # of the wish's share to begin with, and what they are multiplied by
STEP = 8.0  # of the multiplier's logarithm, for each share of the episodes that is missing


class FromSkill(PolicyLearner):
    """Goes on from a policy, without inputs besides."""

    def __init__(self, config: TeachConfig, env: Env, skill: ActorCritic) -> None:
        self._skill = skill
        ppo = replace(config.ppo, target_kl=config.wishes.target_kl)
        super().__init__(replace(config, ppo=ppo), env)

    def _know_nothing(self, seed: int) -> None:
        net = copied(self._skill)
        net.log_std.clamp_(min=math.log(self.config.wishes.least_std))
        self.agent = Agent(net, self.config.ppo.learning_rate)
        self.rngs = {name: generator(seed, name) for name in ("act", "learn")}


def copied(net: ActorCritic) -> ActorCritic:
    """The same policy, which may be changed."""
    other = ActorCritic(net.obs_dim, net.action_dim, net.hidden, 1.0, torch.Generator())
    other.load_tensors({name: value.clone() for name, value in net.tensors().items()})
    return other


class Ramp:
    """Odds that grow while the task is done, and fall with a step back where it is not."""

    def __init__(self, learner: FromSkill) -> None:
        self._learner, self.odds = learner, ODDS
        self._good = copied(learner.agent.net)

    def checked(self, missing: float) -> None:
        """missing: share of the episodes that should have been done, less than 0 where more were."""
        if missing <= 0:
            self._good, self.odds = copied(self._learner.agent.net), UP * self.odds
        else:
            self._learner.agent = Agent(copied(self._good), self._learner.config.ppo.learning_rate)
            self.odds *= DOWN

    @property
    def net(self) -> ActorCritic:
        """The policy that is taken in the end."""
        return self._good


class Multiplier:
    """Odds that fall with a Lagrange multiplier of "the task is done as often"."""

    def __init__(self, learner: FromSkill) -> None:
        self._learner, self.odds = learner, ODDS

    def checked(self, missing: float) -> None:
        """As of `Ramp`."""
        self.odds *= math.exp(-STEP * missing)

    @property
    def net(self) -> ActorCritic:
        """The policy that is taken in the end: the last one."""
        return self._learner.agent.net


def amount(skill: Path, style: str, seed: int, way: Callable[[FromSkill], Ramp | Multiplier]) -> ActorCritic:
    """The policy that one of the ways comes to."""
    base = from_run(RunDir.open(skill).config())
    config = replace(on_skill(base, asked_of((), [style]), {}, str(skill)), seed=seed)
    own = load_policy(RunDir.open(skill))[0].net
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder, "armchair.db")) as store:
        trainer = make_trainer(config, store)
        reward = TrueStyle(config, trainer.reward.skill, store)  # pyright: ignore
        reward.prepare(seen_of(config, own, 64)[0])
        learner = FromSkill(config, trainer.envs.train, own)
        found, report = way(learner), trainer.envs.report

        def ends(net: ActorCritic) -> Tensor:
            none = torch.zeros(report.num_envs, 0)
            return torch.cat([play(report, net, none, reward, seed + k).end for k in range(ROUNDS)])

        alone = ends(own)
        least = least_end(alone)
        wanted = float((alone >= least).float().mean()) - config.wishes.margin
        for update in range(config.schedule.updates):
            rollout, _ = learner.act()
            share = found.odds / (1.0 + found.odds) / config.wishes.most
            weights = torch.full((*rollout.reward.shape, 1), min(share, 1.0))
            scored = reward.score(rollout._replace(obs=torch.cat((rollout.obs, weights), dim=-1)))
            learner.learn(
                rollout._replace(reward=scored.reward),
                new_reward=update == 0,
                critic_only=update < 3,
                imitation=None,
            )
            if update % CHECK == CHECK - 1:
                done = float((ends(learner.agent.net) >= least).float().mean())
                found.checked(wanted - done)
        trainer.envs.close()
    return found.net


def main() -> None:
    """A row for each skill, style, seed and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("skills", nargs="+", type=Path)
    parser.add_argument("--styles", nargs="+", default=["carry_high"])
    parser.add_argument("--seeds", type=int, default=1)
    add_workers(parser)
    args = parser.parse_args()
    torch.set_num_threads(1)
    print("| skill | style | seed | way | success | style, sum over an episode | s |")
    print("|---" * 7 + "|", flush=True)
    seeds = range(args.seeds)
    given = [(skill, style, seed) for skill in args.skills for style in args.styles for seed in seeds]
    in_order(compare, given, args.workers, lambda rows: print("\n".join(rows), flush=True))


def compare(skill: Path, style: str, seed: int) -> list[str]:
    """A row for the skill and for each way."""
    base = from_run(RunDir.open(skill).config())
    names = make_env(base.task).task.points
    ways: dict[str, Callable[[], ActorCritic]] = {
        "skill": lambda: load_policy(RunDir.open(skill))[0].net,
        "inputs": lambda: attainable(skill, [style], seed)[1],
        "ramp": lambda: amount(skill, style, seed, Ramp),
        "multiplier": lambda: amount(skill, style, seed, Multiplier),
    }
    rows: list[str] = []
    for way, found in ways.items():
        began = time.perf_counter()
        net = found()
        seconds = time.perf_counter() - began
        at = outcome(base, net, [style], names)
        figures = f"{at.success:.1%} | {at.style[0]:.2f} | {seconds:.0f}"
        rows.append(f"| {skill.name} | {style} | {seed} | {way} | {figures} |")
    return rows


if __name__ == "__main__":
    main()
