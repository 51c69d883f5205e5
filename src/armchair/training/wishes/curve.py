"""How much of a wish: what each weight brings and costs, and which one is taken.

The policy plays the same layouts at each weight, without noise. Whether the task is done is told by the
skill's own learned reward at the end of the episode, beside what the skill by itself comes to; the task's
true success is written down for reports, where somebody knows it, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.agents.networks import ActorCritic
from armchair.envs.base import Env, Goals, tells_success
from armchair.maths import generator
from armchair.rewards.motion import with_motion
from armchair.runs.curve import Row
from armchair.training.wishes.reward import WishReward

LAST = 5  # steps at the end of an episode that tell whether the task is done
WORST, BELOW = 0.05, 0.05  # done: not worse than so many of the skill's own episodes end, less so much reward
ROUNDS = 2  # episodes in every copy of the environment that reports come from, at each weight
LOST = 0.5  # of what the skill gets done: where less is, larger weights are not tried
STEPS = 11  # weights of each wish that are tried, from 0 to 1


class Played(NamedTuple):
    """Episodes, one in every copy."""

    end: Tensor  # (N,) the skill's learned reward, its mean over the last steps
    wish: Tensor  # (N, W) learned reward of each wish, its mean over the episode
    success: Tensor | None  # (N,) true, at the end; None where nobody knows


def play(env: Env, net: ActorCritic, weights: Tensor, reward: WishReward, seed: int) -> Played:
    """Let the policy play an episode in every copy at these weights (N, W); the same seed, the same ones.

    What has ended stays as it ended.
    """
    obs, seen, success = begin(env, seed), list[Tensor](), torch.zeros(env.num_envs, dtype=torch.bool)
    over = torch.zeros(env.num_envs, dtype=torch.bool)
    for _ in range(env.horizon):
        step = env.step(net.best(torch.cat((obs, weights), dim=1) if len(net.weights) else obs))
        obs = step.obs
        visible = torch.where(over.unsqueeze(1), seen[-1], step.visible) if seen else step.visible
        seen.append(visible)
        success = torch.where(over, success, step.success)
        over |= step.done
    whole = torch.stack(seen)
    end = reward.skill.mean(whole[-LAST:]).mean(0)
    begins = torch.zeros(whole.shape[:2], dtype=torch.bool)
    begins[0] = True
    wish = reward.wish_rewards(with_motion(whole, reward.skill.layout), begins).mean(0)
    return Played(end, wish, success if tells_success(env) else None)


def begin(env: Env, seed: int) -> Tensor:
    """Episodes in every copy, the same ones for the same seed. -> (N, D)."""
    if isinstance(env, Goals):
        env.reset(seed)
        return env.reset_alike(torch.arange(env.num_envs), generator(seed, "curve"))
    return env.reset(seed)


def least_end(ends: Tensor) -> float:
    """The reward at the end from which on the task counts as done, from those of the skill (N,)."""
    return float(ends.quantile(WORST)) - BELOW


def measure(
    env: Env, net: ActorCritic, skill: ActorCritic, reward: WishReward, seed: int
) -> tuple[float, list[Row]]:
    """What the skill by itself gets done, and a row for each weight: of one wish with the others at 0."""
    wishes = len(net.weights)

    def played(policy: ActorCritic, at: Sequence[float]) -> list[Played]:
        weights = torch.tensor(at).expand(env.num_envs, -1)
        return [play(env, policy, weights, reward, seed + k) for k in range(ROUNDS)]

    alone = played(skill, [0.0] * wishes)
    least = least_end(torch.cat([one.end for one in alone]))
    done = _row([0.0] * wishes, alone, least).done
    rows = [_row([0.0] * wishes, played(net, [0.0] * wishes), least)]
    for line in lines(wishes):
        for at in line:
            rows.append(_row(at, played(net, at), least))
            if rows[-1].done < LOST * done:
                break
    return done, rows


def lines(wishes: int) -> list[list[list[float]]]:
    """The weights that are tried, rising: those of one wish at a time, then all of them together."""
    values = [round(k / (STEPS - 1), 6) for k in range(1, STEPS)]
    single = [
        [[value if k == own else 0.0 for own in range(wishes)] for value in values] for k in range(wishes)
    ]
    return single + ([[[value] * wishes for value in values]] if wishes > 1 else [])


def _row(at: Sequence[float], played: Sequence[Played], least: float) -> Row:
    end = torch.cat([one.end for one in played])
    known = [one.success for one in played if one.success is not None]
    success = float(torch.cat(known).float().mean()) if known else None
    wish = torch.cat([one.wish for one in played]).mean(0)
    return Row(tuple(at), float((end >= least).float().mean()), success, tuple(wish.tolist()))


def chosen(done: float, rows: Sequence[Row], margin: float) -> tuple[float, ...]:
    """The largest weights at which hardly less is done than by the skill alone.

    done: share that the skill gets done; margin: what may be lost of it. Weights of 0 where all lose more.
    With several wishes those are preferred that give each of them as much.
    """
    good = [row.weights for row in rows if row.done >= done - margin]
    return max(good, key=lambda weights: (min(weights), sum(weights)), default=rows[0].weights)
