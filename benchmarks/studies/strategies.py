"""Ways to choose the questions, each against uniform ones.

    python benchmarks/studies/strategies.py offline --tasks reach push --answers 10 20 40 80
    python benchmarks/studies/strategies.py loop reach --set queries.labels=20

`offline`, without any learning of behaviour: a pool of pairs from episodes that get better and better, from
random motion to the scripted solver, as those of a policy that learns. The first answers are to uniform
questions; then come sessions of a few, chosen among 200 pairs of the pool by the reward model fitted to all
answers so far. Judged on episodes of other seeds: `pairs`, the share of pairs that begin alike in which the
better clip is told; `near`, the rank correlation of returns over the best 30 % of the clips. An error is
1 - pairs or 1 - near; its ratio to that of uniform questions is taken for every seed, over all numbers of
answers together (geometric mean over seeds, 95 % interval by t). Below 1 a strategy beats uniform.

`loop`: success of whole runs of teaching, and the difference to uniform questions, seed by seed.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import replace
from typing import NamedTuple

import torch
import yaml
from _workers import add_workers, in_order, seeds_of
from reward_inputs import VARIANTS
from teach_seeds import FIRST_SEED, one
from torch import Tensor

from armchair.envs.arm_env import make_env
from armchair.feedback.acquisition import STRATEGIES, Predictions, select_queries
from armchair.feedback.teachers import TEACHERS
from armchair.intervals import Interval, mean_interval
from armchair.maths import generator
from armchair.rewards.ensemble import RewardConfig, RewardEnsemble
from armchair.rewards.fit import fit
from armchair.rewards.metrics import agreement, spearman
from armchair.rewards.relations import CHOSEN
from armchair.rollout.clips import RecentEpisodes
from armchair.types import PreferenceBatch, VisibleLayout

COPIES, FILMS = 16, 24  # episodes of a pool: so many at a time, so often
POOL, CANDIDATES = 4000, 200  # pairs in a pool; those of them that a session chooses from
REFERENCE = 3000  # states that fix how a reward is standardised


class Pool(NamedTuple):
    """P pairs of clips that begin alike, with what they are worth."""

    left: Tensor  # (P, L, F)
    right: Tensor  # (P, L, F)
    returns: Tensor  # (2, P) the task's own, left and right
    policy_step: Tensor  # (P,) how good the behaviour is: the number of the film


class Score(NamedTuple):
    """How good a reward model is, on a pool it has not seen."""

    pairs: float
    near: float


def episodes(task: str, seed: int) -> RecentEpisodes:
    """Films of a solver that learns: the script's share rises from none to all, the rest wanders."""
    env = make_env(task, num_envs=COPIES, seed=seed)
    kept = RecentEpisodes(COPIES, FILMS * env.horizon)
    rng, pairs = generator(seed, "motion"), torch.arange(COPIES) // 2
    for number in range(FILMS):
        kept.policy_step = number
        env.reset_alike(pairs, rng)
        kept.begin(pairs)
        share = (number / (FILMS - 1) + 0.3 * torch.randn(COPIES, 1, generator=rng)).clamp(0.0, 1.0)
        noise = torch.zeros(COPIES, env.action_dim)
        for _ in range(env.horizon):
            noise = 0.9 * noise + 0.35 * torch.randn(noise.shape, generator=rng)
            action = share * env.script() + (1 - share) * noise
            kept.add(action, env.step(action))
    env.close()
    return kept


def pool(task: str, seed: int, length: int, alike: float = 1.0) -> Pool:
    """Pairs of windows of those episodes; alike: the share of them, see `CandidatePairs.alike`."""
    kept, rng = episodes(task, seed), generator(seed, "pairs")
    pairs = kept.propose(POOL, length, rng, same_start=True).alike(alike)
    clips = kept.clips(pairs, rng)
    returns = torch.tensor([[float(clip.reward.sum()) for clip in pair] for pair in clips]).T
    return Pool(pairs.left, pairs.right, returns, pairs.policy_step)


def predictions(model: RewardEnsemble, some: Pool, rows: Tensor) -> Predictions:
    """What a model makes of the rows of a pool."""
    left, right = some.left[rows], some.right[rows]
    ends = torch.cat((left[:, -1], right[:, -1]), 1)
    return Predictions(model.clip_values(left), model.clip_values(right), some.policy_step[rows], ends)


def answered(some: Pool, rows: Tensor, wrong: Tensor) -> PreferenceBatch:
    """An oracle's answers about the rows of a pool, turned round where `wrong` (P,) says so."""
    target = 0.5 + 0.5 * torch.sign(some.returns[1, rows] - some.returns[0, rows])
    target = torch.where(wrong[rows], 1 - target, target)
    none = torch.zeros(len(rows), dtype=torch.bool)
    weight, pair = torch.ones(len(rows)), torch.arange(len(rows))
    return PreferenceBatch(some.left[rows], some.right[rows], target, weight, none, pair)


def judge(model: RewardEnsemble, test: Pool) -> Score:
    """Against the true returns of another pool."""
    values = torch.stack((model.clip_values(test.left).mean(0), model.clip_values(test.right).mean(0)))
    truth = 0.5 + 0.5 * torch.sign(test.returns[1] - test.returns[0])
    found = agreement(torch.sigmoid(values[1] - values[0]), truth)
    best = test.returns >= test.returns.flatten().quantile(0.7)
    return Score(found.accuracy, spearman(values[best], test.returns[best]))


class Study(NamedTuple):
    """What is held equal for all strategies."""

    layout: VisibleLayout
    config: RewardConfig
    train: Pool
    test: Pool
    answers: tuple[int, ...]  # numbers of answers at which the models are judged
    first: int
    session: int
    random_share: float
    wrong: float


def curve(study: Study, strategy: str, seed: int) -> list[Score]:
    """Ask in sessions, fit after each. -> a score for each of `study.answers`."""
    train, rng = study.train, generator(seed, "ask")
    size = len(train.left)
    wrong = torch.rand(size, generator=generator(seed, "wrong")) < study.wrong
    reference = train.left[torch.randperm(size, generator=rng)[:400]].flatten(0, 1)
    reference = reference[torch.randperm(len(reference), generator=rng)[:REFERENCE]]
    rows = torch.randperm(size, generator=rng)[: study.first]
    scores: list[Score] = []
    for due in study.answers:
        while True:
            batch = answered(train, rows, wrong)
            model, _ = fit(batch, reference, study.layout, study.config, generator(seed, f"fit{len(rows)}"))
            if len(rows) >= due:
                break
            free = torch.randperm(size, generator=rng)
            free = free[~torch.isin(free, rows)][:CANDIDATES]
            count = min(study.session, due - len(rows))
            chosen, _ = select_queries(
                strategy, predictions(model, train, free), count, rng, random_share=study.random_share
            )
            rows = torch.cat((rows, free[chosen]))
        scores.append(judge(model, study.test))
    return scores


def error_ratio(ours: list[list[Score]], theirs: list[list[Score]], name: str) -> Interval:
    """Geometric mean over seeds of the errors' ratio, the numbers of answers added up."""
    logs = []
    for mine, other in zip(ours, theirs, strict=True):
        errors = [sum(1 - getattr(score, name) for score in scores) for scores in (mine, other)]
        logs.append(math.log(errors[0] / errors[1]))
    return Interval(*(math.exp(value) for value in mean_interval(logs)))


def offline(args: argparse.Namespace) -> None:
    """A line for each task and strategy."""
    print("| task | strategy | " + " | ".join(f"{n}: pairs, near" for n in args.answers), end="")
    print(" | error of pairs / uniform's | error of near / uniform's |")
    print("|---" * (len(args.answers) + 4) + "|")
    figures = {}
    for task in args.tasks:
        of_seeds = in_order(at_seed, [(task, seed, args) for seed in seeds_of(args)], args.workers)
        found: dict[str, list[list[Score]]] = {}
        for name in of_seeds[0]:
            found[name] = [of_seed[name] for of_seed in of_seeds]
            ratios = [error_ratio(found[name], found["uniform"], what) for what in Score._fields]
            figures[f"{task}/{name}"] = {"pairs": ratios[0].value, "near": ratios[1].value}
            print(f"| {task} | {name} | {cells(found[name])} | ", end="")
            print(" | ".join(f"{r.value:.2f} ({r.low:.2f} to {r.high:.2f})" for r in ratios), "|", flush=True)
    print(json.dumps(figures))


def at_seed(task: str, seed: int, args: argparse.Namespace) -> dict[str, list[Score]]:
    """The curves of all strategies on the pools of one seed."""
    env = make_env(task, num_envs=1)
    layout, length = env.layout, args.length
    env.close()
    config = replace(VARIANTS[args.inputs], chosen=CHOSEN[task] if args.inputs == "chosen" else ())
    train, test = pool(task, seed, length), pool(task, seed + 1000, length)
    fixed = (tuple(args.answers), args.first, args.session, args.random_share, args.wrong)
    found = {name: curve(Study(layout, config, train, test, *fixed), name, seed) for name in args.strategies}
    if args.alike < 1.0:
        narrow = Study(layout, config, pool(task, seed, length, args.alike), test, *fixed)
        found |= {f"{name}, alike": curve(narrow, name, seed) for name in args.strategies}
    return found


def cells(found: list[list[Score]]) -> str:
    """Means over seeds, for each number of answers."""
    columns = [Score(*torch.tensor(column).mean(0).tolist()) for column in zip(*found, strict=True)]
    return " | ".join(f"{100 * score.pairs:.1f} %, {score.near:.3f}" for score in columns)


def loop(args: argparse.Namespace) -> None:
    """A line for each strategy."""
    flags = {key: yaml.safe_load(value) for key, value in (item.split("=", 1) for item in args.set)}
    print("| strategy | success, mean | worst | every seed | minus uniform |", flush=True)
    print("|---|---|---|---|---|")
    found: dict[str, list[float]] = {}
    for name in args.strategies:
        teacher, settings = {"name": args.teacher}, {**flags, "queries.strategy": name}
        given = [(args.preset, teacher, seed, settings) for seed in seeds_of(args)]
        found[name] = [row.success for row in in_order(one, given, args.workers)]
        scores, each = mean_interval(found[name], 0.0, 1.0), " ".join(f"{100 * x:.0f}" for x in found[name])
        pairs = zip(found[name], found["uniform"], strict=True)
        gap = mean_interval([100 * (ours - theirs) for ours, theirs in pairs])
        print(
            f"| {name} | {scores.value:.1%} ({scores.low:.1%} to {scores.high:.1%}) | {min(found[name]):.0%} "
            f"| {each} | {gap.value:+.1f} ({gap.low:+.1f} to {gap.high:+.1f}) points |",
            flush=True,
        )
    print(json.dumps({name: sum(scores) / len(scores) for name, scores in found.items()}))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    still, live = commands.add_parser("offline"), commands.add_parser("loop")
    for command in (still, live):
        command.add_argument("--seeds", type=int, default=5)
        add_workers(command)
        command.add_argument("--first-seed", type=int, default=FIRST_SEED)
        command.add_argument("--strategies", nargs="+", default=list(STRATEGIES), choices=STRATEGIES)
    still.add_argument("--tasks", nargs="+", default=["reach"])
    still.add_argument("--inputs", default="relational", choices=["raw", "relational", "chosen"])
    still.add_argument("--answers", nargs="+", type=int, default=[10, 20, 40, 80])
    still.add_argument("--first", type=int, default=6, help="answers to uniform questions before the others")
    still.add_argument("--session", type=int, default=2, help="answers between two fits")
    still.add_argument("--length", type=int, default=20, help="steps of a clip")
    still.add_argument(
        "--alike", type=float, default=1.0, help="share of pairs; below 1: both ways, for each"
    )
    still.add_argument("--wrong", type=float, default=0.0, help="share of wrong answers")
    still.add_argument("--random-share", type=float, default=0.25, help="of questions, uniform all the same")
    live.add_argument("preset", nargs="?", default="reach")
    live.add_argument("--teacher", default="oracle", choices=list(TEACHERS))
    live.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    args.strategies = list(dict.fromkeys(("uniform", *args.strategies)))  # what the others are held against
    return args


def main() -> None:
    """Offline or in the loop."""
    torch.set_num_threads(1)
    args = parse()
    if args.command == "offline":
        offline(args)
    else:
        loop(args)


if __name__ == "__main__":
    main()
