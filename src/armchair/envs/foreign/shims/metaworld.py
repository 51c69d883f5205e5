"""Meta-World 3 beside MuJoCo 3.17 and newer, and its tasks by name.

It writes the eleven numbers of a weld into a row that has twelve in MuJoCo 4, which is refused.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Protocol, cast

import gymnasium
import mujoco
import numpy as np
from gymnasium.wrappers import TimeLimit
from numpy.typing import NDArray

Env = gymnasium.Env[object, object]

ENVIRONMENTS = "metaworld.sawyer_xyz_env"
# a weld that puts the hand where the mocap body is: anchor (3), position (3) and quaternion (4) of one seen
# from the other, and how much an error of the angle counts against one of the position
WELD = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 5.0)


CAMERA = "corner2"  # from the front, where the arm hides little; it hangs upside down
HAND_AND_OBJECT, GOAL = {"hand": 0, "object": 4}, {"goal": 36}  # places in the observation, in every task
SECOND = {"hammer-v3": "nail", "stick-push-v3": "bottle", "stick-pull-v3": "bottle"}  # what the object is for
PLACE = 11  # of that, which is observed besides


class _HasModel(Protocol):
    """What is asked of Meta-World's environments for the repair."""

    model: mujoco.MjModel


class _Task(Protocol):
    """A task of Meta-World as `tasks` takes it."""

    max_path_length: int
    sawyer_observation_space: gymnasium.Space[object]

    def seed(self, seed: int) -> list[int]:
        """Of the places at which object and goal begin."""
        ...


def reset_mocap_welds(self: _HasModel) -> None:
    """Let every weld hold the hand where the mocap body is."""
    welds = self.model.eq_type == int(mujoco.mjtEq.mjEQ_WELD)
    self.model.eq_data[welds, : len(WELD)] = WELD


def mend() -> bool:
    """Put the function above in the place of theirs. -> whether that was needed and not yet done."""
    if len(WELD) == mujoco.mjNEQDATA:
        return False
    base = cast(object, importlib.import_module(ENVIRONMENTS).SawyerMocapBase)
    if vars(base).get(reset_mocap_welds.__name__) is reset_mocap_welds:
        return False
    setattr(base, reset_mocap_welds.__name__, reset_mocap_welds)
    return True


class _Upright(gymnasium.Wrapper[object, object, object, object]):
    """Heeds the seed of a reset, which Meta-World leaves alone, and holds pictures the right way up."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[object, dict[str, object]]:
        """Begin an episode; object and goal are drawn anew."""
        if seed is not None:
            cast("_Task", self.env.unwrapped).seed(seed)
        return self.env.reset(seed=seed, options=options)

    def render(self) -> NDArray[np.uint8]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The picture (H, W, 3), turned by 180 degrees."""
        return np.ascontiguousarray(np.rot90(cast("NDArray[np.uint8]", self.env.render()), 2))


def tasks() -> dict[str, Callable[..., Env]]:
    """The tasks of Meta-World, which is imported, by name ("window-open-v3"): functions that make one.

    Object and goal are at random places in each episode, the goal is part of the observation, and the
    environments tell where their points are.
    """
    known = importlib.import_module("metaworld").ALL_V3_ENVIRONMENTS
    classes = cast("Mapping[str, Callable[..., Env]]", known)
    return {name: _maker(made_by, points_of(name)) for name, made_by in classes.items()}


def points_of(task: str) -> dict[str, int]:
    """Where the points of a task are in its observation, by name."""
    second = {SECOND[task]: PLACE} if task in SECOND else {}
    return HAND_AND_OBJECT | second | GOAL


def _maker(made_by: Callable[..., Env], points: Mapping[str, int]) -> Callable[..., Env]:
    def make(render_mode: str | None = None) -> Env:
        env = made_by(render_mode=render_mode, camera_name=CAMERA)
        # places drawn in each reset, from the environment's own generator, and no task set from outside
        vars(env).update(
            _freeze_rand_vec=False, seeded_rand_vec=True, _set_task_called=True, _partially_observable=False
        )
        vars(env).pop("sawyer_observation_space", None)  # kept from when the goal was hidden
        task = cast("_Task", env)
        env.observation_space = task.sawyer_observation_space
        env.metadata = {**env.metadata, "armchair": {"points": dict(points)}}
        return _Upright(TimeLimit(env, task.max_path_length))

    return make
