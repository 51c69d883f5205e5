"""Another learner on a learned reward: Stable-Baselines3's PPO on that of 30 answers about reach.

For each seed a run is taught with the oracle's 30 answers, then PPO begins anew on `LearnedVectorReward`, in
16 copies, with the settings of benchmarks/ppo_vs_sb3.py, which were chosen for the task's own reward. Every
--every steps its policy, best actions, is measured on 100 episodes of the task: the share that ends within
2.5 cm, which nothing learns from. --reward task has it learn from the task's own reward in the place of the
learned one. One JSON object ends the output.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import gymnasium
import numpy as np
import torch
from _workers import add_workers, in_order, seeds_of
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize

import armchair
from armchair.envs.arm_env import make_env
from armchair.evaluate import evaluate

COPIES, EPISODES, GOOD = 16, 100, 0.9
ID = "armchair/KukaReach-v0"
SETTINGS = {
    "n_steps": 128,
    "batch_size": 256,
    "n_epochs": 10,
    "gamma": 0.95,
    "gae_lambda": 0.9,
    "learning_rate": 1e-3,
    "policy_kwargs": {"log_std_init": -0.5},
}


class Watch(BaseCallback):
    """Measures the policy every so many steps."""

    def __init__(self, normal: VecNormalize, every: int) -> None:
        super().__init__()
        self.normal, self.every, self.next = normal, every, every
        self.curve: list[tuple[int, float]] = []
        self.report = make_env("reach", num_envs=EPISODES)

    def _on_rollout_start(self) -> None:
        if self.num_timesteps >= self.next:
            self.measure()

    def _on_step(self) -> bool:
        return True

    def measure(self) -> None:
        """Success of the best actions, now."""
        self.next += self.every
        found = evaluate(self.report, self.act, EPISODES, seed=10_000)
        self.curve.append((self.num_timesteps, found.success.value))

    def act(self, obs: torch.Tensor) -> torch.Tensor:
        """Best actions (N, A) for observations (N, D)."""
        action, _ = self.model.predict(self.normal.normalize_obs(obs.numpy()), deterministic=True)
        return torch.from_numpy(np.asarray(action))


def taught(seed: int, labels: int, runs: Path) -> armchair.Run:
    """A run of reach with so many answers."""
    config = {"seed": seed}
    return armchair.teach("reach", teacher="oracle", labels=labels, config=config, runs=runs).finish()


def learn(run: armchair.Run, seed: int, steps: int, every: int, own: bool) -> list[tuple[int, float]]:
    """PPO on the learned reward, or on the task's own. -> steps and success, in the order of steps."""
    many = gymnasium.make_vec(ID, num_envs=COPIES)
    paying = many if own else armchair.LearnedVectorReward(many, run)
    normal = VecNormalize(armchair.SB3VecEnv(paying), norm_reward=False)
    model = PPO("MlpPolicy", normal, seed=seed, device="cpu", **SETTINGS)
    watch = Watch(normal, every)
    model.learn(steps, callback=watch)
    watch.measure()
    normal.close()
    watch.report.close()
    return watch.curve


def one(
    seed: int, labels: int, steps: int, every: int, own: bool
) -> tuple[dict[str, object], list[tuple[int, float]]]:
    """Teach, then learn from the reward. -> the figures, the curve."""
    with tempfile.TemporaryDirectory() as folder:
        run = taught(seed, labels, Path(folder))
        began = time.process_time()
        curve = learn(run, seed, steps, every, own)
        reached = next((steps for steps, success in curve if success >= GOOD), None)
        row = {"seed": seed, "answers": len(run.answers), "taught": run.success, "final": curve[-1][1]}
    spent = round(time.process_time() - began, 1)
    return {**row, "steps_to_90": reached, "cpu_seconds": spent}, curve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--labels", type=int, default=30)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--every", type=int, default=10_000)
    parser.add_argument("--reward", choices=["learned", "task"], default="learned")
    add_workers(parser)
    args = parser.parse_args()
    torch.set_num_threads(1)
    given = [(seed, args.labels, args.steps, args.every, args.reward == "task") for seed in seeds_of(args)]
    found = in_order(one, given, args.workers, lambda row: print(*map(json.dumps, row), flush=True))
    rows = [row for row, _ in found]
    print(json.dumps({"reward": args.reward, "steps": args.steps, "runs": rows}))


if __name__ == "__main__":
    main()
