"""An arm that wanders from point to point: it finds out by itself which is its hand and how it moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from armchair.config.read import load_config, preset_for, with_flags
from armchair.envs.base import Env, Policy
from armchair.envs.spec import resolve_task
from armchair.feedback.teachers import make_teacher
from armchair.maths import generator
from armchair.rollout.clips import RecentEpisodes
from armchair.store.store import Store
from armchair.training.asking import querying
from armchair.training.asking.filming import film
from armchair.training.asking.wandering import Seek, Wander
from armchair.training.setup import make_trainer
from armchair.types import Step, VisibleLayout

COPIES, STEPS = 8, 500
LAYOUT = VisibleLayout(("goal", "thing", "hand"), ("opening",))
MOVES = torch.tensor([[0.0, 0.02, 0.0], [0.01, 0.0, 0.01], [0.0, 0.0, 0.0], [-0.01, 0.0, 0.01]])  # (A, 3)


def played(
    act: Wander | Seek, ends: tuple[int, ...] = (), steps: int = STEPS, held: int = 1, size: float = 1.0
) -> Tensor:
    """Where goal, thing and hand were, (T, N, 3, 3): the hand moves by `MOVES`, the thing trembles.

    held: steps for which each action is. size: m, of the scene.
    """
    rng = torch.Generator().manual_seed(1)
    at, seen = size * torch.rand(COPIES, 3, 3, generator=rng), list[Tensor]()
    none, every = torch.zeros(COPIES, dtype=torch.bool), torch.ones(COPIES, dtype=torch.bool)
    for t in range(steps):
        action = act(torch.zeros(COPIES, 1))
        at = at.clone()
        at[:, 2] += held * action.clamp(-1.0, 1.0) @ MOVES
        at[:, 1] += 1e-3 * torch.randn(COPIES, 3, generator=rng)
        seen.append(at)
        visible, zero = torch.cat((at.flatten(1), torch.zeros(COPIES, 1)), dim=1), torch.zeros(COPIES)
        if isinstance(act, Seek):
            obs = torch.zeros(COPIES, 1)
            act.watch(action, Step(obs, zero, none, every if t in ends else none, obs, none, visible))
        if t in ends:
            at = torch.rand(COPIES, 3, 3, generator=rng)
    return torch.stack(seen)


def nearest(seen: Tensor) -> Tensor:
    """How near the hand came to goal and thing in each copy. -> (N, 2)."""
    return (seen[:, :, :2] - seen[:, :, 2:]).norm(dim=-1).amin(0)


def test_the_hand_comes_to_the_points_one_after_the_other() -> None:
    seeking = nearest(played(Seek((COPIES, 4), LAYOUT, STEPS, generator(0, "seek"))))
    at_random = nearest(played(Wander((COPIES, 4), generator(0, "seek"))))
    assert float((seeking < 0.08).float().mean()) > 0.8
    assert float((at_random < 0.08).float().mean()) < 0.2


def test_where_actions_are_held_the_hand_comes_to_the_points_as_well() -> None:
    """One that does not know of it is slow near a point, and its noise brings it off course."""

    def came(repeat: int) -> float:
        act = Seek((COPIES, 4), LAYOUT, 50, generator(0, "seek"), repeat)
        return float(nearest(played(act, steps=50, held=3, size=0.3)).mean())

    assert came(3) < 0.05 < 0.07 < came(1)


def test_an_end_of_the_episode_teaches_nothing_wrong() -> None:
    """All points are elsewhere then: that is nothing that an action did."""
    seek = Seek((COPIES, 4), LAYOUT, STEPS, generator(0, "seek"))
    played(seek, ends=(20, 40, 60, 80))
    moves = torch.linalg.solve(seek._squares, seek._products)[:-1]
    torch.testing.assert_close(moves[:, 6:], MOVES, atol=1e-3, rtol=0.0)


@pytest.mark.parametrize("task", ["reach", "push"])
def test_it_finds_its_way_in_armchairs_own_tasks(task: str) -> None:
    env = resolve_task(task).make(COPIES)
    act = Seek((COPIES, env.action_dim), env.layout, env.horizon, generator(0, "seek"))
    episodes = RecentEpisodes(COPIES, env.horizon)
    film(env, episodes, act, generator(0, "film"), same_start=False)
    pairs = episodes.propose(200, 5, generator(0, "pairs"))
    seen = pairs.left[..., : 3 * len(env.layout.points)].reshape(-1, len(env.layout.points), 3)
    away = (seen[:, 1:] - seen[:, :1]).norm(dim=-1).amin(1)
    assert float((away < 0.06).float().mean()) > 0.1
    env.close()


@pytest.mark.parametrize("wander", ["freely", "points"])
def test_the_first_film_is_of_an_arm_that_wanders_as_configured(
    wander: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acting: list[object] = []

    def watched(env: Env, episodes: RecentEpisodes, act: Policy, rng: torch.Generator, **how: Any) -> int:
        acting.append(act)
        return film(env, episodes, act, rng, **how)

    monkeypatch.setattr(querying, "film", watched)
    config = with_flags(load_config("smoke"), {"queries.wander": wander, "schedule.rival_if": "better_known"})
    with Store.open(tmp_path / "armchair.db") as store:
        trainer = make_trainer(config, store, make_teacher("oracle", {}, generator(0, "teacher")))
        trainer.turn()
        trainer.envs.close()
        kept = trainer.querier.wandered
    assert type(acting[0]) is (Seek if wander == "points" else Wander)
    assert kept is not None and len(kept.films) == len(acting), "what may be imitated later"


def test_environments_of_others_with_points_are_wandered_about_by_them() -> None:
    assert preset_for("some_module:make_env", pointed=True).queries.wander == "points"
    assert preset_for("some_module:make_env").queries.wander == "freely"
    assert preset_for("reach").queries.wander == "freely"
