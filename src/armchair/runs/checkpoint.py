"""Checkpoints of a run: what belongs to one moment lies in one folder, whole or not at all.

    checkpoints/
      000012/             state, policy and reward model; manifest.json has the size and SHA-256 of each
      000011/  000010/    the ones before
      broken-000009/      found damaged and kept aside
      policy.safetensors, …   the newest one's files once more, for everybody who only reads

A checkpoint is written under a name that nobody looks for, synced, and renamed when all of it is on the
disk. So the newest one that is there is whole, unless the disk itself failed; the manifest finds that out.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import cast

from safetensors import SafetensorError

from armchair.console import warn
from armchair.errors import ArmchairError, RunError
from armchair.jsonable import Json
from armchair.reading.files import open_regular, read_bytes
from armchair.reading.limits import TENSORS_BYTES, TOLD_BYTES
from armchair.reading.plain import parse_object
from armchair.runs.files import sync, write_atomic
from armchair.runs.folder import RunDir
from armchair.runs.undisturbed import undisturbed

KEPT = 3  # checkpoints
MANIFEST = "manifest.json"
SEAL = "sha256"  # in it, of the rest of it
PLAIN_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
NUMBERED = re.compile(r"\d{6,}")
DRAFT = ".draft"  # begins with a dot: neither readers nor backups look at such names
PUBLISHED = tuple(
    f"{name}.{kind}" for name in ("reward", "state", "older", "policy") for kind in ("json", "safetensors")
)
"""Files that are put beside the folders, the policy last: who waits for a new one finds the rest there."""


def write_checkpoint(run: RunDir, write: Callable[[RunDir], None], about: Mapping[str, Json]) -> Path:
    """Have `write` save its files, and keep them as the newest checkpoint of the run. -> its folder.

    write: is given the run with an empty folder for checkpoints. about: what the manifest says beside names.
    Raises RunError when that cannot be done, as where the disk is full; the checkpoint before is whole.
    """
    with undisturbed():
        return _write(run, write, about)


def revise(run: RunDir, change: Callable[[RunDir], None]) -> None:
    """Have `change` alter the run's newest saved files: another checkpoint takes the place of the newest.

    change: is given the run with copies of the files; in a run without folders of checkpoints, with which no
    trainer goes on, with the files themselves, which it replaces as wholes. Errors as of `write_checkpoint`
    and `newest`; only who holds the lock of the run's trainer may call this.
    """
    base = newest(run)
    if base is None:
        with undisturbed():
            change(run)
        return
    folder = base.checkpoints
    about = {name: value for name, value in verify(folder).items() if name not in ("files", SEAL)}

    def write(into: RunDir) -> None:
        for file in folder.iterdir():
            if file.name != MANIFEST:
                shutil.copyfile(file, into.checkpoints / file.name)
        change(into)

    with undisturbed():
        _write(run, write, about, in_place_of=folder)


def _write(
    run: RunDir,
    write: Callable[[RunDir], None],
    about: Mapping[str, Json],
    in_place_of: Path | None = None,
) -> Path:
    draft = run.checkpoints / DRAFT
    try:
        shutil.rmtree(draft, ignore_errors=True)  # a crash left it
        draft.mkdir(parents=True)
        write(run.at(draft))
        folder = _finish(run, draft, about)
        if in_place_of is not None:
            in_place_of.rename(in_place_of.with_name(f".old-{in_place_of.name}"))
        _prune(run)
    except (OSError, SafetensorError, RunError) as error:
        told = error.strerror if isinstance(error, OSError) else str(error)
        raise RunError(
            f"no checkpoint could be written: {told}; the one before is whole, `armchair resume {run.path}` "
            "goes on from there"
        ) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


@contextlib.contextmanager
def on_exit(callback: Callable[[], None]) -> Generator[None]:
    """Call `callback` at the end of the block: after its last line, a fault, Ctrl-C or a closed iterator.

    A further Ctrl-C waits until it has returned.
    """
    try:
        yield
    except ArmchairError:
        with undisturbed(), contextlib.suppress(ArmchairError):  # what went wrong first should be told
            callback()
        raise
    except BaseException:
        with undisturbed():
            callback()
        raise
    with undisturbed():
        callback()


def moment_of(run: RunDir) -> dict[str, Json] | None:
    """What the newest checkpoint says of its moment, unverified; None where there is none."""
    for folder in reversed(_folders(run)):
        with contextlib.suppress(OSError, ValueError):
            found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            return {name: value for name, value in found.items() if name != "files"}
    return None


def _finish(run: RunDir, draft: Path, about: Mapping[str, Json]) -> Path:
    """Sync what is in the draft, add the manifest, and make it the newest checkpoint. -> its folder."""
    files: dict[str, Json] = {}
    for file in sorted(draft.iterdir()):
        sync(file)
        files[file.name] = {"bytes": file.stat().st_size, "sha256": hash_file(file)}
    manifest: dict[str, Json] = {**about, "files": files}
    manifest[SEAL] = _hash_of(manifest)
    write_atomic(draft / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())
    used = [int(path.name.removeprefix("broken-")[:6]) for path in _folders(run, "broken-*")]
    number = 1 + max([int(path.name) for path in _folders(run)] + used, default=0)
    folder = run.checkpoints / f"{number:06d}"
    draft.rename(folder)
    sync(run.checkpoints)
    publish(run, folder)
    return folder


def newest(run: RunDir, tell: Callable[[str], None] | None = None) -> RunDir | None:
    """The run with its newest whole checkpoint; None where there never was one in a folder of its own.

    A damaged one is moved aside and said so, in a line, to `tell` or standard error, and the one before is
    taken; its files are published, so that policy and reward model are of the same moment again. Raises
    RunError where all are damaged. Only the run's trainer may call this.
    """
    told = tell or warn
    found = _folders(run)
    for folder in reversed(found):
        try:
            verify(folder)
        except RunError as error:
            aside = folder.with_name(f"broken-{folder.name}")
            try:
                folder.rename(aside)
            except OSError as why:
                raise RunError(f"{folder} is damaged and cannot be moved aside: {why.strerror}") from None
            told(f"{error}; it is kept as {aside.name}, and the checkpoint before is taken")
            continue
        publish(run, folder)
        return run.at(folder)
    if found or _folders(run, "broken-*"):
        raise RunError(f"no checkpoint in {run.checkpoints} is whole: go on from a backup of the run")
    return None


def verify(folder: Path) -> dict[str, Json]:
    """What a checkpoint's manifest says. Raises RunError where a file is not as it was written."""
    try:
        manifest = read_manifest(folder)
        files = cast("dict[str, dict[str, Json]]", manifest["files"])
        for name, written in files.items():
            if not PLAIN_NAME.fullmatch(name):
                raise ValueError(f"{MANIFEST} speaks of a file {name!r}")
            file = folder / name
            if file.stat().st_size != written["bytes"]:
                raise ValueError(f"{name} has {file.stat().st_size} bytes and should have {written['bytes']}")
            if hash_file(file) != written["sha256"]:
                raise ValueError(f"{name} is not what was written")
    except FileNotFoundError as error:
        raise RunError(f"{folder} is damaged: {Path(str(error.filename)).name} is missing") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{folder} is damaged: {error}") from None
    return manifest


def read_manifest(folder: Path) -> dict[str, Json]:
    """What a checkpoint's manifest says. Raises OSError, or ValueError where it is not what was written."""
    file = folder / MANIFEST
    manifest = parse_object(read_bytes(file, TOLD_BYTES), str(file), TOLD_BYTES)
    if SEAL in manifest and manifest[SEAL] != _hash_of(manifest):  # older ones have none
        raise ValueError(f"{MANIFEST} is not what was written")
    return manifest


def publish(run: RunDir, folder: Path) -> None:
    """Put a checkpoint's files beside the folders, in place of older ones, each in one step.

    They are the same files under a second name, where the file system can do that, and copies elsewhere.
    """
    for name in PUBLISHED:
        source, target = folder / name, run.checkpoints / name
        if not source.exists():
            target.unlink(missing_ok=True)  # of a later moment than this one
            continue
        _put(source, target)
    sync(run.checkpoints)


def publish_as(run: RunDir, name: str, other: str) -> None:
    """Put what is published as `name` in place of what is published as `other`."""
    for kind in ("json", "safetensors"):
        _put(run.checkpoints / f"{name}.{kind}", run.checkpoints / f"{other}.{kind}")
    sync(run.checkpoints)


def _put(source: Path, target: Path) -> None:
    """Give a file a second name, in one step, or where that cannot be done a copy."""
    link = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        link.unlink(missing_ok=True)
        link.hardlink_to(source)
        link.replace(target)
    except OSError:
        write_atomic(target, source.read_bytes())
    finally:
        link.unlink(missing_ok=True)  # a rename of two names of one file does nothing


def _folders(run: RunDir, pattern: str = "[0-9]*") -> list[Path]:
    """Folders of checkpoints, or of broken ones, oldest first."""
    paths = (path for path in run.checkpoints.glob(pattern) if path.is_dir())
    return sorted(path for path in paths if NUMBERED.match(path.name.removeprefix("broken-")))


def _prune(run: RunDir) -> None:
    """Remove all but the newest few; what cannot be removed stays."""
    for folder in _folders(run)[:-KEPT]:
        gone = folder.with_name(f".old-{folder.name}")
        with contextlib.suppress(OSError):
            folder.rename(gone)  # half removed it would look like a damaged one
    for gone in run.checkpoints.glob(".old-*"):
        shutil.rmtree(gone, ignore_errors=True)


def _hash_of(manifest: Mapping[str, Json]) -> str:
    """Of all that a manifest says but this."""
    said = {name: value for name, value in manifest.items() if name != SEAL}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def hash_file(file: Path) -> str:
    """SHA-256 of a file."""
    with open_regular(file, TENSORS_BYTES) as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
