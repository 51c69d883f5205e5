"""Where a run's store is, as the command line has it: in the run's folder, or a database by URL."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from armchair.cli.runs import find_run
from armchair.errors import InvalidInput, RunError


class Place(NamedTuple):
    """A run that was named on the command line."""

    store: Path | str
    name: str
    folder: Path | None  # none on a host that knows of a run by its database alone

    @property
    def shown(self) -> str:
        """How the run may be printed."""
        return _shown(self.store) if self.folder is None else str(self.folder)


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
    from armchair.store.database import has_password
    from armchair.store.transfer import check_empty

    if not url.startswith("postgresql"):
        raise InvalidInput(
            "--store takes the URL of a PostgreSQL database, such as postgresql://user@host/name; without it "
            f"answers are kept in the run's folder; got {_shown(url)!r}"
        )
    if has_password(url):
        raise InvalidInput(
            "--store is written into the run, so leave the password out of it: put it into ~/.pgpass, or "
            "into PGPASSWORD"
        )
    check_empty(url)


def _shown(store: Path | str) -> str:
    from armchair.store.database import shown

    return shown(store) if isinstance(store, str) and "://" in store else str(store)
