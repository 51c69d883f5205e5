"""A run's metrics as they come about: lines in metrics.jsonl, and the same numbers for TensorBoard.

These are left out where TensorBoard is not installed: whoever does not look at them needs no word of it. And
where the run is told to trackers of its owner's choice.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from armchair.console import warn
from armchair.errors import RunError
from armchair.jsonable import Json
from armchair.offers.extras import missing
from armchair.runs.folder import RunDir

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter

FOLDER = "tensorboard"
STEP = "env_steps"  # what TensorBoard draws everything else against


class Track(Protocol):
    """Who is told of a run besides, in place of TensorBoard."""

    def begin(self, after: int) -> None:
        """The run goes on after so many environment steps."""
        ...

    def add(self, record: Mapping[str, Json]) -> None:
        """A line of metrics; neither waits nor raises."""
        ...


class MetricsLog:
    """Writes both, as a context manager; a run that goes on writes on in the same folder."""

    def __init__(self, run: RunDir, after: int = 0, track: Track | None = None) -> None:
        """after: environment steps that a run going on has behind it: TensorBoard hides what a crash left
        beyond them. track: is told in TensorBoard's place; it is the caller's to close.
        """
        self._run, self._track = run, track
        if track is not None:
            track.begin(after)
        with _translated(run):
            self._board = _writer(run, after) if track is None else None

    def add(self, record: Mapping[str, Json]) -> None:
        """Add a line; its finite numbers become scalars at its `env_steps`."""
        self._run.log(record)
        if self._track is not None:
            self._track.add(record)
        step = record.get(STEP)
        if self._board is None:
            return
        for name, value in record.items():
            number = isinstance(value, int | float) and math.isfinite(value)
            if number and name != STEP and isinstance(step, int):
                with _translated(self._run):
                    self._board.add_scalar(name, value, step)

    def __enter__(self) -> MetricsLog:
        """Itself."""
        return self

    def __exit__(self, kind: object, error: object, where: object) -> None:
        """Write out what is pending; where that fails after an error, the error is what is told."""
        if self._board is None:
            return
        try:
            with _translated(self._run):
                self._board.close()
        except RunError:
            if error is None:
                raise


def _writer(run: RunDir, after: int) -> SummaryWriter | None:
    """What writes for TensorBoard, or None where that cannot be."""
    if missing("tensorboard"):
        return None
    try:
        from torch.utils.tensorboard.writer import SummaryWriter  # here, since it takes a moment
    except ImportError as error:  # it is there, but broken: no reason not to train
        warn(f"nothing is written for TensorBoard: {error}")
        return None
    return SummaryWriter(run.path / FOLDER, purge_step=after + 1 if after else None)


@contextmanager
def _translated(run: RunDir) -> Generator[None]:
    """RunError in place of what TensorBoard's writer raises where the disk is full."""
    try:
        yield
    except OSError as error:
        raise RunError(f"{run.path / FOLDER} cannot be written: {error.strerror}") from None
