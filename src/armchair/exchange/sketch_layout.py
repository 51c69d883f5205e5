"""The folder layout of the sketch that armchair grew from: read into a store, and written back.

    data/preferences.json        [{"left": "data/clips/NAME.mp4", "right": …, "preference": "Left"}, …]
    data/clips/*.mp4             what was shown
    data/trajectories/*.npz      the same names: `obs` and `act`, or `observations` and `actions`

Everything read is checked: no path may lead out of the folder, no file may be larger than a clip ever is,
and nothing is unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from armchair.errors import InvalidInput, StoreError, check_choice
from armchair.exchange.pairs import ComparedPair, Imported, import_pairs, trajectory_clip
from armchair.reading.arrays import read_npz
from armchair.reading.files import read_bytes, resolve_inside
from armchair.reading.limits import ARRAYS_BYTES, JSON_BYTES
from armchair.reading.plain import parse_json
from armchair.store.store import Store
from armchair.types import Choice, Clip

CHOICES: dict[str, Choice] = {"Left": "left", "Right": "right", "Tie": "tie", "Can't Tell": "cant_tell"}
LABELS = {choice: label for label, choice in CHOICES.items()}
KEYS = (("obs", "act"), ("observations", "actions"))


def import_sketch_layout(store: Store, folder: Path, *, length: int | None = None) -> Imported:
    """Read a folder of this layout into a store, all or nothing; reading it again changes nothing.

    `visible` becomes the observations; the true reward counts as unknown, with zeros in its place. A
    missing MP4 leaves a clip without frames. length: steps that every clip is brought to; longer ones keep
    their last steps, shorter ones stay where they ended. Without it all must be of one length.
    Raises InvalidInput for anything that is not as described, naming the entry.
    """
    return import_pairs(store, _pairs(_root(folder), length))


def _pairs(root: Path, length: int | None) -> Iterator[ComparedPair]:
    for number, (left, right, choice) in enumerate(_entries(root)):
        first, second = (_read_clip(root, path, f"entry {number}", length) for path in (left, right))
        yield ComparedPair(first, second, choice)


def export_sketch_layout(store: Store, folder: Path, *, film: Callable[[Clip], bytes] | None = None) -> int:
    """Write the skill's answers in force in this layout, below a folder with no such files yet. -> how many.

    "Both bad" becomes "Tie", the layout's nearest word; strengths and annotators are lost. Answers about
    wishes are left out: the layout knows of none, and they would be taken for the skill's. film: makes the
    MP4 of a clip that has no frames; without it such clips have only their trajectory.
    """
    data = folder / "data"
    if (data / "preferences.json").exists():
        raise StoreError(f"{data / 'preferences.json'} is there already: name another folder")
    entries: list[dict[str, str]] = []
    try:
        for name in ("clips", "trajectories"):
            (data / name).mkdir(parents=True, exist_ok=True)
        for number, record in enumerate(store.records(wish=None), start=1):
            question = record.question
            names = {side: f"{side}_clip_{number:04d}" for side in ("left", "right")}
            pair = store.clips([question.left, question.right])
            for name, clip in zip(names.values(), pair, strict=True):
                _write_clip(data, name, clip, film)
            entry = {side: f"data/clips/{name}.mp4" for side, name in names.items()}
            entries.append(entry | {"preference": LABELS.get(record.answer.choice, "Tie")})
        unfinished = data / "preferences.json.tmp"
        unfinished.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(data / "preferences.json")
    except OSError as error:
        raise StoreError(f"cannot write to {data}: {error.strerror}") from error
    return len(entries)


def _write_clip(data: Path, name: str, clip: Clip, film: Callable[[Clip], bytes] | None) -> None:
    np.savez(data / "trajectories" / f"{name}.npz", obs=clip.visible.numpy(), act=clip.action.numpy())
    frames = film(clip) if clip.frames is None and film is not None else clip.frames
    if frames is not None:
        (data / "clips" / f"{name}.mp4").write_bytes(frames)


def _root(folder: Path) -> Path:
    """The folder that holds preferences.json: this one or `data` in it."""
    for root in (folder, folder / "data"):
        if (root / "preferences.json").is_file():
            return root.resolve()
    raise InvalidInput(f"there is no preferences.json in {folder} nor in {folder / 'data'}")


def _entries(root: Path) -> list[tuple[str, str, Choice]]:
    """Left path, right path and choice of each entry of preferences.json."""
    file = root / "preferences.json"
    found = parse_json(_read(resolve_inside(root, (file.name,), file.name), JSON_BYTES), str(file))
    if not isinstance(found, list):
        raise InvalidInput(f"{root / 'preferences.json'} must hold a list of entries")
    entries: list[tuple[str, str, Choice]] = []
    for number, entry in enumerate(found):
        values = entry if isinstance(entry, dict) else {}
        left, right, word = (values.get(key) for key in ("left", "right", "preference"))
        if not (isinstance(left, str) and isinstance(right, str) and isinstance(word, str)):
            raise InvalidInput(
                f"entry {number} of preferences.json must have texts left, right and preference"
            )
        check_choice(f"preference in entry {number}", word, CHOICES)
        entries.append((left, right, CHOICES[word]))
    return entries


def _read_clip(root: Path, path: str, entry: str, length: int | None) -> Clip:
    """The clip that an entry names by the path of its MP4."""
    parts = Path(path.replace("\\", "/")).parts
    film = resolve_inside(root, parts[1:] if parts[:1] == ("data",) else parts, f"{entry}: {path[:200]!r}")
    if film.suffix != ".mp4" or film.parent.name != "clips":
        raise InvalidInput(f"{entry}: {path!r} must be a file clips/NAME.mp4")
    # resolved again: the trajectory may be a link of its own
    beside = film.parent.parent / "trajectories" / film.with_suffix(".npz").name
    trajectory = resolve_inside(
        root, beside.relative_to(root).parts, f"{entry}: the trajectory of {path[:200]!r}"
    )
    if not trajectory.is_file():
        raise InvalidInput(f"{entry}: {path!r} has no trajectory {trajectory.relative_to(root)}")
    where = f"{entry}: {trajectory.name}"
    arrays = read_npz(trajectory, ARRAYS_BYTES, where)  # looked at before it is unpacked
    names = next((keys for keys in KEYS if set(keys) <= set(arrays)), None)
    if names is None:
        raise InvalidInput(f"{where} must hold obs and act, or observations and actions")
    if any(arrays[name].dtype.kind == "U" for name in names):
        raise InvalidInput(f"{where} holds texts where there should be numbers")
    with np.errstate(over="ignore"):  # what is too large is refused as not finite
        obs, act = (torch.from_numpy(arrays[name].astype(np.float32)) for name in names)
    frames = _read(film, ARRAYS_BYTES) if film.exists() else None
    return trajectory_clip(obs, act, where, length=length, frames=frames, name=film.name)


def _read(path: Path, most: int) -> bytes:
    try:
        return read_bytes(path, most)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}") from None
