"""A run's metrics as they come about: lines in metrics.jsonl, and the same numbers for TensorBoard."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from armchair.errors import RunError
from armchair.jsonable import Json
from armchair.runs.folder import RunDir

FOLDER = "tensorboard"
STEP = "env_steps"  # what TensorBoard draws everything else against


class MetricsLog:
    """Writes both, as a context manager; a run that goes on writes on in the same folder."""

    def __init__(self, run: RunDir, after: int = 0) -> None:
        """after: environment steps that a run going on has behind it: TensorBoard hides what a crash left
        beyond them.
        """
        from torch.utils.tensorboard.writer import SummaryWriter  # here, since it takes a moment

        self._run = run
        with _translated(run):
            self._board = SummaryWriter(run.path / FOLDER, purge_step=after + 1 if after else None)

    def add(self, record: Mapping[str, Json]) -> None:
        """Add a line; its finite numbers become scalars at its `env_steps`."""
        self._run.log(record)
        step = record.get(STEP)
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
        try:
            with _translated(self._run):
                self._board.close()
        except RunError:
            if error is None:
                raise


@contextmanager
def _translated(run: RunDir) -> Generator[None]:
    """RunError in place of what TensorBoard's writer raises where the disk is full."""
    try:
        yield
    except OSError as error:
        raise RunError(f"{run.path / FOLDER} cannot be written: {error.strerror}") from None
