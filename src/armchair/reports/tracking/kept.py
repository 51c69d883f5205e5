"""tracking.json in a run's folder: which trackers it is told to, and by which id each of them knows it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from armchair.errors import InvalidInput, RunError
from armchair.offers.trackers import LOCAL, TRACKERS
from armchair.reading.files import read_bytes
from armchair.reading.limits import TOLD_BYTES
from armchair.reading.plain import parse_object
from armchair.runs.files import write_atomic
from armchair.runs.folder import RunDir
from armchair.runs.trust import is_remembered, remember

FILE = "tracking.json"
MOST_ID = 128  # characters


def begin(run: RunDir, names: Sequence[str]) -> None:
    """Have the run told to these trackers from now on, by whoever typed them. Ids that are known stay."""
    ids = tracked(run)
    keep(run, {name: ids.get(name, "") for name in names})
    remember(run.path / FILE, names)


def keep(run: RunDir, ids: Mapping[str, str]) -> None:
    """Write the ids by name, "" where there is none yet. Raises RunError where that cannot be done."""
    write_atomic(run.path / FILE, (json.dumps(dict(ids), indent=2) + "\n").encode())


def tracked(run: RunDir) -> dict[str, str]:
    """The ids by name, none where the run has no tracker. Raises RunError for a file that makes no sense."""
    file = run.path / FILE
    try:
        found = parse_object(read_bytes(file, TOLD_BYTES), str(file), TOLD_BYTES)
    except FileNotFoundError:
        return {}
    except (OSError, InvalidInput) as error:
        raise RunError(f"{file} cannot be read: {error}") from None
    ids = {name: value for name, value in found.items() if isinstance(value, str) and len(value) <= MOST_ID}
    if set(ids) != set(found) or not set(ids) <= set(TRACKERS):
        raise RunError(f"{file} must have an id for each tracker, of {', '.join(TRACKERS)}: remove it")
    return ids


def admitted(run: RunDir) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The trackers that the run goes on being told to, and those that somebody here must name first.

    What sends numbers away does so only where it was asked for on this machine.
    """
    names = tuple(tracked(run))
    if is_remembered(run.path / FILE, names):
        return names, ()
    return tuple(name for name in names if name in LOCAL), tuple(name for name in names if name not in LOCAL)
