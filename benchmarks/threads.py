"""Speed-up of the stack task from a second simulation thread."""

from __future__ import annotations

from collections.abc import Callable

import torch
from _timing import finish, pin, ratio, take_turns

from armchair.envs.arm_env import make_env

COPIES, STEPS = 128, 40


def runner(threads: int) -> Callable[[], object]:
    """A rollout with this many simulation threads."""
    env = make_env("stack", num_envs=COPIES, threads=threads, seed=0)
    actions = 0.5 * torch.randn(STEPS, COPIES, 4, generator=torch.Generator().manual_seed(0))

    def run() -> None:
        env.reset(seed=0)
        for action in actions:
            env.step(action)

    return run


def main() -> None:
    """One thread and two, turn by turn."""
    pin(2)
    with torch.inference_mode():
        times = take_turns({"one": runner(1), "two": runner(2)})
    finish({"two threads over one": (ratio(times["one"], times["two"]), 1.6)})


if __name__ == "__main__":
    main()
