"""What an environment is, and what some of them can do besides: abilities, each a small protocol.

Whoever needs an ability asks for it by name, `isinstance(env, Poses)`, and works for any environment that has
it. Nobody asks for a class. `tests/contract/test_envs.py` and `test_abilities.py` hold all to this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.runs.tensors import prefixed
from armchair.types import Step, VisibleLayout

Policy = Callable[[Tensor], Tensor]
"""Observations (N, D) -> actions (N, A)."""
Picture = NDArray[np.uint8]  # (height, width, 3) RGB


class Env(Protocol):
    """N copies of a task, stepped together.

    * An episode that is truncated has lasted exactly `horizon` steps; in tasks of ours success ends none.
    * The next episode begins within the step that ends one: `Step.obs` belongs to it, `Step.final_obs` to
      the episode that ended. Where none ended the two are equal.
    * The same seed and the same actions give the same numbers.
    * An action of the wrong shape or with numbers that are not finite raises `InvalidInput`, which names
      the shape or the row, before anything moves. Actions are clipped to [-1, 1].
    """

    num_envs: int
    obs_dim: int
    action_dim: int
    horizon: int
    layout: VisibleLayout  # what the numbers of `Step.visible` mean
    dt: float  # s, length of a control step
    diverged: int  # episodes that the simulation lost so far
    device: torch.device

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        """Begin an episode in every copy. -> (N, D) observations.

        seed: makes what follows repeatable. stagger: put the copies out of phase, where that can be done, so
        that they do not all end together; their first episodes are shorter.
        """
        ...

    def step(self, action: Tensor) -> Step:
        """Act for one control step; `action` is (N, A) in [-1, 1]."""
        ...

    def close(self) -> None:
        """Free what the environment holds; calling it twice is harmless."""
        ...


@runtime_checkable
class Snapshots(Protocol):
    """All that the future depends on can be kept and put back, to the bit."""

    def snapshot(self) -> dict[str, Tensor]:
        """It by name; copies stay valid."""
        ...

    def restore(self, snapshot: Mapping[str, Tensor]) -> Tensor:
        """Go back to a snapshot of an environment of the same make. -> (N, D) observations."""
        ...


class PoseDrawing(Protocol):
    """Draws poses; a context manager, since what it draws with is not freed by itself."""

    def render(self, poses: Tensor) -> Picture:
        """A picture of `poses` (B + 1, 7)."""
        ...

    def close(self) -> None:
        """Free what it draws with; twice is harmless."""
        ...

    def __enter__(self) -> PoseDrawing: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class PoseWindow(Protocol):
    """Shows poses in a window."""

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it."""
        ...

    def show(self, poses: Tensor) -> None:
        """Show `poses` (B + 1, 7) now."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


@runtime_checkable
class Poses(Protocol):
    """Bodies move in a 3D scene, in which clips are replayed."""

    @property
    def body_names(self) -> tuple[str, ...]:
        """Of the bodies, in the order of their poses, the goal's marker left out."""
        ...

    def scene_asset(self) -> bytes:
        """The scene for the player in the browser; see `armchair.engines.display.scene_asset`."""
        ...

    def poses(self) -> Tensor:
        """Position in m and quaternion of each body now and, last, of the goal's marker. -> (N, B + 1, 7)."""
        ...

    def renderer(self, width: int, height: int) -> PoseDrawing:
        """What draws them, in pixels. Raises MissingDependency where there is no OpenGL to draw with."""
        ...

    def window(self) -> PoseWindow:
        """What shows them in a window. Raises MissingDependency where there is no display."""
        ...


@runtime_checkable
class Frames(Protocol):
    """Pictures can be had, where there are no poses."""

    def frames(self) -> list[Picture]:
        """A picture of the state that each copy last reached, the end of an episode included."""
        ...


@runtime_checkable
class Points(Protocol):
    """What a person sees can be told between steps, too: named points and scalars, see `Env.layout`."""

    def visible(self) -> Tensor:
        """It now. -> (N, F)."""
        ...


@runtime_checkable
class Goals(Protocol):
    """Goals can be set apart from the rest, and episodes can begin alike."""

    def new_goal(self, rng: torch.Generator) -> Tensor | None:
        """Another goal for every copy where it is. -> (N, D); None where the task marks no goal."""
        ...

    def reset_alike(self, groups: Tensor, rng: torch.Generator) -> Tensor:
        """Begin an episode in every copy, in one state within each group; what ran is given up. -> (N, D).

        groups: (N,) int64 from 0 without gaps.
        """
        ...


class StartState(NamedTuple):
    """States that an episode may begin from, of one environment's make."""

    engine: Tensor  # (S, E) rows of the simulator's own, of any type
    goal: Tensor  # (S, 3) m

    def select(self, rows: Tensor) -> StartState:
        """The given rows of both."""
        return StartState(self.engine[rows], self.goal[rows])


class StartSampler(Protocol):
    """Lets some episodes begin elsewhere than the task says; see `armchair.envs.start_states`."""

    def begin(self, ids: Tensor, rng: torch.Generator) -> tuple[Tensor, StartState]:
        """The copies `ids` (n,) begin an episode. -> those of them that begin elsewhere, and where."""
        ...

    def begin_alike(self, groups: Tensor, rng: torch.Generator) -> tuple[Tensor, StartState]:
        """The same where all begin, alike within each group (N,)."""
        ...

    def ended(self, ids: Tensor, success: Tensor) -> None:
        """The episodes of the copies `ids` (n,) ended, with success (n,) or without."""
        ...

    def learn(self, success: Tensor) -> None:
        """Episodes that did not begin elsewhere ended, with success (n,) or without."""
        ...

    def set_share(self, share: float) -> None:
        """Let this share of the episodes begin elsewhere from now on, whatever succeeds."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """All that its future depends on, by name."""
        ...

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        ...


@runtime_checkable
class Demonstrable(Protocol):
    """Somebody has written a solution, and episodes may begin anywhere along one."""

    starts: StartSampler | None

    def script(self) -> Tensor:
        """What the solution would do now. -> (N, A). Raises InvalidInput where that cannot drive the arm."""
        ...

    def start_state(self) -> StartState:
        """Where every copy stands now, N rows."""
        ...


@runtime_checkable
class TellsSuccess(Protocol):
    """`Step.success` means something."""

    @property
    def tells_success(self) -> bool:
        """Whether it has meant something so far: an environment of others may take its time to say so."""
        ...

    def success(self) -> Tensor:
        """Whether the criterion holds in the state last reached. -> (N,) bool."""
        ...


@runtime_checkable
class Explains(Protocol):
    """What is not finite can be told in words: environment, copy, step, which number."""

    def trouble(self) -> str | None:
        """Which number observed since the last reset was not finite first; None where all were."""
        ...

    def unrewarded(self) -> str | None:
        """Which reward since the last reset was not finite first; None where all were."""
        ...


@runtime_checkable
class Pushable(Protocol):
    """The arm can be shoved, whatever its policy wants."""

    shove_dim: int

    def shove(self, direction: Tensor) -> Tensor:
        """A control step in which something shoves, direction (N, shove_dim) in [-1, 1]. -> observations."""
        ...


def snapshot_of(prefix: str, env: Env) -> dict[str, Tensor]:
    """Where an environment stands, as tensors named "prefix.…"; nothing where it cannot tell."""
    return prefixed(prefix, env.snapshot()) if isinstance(env, Snapshots) else {}


def restore(env: Env, snapshot: Mapping[str, Tensor]) -> bool:
    """Bring an environment back, where it can be; else its episodes begin anew. -> whether it is back."""
    if isinstance(env, Snapshots):
        env.restore(snapshot)
        return True
    return False


def tells_success(env: Env) -> bool:
    """Whether `Step.success` means something."""
    return isinstance(env, TellsSuccess) and env.tells_success
