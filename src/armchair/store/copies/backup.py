"""A run as a whole, copied while it is in use: into another folder, into a database and back.

The checkpoint is copied before the store: whoever resumes from the copy finds answers that are newer than the
checkpoint, as after a crash, and never a checkpoint that knows of answers which are not there.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import sqlalchemy as sa
import yaml

from armchair.errors import InvalidInput, RunError, StoreError
from armchair.jsonable import Json
from armchair.reading.files import read_bytes
from armchair.reading.limits import RUN_BYTES, TENSORS_BYTES
from armchair.reading.plain import parse_yaml
from armchair.runs.files import write_atomic
from armchair.runs.folder import STORE_KEY, RunDir
from armchair.store.copies.transfer import copy_store
from armchair.store.migrations import open_database
from armchair.store.schema import assets
from armchair.store.store import Store

TRIES = 5  # at copying checkpoints that the trainer replaces meanwhile
PREFIX = "run:"  # of the names under which a database keeps the files of a run
NAME = r"[A-Za-z0-9_-][A-Za-z0-9_.-]*"
OWN = r"config\.yaml|metrics\.jsonl|curve\.json"
SKILL = rf"skill/config\.yaml|skill/checkpoints/{NAME}"  # what the wishes of a run come on top of
FILE = re.compile(rf"{OWN}|{SKILL}|checkpoints/(?:(?!broken-){NAME}/)?{NAME}")
"""The files of a run that it needs to go on. Nothing that matches leads out of a folder."""


def back_up(run: RunDir, target: Path) -> int:
    """Copy a run into a new folder, from which it resumes. -> rows of the store.

    Raises StoreError or RunError when that cannot be done; then there is no such folder.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StoreError(f"{target} is there already: name a new folder")
    with _new_folder(target) as draft:
        _write_files(draft, read_files(run))
        return copy_store(run.store, draft / run.store_file.name)


def copy_to_database(run: RunDir, url: str) -> int:
    """Copy a run into a database that holds no store yet. -> rows of the store."""
    files = read_files(run)
    rows = copy_store(run.store, url)
    with Store.open(url, create=False) as store:
        for name, data in files.items():
            store.board.put_asset(PREFIX + name, data, "application/octet-stream")
    return rows


def copy_from_database(url: str, folder: Path) -> int:
    """Copy a run out of a database into its folder, which exists. -> rows of the store.

    Raises StoreError for one that holds no run. Files with other names than those of a run are left out.
    """
    run = RunDir(folder)
    rows = copy_store(url, run.store_file)
    ours = assets.c.name.startswith(PREFIX, autoescape=True)
    with open_database(run.store_file, create=False) as database, database.write() as conn:
        for (name,) in conn.execute(sa.select(assets.c.name).where(ours)).all():
            inside = name.removeprefix(PREFIX)
            if FILE.fullmatch(inside):  # one after the other: each may be large
                data = conn.execute(sa.select(assets.c.data).where(assets.c.name == name)).scalar_one()
                _write_files(folder, {inside: _at_home(data) if inside == "config.yaml" else bytes(data)})
        conn.execute(assets.delete().where(ours))
    return rows


def read_files(run: RunDir) -> dict[str, bytes]:
    """The files that a run needs to go on, as they were at one moment, by path within its folder."""
    for _ in range(TRIES):
        before = _versions(run)
        try:
            if sum(size for _, _, size in before.values()) > RUN_BYTES:
                raise RunError(f"{run.path} has files of more than {RUN_BYTES} bytes: it cannot be copied")
            files = {name: read_bytes(run.path / name, TENSORS_BYTES) for name in before}
            files["config.yaml"] = _at_home(files["config.yaml"])
        except FileNotFoundError:
            continue  # replaced meanwhile
        except (OSError, InvalidInput) as error:
            told = (isinstance(error, OSError) and error.strerror) or error
            raise RunError(f"{run.path} cannot be read: {told}") from error
        after = _versions(run)
        if all(before[name] == after.get(name) for name in before if name.startswith("checkpoints/")):
            return files
    raise RunError(f"the checkpoints in {run.path} change too fast to be copied: try again")


def _at_home(config: bytes) -> bytes:
    """A run's configuration without the database that its answers are in: a copy has them in its folder."""
    try:
        found = parse_yaml(config.decode("utf-8"), "config.yaml")
    except (UnicodeDecodeError, InvalidInput):
        return config
    if not isinstance(found, dict) or STORE_KEY not in found:
        return config
    kept = {key: value for key, value in cast("dict[str, Json]", found).items() if key != STORE_KEY}
    return yaml.safe_dump(kept, sort_keys=False).encode()


def _versions(run: RunDir) -> dict[str, tuple[int, int, int]]:
    """What tells one version of a file from the next, by path; links and unfinished files are left out."""
    found: dict[str, tuple[int, int, int]] = {}
    for path in (run.config_file, run.metrics_file, *sorted(run.checkpoints.rglob("*"))):
        name = path.relative_to(run.path).as_posix()
        try:
            state = path.lstat()
        except FileNotFoundError:
            continue
        if FILE.fullmatch(name) and path.is_file() and not path.is_symlink():
            found[name] = (state.st_ino, state.st_mtime_ns, state.st_size)
    return found


def _write_files(folder: Path, files: dict[str, bytes]) -> None:
    for name in ("checkpoints", "videos"):
        (folder / name).mkdir(exist_ok=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        write_atomic(path, data)


@contextmanager
def _new_folder(target: Path) -> Generator[Path]:
    """A folder beside `target` that becomes it when the block ends, and is removed when it raises."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.mkdir()
        yield draft
        draft.rename(target)
    except OSError as error:
        raise StoreError(f"cannot write to {target}: {error.strerror}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
