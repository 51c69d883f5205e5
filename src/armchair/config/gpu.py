"""What changes of a task's settings where a GPU does the work: what is small there only waits."""

from __future__ import annotations

from dataclasses import replace

from armchair.config.teach import TeachConfig

COPIES = 4096  # simulated side by side for training
MINIBATCH = 16_384  # steps in one gradient; each is a hundred kernels, however many there are


def for_gpu(config: TeachConfig) -> TeachConfig:
    """The settings with at least so many copies, and steps in a gradient; all else stays."""
    practice, ppo = config.practice, config.ppo
    return replace(
        config,
        practice=replace(practice, num_envs=max(COPIES, practice.num_envs)),
        ppo=replace(ppo, minibatch=max(MINIBATCH, ppo.minibatch)),
    )
