"""What a few episodes of random actions show of an environment: its observations, and things of its model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from armchair.envs.foreign.mujoco.things import Named, Things, inventory, names
from armchair.envs.foreign.points.spaces import Foreign
from armchair.errors import ForeignError

EPISODES, STEPS = 6, 40
HELD = 5  # steps that a random action is held for
MOVED = 0.005  # m, less is not counted as moving
PLACED = 1e-4  # m, by which beginnings of episodes differ at least where something is placed at random

Floats = NDArray[np.float64]


class Tracks(NamedTuple):
    """Positions, or single numbers, over all states of all episodes: R rows."""

    values: Floats  # (R, n, k) k numbers of each of n things
    first: NDArray[np.int64]  # (R,) the row in which the row's episode began

    @property
    def within(self) -> Floats:
        """How far each came in each episode, at most. -> (episodes, n)."""
        way = np.linalg.norm(self.values - self.values[self.first], axis=2)
        return np.maximum.reduceat(way, np.unique(self.first))

    @property
    def placed(self) -> Floats:
        """How much the beginnings differ. -> (n,)."""
        starts = self.values[np.unique(self.first)]
        return np.linalg.norm(starts.max(0) - starts.min(0), axis=1)

    def of(self, rows: list[int]) -> Tracks:
        """Some of the things."""
        return Tracks(self.values[:, rows], self.first)


class Trial(NamedTuple):
    """A few episodes of random actions, from the first step on: what a reset observes may be old."""

    obs: Floats  # (R, D)
    action: Floats  # (R, A) that led there
    first: NDArray[np.int64]  # (R,)
    named: list[Named]  # things of the model
    places: Floats  # (R, n, 3) of these
    joints: list[str]  # of one number, by name
    angles: Floats  # (R, J) of these, or m

    @property
    def windows(self) -> Tracks:
        """Each three numbers of the observation that follow each other. -> (R, D - 2, 3)."""
        if self.obs.shape[1] < 3:
            return Tracks(np.zeros((len(self.obs), 0, 3)), self.first)
        return Tracks(np.lib.stride_tricks.sliding_window_view(self.obs, 3, axis=1), self.first)

    @property
    def numbers(self) -> Tracks:
        """Each number of the observation. -> (R, D, 1)."""
        return Tracks(self.obs[:, :, None], self.first)

    @property
    def things(self) -> Tracks:
        """The things of the model. -> (R, n, 3)."""
        return Tracks(self.places, self.first)


def run_trial(flat: Foreign) -> Trial:
    """Play; `flat` has flattened observations. Its last episode is left unfinished.

    Raises ForeignError where what it observes is not finite.
    """
    obs: list[Floats] = []
    actions: list[Floats] = []
    places: list[Floats] = []
    angles: list[Floats] = []
    first: list[int] = []
    flat.reset(seed=0)
    named, joints = inventory(flat), names(flat, "joint")
    things = Things(tuple((thing.kind, thing.name) for thing in named))
    turns = Things(tuple(("joint", name) for name in joints))

    def note(seen: object, action: object, began: int) -> None:
        obs.append(np.asarray(seen, dtype=np.float64))
        actions.append(np.asarray(action, dtype=np.float64).reshape(-1))
        places.append(np.array(things.read(flat)) if named else np.zeros((0, 3)))
        angles.append(np.concatenate(turns.read(flat)) if joints else np.zeros(0))
        first.append(began)

    flat.action_space.seed(0)
    for episode in range(EPISODES):
        flat.reset(seed=episode)
        action, began = flat.action_space.sample(), len(obs)
        for step in range(STEPS):
            if step % HELD == 0:
                action = flat.action_space.sample()
            seen, _, terminated, truncated, _ = flat.step(action)
            note(seen, action, began)
            if terminated or truncated:
                break
    for row, column in np.argwhere(~np.isfinite(obs))[:1]:
        step = row - first[row] + 1
        raise ForeignError(f"step {step}: number {column} of the observation is {obs[row][column]}")
    arrays = (np.array(obs), np.array(actions), np.array(first))
    return Trial(*arrays, named, np.array(places), joints, np.array(angles))
