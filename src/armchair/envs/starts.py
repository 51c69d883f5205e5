"""Start states along a solution: a curriculum in which some episodes begin half-way through the task.

Their share shrinks as ordinary episodes succeed, to nothing when all of them do. They carry knowledge of the
task into training, so every figure that uses them says so. Evaluations never do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.envs.arm_env import ArmEnv

BINS = 8  # stages of the task, equal shares of its reward's range
EPISODES = 256  # scripted ones that the states come from
SKILL_RATE = 0.01  # of the running mean of ordinary success: about the last hundred episodes
AFTER = 5  # steps kept after an episode has succeeded: how it looks when it is done
NOISE = 0.3  # standard deviation of what is added to the script's actions, so that the states differ

Moment = tuple[Tensor, Tensor, Tensor]  # rows of the engine's snapshot, goals, rewards


class Starts(NamedTuple):
    """S states that an episode may begin from, of one engine and task, for any control mode, by stage."""

    engine: Tensor  # (S, E) rows of the engine's snapshot
    goal: Tensor  # (S, 3)
    stage: Tensor  # (S,) int64 in [0, BINS)

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Rows of n states: a stage is drawn first, so that each stage comes as often. -> (n,) int64."""
        counts = torch.bincount(self.stage, minlength=BINS)
        stages = counts.nonzero().squeeze(1)
        first = counts.cumsum(0) - counts
        chosen = stages[torch.randint(0, len(stages), (n,), generator=rng)]
        within = (torch.rand(n, generator=rng) * counts[chosen]).long()
        return first[chosen] + within


def scripted_starts(env: ArmEnv, episodes: int, seed: int) -> Starts:
    """States along episodes that the task's script solved, with some noise in what it does.

    env is left in the middle of an episode: reset it afterwards. Episodes that failed are left out.
    Raises InvalidInput when none succeeded, or where the script cannot drive the arm (control "joint").
    """
    rng = torch.Generator().manual_seed(seed)
    kept: list[Moment] = []
    rounds = -(-episodes // env.num_envs)
    for round_ in range(rounds):
        kept += _one_round(env, seed + round_, rng)
    if not kept:
        raise InvalidInput(f"the script of {env.task.name} solved none of {episodes} episodes")
    engine, goal, reward = (torch.cat(parts) for parts in zip(*kept, strict=True))
    low, high = reward.min(), reward.max().clamp_min(reward.min() + 1e-6)
    stage = (BINS * (reward - low) / (high - low)).long().clamp(0, BINS - 1)
    order = stage.argsort(stable=True)
    return Starts(engine[order], goal[order], stage[order])


def _one_round(env: ArmEnv, seed: int, rng: torch.Generator) -> list[Moment]:
    """One episode of every copy. -> for each moment, rows of those that succeeded in the end."""
    env.reset(seed)
    moments: list[Moment] = []
    solved_for = torch.zeros(env.num_envs)
    wanted: list[Tensor] = []
    success = torch.zeros(env.num_envs, dtype=torch.bool)
    ended = torch.zeros(env.num_envs, dtype=torch.bool)
    for _ in range(env.horizon):
        action = env.script()
        noise = NOISE * torch.randn(action.shape, generator=rng)
        noise[:, 3:] = 0.0  # the gripper does as the script says
        step = env.step(action + noise)
        success = torch.where(ended, success, step.success)
        ended |= step.done
        if bool(ended.all()):
            break
        now = env.snapshot()
        solved_for = torch.where(step.success, solved_for + 1, torch.zeros(()))
        moments.append((now.engine, now.goal, step.reward))
        wanted.append(~ended & (solved_for <= AFTER))
    return [
        (engine[rows], goal[rows], reward[rows])
        for (engine, goal, reward), want in zip(moments, wanted, strict=True)
        if bool((rows := want & success).any())
    ]
