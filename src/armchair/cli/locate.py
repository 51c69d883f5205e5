"""Finding the run that a command is about, by its folder or the URL of its database, and what it may name.

A run's own names, of code or of a database, are used once they were typed, trusted before, or `--trust` says
so: see `armchair.runs.trust`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from armchair.errors import ConfigError, InvalidInput, RunError
from armchair.runs.folder import RunDir, runs_in

SHOWN = 8  # runs named in an error


class Place(NamedTuple):
    """A run that was named on the command line."""

    store: Path | str
    name: str
    folder: Path | None  # none on a host that knows of a run by its database alone

    @property
    def shown(self) -> str:
        """How the run may be printed."""
        from armchair.store.database import shown

        return shown(str(self.store)) if self.folder is None else str(self.folder)


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


def find_store(where: str, *, trust: bool = False) -> Place:
    """The store of a run, named by its folder or by the URL of its database.

    trust: use the database that the run names, if it names one. Raises RunError where there is no run, or one
    that asked nobody, or one whose database nobody has trusted.
    """
    if "://" in where:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            name = make_url(where).database or where
        except ArgumentError:
            raise RunError(f"{where!r} is neither a run's folder nor the URL of a database") from None
        return Place(where, Path(name).stem, None)
    run = find_run(Path(where))
    admit_run(run, trust=trust)
    store = run.store
    if isinstance(store, Path) and not store.is_file():
        raise RunError(f"{run.path} has no questions to answer: runs of `armchair teach` have")
    return Place(store, run.name, run.path)


def check_new(url: str) -> None:
    """A database in which a new run's answers are to be kept: on a server, empty, named without a password.

    Raises InvalidInput, or StoreError where the database cannot be used or holds a run already.
    """
    from armchair.store.copies.transfer import check_empty
    from armchair.store.database import has_password, shown

    if not url.startswith("postgresql"):
        raise InvalidInput(
            "--store takes the URL of a PostgreSQL database, such as postgresql://user@host/name; without it "
            f"answers are kept in the run's folder; got {shown(url)!r}"
        )
    if has_password(url):
        raise InvalidInput(
            "--store is written into the run, so leave the password out of it: put it into ~/.pgpass, or "
            "into PGPASSWORD"
        )
    check_empty(url)


def admit_run(run: RunDir, *, trust: bool) -> None:
    """Let what a run's configuration names be used. trust: its owner says so, now and from now on.

    Raises RunError where it names code or a database and nobody has said so.
    """
    from armchair.runs.trust import named_in

    admit(run.path, named_in(run.config()), trust=trust)


def admit_config(path: str | None, typed: str | None, *, trust: bool, ray: str | None = None) -> None:
    """The same of a YAML file that may name a task and a Ray cluster.

    typed, ray: the task and the cluster that were named beside it, if any.
    """
    from armchair.config.read import load_config, presets
    from armchair.runs.trust import gate, named_in

    gate.allow(typed, f"ray {ray}")
    if path is None or path in presets():
        return
    try:
        config = load_config(path)
    except ConfigError:
        if typed is None:
            raise
        return  # it may be right for that task; whoever reads it for that says so otherwise
    names = {"task": None if typed is not None else config.task, "env": {"ray": config.env.ray}}
    admit(Path(path), named_in(names), trust=trust)


def admit(path: Path, names: Sequence[str], *, trust: bool) -> None:
    """Let be used what the file or folder at `path` names, or RunError."""
    from armchair.api.begin import keep
    from armchair.runs.trust import gate, is_remembered, told_of_names

    if trust and names:
        keep(path, names)
    elif not all(map(gate.admits, names)) and not is_remembered(path, names):
        raise RunError(told_of_names(path, names))
    gate.allow(*names)
