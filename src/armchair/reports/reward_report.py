"""What a run's reward model is worth: next to the true reward on what the policy does, and relearnt from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from armchair.agents.agent import Agent
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput
from armchair.feedback.teachers import true_return
from armchair.maths import generator
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.metrics import Agreement, Reliability, agreement, reliability, spearman, spread
from armchair.rollout.clips import RecentEpisodes
from armchair.rollout.collect import Running, Score, collect
from armchair.runs.folder import RunDir
from armchair.training.fixed_reward import Progress, TrainConfig, train_on_reward
from armchair.types import Clip

EPISODES = 64  # played, about
PAIRS = 500  # cut from them, at most


class Heldout(NamedTuple):
    """Of a run's latest fit: answers predicted by the members that had not seen them."""

    accuracy: float
    nll: float
    ece: float


class RewardReport(NamedTuple):
    """A reward model against an oracle, on pairs of clips of what the policy does as it explores."""

    fresh: Agreement  # with the side of the greater true return
    reliability: Reliability
    rank_correlation: float  # Spearman's, of learned and true returns of the clips
    spread: float  # mean standard deviation between members, in units of reward


def heldout(run: RunDir) -> Heldout | None:
    """The latest held-out figures in the run's metrics; None where nothing was ever held out."""
    for line in reversed(run.metrics()):
        found = [line.get(name) for name in Heldout._fields]
        numbers = [float(value) for value in found if isinstance(value, int | float)]
        if len(numbers) == len(found):
            return Heldout(*numbers)
    return None


def report_reward(config: TeachConfig, agent: Agent, model: RewardEnsemble, seed: int) -> RewardReport:
    """Let the policy play with its noise, cut pairs of clips at random and let an oracle judge them.

    The pairs are of any two clips, not of like starts as many questions are. Raises InvalidInput where the
    policy's clips cannot be told apart.
    """
    rng = generator(seed, "report")
    episodes = play(config, agent, seed, rng)
    pairs = episodes.propose(PAIRS, config.queries.clip_length, rng)
    if not len(pairs.left):
        raise InvalidInput("the policy's clips are all alike or motionless: there is nothing to compare")
    clips = episodes.clips(pairs, rng)
    left, right = _returns([one for one, _ in clips]), _returns([other for _, other in clips])
    target = 0.5 + 0.5 * (right - left).sign()
    probability = model.probability(pairs.left, pairs.right).mean(0)
    both = torch.cat((pairs.left, pairs.right))
    learned = model.clip_values(both).mean(0)
    return RewardReport(
        fresh=agreement(probability, target.float()),
        reliability=reliability(probability, target.float()),
        rank_correlation=spearman(learned, torch.cat((left, right))),
        spread=spread(model(both)),
    )


def play(config: TeachConfig, agent: Agent, seed: int, rng: torch.Generator) -> RecentEpisodes:
    """About `EPISODES` whole episodes of the policy as it explores, in layouts drawn from `seed`."""
    copies = config.queries.film_envs
    env = resolve_task(config.task).make(copies, config.env.on_cpu(), seed=seed)
    try:
        steps = -(-EPISODES // copies) * env.horizon
        episodes = RecentEpisodes(copies, steps, stays=config.env.after_end == "stays")
        running = Running(env.reset(seed))
        collect(env, lambda obs: agent.net.sample(obs, rng), steps, running, watch=episodes.add)
        episodes.give_up()
    finally:
        env.close()
    return episodes


def relearn(
    agent: Agent, config: TeachConfig, reward: Literal["task"] | Score, updates: int, seed: int
) -> Iterator[Progress]:
    """Train `agent`, which knows nothing yet, on a reward that stays as it is, by the run's settings.

    A reward model that only ever rewarded what its own policy did next is found out here: a policy that
    starts elsewhere does not learn from it. Each turn is one update.
    """
    copies, rollout = config.practice.num_envs, config.practice.rollout
    env = resolve_task(config.task).make(copies, config.env.on_cpu(), seed=seed)
    try:
        stays = reward != "task" and config.env.after_end == "stays"
        plan = TrainConfig(updates * copies * rollout, rollout, config.ppo, seed, stays)
        yield from train_on_reward(env, plan, agent=agent, reward=reward)
    finally:
        env.close()


def updates_of(run: RunDir, config: TeachConfig) -> int:
    """How many updates the run's policy has had; those that were planned where nothing tells."""
    done = [line["updates"] for line in run.metrics() if isinstance(line.get("updates"), int)]
    return int(str(done[-1])) if done else config.schedule.updates


def _returns(clips: list[Clip]) -> Tensor:
    """True returns of the clips, float64. -> (n,)."""
    return torch.tensor([true_return(clip) for clip in clips], dtype=torch.float64)
