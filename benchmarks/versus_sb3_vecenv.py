"""16 arms at reach: our batch against 16 single Gymnasium envs in Stable-Baselines3's vectorised envs.

Both sides are driven with the same actions through numpy, as SB3 would.
"""

from __future__ import annotations

from collections.abc import Callable

import gymnasium
import numpy as np
import torch
from _timing import finish, pin, ratio, take_turns
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecEnv

from armchair.envs.arm_env import make_env

COPIES, STEPS = 16, 100
ID = "armchair:armchair/KukaReach-v0"


def single() -> gymnasium.Env[np.ndarray, np.ndarray]:
    """One arm behind Gymnasium's interface."""
    return gymnasium.make(ID)


def batched(threads: int, actions: np.ndarray) -> Callable[[], object]:
    """Ours."""
    env = make_env("reach", num_envs=COPIES, threads=threads, seed=0)

    def run() -> None:
        env.reset(seed=0)
        for action in actions:
            env.step(torch.from_numpy(action))

    return run


def vectorised(env: VecEnv, actions: np.ndarray) -> Callable[[], object]:
    """Stable-Baselines3's."""

    def run() -> None:
        env.reset()
        for action in actions:
            env.step(action)

    return run


def main() -> None:
    """One core, then two."""
    rng = np.random.default_rng(0)
    actions = rng.uniform(-1, 1, (STEPS, COPIES, 4)).astype(np.float32)
    rows = {}
    pin(2)
    workers = SubprocVecEnv([single] * COPIES)
    dummy = vectorised(DummyVecEnv([single] * COPIES), actions)
    with torch.inference_mode():
        two = take_turns(
            {"ours": batched(2, actions), "dummy": dummy, "subproc": vectorised(workers, actions)}
        )
        workers.close()
        pin(1)
        one = take_turns({"ours": batched(1, actions), "dummy": dummy})
    rows["DummyVecEnv, one core"] = (ratio(one["dummy"], one["ours"]), 1.5)
    rows["DummyVecEnv, two cores"] = (ratio(two["dummy"], two["ours"]), 2.5)
    rows["SubprocVecEnv, two cores"] = (ratio(two["subproc"], two["ours"]), 2.0)
    finish(rows)


if __name__ == "__main__":
    main()
