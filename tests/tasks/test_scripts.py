"""The scripted solvers on real engines: the regression test of contact settings.

A grasp that fails gives no warning; these do. 64 seeded episodes, success at the end of the episode.
"""

from __future__ import annotations

import pytest
import torch

from armchair.envs.arm_env import make_env
from armchair.offers.extras import EXTRAS, missing
from armchair.types import Step

LEAST = {
    "mujoco": {"reach": 1.0, "push": 0.98, "pick_place": 0.98, "stack": 0.98},
    "bullet": {"reach": 0.9, "push": 0.9, "pick_place": 0.9, "stack": 0.9},
    "warp": {"reach": 1.0, "push": 0.98, "pick_place": 0.98, "stack": 0.98},
}
SLOW = {"warp": [pytest.mark.slow]}


def play(task: str, engine: str, episodes: int) -> list[Step]:
    env = make_env(task, num_envs=episodes, engine=engine, seed=0)
    try:
        env.reset(seed=0)
        return [env.step(env.script()) for _ in range(env.horizon)]
    finally:
        env.close()


@pytest.mark.parametrize("task", list(LEAST["mujoco"]))
@pytest.mark.parametrize("engine", [pytest.param(name, marks=SLOW.get(name, [])) for name in LEAST])
def test_scripts_solve_their_tasks(engine: str, task: str) -> None:
    if absent := missing(engine) if engine in EXTRAS else []:
        pytest.skip(f"not installed: {', '.join(absent)}")
    steps = play(task, engine, episodes=64)
    assert steps[-1].truncated.all()
    share = float(steps[-1].success.float().mean())
    assert share >= LEAST[engine][task], f"{task} on {engine}: {share:.1%}"


@pytest.mark.parametrize("task", list(LEAST["mujoco"]))
def test_the_reward_rises_along_a_solution(task: str) -> None:
    """Mean reward over episodes, in fifths of the episode: each above the last, and high at the end."""
    steps = play(task, "mujoco", episodes=64)
    reward = torch.stack([step.reward for step in steps]).mean(1)
    fifths = torch.stack([part.mean() for part in reward.chunk(5)])
    assert (fifths[1:] > fifths[:-1] - 0.005).all(), fifths
    assert fifths[-1] > 0.85
    assert fifths[-1] > fifths[0] + 0.3


def test_a_grasp_does_not_flicker_during_a_carry() -> None:
    """From the first grasp to the release the block counts as held at (nearly) every step."""
    from armchair.tasks.scripting import grasped

    env = make_env("pick_place", num_envs=32, seed=1)
    env.reset(seed=1)
    held = []
    for _ in range(env.horizon - 1):
        env.step(env.script())
        held.append(grasped(env.state, 0))
    series = torch.stack(held)
    after_first = series.cumsum(0) > 0
    assert after_first[-1].float().mean() > 0.95
    assert (series & after_first).sum() / after_first.sum() > 0.98
