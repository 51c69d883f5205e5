"""The errors armchair raises on purpose. Each message says what would have been right.

    ArmchairError
    ├── InvalidInput        (also a ValueError)   a value that cannot be used: shape, NaN, range
    │   └── InvalidChoice                         a name that is not one of the valid ones
    ├── MissingDependency   (also an ImportError) something that must be installed first
    ├── ForeignError                              an environment of others that raised, broke its word or hung
    ├── ConfigError                               a configuration that cannot be used
    ├── RunError                                  a run's folder that cannot be used
    ├── StoreError                                a store that cannot be read or written
    └── ServiceError                              a server of others that cannot be reached, or refuses

The command line prints any of them as one line and exits with 2; every other exception is a bug.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


def nearest(value: str, valid: Iterable[str]) -> str | None:
    """The valid name that looks most like `value`, or None when none comes near."""
    names = {name.lower(): name for name in valid}
    found = difflib.get_close_matches(value.lower(), names, n=1, cutoff=0.5)
    return names[found[0]] if found else None


class ArmchairError(Exception):
    """Base of every error that armchair raises on purpose."""


class InvalidInput(ArmchairError, ValueError):
    """A value of the wrong shape, type or range, or one that is not finite."""


class InvalidChoice(InvalidInput):
    """A name that is not among the valid ones; the message lists them and the nearest."""

    def __init__(self, kind: str, value: str, valid: Iterable[str]) -> None:
        """`kind` is what was asked for ("task"), `value` what was given, `valid` what exists."""
        self.kind, self.value, self.valid = kind, value, tuple(valid)
        # the base gets all three, so that the error can be copied between processes
        super().__init__(kind, value, self.valid)

    def __str__(self) -> str:
        """One line: what is unknown, the nearest valid name, all valid names."""
        near = nearest(self.value, self.valid)
        hint = f"did you mean {near!r}? " if near else ""
        return f"unknown {self.kind} {self.value!r}: {hint}valid: {', '.join(self.valid) or '(none)'}"


class MissingDependency(ArmchairError, ImportError):
    """Something that is not installed; the message says which command installs it."""

    def __init__(self, what: str, mend: str = "") -> None:
        """`what` is missing, a whole clause; `mend` is the command that helps, unless `what` says it.

        MissingDependency("PyBullet is not installed", "pip install 'armchair[bullet]'")
        """
        self.what, self.mend = what, mend
        super().__init__(what, mend)

    def __str__(self) -> str:
        """One line: what is missing and how to mend it."""
        return f"{self.what}; mend it with: {self.mend}" if self.mend else self.what


class ForeignError(ArmchairError):
    """An environment of others raised something, did not return what it should have, or did not return."""


class ConfigError(ArmchairError):
    """A configuration file or value that cannot be used."""


class RunError(ArmchairError):
    """A run's folder that is missing, damaged, in use or made by another version."""


class StoreError(ArmchairError):
    """A store of clips and answers that cannot be opened, read or written."""


class ServiceError(ArmchairError):
    """A server of others that cannot be reached, or that refuses what it is asked for."""


def check_choice(kind: str, value: str, valid: Iterable[str]) -> str:
    """`value` itself when it is valid; raises InvalidChoice otherwise."""
    names = tuple(valid)
    if value not in names:
        raise InvalidChoice(kind, value, names)
    return value


def check_target(what: str, path: Path, *endings: str) -> None:
    """InvalidInput unless a file can be put there: its name has one of the endings, its folder exists."""
    if path.suffix.lower() not in endings:
        right = f"a {what}'s name must end in {endings[0]}, got {path.name!r}"
        raise InvalidInput(f"{right}: use {path.stem}{endings[0]}")
    if path.is_dir():
        raise InvalidInput(f"cannot write {path}: it is a folder")
    if not path.parent.is_dir():
        raise InvalidInput(f"cannot write {path}: there is no folder {path.parent}")
