"""Beginning a run: its folder, and the trust in what it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from armchair.console import warn
from armchair.errors import RunError
from armchair.jsonable import Json
from armchair.runs.folder import RunDir
from armchair.runs.trust import named_in, remember


def begin_run(root: Path, prefix: str, config: Mapping[str, Json]) -> RunDir:
    """A new run's folder, which is trusted: whoever begins it chose what is in it."""
    run = RunDir.create(root, prefix, config)
    if names := named_in(config):
        keep(run.path, names)
    return run


def keep(path: Path, names: Sequence[str]) -> None:
    """Remember that this is trusted; a line on standard error where that cannot be."""
    try:
        remember(path, names)
    except RunError as error:
        warn(f"{error}; the next command will ask for --trust again")
