"""Wishes on top of skills: what the answers of a simulated teacher bring, beside what could be had.

    wishes.py runs/pick_place-001 runs/pick_place-002 --styles carry_high smooth --seeds 2
    wishes.py runs/reach-001 --styles smooth left_of_goal --teachers oracle viewer --more --labels 60

Of every skill, style, teacher and seed: a run of `armchair teach --policy SKILL --style STYLE --teacher
TEACHER` (what stands after --more goes to it as it is), and a run in which the style itself, standardised
over what the skill does, is in the place of what was learned: the same updates, the same way to choose a
weight; once for all seeds, or not at all with --gain-only. Then both and the skill play 200 episodes on
layouts of their own. *gain* is how much more of the style there is, *share* that of the gain that could be
had. Several styles joined by + are wishes of one run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from _workers import add_workers, in_order, seeds_of
from torch import Tensor

from armchair.agents.networks import ActorCritic
from armchair.agents.saved import load_policy
from armchair.config.on_skill import asked_of, on_skill
from armchair.config.read import from_run
from armchair.config.teach import TeachConfig
from armchair.envs.arm_env import make_env
from armchair.feedback.styles import STYLES, Points
from armchair.runs.curve import read_curve
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.setup import make_trainer
from armchair.training.wishes.outcome import settle_weights
from armchair.training.wishes.reward import WishReward

EPISODES, SEED = 200, 7000
LIMIT = 4.0  # standard deviations


class Outcome(NamedTuple):
    """Of a policy, over whole episodes without noise."""

    success: float
    style: tuple[float, ...]  # sum over an episode, mean over episodes


class TrueStyle(WishReward):
    """The styles themselves, standardised over what the skill does, in the place of what answers teach."""

    def prepare(self, seen: Tensor) -> None:
        """seen: (T, N, F), whole episodes of the skill."""
        values = self._values(seen, first_step(seen))
        self._mean, self._std = values.mean((0, 1)), values.std((0, 1)).clamp_min(1e-6)
        self.model = self.skill

    def wish_rewards(self, moving: Tensor, begins: Tensor) -> Tensor:
        """See `WishReward.wish_rewards`."""
        values = (self._values(moving, begins) - self._mean) / self._std
        return 0.5 + 0.25 * values.clamp(-LIMIT, LIMIT)

    def _values(self, seen: Tensor, begins: Tensor) -> Tensor:
        points = Points(seen, self.skill.layout.points, begins)
        return torch.stack([STYLES[name](points) for name in self._wishes.asked], dim=-1)


def first_step(seen: Tensor) -> Tensor:
    """Where episodes begin in whole ones. (T, N, F) -> (T, N) bool."""
    begins = torch.zeros(seen.shape[:2], dtype=torch.bool)
    begins[0] = True
    return begins


def play(config: TeachConfig, net: ActorCritic, episodes: int = EPISODES) -> tuple[Tensor, float]:
    """-> what is seen (T, N, F), share of successes at the end."""
    env = make_env(config.task, num_envs=episodes, engine=config.env.engine, control=config.env.control)
    obs, seen, success = env.reset(seed=SEED), list[Tensor](), torch.zeros(episodes)
    with torch.inference_mode():
        for _ in range(env.horizon):
            step = env.step(net.best(obs))
            obs, success = step.obs, step.success.float()
            seen.append(step.visible)
    env.close()
    return torch.stack(seen), float(success.mean())


def outcome(config: TeachConfig, net: ActorCritic, styles: Sequence[str], names: Sequence[str]) -> Outcome:
    """Success, and the sums of the styles."""
    seen, success = play(config, net)
    points = Points(seen, names, first_step(seen))
    return Outcome(success, tuple(float(STYLES[name](points).sum(0).mean()) for name in styles))


def attainable(skill: Path, styles: Sequence[str], seed: int) -> tuple[TeachConfig, ActorCritic]:
    """The policy that comes of the styles themselves, at the weights that are chosen for it."""
    base = from_run(RunDir.open(skill).config())
    config = replace(on_skill(base, asked_of((), styles), {}, str(skill)), seed=seed)
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder, "armchair.db")) as store:
        trainer = make_trainer(config, store)
        reward = TrueStyle(config, trainer.reward.skill, store)  # pyright: ignore
        reward.prepare(play(config, load_policy(RunDir.open(skill))[0].net, 64)[0])
        trainer.reward = reward
        for update in range(config.schedule.updates):
            rollout, _ = trainer.policy.act()
            rollout = reward.score(rollout)
            trainer.policy.learn(rollout, new_reward=update == 0, critic_only=update < 3, imitation=None)
        settle_weights(RunDir(Path(folder)), config, trainer.envs, store, trainer.policy, reward)
        trainer.envs.close()
    return config, trainer.policy.agent.net


def taught(
    skill: Path, styles: Sequence[str], teacher: str, seed: int, runs: Path, more: Sequence[str]
) -> dict[str, object]:
    """Teach through the command. -> its summary."""
    command = [sys.executable, "-m", "armchair.cli", "teach", "--policy", str(skill), "--teacher", teacher]
    command += ["--style", *styles, "--seed", str(seed), "--runs", str(runs), "--json", *more]
    blind = {**os.environ, "MUJOCO_GL": "disabled"}  # a film of the end would take longer than the rest
    done = subprocess.run(command, env=blind, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """A row for each run, then the shares over all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("skills", nargs="+", type=Path)
    parser.add_argument("--styles", nargs="+", default=["carry_high"])
    parser.add_argument("--teachers", nargs="+", default=["oracle"])
    parser.add_argument("--gain-only", action="store_true")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    add_workers(parser)
    parser.add_argument("--more", nargs=argparse.REMAINDER, default=[])
    args = parser.parse_args()
    torch.set_num_threads(1)
    shares: dict[str, list[float]] = {}
    lost: dict[str, list[float]] = {}
    print(
        "| skill | style | teacher | seed | skill: success, style | taught: weight, success, style "
        "| attainable | gain, share | s |"
    )
    print("|---" * 9 + "|", flush=True)
    pairs = [(skill, joined.split("+")) for joined in args.styles for skill in args.skills]
    could = [unknown(styles) for _, styles in pairs]
    if not args.gain_only:
        given = [(skill, styles, args.first_seed) for skill, styles in pairs]
        could = in_order(best_of, given, args.workers)
    rows = [
        (skill, styles, teacher, seed, args.more, best)
        for (skill, styles), best in zip(pairs, could, strict=True)
        for teacher in args.teachers
        for seed in seeds_of(args)
    ]

    def show(found: list[Row]) -> None:
        for row in found:
            print(row.line, flush=True)
            shares.setdefault(row.told_by, []).append(row.share)
            lost.setdefault(row.told_by, []).append(row.lost)

    in_order(one, rows, args.workers, show)
    for name, values in shares.items():
        losses = lost[name]
        print(
            f"{name}: share {statistics.mean(values):.0%} (each {', '.join(f'{v:.0%}' for v in values)}), "
            f"success lost {100 * statistics.mean(losses):.1f} points (most {100 * max(losses):.1f})"
        )
    print(json.dumps({"shares": shares, "lost": lost}))


class Row(NamedTuple):
    """What a run came to in one of its styles."""

    line: str
    told_by: str
    share: float  # of what could be gained
    lost: float  # of success


def points_of(skill: Path) -> Sequence[str]:
    """The points of the skill's task."""
    env = make_env(from_run(RunDir.open(skill).config()).task)
    env.close()
    return env.task.points


def unknown(styles: Sequence[str]) -> Outcome:
    """What could be had, where nobody looked."""
    return Outcome(float("nan"), (float("nan"),) * len(styles))


def best_of(skill: Path, styles: Sequence[str], seed: int) -> Outcome:
    """What could be had."""
    return outcome(*attainable(skill, styles, seed), styles, points_of(skill))


def one(
    skill: Path, styles: Sequence[str], teacher: str, seed: int, more: Sequence[str], best: Outcome
) -> list[Row]:
    """Teach and compare. -> a row for each style."""
    with tempfile.TemporaryDirectory() as runs:
        told = taught(skill, styles, teacher, seed, Path(runs), more)
        run = RunDir.open(Path(str(told["run"])))
        config, net, curve = from_run(run.config()), load_policy(run)[0].net, read_curve(run)
    own = load_policy(RunDir.open(skill))[0].net
    base, names = from_run(RunDir.open(skill).config()), points_of(skill)
    before, after = outcome(base, own, styles, names), outcome(config, net, styles, names)
    rows: list[Row] = []
    for k, style in enumerate(styles):
        gain, most = after.style[k] - before.style[k], best.style[k] - before.style[k]
        told_by = f"{style} by {teacher}" + (f" beside {len(styles) - 1} more" if len(styles) > 1 else "")
        share = gain / most if most > 0 else float("nan")
        weight = curve.chosen[k] if curve is not None else float("nan")
        line = (
            f"| {skill.name} | {style} | {teacher} | {seed} | {before.success:.1%}, {before.style[k]:.2f} "
            f"| {weight:.1f}, {after.success:.1%}, {after.style[k]:.2f} "
            f"| {best.success:.1%}, {best.style[k]:.2f} | {gain:.2f}, {share:.0%} "
            f"| {told['seconds']} |"
        )
        rows.append(Row(line, told_by, share, before.success - after.success))
    return rows


if __name__ == "__main__":
    main()
