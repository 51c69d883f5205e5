"""What is wrong with the files of a run beside its database: every byte that is read later has a checksum."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, cast

from armchair.errors import InvalidInput, RunError
from armchair.jsonable import Json
from armchair.reading.arrays import read_npz
from armchair.reading.limits import ARRAYS_BYTES
from armchair.runs.checkpoint import NUMBERED, PUBLISHED, hash_file, read_manifest, verify
from armchair.runs.folder import RunDir
from armchair.runs.tensors import check_tensors

TRIES = 3  # at files that a trainer replaces meanwhile
DEMOS = "demos"  # the folder of what a run was shown


class Looked(NamedTuple):
    """What a look at one kind of file came to."""

    name: str
    wrong: list[str]
    sound: str  # what to say where nothing is wrong; empty where there is nothing


def checkpoints(run: RunDir) -> Looked:
    """Every saved tensor can be read, and checkpoints, and what is beside them, are what was written."""
    aside = list(run.checkpoints.glob("broken-*"))
    files = [file for file in run.checkpoints.rglob("*.safetensors") if file.parent not in aside]
    files += run.path.glob("*.safetensors")
    folders = [path for path in run.checkpoints.glob("*") if path.is_dir() and NUMBERED.fullmatch(path.name)]
    checks: list[tuple[Callable[[Path], object], Path]] = [(check_tensors, file) for file in sorted(files)]
    checks += [(verify, folder) for folder in folders]
    wrong: list[str] = []
    for check, path in checks:
        try:
            check(path)
        except RunError as error:
            if path.exists():  # else the trainer has replaced it just now
                wrong.append(str(error))
    wrong += _published(run)
    kept = f"; {len(aside)} found damaged earlier and kept aside" if aside else ""
    sound = f"{len(folders)} checkpoints, {len(files)} files, each as it was written"
    if wrong and kept:
        wrong.append(kept.removeprefix("; "))
    return Looked("checkpoints", wrong, sound + kept)


def demonstrations(run: RunDir) -> Looked:
    """What the run was shown; each array in these files has a checksum."""
    wrong: list[str] = []
    files = sorted((run.path / DEMOS).glob("*.npz"))
    for file in files:
        try:
            read_npz(file, 4 * ARRAYS_BYTES)
        except InvalidInput as error:
            wrong.append(str(error))
    return Looked("demonstrations", wrong, f"{len(files)} files, each as it was written" if files else "")


def _published(run: RunDir) -> list[str]:
    """Which of the files beside the checkpoints are in none of them; of older runs nothing is known."""
    lost: list[str] = []
    for _ in range(TRIES):  # a trainer may have made the next one in between
        known = _hashes(run)
        there = [run.checkpoints / name for name in PUBLISHED if (run.checkpoints / name).is_file()]
        lost = [str(file) for file in there if known and _hash(file) not in known]
        if not lost:
            break
    return [f"{file} is damaged: it is not what any checkpoint has" for file in lost]


def _hashes(run: RunDir) -> set[str]:
    """SHA-256 of every file in the checkpoints."""
    found: set[str] = set()
    for folder in run.checkpoints.glob("[0-9]*"):
        try:
            files = cast("dict[str, dict[str, Json]]", read_manifest(folder)["files"])
            found |= {str(written["sha256"]) for written in files.values()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # `verify` tells
    return found


def _hash(file: Path) -> str | None:
    try:
        return hash_file(file)
    except (OSError, InvalidInput):
        return None
