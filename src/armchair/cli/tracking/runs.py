"""Which trackers a run has, for the commands that train."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from armchair.console import warn
from armchair.errors import RunError
from armchair.offers.trackers import read_trackers
from armchair.reports.tracking.kept import admitted, begin
from armchair.runs.folder import RunDir

if TYPE_CHECKING:
    from armchair.reports.tracking.tracking import Tracking


def check_track(words: str | None) -> tuple[str, ...]:
    """The trackers that were typed, none if none were; errors as of `read_trackers`."""
    return () if words is None else read_trackers(words)


def begin_tracked(run: RunDir, names: tuple[str, ...]) -> None:
    """Have the run told to these from now on; without any it stays as it is."""
    if not names:
        return
    try:
        begin(run, names)
    except RunError as error:
        warn(f"{error}; `armchair resume {run.path}` will ask for --track again")


@contextmanager
def tracking(run: RunDir) -> Generator[Tracking | None]:
    """What tells the run's trackers, while the block lasts; None where it has none."""
    names, others = admitted(run)
    if others:
        listed = ",".join((*names, *others))
        warn(f"{run.path} was told to {', '.join(others)} elsewhere: add --track {listed} to go on with that")
    if not names:
        yield None
        return
    from armchair.reports.tracking.tracking import Tracking

    with Tracking(run, names) as track:
        yield track


def show_drawn(run: RunDir, track: Tracking | None) -> None:
    """Hand the run's curve and its film over, as far as they were drawn."""
    if track is None:
        return
    for what, file in _drawn(run).items():
        if file.is_file():
            track.show(what, file)


def _drawn(run: RunDir) -> dict[str, Path]:
    return {"curve": run.path / "curve.png", "film": run.videos / "policy.mp4"}
