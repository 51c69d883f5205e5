"""Copies of an environment of others: each begins its next episode within the step that ends one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import NamedTuple, Protocol, TypeVar, cast

import gymnasium
import numpy as np
from numpy.typing import NDArray

from armchair.envs.foreign.limits import TimeLimit, unmoved
from armchair.envs.foreign.pictures import Picture
from armchair.envs.foreign.sound import step_seconds
from armchair.envs.foreign.values import Numbers, Space
from armchair.errors import ForeignError, InvalidInput

Foreign = gymnasium.Env[object, object]
Found = TypeVar("Found")


class Made(NamedTuple):
    """What is known of a copy once it is made."""

    observations: Space
    actions: Space
    step_seconds: float


class Outcome(NamedTuple):
    """One step of one copy."""

    obs: Numbers  # (D,) of the next episode, where one has ended
    reward: float  # NaN where there is none
    terminated: bool
    truncated: bool
    success: bool | None  # of the state that the action led to; None where nothing was said of it
    last: Numbers | None  # (D,) where the episode has ended
    picture: Picture | None  # of that end, where pictures are made
    trouble: str | None  # why there is no such picture, where there should be one


@contextlib.contextmanager
def told_of(where: str) -> Generator[None]:
    """Say in front of a ForeignError where it happened."""
    try:
        yield
    except ForeignError as error:
        raise ForeignError(f"{where}: {error}") from error


class Copies(Protocol):
    """N of them, stepped together. Whatever goes wrong is a ForeignError that names the copy."""

    num_envs: int
    made: Made  # of every one of them

    def reset(self, seeds: Sequence[int | None]) -> list[Numbers]:
        """Begin an episode in every copy. -> observations (D,)."""
        ...

    def step(self, actions: NDArray[np.generic]) -> list[Outcome]:
        """Act in every copy, one row of `actions` each."""
        ...

    def call(self, name: str, arguments: Sequence[tuple[object, ...]]) -> list[object]:
        """Call a method of each copy's outermost layer, or one below it, with arguments of its own."""
        ...

    def close(self) -> None:
        """Close all of them; twice is harmless."""
        ...


class Copy:
    """One of them."""

    def __init__(self, make: Callable[[], Foreign], name: str, number: int, draws: bool) -> None:
        """name: of the environment, for errors. draws: whether ends of episodes are drawn."""
        self._where, self._draws = f"{name}, copy {number}", draws
        self._steps = 0
        with told_of(name):
            self.env = make()
        self.made = Made(self.env.observation_space, self.env.action_space, step_seconds(self.env))

    def reset(self, seed: int | None) -> Numbers:
        """Begin an episode, seeded or not."""
        with told_of(self._where):
            obs, _ = self.env.reset(seed=seed)
        self._steps = 0
        return cast(Numbers, obs)

    def step(self, action: NDArray[np.generic]) -> Outcome:
        """Act, and begin the next episode where this one ended."""
        self._steps += 1
        with told_of(self.doing):
            obs, reward, terminated, truncated, info = self.env.step(action)
        last, picture, trouble = None, None, None
        if terminated or truncated:
            last = cast(Numbers, obs)
            try:
                picture = cast(Picture, self.env.render()) if self._draws else None
            except ForeignError as error:
                trouble = str(error)
            obs = self.reset(None)
        success = cast("bool | None", info.get("is_success"))
        return Outcome(
            cast(Numbers, obs), float(reward), terminated, truncated, success, last, picture, trouble
        )

    def call(self, name: str, arguments: Sequence[object]) -> object:
        """A method of the outermost layer that has it."""
        with told_of(self.doing):
            return self.env.get_wrapper_attr(name)(*arguments)

    @property
    def doing(self) -> str:
        """Which copy it is, and where it stands."""
        return f"{self._where}, step {self._steps}"


class SerialCopies:
    """All in this process, one after the other."""

    def __init__(
        self,
        make: Callable[[], Foreign],
        name: str,
        numbers: Sequence[int],
        draws: bool = False,
        limit: float | None = None,
    ) -> None:
        """numbers: of the copies, for errors. limit: s that a copy may take for a reset or a step."""
        self._limit, self.num_envs = limit, len(numbers)
        self.copies: list[Copy] = []
        try:
            for number in numbers:
                self.copies.append(Copy(make, name, number, draws))
        except BaseException:
            self.close()
            raise
        self.made = self.copies[0].made
        if len({id(copy.env.unwrapped) for copy in self.copies}) < len(self.copies):
            raise InvalidInput(f"{name} gives the same environment again: it must make a new one each time")
        check_alike([copy.made for copy in self.copies], name)

    @property
    def envs(self) -> list[Foreign]:
        """What was made, outermost layer first."""
        return [copy.env for copy in self.copies]

    def reset(self, seeds: Sequence[int | None]) -> list[Numbers]:
        """See `Copies`."""
        return [
            self._limited(copy, partial(copy.reset, seed))
            for copy, seed in zip(self.copies, seeds, strict=True)
        ]

    def step(self, actions: NDArray[np.generic]) -> list[Outcome]:
        """See `Copies`."""
        return [
            self._limited(copy, partial(copy.step, np.asarray(action)))
            for copy, action in zip(self.copies, actions, strict=True)
        ]

    def call(self, name: str, arguments: Sequence[tuple[object, ...]]) -> list[object]:
        """See `Copies`."""
        return [
            self._limited(copy, partial(copy.call, name, each))
            for copy, each in zip(self.copies, arguments, strict=True)
        ]

    def close(self) -> None:
        """See `Copies`."""
        for copy in self.copies:
            copy.env.close()

    def _limited(self, copy: Copy, work: Callable[[], Found]) -> Found:
        if self._limit is None:
            return work()
        with unmoved(), TimeLimit(self._limit, lambda: copy.doing):
            return work()


def check_alike(made: Sequence[Made], name: str) -> None:
    """Raises InvalidInput where copies differ in what they observe or do."""
    for i, one in enumerate(made):
        if one.observations != made[0].observations or one.actions != made[0].actions:
            raise InvalidInput(
                f"{name} makes environments that differ: the first has {made[0].observations} and acts in "
                f"{made[0].actions}, number {i} has {one.observations} and acts in {one.actions}"
            )
