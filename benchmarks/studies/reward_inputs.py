"""How many answers a reward model needs, by what it looks at: offline, without any learning of behaviour.

    python benchmarks/studies/reward_inputs.py --tasks reach push --answers 20 50 100 200 --seeds 5

Clips of 10 steps are cut from episodes between random motion and the scripted solver; an oracle answers
uniformly drawn pairs by the sum of the task's reward. Rows report, on episodes of other seeds:
`all` and `near` rank correlation of clip returns, over all clips and over the best 30 %; `pairs` accuracy
among the latter; `peak` where the learned reward is highest, as the distance in cm from where it should be,
over 24 scenes (reach: the tool anywhere; push: the block anywhere on the table, the tool behind it;
pick_place: the held block anywhere): median over all, then the worst seed's 95 % quantile.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import torch
from _workers import add_workers, in_order
from torch import Tensor

from armchair.envs.arm_env import make_env
from armchair.maths import generator
from armchair.rewards.ensemble import RewardConfig, RewardEnsemble
from armchair.rewards.fit import fit
from armchair.rewards.metrics import agreement, spearman
from armchair.rewards.relations import CHOSEN, PRIOR
from armchair.tasks import get_task
from armchair.types import PreferenceBatch

LENGTH, WINDOW = 10, 25  # steps in a clip; in the stretches that clips are drawn from
LOW, HIGH = (0.40, -0.45, 0.02), (0.80, 0.45, 0.50)  # m, where peaks are looked for
ROUNDS = (0.08, 0.025, 0.008)  # m, the search around the best place found so far
WAYS = {
    "reach": ("tool-goal:way",),
    "push": ("tool-block_a:way", "block_a-goal:way", "tool-block_a-goal:angle"),
    "pick_place": ("tool-block_a:way", "block_a-goal:way", "opening"),
    "stack": ("tool-block_a:way", "block_a-block_b:way", "opening"),
}
BASE = RewardConfig()
VARIANTS = {
    "relational": BASE,
    "raw": replace(BASE, inputs="raw", drop=0.0),
    "chosen": replace(BASE, inputs="chosen", chosen=("",)),
    "ways": replace(BASE, inputs="chosen", chosen=("",)),  # the displacements alone, chosen by hand
    "no_drop": replace(BASE, drop=0.0),
    "flat_prior": BASE,
    "no_drop_flat_prior": replace(BASE, drop=0.0),
    "long": replace(BASE, min_updates=400, epochs=160.0),
    "long_stopped": replace(BASE, min_updates=400, epochs=160.0, early_stop=20),
    "stopped": replace(BASE, early_stop=5),
    "three_members": replace(BASE, members=3),
    "no_bootstrap": replace(BASE, bootstrap=False),
    "wide": replace(BASE, hidden=128),
}


class Stretches(NamedTuple):
    """Parts of episodes."""

    visible: Tensor  # (E, WINDOW, F)
    reward: Tensor  # (E, WINDOW) the task's own


class Row(NamedTuple):
    """What one fit came to."""

    all: float
    near: float
    pairs: float
    peak_median: float  # cm
    peak_95: float  # cm
    seconds: float


def stretches(task: str, control: str, seed: int, episodes: int) -> Stretches:
    """Smooth random motion mixed with the scripted solver: a third without it, a sixth with it alone."""
    copies = 64
    env = make_env(task, num_envs=copies, control=control, seed=seed)
    rng = generator(seed, "motion")
    visible, reward = [], []
    for _ in range(episodes):
        env.reset()
        share = ((torch.rand(copies, 1, generator=rng) - 1 / 3) * 2).clamp(0.0, 1.0)
        drift = 0.5 * torch.randn(copies, env.action_dim, generator=rng)
        noise = torch.zeros(copies, env.action_dim)
        for _ in range(env.horizon):
            noise = 0.8 * noise + 0.6 * torch.randn(noise.shape, generator=rng)
            action = 0.7 * noise + drift
            if control == "tool":
                action = share * env.script() + (1 - share) * action
            step = env.step(action)
            visible.append(step.visible)
            reward.append(step.reward)
    env.close()
    seen, worth = (
        torch.stack(x).unflatten(0, (episodes, env.horizon)).transpose(1, 2).flatten(0, 1)
        for x in (visible, reward)
    )
    starts = range(0, env.horizon - WINDOW + 1, max(1, (env.horizon - WINDOW) // 2))
    return Stretches(
        torch.cat([seen[:, s : s + WINDOW] for s in starts]),
        torch.cat([worth[:, s : s + WINDOW] for s in starts]),
    )


def ask(data: Stretches, answers: int, wrong: float, rng: torch.Generator) -> PreferenceBatch:
    """Uniformly drawn pairs of clips, answered by an oracle that errs with probability `wrong`."""
    rows = torch.randint(0, len(data.visible), (2, answers, 1), generator=rng)
    steps = torch.randint(0, WINDOW - LENGTH + 1, (2, answers, 1), generator=rng) + torch.arange(LENGTH)
    clips, returns = data.visible[rows, steps], data.reward[rows, steps].sum(-1)
    target = 0.5 + 0.5 * torch.sign(returns[1] - returns[0])
    target = torch.where(torch.rand(answers, generator=rng) < wrong, 1 - target, target)
    none = torch.zeros(answers, dtype=torch.bool)
    return PreferenceBatch(*clips, target, torch.ones(answers), none, torch.arange(answers))


def goal_of(task: str, state: Tensor) -> Tensor:
    """Where the tool (reach) or the block (push, pick_place) should be in a scene (F,). -> (3,)."""
    return state[3:6] if task == "reach" else state[6:9]


def with_places(task: str, state: Tensor, places: Tensor) -> Tensor:
    """The scene (F,) with its tool or block at each of the places (P, 3). -> (P, F)."""
    scenes = state.repeat(len(places), 1)
    if task == "reach":
        scenes[:, :3] = places
        return scenes
    scenes[:, 3:6] = places
    scenes[:, :3] = places
    if task == "push":
        way = (goal_of(task, state) - places)[:, :2]
        scenes[:, :2] -= 0.037 * way / way.norm(dim=1, keepdim=True).clamp_min(1e-6)
        scenes[:, 9] = 1.0
    else:
        scenes[:, 9], scenes[:, 10] = 0.625, 1.0
    return scenes


def peaks(ensemble: RewardEnsemble, task: str, states: Tensor) -> Tensor:
    """Distances in cm from where the reward is highest to where it should be. Scenes (S, F) -> (S,)."""
    rng = generator(5, "peaks")
    low, high = torch.tensor(LOW), torch.tensor(HIGH)
    if task == "push":
        low[2] = high[2] = 0.025
    found = []
    for state in states:
        places = low + (high - low) * torch.rand(1500, 3, generator=rng)
        for radius in (*ROUNDS, 0.0):
            best = places[ensemble.mean(with_places(task, state, places)).argmax()]
            around = best + radius * (2 * torch.rand(400, 3, generator=rng) - 1)
            places = torch.cat((best.unsqueeze(0), around.clamp(low, high)))
        found.append(100 * (best - goal_of(task, state)).norm())
    return torch.stack(found)


def judge(ensemble: RewardEnsemble, task: str, test: Stretches, seconds: float) -> Row:
    """Against the true reward of episodes that the fit did not see."""
    truth = test.reward[:, :LENGTH].mean(1)
    guess = ensemble.mean(test.visible[:, :LENGTH]).mean(1)
    near = truth >= truth.quantile(0.7)
    pairs = torch.randint(0, int(near.sum()), (2, 4000), generator=generator(0, "pairs"))
    ours, true = (x[near][pairs[1]] - x[near][pairs[0]] for x in (guess, truth))
    found = agreement(torch.sigmoid(ours), 0.5 + 0.5 * torch.sign(true))
    median, high = float("nan"), float("nan")
    if task != "stack":  # its best state is not one place of one thing
        rows = torch.randperm(len(test.visible), generator=generator(0, "scenes"))[:24]
        distances = peaks(ensemble, task, test.visible[rows, 0])
        median, high = float(distances.median()), float(distances.quantile(0.95))
    return Row(
        spearman(guess, truth), spearman(guess[near], truth[near]), found.accuracy, median, high, seconds
    )


@contextmanager
def flat_prior(flat: bool) -> Iterator[None]:
    """All kinds of relations fed equally large."""
    before = dict(PRIOR)
    if flat:
        PRIOR.update(dict.fromkeys(PRIOR, 1.0))
    try:
        yield
    finally:
        PRIOR.update(before)


@cache
def data_of(task: str, control: str) -> list[Stretches]:
    """What fits are made of, and what they are judged by."""
    return [stretches(task, control, seed, n) for seed, n in ((1, 6), (1001, 4))]


def measure(task: str, variant: str, answers: int, seed: int, wrong: float, control: str) -> Row:
    """One fit and its judgement."""
    config, chosen = VARIANTS[variant], WAYS[task] if variant == "ways" else CHOSEN[task]
    if config.inputs == "chosen":
        config = replace(config, chosen=chosen)
    layout = get_task(task).visible_layout
    train, test = data_of(task, control)
    rng = generator(seed, "answers")
    batch = ask(train, answers, wrong, rng)
    reference = train.visible[torch.randperm(len(train.visible), generator=rng)[:200]].flatten(0, 1)
    with flat_prior("flat_prior" in variant):
        began = time.process_time()
        ensemble, _ = fit(batch, reference, layout, config, generator(seed, "fit"))
        return judge(ensemble, task, test, time.process_time() - began)


def main() -> None:
    """One line for each task, variant and number of answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tasks", nargs="+", default=["reach"])
    parser.add_argument("--variants", nargs="+", default=["raw", "relational", "chosen"], choices=VARIANTS)
    parser.add_argument("--answers", nargs="+", type=int, default=[20, 50, 100, 200])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument(
        "--control", default="tool", choices=["tool", "joint"], help="joint: random motion only"
    )
    parser.add_argument("--wrong", type=float, default=0.0, help="share of wrong answers")
    add_workers(parser)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = {}
    print("| task | inputs | answers | all | near (worst) | pairs | peak, cm: median, worst 95 % | CPU s |")
    print("|---|---|---|---|---|---|---|---|")
    for task in args.tasks:
        for variant in args.variants:
            for answers in args.answers:
                given = [(task, variant, answers, s, args.wrong, args.control) for s in range(args.seeds)]
                found = in_order(measure, given, args.workers)
                mean = Row(*(sum(column) / len(found) for column in zip(*found, strict=True)))
                worst, peak = min(row.near for row in found), max(row.peak_95 for row in found)
                rows[f"{task}/{variant}/{answers}"] = {**mean._asdict(), "near_worst": worst, "peak_95": peak}
                print(
                    f"| {task} | {variant} | {answers} | {mean.all:.2f} | {mean.near:.2f} ({worst:.2f}) "
                    f"| {100 * mean.pairs:.0f} % | {mean.peak_median:.1f}, {peak:.1f} | {mean.seconds:.2f} |",
                    flush=True,
                )
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
