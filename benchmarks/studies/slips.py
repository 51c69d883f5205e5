"""How well the share of wrong answers is estimated, and what a reward fitted with that doubt is worth.

    python benchmarks/studies/slips.py --rates 0 0.05 0.1 0.2 0.3 --answers 30 60 --seeds 6

An oracle answers about pairs of clips of reach from episodes that get better and better (`strategies.py`),
and a share of the answers is turned round. A line for each share and number of answers: what was turned
round, the estimate, its mean error, how often its interval holds the truth; of the answers that were
doubted, how many were wrong, and of the wrong ones, how many were doubted. Then the error of `pairs` and of
`near` on episodes of other seeds, with doubt over without (geometric mean over seeds, 95 % interval by t):
below 1 doubt helps.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from statistics import fmean
from typing import NamedTuple

import torch
from _workers import add_workers, in_order, seeds_of
from strategies import REFERENCE, Pool, Score, answered, error_ratio, judge, pool
from teach_seeds import FIRST_SEED

from armchair.envs.arm_env import make_env
from armchair.maths import generator
from armchair.rewards.doubting import fit_doubting
from armchair.rewards.ensemble import RewardConfig
from armchair.types import VisibleLayout

CONFIG = RewardConfig(members=20, doubt=True)
COUNTED = ("hits", "doubted", "wrong")


class Found(NamedTuple):
    """Of one seed."""

    true: float  # share of the answers that were turned round
    rate: float
    held: bool  # whether the interval holds the truth, to a step of its grid
    doubted: int
    hits: int  # of those, how many were turned round
    wrong: int
    plain: Score
    doubting: Score


def one(pools: tuple[Pool, Pool], layout: VisibleLayout, count: int, rate: float, seed: int) -> Found:
    """Answer, turn a share round, fit with doubt and without."""
    train, test = pools
    rng = generator(seed, f"slips{rate}")
    rows = torch.randperm(len(train.left), generator=rng)
    states = train.left[rows[:400]].flatten(0, 1)
    states = states[torch.randperm(len(states), generator=rng)[:REFERENCE]]
    wrong = torch.rand(len(rows), generator=rng) < rate
    batch, turned = answered(train, rows[:count], wrong), wrong[rows[:count]]
    plain, _ = fit_doubting(batch, states, layout, replace(CONFIG, doubt=False), generator(seed, "fit"))
    model, report = fit_doubting(batch, states, layout, CONFIG, generator(seed, "fit"))
    assert report.doubt is not None
    slips, doubted, true = (
        report.doubt.slips,
        torch.tensor(report.doubt.trust) < 0.5,
        float(turned.float().mean()),
    )
    return Found(
        true,
        slips.rate,
        slips.low - 0.01 <= true <= slips.high,
        int(doubted.sum()),
        int((doubted & turned).sum()),
        int(turned.sum()),
        judge(plain, test),
        judge(model, test),
    )


def at_seed(seed: int, length: int, cells: list[tuple[int, float]]) -> list[Found]:
    """What comes of one seed, for each number of answers and share of wrong ones."""
    env = make_env("reach", num_envs=1)
    layout = env.layout
    env.close()
    both = pool("reach", seed, length), pool("reach", seed + 1000, length)
    return [one(both, layout, count, rate, seed) for count, rate in cells]


def main() -> None:
    """A line for each share of wrong answers and number of answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rates", nargs="+", type=float, default=[0.0, 0.05, 0.1, 0.2, 0.3])
    parser.add_argument("--answers", nargs="+", type=int, default=[30, 60])
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--length", type=int, default=20, help="steps of a clip")
    add_workers(parser)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cells = [(count, rate) for count in args.answers for rate in args.rates]
    of_seeds = in_order(at_seed, [(seed, args.length, cells) for seed in seeds_of(args)], args.workers)
    print(
        "| answers | turned round | estimate | mean error | interval holds | doubted: wrong | wrong: doubted",
        end="",
    )
    print(" | pairs, doubting / plain | near, doubting / plain |")
    print("|---" * 9 + "|")
    for (count, _), found in zip(cells, zip(*of_seeds, strict=True), strict=True):
        error = fmean(abs(f.rate - f.true) for f in found)
        hits, doubted, wrong = (sum(getattr(f, name) for f in found) for name in COUNTED)
        ours, theirs = [[f.doubting] for f in found], [[f.plain] for f in found]
        ratios = [error_ratio(ours, theirs, what) for what in Score._fields]
        print(
            f"| {count} | {fmean(f.true for f in found):.0%} | {fmean(f.rate for f in found):.0%} "
            f"| {100 * error:.0f} points | {sum(f.held for f in found)} of {len(found)} "
            f"| {hits} of {doubted} | {hits} of {wrong} | ",
            end="",
        )
        print(" | ".join(f"{r.value:.2f} ({r.low:.2f} to {r.high:.2f})" for r in ratios), "|", flush=True)


if __name__ == "__main__":
    main()
