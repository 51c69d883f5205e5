"""Clips as programs see them: by the names of the points and scalars in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from armchair.errors import InvalidInput, check_choice
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.types import Clip as Stored
from armchair.types import VisibleLayout


@dataclass(frozen=True)
class Clip:
    """A stretch of L steps of one episode.

    >>> (clip["tool"] - clip["goal"]).norm(dim=1)  # (L,) m
    """

    id: str
    """Of the clip, a UUID."""
    names: tuple[str, ...]
    """What `clip[name]` takes: points first, then scalars."""
    visible: Tensor
    """(L, F) all that is seen, in the order of `names`, three numbers for each point."""
    action: Tensor
    """(L, A) in [-1, 1]."""
    reward: Tensor
    """(L,) the task's own reward, for teachers that simulate somebody; learners never see it."""
    poses: Tensor | None
    """(L, B, 7) positions in m and quaternions w x y z of the bodies, the goal's marker last; None where the
    clip has pictures, or nothing."""
    frames: bytes | None
    """An MP4; None where the clip has poses, or nothing."""
    policy_step: int
    """Environment steps that the policy had been trained for."""
    episode: int
    """Running number of the episode; clips of one episode share it."""
    start: int
    """Step within the episode at which the clip begins."""
    points: int
    """How many of `names` are points."""

    def __getitem__(self, name: str) -> Tensor:
        """A point over the clip, (L, 3) in m, or a scalar, (L,). Raises InvalidChoice for another name."""
        place = self.names.index(check_choice("point or scalar", name, self.names))
        if place < self.points:
            return self.visible[:, 3 * place : 3 * place + 3]
        return self.visible[:, 3 * self.points + place - self.points]

    def __len__(self) -> int:
        """L, its steps."""
        return len(self.visible)


def seen(clip: Stored, layout: VisibleLayout | None) -> Clip:
    """A clip with the names of what is in it; layout: None where nobody knows them: they are numbered."""
    width = clip.visible.shape[1]
    if layout is None or layout.size != width:
        layout = VisibleLayout((), tuple(f"obs_{i}" for i in range(width)))
    return Clip(
        clip.id,
        layout.points + layout.scalars,
        clip.visible,
        clip.action,
        clip.reward,
        clip.poses,
        clip.frames,
        clip.policy_step,
        clip.episode,
        clip.start,
        len(layout.points),
    )


class Clips(Mapping[str, Clip]):
    """The clips of a run by id, each read from the disk when it is asked for."""

    def __init__(self, run: RunDir, ids: Sequence[str], layout: VisibleLayout | None) -> None:
        self._run, self._ids, self._layout = run, dict.fromkeys(ids), layout

    def __getitem__(self, key: str) -> Clip:
        """The clip of this id; KeyError for an unknown one."""
        if key not in self._ids:
            raise KeyError(key)
        return self.read([key])[0]

    def read(self, ids: Sequence[str]) -> list[Clip]:
        """The clips of these ids, in their order, read at once. Raises StoreError for an unknown one."""
        with open_store(self._run) as store:
            return [seen(clip, self._layout) for clip in store.clips(list(ids))]

    def __iter__(self) -> Iterator[str]:
        """Ids in the order in which their questions were put."""
        return iter(self._ids)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._ids)


def open_store(run: RunDir) -> Store:
    """The run's store, which whoever asks for it closes. Raises InvalidInput where the run asked nobody."""
    if run.config().get("command") == "train":
        raise InvalidInput(f"{run.path} is a run of `armchair train`: nobody was asked anything in it")
    return Store.open(run.store, create=False)
