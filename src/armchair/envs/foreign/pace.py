"""Environments of others at another pace: fewer decisions, each held for some steps, in shorter episodes."""

from __future__ import annotations

import math
from typing import SupportsFloat, cast

import gymnasium
from gymnasium.wrappers import TimeLimit

from armchair.envs.foreign.sources import find, make_one, time_limits
from armchair.envs.foreign.values import metadata_of, reward_of
from armchair.errors import InvalidInput

Foreign = gymnasium.Env[object, object]


class Paced:
    """Makes an environment whose actions are held, and whose episodes are as long as they shall be.

    A function like any other that makes an environment: it may stand where such functions stand.
    """

    def __init__(self, source: str, horizon: int, repeat: int) -> None:
        """horizon: decisions in an episode, 0 for its own limit. repeat: steps to a decision."""
        self._source, self._found = source, find(source)
        self._horizon, self._repeat = horizon, repeat
        self.__module__, _, self.__qualname__ = source.rpartition(":")  # whose it is, for errors and points

    def __str__(self) -> str:
        return self._source

    def __call__(self, render_mode: str | None = None) -> Foreign:
        """One copy. Raises InvalidInput where it ends before `horizon`."""
        limit = self._horizon * self._repeat or None
        env = make_one(self._found, limit, render_mode is not None)
        steps = min(time_limits(env), default=0)
        decisions = math.ceil(steps / self._repeat)
        if limit is not None and steps < limit:
            ends = f"where this environment ends after {steps} steps"
            raise InvalidInput(f"env.horizon must be at most {decisions}, {ends}, got {self._horizon}")
        if self._repeat == 1:
            return env
        held = Repeat(env, self._repeat)
        return TimeLimit(held, decisions) if steps else held


class Repeat(gymnasium.Wrapper[object, object, object, object]):
    """Holds each action for so many steps of theirs, or until the episode ends within them.

    Rewards are summed. Observation, info and ends are those of the last of these steps; a success that was
    over by then is not told.
    """

    def __init__(self, env: Foreign, repeat: int) -> None:
        super().__init__(env)
        self._repeat = repeat
        known = metadata_of(self.env)
        fps = known.get("render_fps")
        if isinstance(fps, int | float):
            self.metadata = {**known, "render_fps": fps / repeat}

    def step(self, action: object) -> tuple[object, SupportsFloat, bool, bool, dict[str, object]]:
        """`repeat` steps of the wrapped environment."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        total = reward_of(reward)
        for _ in range(self._repeat - 1):
            if terminated or truncated:
                break
            obs, reward, terminated, truncated, info = self.env.step(action)
            total += reward_of(reward)
        return obs, total, terminated, truncated, cast("dict[str, object]", info)
