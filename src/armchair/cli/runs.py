"""Finding the run that a command is about."""

from __future__ import annotations

from pathlib import Path

from armchair.errors import RunError
from armchair.runs.folder import RunDir, runs_in

SHOWN = 8  # runs named in an error


def find_run(path: Path) -> RunDir:
    """The run in this folder. Raises RunError, which names the runs there are, where it holds none."""
    try:
        return RunDir.open(path)
    except RunError as error:
        roots = dict.fromkeys((path.parent, Path("runs")))
        found = [str(run.path) for root in roots for run in runs_in(root)]
        if not found:
            raise
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise RunError(f"{error}; there are {', '.join(found[-SHOWN:])}{more}") from None
