"""Whether an environment of others can be put back: tried, not believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from armchair.envs.foreign.mujoco.copy_state import keep_copy, put_back
from armchair.envs.foreign.mujoco.model import find_model

Foreign = gymnasium.Env[object, object]

STEPS = 24  # that are played three times over; after half of them an episode begins


def can_be_put_back(make: Callable[[], Foreign], steps: int = STEPS) -> bool:
    """Whether what follows a snapshot is the same to the bit, in the copy that it is of and in another one.

    make: makes a copy whose observations are arrays. Observations, rewards and ends are compared, across the
    beginning of an episode. What an environment of others raises is taken for a no.
    """
    copies: list[Foreign] = []
    try:
        for seed in (1, 2):
            copies.append(make())
            copies[-1].reset(seed=seed)
        one, other = copies
        if find_model(one) is None:
            return False
        actions = _actions(one, steps)
        _play(other, actions[: steps // 4])
        _play(one, actions[: steps // 3])
        kept = keep_copy(one)
        first = _play(one, actions)
        for copy in (one, other):
            put_back(copy, kept)
            if _play(copy, actions) != first:
                return False
    except Exception:  # other people's code may raise anything
        return False
    finally:
        for copy in copies:
            copy.close()
    return True


def _play(env: Foreign, actions: Sequence[NDArray[np.generic]]) -> list[bytes]:
    """What the actions lead to, a row of bytes a step."""
    seen: list[bytes] = []
    for k, action in enumerate(actions):
        obs, reward, terminated, truncated, _ = env.step(action)
        told = np.array([float(reward), bool(terminated), bool(truncated)])
        seen.append(np.asarray(obs).tobytes() + told.tobytes())
        if terminated or truncated or k == len(actions) // 2:
            obs, _ = env.reset()
            seen.append(np.asarray(obs).tobytes())
    return seen


def _actions(env: Foreign, count: int) -> list[NDArray[np.generic]]:
    """At random within their bounds, always the same ones."""
    space = env.action_space
    assert isinstance(space, Box), "it was checked"
    rng = np.random.default_rng(0)
    low, high = space.low.astype(np.float64), space.high.astype(np.float64)
    return [(low + rng.random(space.shape) * (high - low)).astype(space.dtype) for _ in range(count)]
