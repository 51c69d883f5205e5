"""What `play` does with an environment of others: run its episodes, and film them if asked to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from armchair.cli.report import Report

if TYPE_CHECKING:
    from torch import Tensor

    from armchair.envs.base import Env

Policy = Callable[["Tensor"], "Tensor"]  # observations (N, D) -> actions (N, A)


def play_import(
    task: str, name: str, act: Policy | None, plan: tuple[int, int], video: Path | None, report: Report
) -> int:
    """Play and tell how it went; returns 0.

    name: the policy's, for the summary. act: None for actions at random. plan: episodes, seed.
    """
    from armchair.envs.foreign.env import import_env, tells_success
    from armchair.evaluate import evaluate
    from armchair.reports.outcome import film_imported

    episodes, seed = plan
    env = import_env(task)
    try:
        found = evaluate(env, act or at_random(env, seed), episodes, seed)
    finally:
        env.close()
    if video is not None:  # the same episodes once more, as the seed is the same
        seconds = film_imported(task, act or at_random(env, seed), video, episodes, seed)
        report.say(f"{video}: {seconds:.1f} s")
    success = found.success.value if tells_success(env) else None
    told = "" if success is None else f", success {success:.0%}"
    report.say(f"{task}: return {found.total.value:.1f} over {episodes} episodes{told}")
    report.finish(
        {
            "task": task,
            "policy": name,
            "seed": seed,
            "success": success,
            "return": found.total.value,
            "episodes": episodes,
            "video": None if video is None else str(video),
        }
    )
    return 0


def at_random(env: Env, seed: int) -> Policy:
    """Actions drawn evenly from [-1, 1], from a seed of their own."""
    import torch

    from armchair.maths import generator

    rng, size = generator(seed, "play"), env.action_dim
    return lambda obs: 2.0 * torch.rand(len(obs), size, generator=rng) - 1.0
