"""Memory of 1 024 copies of the stack scene, the whole process included."""

from __future__ import annotations

import resource

import torch
from _timing import finish, pin

from armchair.envs.arm_env import make_env


def main() -> None:
    """Make the copies, step them, read the peak of the process."""
    pin()
    env = make_env("stack", num_envs=1024, seed=0)
    for _ in range(5):
        env.step(torch.zeros(1024, 4))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak resident memory: {peak:.2f} GB")
    finish({"1.5 GB over the peak": (1.5 / peak, 1.0)})


if __name__ == "__main__":
    main()
