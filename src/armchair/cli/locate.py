"""Finding the run that a command is about: by its folder, or by the URL of its database."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from armchair.errors import InvalidInput, RunError
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


def find_store(where: str) -> Place:
    """The store of a run, named by its folder or by the URL of its database.

    Raises RunError where there is no run, or one that asked nobody.
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
    store = run.store
    if isinstance(store, Path) and not store.is_file():
        raise RunError(f"{run.path} has no questions to answer: runs of `armchair teach` have")
    return Place(store, run.name, run.path)


def check_new(url: str) -> None:
    """A database in which a new run's answers are to be kept: on a server, empty, named without a password.

    Raises InvalidInput, or StoreError where the database cannot be used or holds a run already.
    """
    from armchair.store.database import has_password, shown
    from armchair.store.transfer import check_empty

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
