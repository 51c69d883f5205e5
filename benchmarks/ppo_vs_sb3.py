"""PPO here and in Stable-Baselines3 on the same environments: CPU seconds and steps to the mark.

Reach with a random goal: the mark is 95 % of 100 episodes within 2.5 cm at the end, with the deterministic
policy. Theirs runs with settings tuned for it: 16 copies, 2048 steps an iteration, minibatch 256, 10 epochs,
learning rate 1e-3, γ .95, λ .9, log σ -0.5, normalised observations. Ours runs with its preset. Both step the
same `ArmEnv`, in one thread; evaluations are not counted. --pendulum compares the returns on Pendulum-v1
after equal steps instead, theirs with the settings of RL Baselines3 Zoo. One JSON object ends the output.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from _sb3 import SB3Env
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize
from torch import Tensor

from armchair.agents.ppo import PPOConfig
from armchair.agents.presets import Preset, preset
from armchair.envs.arm_env import make_env
from armchair.envs.base import Env
from armchair.envs.foreign.importing import import_env
from armchair.evaluate import evaluate
from armchair.training.fixed_reward import TrainConfig, new_agent, train_on_reward

MARK = 0.95
EVERY, SELDOM = 2048, 20_000  # env steps between evaluations until the mark, and where there is none
EPISODES = 100
PENDULUM = Preset(
    100_000,
    32,
    32,
    PPOConfig(gamma=0.9, reward_scale=1.0, epochs=10, minibatch=256, learning_rate=3e-3, std=1.0, calm=0.0),
)

Judge = Callable[[Callable[[Tensor], Tensor]], float]


class Point(NamedTuple):
    """How good a policy was when."""

    steps: int
    seconds: float  # of CPU, in training only
    score: float


class Watch:
    """The training's own CPU seconds, and a score every so often."""

    def __init__(self, judge: Judge, mark: float) -> None:
        self.judge, self.mark = judge, mark
        self.points: list[Point] = []
        self._every = SELDOM if math.isinf(mark) else EVERY
        self._begun, self._next = time.process_time(), self._every

    def __call__(self, steps: int, act: Callable[[Tensor], Tensor], *, last: bool = False) -> bool:
        """Whether to go on: the mark has not been reached."""
        if steps < self._next and not (last and math.isinf(self.mark)):
            return True
        paused = time.process_time()
        self._next = steps + self._every
        self.points.append(Point(steps, paused - self._begun, self.judge(act)))
        self._begun += time.process_time() - paused
        return self.points[-1].score < self.mark


class Ask(BaseCallback):
    """Asks the watch after each of their updates."""

    def __init__(self, watch: Watch, normal: VecNormalize) -> None:
        super().__init__()
        self.watch, self.normal, self.going = watch, normal, True

    def _on_rollout_start(self) -> None:
        self.going = self.watch(self.num_timesteps, self.act)

    def _on_step(self) -> bool:
        return self.going

    def act(self, obs: Tensor) -> Tensor:
        """Their deterministic actions (N, A) for observations (N, D)."""
        action, _ = self.model.predict(self.normal.normalize_obs(obs.numpy()), deterministic=True)
        return torch.from_numpy(action)


def theirs(make: Callable[[int], Env], watch: Watch, steps: int, seed: int, pendulum: bool) -> None:
    """SB3's PPO until the mark or for `steps`."""
    env = make(4 if pendulum else 16)
    normal = VecNormalize(SB3Env(env, lambda: env.reset(seed, stagger=True)), norm_reward=False)
    settings = (
        {"n_steps": 1024, "batch_size": 64, "gamma": 0.9, "gae_lambda": 0.95, "learning_rate": 1e-3,
         "use_sde": True, "sde_sample_freq": 4}
        if pendulum
        else {"n_steps": 128, "batch_size": 256, "gamma": 0.95, "gae_lambda": 0.9, "learning_rate": 1e-3,
              "policy_kwargs": {"log_std_init": -0.5}}
    )  # fmt: skip
    model = PPO("MlpPolicy", normal, n_epochs=10, seed=seed, device="cpu", **settings)
    ask = Ask(watch, normal)
    model.learn(steps, callback=ask)
    watch(model.num_timesteps, ask.act, last=True)
    normal.close()


def ours(make: Callable[[int], Env], watch: Watch, chosen: Preset, steps: int, seed: int) -> float:
    """Our PPO until the mark or for `steps`. -> share of the time spent in simulation."""
    env = make(chosen.num_envs)
    agent = new_agent(env, chosen.ppo, seed)
    config = TrainConfig(steps, chosen.rollout, chosen.ppo, seed)
    simulating = updating = 0.0
    for progress in train_on_reward(env, config, agent=agent):
        simulating += progress.collect_seconds
        updating += progress.update_seconds
        if not watch(progress.env_steps, agent.net.best, last=progress.env_steps == progress.total_steps):
            break
    env.close()
    return simulating / (simulating + updating)


def judge_of(env: Env, pendulum: bool) -> Judge:
    def judge(act: Callable[[Tensor], Tensor]) -> float:
        found = evaluate(env, act, EPISODES, seed=10_000)
        return found.total.value if pendulum else found.success.value

    return judge


def reached(points: Sequence[Point], mark: float) -> Point | None:
    return next((point for point in points if point.score >= mark), None)


def compare(args: argparse.Namespace) -> dict[str, list[list[Point]]]:
    """Learning curves of both, a seed each."""

    def make(num_envs: int) -> Env:
        if args.pendulum:
            return import_env("Pendulum-v1", num_envs=num_envs)
        return make_env(args.task, num_envs=num_envs, control=args.control)

    judge = judge_of(make(20 if args.pendulum else EPISODES), args.pendulum)
    mark = math.inf if args.equal_steps or args.pendulum else MARK
    chosen = PENDULUM if args.pendulum else preset(args.task)
    curves: dict[str, list[list[Point]]] = {"ours": [], "theirs": []}
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        watch = Watch(judge, mark)
        share = ours(make, watch, chosen, args.steps, seed)
        curves["ours"].append(watch.points)
        print(f"seed {seed} ours    {tell(watch.points, MARK)}  simulation {share:.0%}", flush=True)
        watch = Watch(judge, mark)
        theirs(make, watch, args.steps, seed, args.pendulum)
        curves["theirs"].append(watch.points)
        print(f"seed {seed} theirs  {tell(watch.points, MARK)}", flush=True)
    return curves


def tell(points: Sequence[Point], mark: float) -> str:
    last, hit = points[-1], reached(points, mark)
    text = f"{last.steps:>7,} steps {last.seconds:5.1f} CPU s  score {last.score:.2f}"
    return text + (f"  mark at {hit.steps:,} steps, {hit.seconds:.1f} CPU s" if hit else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--task", default="reach")
    parser.add_argument("--control", default="tool", choices=["tool", "joint"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=150_000)
    parser.add_argument("--equal-steps", action="store_true", help="train for all --steps, past the mark")
    parser.add_argument("--pendulum", action="store_true", help="Pendulum-v1, returns after equal steps")
    args = parser.parse_args()
    torch.set_num_threads(1)
    curves = compare(args)
    summary: dict[str, object] = {}
    for name, runs in curves.items():
        hits = [hit for points in runs if (hit := reached(points, MARK))]
        summary[f"{name}_final"] = [round(points[-1].score, 3) for points in runs]
        if not args.pendulum:
            summary[f"{name}_steps"] = [hit.steps for hit in hits]
            summary[f"{name}_seconds"] = [round(hit.seconds, 2) for hit in hits]
    if summary.get("ours_seconds") and summary.get("theirs_seconds"):
        seconds = [statistics.mean(summary[f"{name}_seconds"]) for name in ("theirs", "ours")]
        summary["times_fewer_cpu_seconds"] = round(seconds[0] / seconds[1], 1)
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
