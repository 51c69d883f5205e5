"""Any Gymnasium environment with a `Box` of actions as an environment of ours.

Its copies run one after the other in this process, or shared among processes. An ended episode is
followed by the next one within the step, as in `ArmEnv`; the last observation of the old one is kept apart.
What those can do besides that MuJoCo simulates: `abilities`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.console import warn
from armchair.engines.base import check_finite
from armchair.envs.base import Picture
from armchair.envs.foreign.copies import Copies, Outcome, SerialCopies
from armchair.envs.foreign.points.columns import Columns
from armchair.envs.foreign.sources import Foreign, action_box
from armchair.errors import ForeignError
from armchair.maths import generator
from armchair.types import Step


class Running(NamedTuple):
    """How copies are run."""

    workers: int = 0
    """Processes that the copies are shared among; 0: they run in this one, one after the other. Processes are
    begun anew ("spawn"), so that a script needs `if __name__ == "__main__":`."""
    time_limit: float = 120.0
    """s that a copy may take for a reset or a step."""
    ray: str = ""
    """The address of a Ray cluster whose processes are meant; "": those of this machine."""


class ForeignEnv:
    """N copies of somebody else's environment behind `armchair.envs.base.Env`, without pictures.

    Made by `import_env`. Actions in [-1, 1] are stretched to the bounds of its action space. Observations are
    flattened to float32. `success` is `info["is_success"]`, or `info["success"]`, or False. A reward that it
    does not tell is NaN. Whatever it raises, or does not do as Gymnasium says, is a ForeignError in a line.

    >>> env = import_env("Pendulum-v1", num_envs=2)
    >>> env.reset(seed=0).shape, env.action_dim, env.horizon
    (torch.Size([2, 3]), 1, 200)
    """

    def __init__(
        self,
        copies: Copies,
        horizon: int,
        name: str,
        columns: Columns,
        seed: int = 0,
    ) -> None:
        """`copies` reset themselves within the step; `columns` says what their observations hold."""
        self._copies, self.name = copies, name
        self.num_envs = copies.num_envs
        self.device = torch.device("cpu")
        made = copies.made
        self.horizon, self.dt = horizon, made.step_seconds
        self._space = action_box(made.actions)
        self.action_dim = int(np.prod(self._space.shape))
        self._columns = columns
        self.obs_dim, self.layout, self.obs_names = columns.obs_dim, columns.layout, columns.names()
        self.diverged = 0
        self._success = torch.zeros(self.num_envs, dtype=torch.bool)
        self._seed: int | None = seed  # for the first reset
        self._steps = np.zeros(self.num_envs, dtype=np.int64)  # of the running episodes
        self._trouble: str | None = None
        self._unrewarded: str | None = None
        self.tells_success = False  # whether it has ever said of a state that it is a success, or is none
        self.obs = torch.zeros(self.num_envs, self.obs_dim)  # of the state that each copy stands in
        self.seen = torch.zeros(self.num_envs, self.layout.size)  # what is visible of the state last reached

    def envs(self) -> list[Foreign]:
        """The copies in this process, outermost layer first; none where they run in others."""
        return self._copies.envs if isinstance(self._copies, SerialCopies) else []

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        """Begin an episode in every copy, a seed each; they cannot be staggered. -> (N, D) observations."""
        first, self._seed = self._seed, None
        seed = first if seed is None else seed
        seeds = [None] * self.num_envs if seed is None else _seeds(seed, self.num_envs)
        self._success = torch.zeros_like(self._success)
        self._trouble = self._unrewarded = None
        self._steps[:] = 0
        self.obs, self.seen = self._columns.split(self._floats(self._copies.reset(seeds)))
        return self.obs.clone()

    def step(self, action: Tensor) -> Step:
        """Act for one step of theirs; `action` (N, A) is clipped to [-1, 1]. See `Step`.

        Raises InvalidInput for a wrong shape or a number that is not finite, before anything moves.
        """
        check_finite("action", action, (self.num_envs, self.action_dim))
        outcomes = self._copies.step(self._theirs(action))
        self._steps += 1
        terminated = torch.tensor([one.terminated for one in outcomes])
        truncated = torch.tensor([one.truncated for one in outcomes])
        final = self._floats([one.obs if one.last is None else one.last for one in outcomes])
        with np.errstate(all="ignore"):
            reward = np.array([one.reward for one in outcomes], dtype=np.float64).astype(np.float32)
        self._look_at(reward)
        done = (terminated | truncated).numpy()
        self._steps[done] = 0
        now = self._floats([one.obs for one in outcomes]) if done.any() else final.clone()
        self._keep_pictures(outcomes)
        self.tells_success |= any(one.success is not None for one in outcomes)
        self._success = torch.tensor([bool(one.success) for one in outcomes])
        final_obs, self.seen = self._columns.split(final)
        self.obs = self._columns.split(now)[0]
        return Step(
            obs=self.obs.clone(),
            reward=torch.from_numpy(reward),
            terminated=terminated,
            truncated=truncated & ~terminated,
            final_obs=final_obs,
            success=self._success,
            visible=self.seen.clone(),
        )

    def trouble(self) -> str | None:
        """Which number observed since the last reset was not finite first; None where all were."""
        return self._trouble

    def unrewarded(self) -> str | None:
        """Which reward since the last reset was not finite first; None where all were."""
        return self._unrewarded

    def _floats(self, rows: Sequence[NDArray[np.float64]]) -> Tensor:
        """Observations (N, D) as a float32 tensor of its own; what is not finite is taken note of."""
        numbers = np.stack(rows)
        with np.errstate(all="ignore"):  # somebody may have made errors of them
            floats = numbers.astype(np.float32)
        finite = np.isfinite(floats)
        if self._trouble is None and not finite.all():
            copy, index = (int(i) for i in np.argwhere(~finite)[0])
            beyond = ", too large for float32" if np.isfinite(numbers[copy, index]) else ""
            what = f"number {index} of the observation is {numbers[copy, index]}{beyond}"
            self._trouble = f"{self._where(copy)}: {what}"
        return torch.from_numpy(floats)

    def _look_at(self, reward: NDArray[np.float32]) -> None:
        if self._unrewarded is None and not np.isfinite(reward).all():
            copy = int(np.argwhere(~np.isfinite(reward))[0, 0])
            self._unrewarded = f"{self._where(copy)}: the reward is None or {reward[copy]}"

    def _where(self, copy: int) -> str:
        return f"{self.name}, copy {copy}, step {self._steps[copy]}"

    def bounds(self) -> tuple[list[float], list[float]]:
        """What -1 and 1 are in their units, of each number of an action (A,)."""
        low, high = self._space.low.astype(np.float64), self._space.high.astype(np.float64)
        return low.reshape(-1).tolist(), high.reshape(-1).tolist()

    def _theirs(self, action: Tensor) -> NDArray[np.generic]:
        """(N, A) in [-1, 1] -> their units, shape and dtype; -1 and 1 give the bounds exactly."""
        share = (action.detach().cpu().double().clamp(-1.0, 1.0).numpy() + 1.0) / 2.0
        low, high = self._space.low.astype(np.float64), self._space.high.astype(np.float64)
        share = share.reshape(self.num_envs, *self._space.shape)
        with np.errstate(all="ignore"):
            value = low * (1.0 - share) + high * share
            if np.issubdtype(self._space.dtype, np.integer):
                value = np.rint(value)
            return value.astype(self._space.dtype)

    def _keep_pictures(self, outcomes: Sequence[Outcome]) -> None:
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
    no_pictures: str | None = None  # why there are none any more

    def frames(self) -> list[Picture]:
        """A picture (H, W, 3) of the state that each copy last reached; none any more once one failed.

        Where an episode has just ended, it is the picture of its end, not of the next one's beginning.
        Standard error is told, once, why there are none any more.
        """
        if self.no_pictures is None:
            try:
                return self.draw()
            except ForeignError as error:
                self._give_up(str(error))
        return []

    def draw(self) -> list[Picture]:
        """As `frames`. Raises ForeignError where a picture fails."""
        fresh = cast("list[Picture]", self._copies.call("render", [()] * self.num_envs))
        return [self._last.get(i, frame) for i, frame in enumerate(fresh)]

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        """Begin an episode in every copy, a seed each; they cannot be staggered. -> (N, D) observations."""
        self._last = {}
        return super().reset(seed, stagger=stagger)

    def _keep_pictures(self, outcomes: Sequence[Outcome]) -> None:
        self._last = {i: one.picture for i, one in enumerate(outcomes) if one.picture is not None}
        failed = [one.trouble for one in outcomes if one.trouble is not None]
        if failed and self.no_pictures is None:
            self._give_up(f"{self.name}: {failed[0]}")

    def _give_up(self, reason: str) -> None:
        self.no_pictures = reason
        warn(f"there are no pictures from here on: {reason}")


def _seeds(seed: int, n: int) -> list[int | None]:
    """A seed for each copy; neighbouring seeds of ours share none of them."""
    drawn = torch.randint(0, 2**31 - 1, (n,), generator=generator(seed, "import"))
    return [int(one) for one in drawn]
