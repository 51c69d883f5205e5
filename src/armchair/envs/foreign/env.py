"""Any Gymnasium environment with a `Box` of actions as an environment of ours.

Its copies run one after the other in this process, or each in a process of its own. An ended episode is
followed by the next one within the step, as in `ArmEnv`; the last observation of the old one is kept apart.
Such environments have no body poses: clips of them are frames.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import cast

import numpy as np
import torch
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from numpy.typing import NDArray
from torch import Tensor

from armchair.engines.base import check_finite
from armchair.engines.display.gl import choose_gl
from armchair.envs.base import Frames, Picture
from armchair.envs.foreign.points.columns import Columns, observed, with_points
from armchair.envs.foreign.points.declaration import Declared
from armchair.envs.foreign.points.witness import step_seconds, telling
from armchair.envs.foreign.sources import LAST_FRAME, Factory, action_box, check, maker
from armchair.errors import InvalidInput, MissingDependency
from armchair.maths import generator
from armchair.types import Step

Info = Mapping[str, object]

_SUCCESS = ("is_success", "success")  # where others say it, in the order of preference


class ForeignEnv:
    """N copies of somebody else's environment behind `armchair.envs.base.Env`, without pictures.

    Made by `import_env`. Actions in [-1, 1] are stretched to the bounds of its action space. Observations are
    flattened to float32. `success` is `info["is_success"]`, or `info["success"]`, or False.

    >>> env = import_env("Pendulum-v1", num_envs=2)
    >>> env.reset(seed=0).shape, env.action_dim, env.horizon
    (torch.Size([2, 3]), 1, 200)
    """

    def __init__(
        self,
        copies: SyncVectorEnv[object, object] | AsyncVectorEnv[object, object],
        horizon: int,
        columns: Columns,
        seed: int = 0,
    ) -> None:
        """`copies` reset themselves within the step; `columns` says what their observations hold."""
        self._copies = copies
        self.num_envs = copies.num_envs
        self.device = torch.device("cpu")
        self.horizon = horizon
        self._space = action_box(copies.single_action_space)
        self.action_dim = int(np.prod(self._space.shape))
        self._columns = columns
        self.obs_dim, self.layout = columns.obs_dim, columns.layout
        self.dt = step_seconds(copies.metadata)
        self.diverged = 0
        self._success = torch.zeros(self.num_envs, dtype=torch.bool)
        self._seed: int | None = seed  # for the first reset
        self.tells_success = False  # whether it has ever said of a state that it is a success, or is none

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        """Begin an episode in every copy, a seed each; they cannot be staggered. -> (N, D) observations."""
        first, self._seed = self._seed, None
        seed = first if seed is None else seed
        seeds = None if seed is None else _seeds(seed, self.num_envs)
        self._success = torch.zeros_like(self._success)
        obs, _ = self._copies.reset(seed=seeds)
        return self._columns.split(_floats(obs))[0]

    def step(self, action: Tensor) -> Step:
        """Act for one step of theirs; `action` (N, A) is clipped to [-1, 1]. See `Step`.

        Raises InvalidInput for a wrong shape or a number that is not finite, before anything moves.
        """
        check_finite("action", action, (self.num_envs, self.action_dim))
        obs, reward, terminated, truncated, info = self._copies.step(self._theirs(action))
        terminated, truncated = torch.from_numpy(terminated), torch.from_numpy(truncated)
        ended = (terminated | truncated).nonzero().squeeze(1).tolist()
        old = cast(Info, info.get("final_info", {}))
        now = _floats(obs)
        final = now.clone()
        if ended:
            lasts = cast("NDArray[np.object_]", info["final_obs"])
            final[ended] = torch.stack([_floats(lasts[i]) for i in ended])
        self._keep_pictures(old, ended)
        self.tells_success |= any(key in where for key in _SUCCESS for where in (info, old))
        self._success = _success(info, old, ended, self.num_envs)
        final_obs, visible = self._columns.split(final)
        return Step(
            obs=self._columns.split(now)[0],
            reward=torch.from_numpy(np.asarray(reward, dtype=np.float32)),
            terminated=terminated,
            truncated=truncated & ~terminated,
            final_obs=final_obs,
            success=self._success,
            visible=visible,
        )

    def _theirs(self, action: Tensor) -> NDArray[np.generic]:
        """(N, A) in [-1, 1] -> their units, shape and dtype; -1 and 1 give the bounds exactly."""
        share = (action.detach().cpu().double().clamp(-1.0, 1.0).numpy() + 1.0) / 2.0
        low, high = self._space.low.astype(np.float64), self._space.high.astype(np.float64)
        share = share.reshape(self.num_envs, *self._space.shape)
        value = low * (1.0 - share) + high * share
        if np.issubdtype(self._space.dtype, np.integer):
            value = np.rint(value)
        return value.astype(self._space.dtype)

    def _keep_pictures(self, old: Info, ended: Sequence[int]) -> None:
        """Of the episodes that ended; here there are none."""

    def success(self) -> Tensor:
        """What was said of the state last reached; False at the beginning of an episode. -> (N,) bool."""
        return self._success

    def close(self) -> None:
        """Close all copies and their processes; twice is harmless."""
        self._copies.close()


class DrawnForeignEnv(ForeignEnv):
    """The same with pictures."""

    _last: Mapping[int, Picture] = MappingProxyType({})  # of the episodes that ended in the last step

    def frames(self) -> list[Picture]:
        """A picture (H, W, 3) of the state that each copy last reached.

        Where an episode has just ended, it is the picture of its end, not of the next one's beginning.
        """
        fresh = cast("tuple[Picture, ...]", self._copies.render())
        return [self._last.get(i, frame) for i, frame in enumerate(fresh)]

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        """Begin an episode in every copy, a seed each; they cannot be staggered. -> (N, D) observations."""
        self._last = {}
        return super().reset(seed, stagger=stagger)

    def _keep_pictures(self, old: Info, ended: Sequence[int]) -> None:
        frames = cast("NDArray[np.uint8]", old[LAST_FRAME]) if LAST_FRAME in old else None
        self._last = {} if frames is None else {i: frames[i] for i in ended}


def import_env(
    source: str | Factory,
    *,
    num_envs: int = 1,
    seed: int = 0,
    horizon: int | None = None,
    asynchronous: bool = False,
    render: bool = False,
    visible: Callable[[Tensor], Tensor] | None = None,
    declared: Declared | None = None,
) -> ForeignEnv:
    """`num_envs` copies of a Gymnasium environment as an environment of ours.

    source: an id ("Pendulum-v1"), an id with the module that registers it ("gymnasium:Pendulum-v1"), the
    place of a function that makes the environment ("my_package.arms:make"), or such a function.
    horizon: length of an episode, if not the environment's own limit. asynchronous: a process for each copy,
    begun anew ("spawn"), so that a script needs `if __name__ == "__main__":`. render: make `frames()` work;
    a function is given render_mode="rgb_array" if it takes such an argument, else it must itself make an
    environment that draws. visible: what a person sees, from (N, D) observations; all of them by default.
    declared: points and scalars, which then are what a person sees; see `points.declaration`.

    Raises InvalidInput where the environment cannot be found or used, and says why.
    """
    if num_envs < 1:
        raise InvalidInput(f"num_envs must be at least 1, got {num_envs}")
    make = maker(source, horizon, render)
    trial = make()
    try:
        steps = check(trial, horizon, render)
        columns = observed(trial, visible)
        if declared is not None and declared:
            if visible is not None:
                raise InvalidInput("visible= and declared points both say what a person sees: leave one out")
            make, columns = telling(make, source, trial, declared), with_points(trial, declared)
    finally:
        trial.close()
    mode = AutoresetMode.SAME_STEP
    copies = (
        AsyncVectorEnv([make] * num_envs, autoreset_mode=mode, context="spawn")
        if asynchronous
        else SyncVectorEnv([make] * num_envs, autoreset_mode=mode)
    )
    return (DrawnForeignEnv if render else ForeignEnv)(copies, steps, columns, seed)


def why_no_pictures(source: str | Factory) -> str | None:
    """Draw the environment once. -> why that cannot be done here, in a line; None where it can."""
    with contextlib.suppress(MissingDependency):  # not all environments draw with OpenGL
        choose_gl()
    try:
        env = import_env(source, render=True)
        try:
            env.reset(seed=0)
            assert isinstance(env, Frames)
            env.frames()
        finally:
            env.close()
    except Exception as error:  # other people's code, and what it draws with, may raise anything
        return " ".join(str(error).split()) or type(error).__name__
    return None


def _floats(obs: object) -> Tensor:
    """A float32 tensor of its own: vector environments may use their arrays again."""
    return torch.tensor(np.asarray(obs, dtype=np.float32))


def _seeds(seed: int, n: int) -> list[int | None]:
    """A seed for each copy; neighbouring seeds of ours share none of them."""
    drawn = torch.randint(0, 2**31 - 1, (n,), generator=generator(seed, "import"))
    return [int(one) for one in drawn]


def _success(info: Info, old: Info, ended: list[int], n: int) -> Tensor:
    """What the environments say of the states that the actions led to. -> (n,) bool."""
    return torch.tensor([_says(old if i in ended else info, i) for i in range(n)])


def _says(info: Info, i: int) -> bool:
    for key in _SUCCESS:
        if key in info and bool(cast("NDArray[np.bool_]", info[f"_{key}"])[i]):
            return bool(cast("NDArray[np.generic]", info[key])[i])
    return False
