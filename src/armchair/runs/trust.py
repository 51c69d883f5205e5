"""Whose code is run: what a person typed, and what the files of a run that they trust name.

A run names a task as `module:factory`, whose module would be imported, and it may name a database. Whoever
made the run chose these names. So the command line refuses both (`gate.close`) unless they were typed there,
or the run's owner said `--trust`, which is remembered by the run's path and by what it names.

A program that calls armchair's functions names its environments itself; there the gate stands open.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import cast

from armchair.errors import RunError
from armchair.runs.home import state_folder, write_private

FOLDER = "trusted"
KNOWN = re.compile(r"(gymnasium|gymnasium_robotics|metaworld):([\w.]+/)?[A-Za-z][\w.]*(-[\w.]+)*-v\d+")
"""Tasks of packages that armchair knows: an id with a version, which no attribute of a module can look like.
They are imported from where packages are installed, never from the current folder."""


def is_known(task: str) -> bool:
    """Whether a task's package is one that armchair knows, so that nobody has to be asked."""
    return KNOWN.fullmatch(task) is not None


def named_in(config: Mapping[str, object]) -> list[str]:
    """What a run's configuration names that would be run or connected to.

    Its task's module, its database, the Ray cluster that its environments run on.
    """
    task, store = config.get("task"), config.get("store")
    found = [task] if isinstance(task, str) and task.count(":") and not is_known(task) else []
    found += [f"store {store}"] if isinstance(store, str) else []
    env = config.get("env")
    ray = cast("Mapping[str, object]", env).get("ray") if isinstance(env, Mapping) else None
    return found + ([f"ray {ray}"] if isinstance(ray, str) and ray else [])


def remember(path: Path, names: Iterable[str]) -> None:
    """Trust, from now on, what the run or file at `path` names. Raises RunError where that cannot be kept."""
    told = {"path": str(path.resolve()), "names": sorted(names)}
    write_private(f"{FOLDER}/{_key(path)}", json.dumps(told).encode())


def is_remembered(path: Path, names: Iterable[str]) -> bool:
    """Whether just these names were trusted at this path."""
    try:
        told: object = json.loads((state_folder() / FOLDER / _key(path)).read_bytes())
    except (OSError, ValueError, RecursionError, RunError):
        return False
    return told == {"path": str(path.resolve()), "names": sorted(names)}


def _key(path: Path) -> str:
    return hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape")).hexdigest()


class Gate:
    """What may be imported and connected to in this process: all, until it is closed."""

    def __init__(self) -> None:
        self._closed = 0
        self._allowed: set[str] = set()

    @contextlib.contextmanager
    def closed(self) -> Generator[None]:
        """Refuse, while the block lasts, what `allow` does not name."""
        before = set(self._allowed)
        self._closed += 1
        try:
            yield
        finally:
            self._closed -= 1
            self._allowed = before

    def allow(self, *names: str | None) -> None:
        """A person typed these, or trusts who wrote them."""
        self._allowed.update(name for name in names if name)

    def admits(self, name: str) -> bool:
        """Whether this may be used."""
        return not self._closed or name in self._allowed or is_known(name)

    def check_task(self, name: str) -> None:
        """Raises RunError for a task whose module nobody here asked for."""
        if not self.admits(name):
            raise RunError(
                f"{name!r} would be imported because a file says so: type the task yourself, or add --trust "
                "once you have seen what it does"
            )

    def check_cluster(self, address: str) -> None:
        """Raises RunError for a Ray cluster that nobody here asked for."""
        if not self.admits(f"ray {address}"):
            raise RunError(
                f"the Ray cluster at {address} would be used because a file says so: add --ray {address}, or "
                "--trust once you know whose it is"
            )

    def check_store(self, path: Path, config: Mapping[str, object]) -> None:
        """Raises RunError where a run at `path` names a database that nobody here asked for."""
        name = f"store {config.get('store')}"
        if not self.admits(name) and not is_remembered(path, named_in(config)):
            raise RunError(told_of_names(path, [name]))


gate = Gate()
"""Of this process."""


def told_of_names(path: Path, names: Iterable[str], *, trusted: bool = False) -> str:
    """Why a run cannot be used yet, in a line; or that what it names is trusted."""
    listed = ", ".join(map(_shown, names))
    if trusted:
        return f"trusted here: {listed}"
    return (
        f"{path} names what would be run or connected to: {listed}; whoever made it chose that, so have a "
        "look first, then add --trust, which is remembered"
    )


def _shown(name: str) -> str:
    """A name as it may be printed: without a password, on one line."""
    hidden = re.sub(r"://([^@/:]*):[^@/]*@", r"://\1:***@", name)
    return "".join(sign if sign.isprintable() else "?" for sign in hidden)[:200]
