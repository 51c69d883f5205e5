"""Observations with a goal apart, as hindsight experience replay wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

import numpy as np
import torch
from gymnasium.spaces import Box, Dict
from numpy.typing import NDArray

from armchair.api.reward import Reward
from armchair.config.teach import TeachConfig
from armchair.envs.gym.adapters import VISIBLE
from armchair.envs.gym.below import arm_of
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput
from armchair.maths import generator

Floats = NDArray[np.float32]
KEYS = ("observation", "achieved_goal", "desired_goal")
TRIES = 3  # other goals that show which numbers of an observation depend on it


class Goals(NamedTuple):
    """Which numbers are the goal's: of what is seen, and of the observation."""

    point: slice  # of what is seen: what should come to the goal, (3,) m
    goal: slice
    free: NDArray[np.int64] | None  # numbers of an observation without the goal; None: it is a Dict already

    def space(self, flat: object) -> Dict:
        """Of observations made from those of the space `flat`."""
        if isinstance(flat, Dict) or self.free is None:
            return cast("Dict", flat)
        own, far = cast("Box", flat), np.full(3, np.inf, np.float32)
        low, high = own.low[..., self.free], own.high[..., self.free]
        return Dict(
            {KEYS[0]: Box(low, high, dtype=np.float32), KEYS[1]: Box(-far, far), KEYS[2]: Box(-far, far)}
        )

    def split(self, obs: object, visible: Floats) -> object:
        """An observation (…, D), with what is seen (…, F), as a Dict."""
        if self.free is None:
            return obs
        rest = cast("Floats", obs)[..., self.free]
        return {
            KEYS[0]: rest,
            KEYS[1]: visible[..., self.point].copy(),
            KEYS[2]: visible[..., self.goal].copy(),
        }


def goals_of(env: object, config: TeachConfig, reward: Reward) -> Goals:
    """The goals of an environment. Raises InvalidInput where it has none that can be set apart."""
    arm, points = arm_of(env), reward.layout.points
    if arm is None:
        space: object = getattr(env, "observation_space", None)
        places = {source: name for name, source in config.env.points.items()}
        ends = [places.get(f"goal:{which}") for which in ("achieved", "desired")]
        if not isinstance(space, Dict) or None in ends or not set(KEYS) <= set(space.spaces):
            raise InvalidInput(
                "obs='goal' needs an environment with achieved_goal and desired_goal, and a run taught with "
                "both as points (goal:achieved, goal:desired)"
            )
        point, goal = (_columns(points, cast("str", name)) for name in ends)
        return Goals(point, goal, None)
    cue = next(iter(resolve_task(config.task).cues), None)
    if cue is None or cue.place != "goal":
        raise InvalidInput(f"{config.task} marks no goal that could be moved: leave obs='goal' out")
    before, rng = arm.observe(), generator(0, "goals")
    free = torch.ones(arm.obs_dim, dtype=torch.bool)
    for _ in range(TRIES):
        other = arm.new_goal(rng)
        assert other is not None, "the task has a goal"
        free &= (other == before).all(0)
    index = free.nonzero().squeeze(1).numpy()
    return Goals(_columns(points, cue.point), _columns(points, cue.place), index)


def relabelled(
    goals: Goals, size: int, achieved: NDArray[np.floating], desired: NDArray[np.floating], info: object
) -> Floats:
    """What is seen (…, F) where `achieved` was reached, had `desired` been the goal, both (…, 3).

    info: of the steps, one mapping or a sequence; it is needed where more is seen than those two. Raises
    InvalidInput where it says nothing of that.
    """
    seen = np.zeros((*np.shape(achieved)[:-1], size), np.float32)
    if size > 6:
        infos = [info] if isinstance(info, Mapping) else list(cast("Sequence[object]", info))
        rows = [cast("Mapping[str, object]", one).get(VISIBLE) for one in infos]
        if any(row is None for row in rows):
            raise InvalidInput(
                f"more is seen than the goal: infos must come along with '{VISIBLE}', in "
                "Stable-Baselines3 by replay_buffer_kwargs={'copy_info_dict': True}"
            )
        seen[...] = np.asarray(rows, np.float32).reshape(seen.shape)
    seen[..., goals.point], seen[..., goals.goal] = achieved, desired
    return seen


def reward_of_goals(
    goals: Goals | None,
    reward: Reward,
    achieved: NDArray[np.floating],
    desired: NDArray[np.floating],
    info: object,
) -> Floats:
    """The learned reward of `relabelled` states. -> (…).

    Raises InvalidInput where goals were not set apart.
    """
    if goals is None:
        raise InvalidInput("rewards of other goals are known with obs='goal' only")
    return reward(relabelled(goals, reward.layout.size, achieved, desired, info))


def _columns(points: Sequence[str], name: str) -> slice:
    start = 3 * points.index(name)
    return slice(start, start + 3)
