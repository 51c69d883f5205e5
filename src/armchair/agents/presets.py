"""Settings that learn, task by task. Measured on the task's own reward; see `docs/results.md`."""

from __future__ import annotations

from dataclasses import dataclass

from armchair.agents.ppo import PPOConfig


@dataclass(frozen=True)
class Preset:
    """How to learn a task: what is simulated between two updates, for how long, and the update."""

    steps: int
    """Environment steps, all copies together, after which the task is learned."""
    num_envs: int
    """Copies simulated side by side."""
    rollout: int
    """Control steps of every copy between two updates."""
    ppo: PPOConfig
    """The update."""


_QUICK = PPOConfig(
    gamma=0.8, lam=0.9, minibatch=256, learning_rate=3e-3, learning_rate_range=(1e-4, 1e-2), target_kl=0.05
)
_WIDE = PPOConfig(hidden=(128, 128), epochs=8)

PRESETS: dict[str, Preset] = {
    "reach": Preset(40_000, 64, 16, _QUICK),
    "push": Preset(1_000_000, 128, 32, _WIDE),
    "pick_place": Preset(1_000_000, 128, 32, _WIDE),
    "stack": Preset(2_000_000, 128, 32, _WIDE),
}

FALLBACK = Preset(1_000_000, 64, 32, _WIDE)  # for an environment that nobody has measured


def preset(task: str) -> Preset:
    """The settings for a task, or the fallback for one that has none."""
    return PRESETS.get(task, FALLBACK)
