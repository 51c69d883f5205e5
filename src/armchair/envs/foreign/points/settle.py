"""From what a configuration says of points to what a run will use, with a word on what seems wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from armchair.console import warn
from armchair.envs.foreign.copies import told_of
from armchair.envs.foreign.limits import unmoved
from armchair.envs.foreign.points.declaration import Declared, is_goal
from armchair.envs.foreign.points.found import find_points
from armchair.envs.foreign.points.spaces import Foreign, width
from armchair.envs.foreign.points.witness import telling
from armchair.envs.foreign.sources import Factory, check, maker, named
from armchair.errors import InvalidInput

EPISODES, STEPS = 4, 25  # of the trial
HELD = 5  # steps that a random action is held for
STILL = 1e-6  # as far as something may move that is said not to


def settle_points(source: str | Factory, declared: Declared, *, find: bool = True) -> Declared:
    """The declaration that a run keeps; tries the environment for some steps where there are points.

    find: whether what the environment tells by itself is taken where nothing is declared. Raises InvalidInput
    as `import_env` does, and where a point is not where it was said to be.
    """
    with told_of(named(source)), unmoved():
        return _settled(source, declared, find)


def _settled(source: str | Factory, declared: Declared, find: bool) -> Declared:
    trial = maker(source, None, False)()
    try:
        check(trial, None, False)
        found = Declared()
        if find and not declared.points:
            trial.reset(seed=0)
            found = find_points(source, trial)
        whole = replace(
            declared,
            points=declared.points or found.points,
            scalars=declared.scalars or found.scalars,
        )
        if whole:
            seen = seen_of(source, trial, whole)
            if found.points and not _anything_moves(whole, seen):
                warn(
                    f"{', '.join(found.points)}: random actions move none of them, so the reward looks at "
                    f"the whole observation; `armchair look {source}` proposes points"
                )
                whole = declared
            for line in suspicions(whole, seen) if whole else ():
                warn(line)
        if whole.motion and not whole.points:
            raise InvalidInput(f"env.motion needs env.points: no points of {source} are known")
    finally:
        trial.close()
    return whole


def seen_of(source: str | Factory, trial: Foreign, declared: Declared) -> NDArray[np.float64]:
    """Where the declared points are in a few episodes of random actions; see `wander`."""
    witness = telling(lambda: trial, source, trial, replace(declared, motion=False))()
    return wander(witness, slice(width(trial), width(trial) + 3 * len(declared.points)))


def _anything_moves(declared: Declared, seen: NDArray[np.float64]) -> bool:
    goals = [is_goal(name, source) for name, source in declared.points.items()]
    return bool((_moved(seen)[~np.array(goals, dtype=bool)] > STILL).any())


def _moved(seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each point came, at most, along an axis, from the first step on. -> (points,).

    What a reset observes may be old: some environments place things after they have looked.
    """
    return np.nanmax(np.abs(seen[:, 1:] - seen[:, 1:2]), axis=(0, 1, 3), initial=0.0)


def wander(witness: Foreign, columns: slice) -> NDArray[np.float64]:
    """What a few episodes of random actions bring of some columns of observations, three to a point.

    -> (episodes, states, points, 3); NaN after an end.
    """
    seen = np.full((EPISODES, STEPS + 1, columns.stop - columns.start), np.nan)
    witness.action_space.seed(0)
    for episode in range(EPISODES):
        obs, _ = witness.reset(seed=episode)
        seen[episode, 0] = np.asarray(obs)[columns]
        action = witness.action_space.sample()
        for step in range(1, STEPS + 1):
            if step % HELD == 0:  # a new one at each step would undo the one before
                action = witness.action_space.sample()
            obs, _, terminated, truncated, _ = witness.step(action)
            seen[episode, step] = np.asarray(obs)[columns]
            if terminated or truncated:
                break
    return seen.reshape(EPISODES, STEPS + 1, -1, 3)


def suspicions(declared: Declared, seen: NDArray[np.float64]) -> list[str]:
    """What seems wrong with points that were seen as `wander` has it, a line each."""
    lines: list[str] = []
    within, between = _moved(seen), np.abs(seen[:, 1] - seen[0, 1]).max(axis=(0, 2), initial=0.0)
    goals = [is_goal(name, source) for name, source in declared.points.items()]
    for name, goal, moved, placed in zip(declared.points, goals, within, between, strict=True):
        source = declared.points[name]
        if goal and not np.nan_to_num(seen[:, :, list(declared.points).index(name)]).any():
            lines.append(f"env.points.{name}, {source}, is 0, 0, 0 all the time: the goal seems to be hidden")
        elif not goal and max(moved, placed) < STILL:
            lines.append(
                f"env.points.{name}, {source}, never moves, in {EPISODES} episodes of random actions: is it "
                "the right one?"
            )
    if declared.points and not any(goals) and not ((within < STILL) & (between > STILL)).any():
        lines.append(
            "none of env.points is a goal, by its name or by being placed anew in every episode: where the "
            "task has one, the reward cannot see it"
        )
    return lines
