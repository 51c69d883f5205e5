"""The folder layout of the sketch that armchair grew from: read into a store, and written back.

    data/preferences.json        [{"left": "data/clips/NAME.mp4", "right": …, "preference": "Left"}, …]
    data/clips/*.mp4             what was shown
    data/trajectories/*.npz      the same names: `obs` and `act`, or `observations` and `actions`

Everything read is checked: no path may lead out of the folder, no file may be larger than a clip ever is,
and nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from armchair.errors import InvalidInput, StoreError, check_choice
from armchair.ids import id_from
from armchair.npz import read_npz
from armchair.store.rows.codec import MAX_BYTES, digest, encode
from armchair.store.store import Store
from armchair.types import Answer, Choice, Clip, Question

ANNOTATOR = "imported"
WORDS: dict[str, Choice] = {"Left": "left", "Right": "right", "Tie": "tie", "Can't Tell": "cant_tell"}
BACK = {choice: word for word, choice in WORDS.items()}
KEYS = (("obs", "act"), ("observations", "actions"))


class Imported(NamedTuple):
    """What an import found."""

    clips: int
    answers: int
    new_answers: int  # those that the store did not have yet


def import_seed_layout(store: Store, folder: Path, *, length: int | None = None) -> Imported:
    """Read a folder of this layout into a store, all or nothing; reading it again changes nothing.

    `visible` becomes the observations; the true reward counts as unknown, with zeros in its place. A
    missing MP4 leaves a clip without frames. length: steps that every clip is brought to; longer ones keep
    their last steps, shorter ones stay where they ended. Without it all must be of one length.
    Raises InvalidInput for anything that is not as described, naming the entry.
    """
    root = _root(folder)
    clips: dict[str, Clip] = {}
    questions: list[Question] = []
    answers: list[Answer] = []
    for number, (left_path, right_path, choice) in enumerate(_entries(root)):
        pair: list[str] = []
        for path in (left_path, right_path):
            clip = _read_clip(root, path, f"entry {number}", length)
            clips[clip.id] = clip
            pair.append(clip.id)
        question = id_from(hashlib.sha256(f"{number} {pair[0]} {pair[1]}".encode()).digest())
        answer = id_from(hashlib.sha256(f"{question} {choice}".encode()).digest())
        questions.append(Question(question, pair[0], pair[1], "imported", 0))
        answers.append(Answer(answer, question, ANNOTATOR, choice, 1.0, 0.0, 0.0))
    check_lengths(list(clips.values()))
    new = store.import_answers(list(clips.values()), questions, answers)
    return Imported(len(clips), len(answers), new)


def export_seed_layout(store: Store, folder: Path, *, film: Callable[[Clip], bytes] | None = None) -> int:
    """Write all answers in force in this layout, below a folder with no such files yet. -> how many.

    "Both bad" becomes "Tie", the layout's nearest word; strengths and annotators are lost. film: makes the
    MP4 of a clip that has no frames; without it such clips have only their trajectory.
    """
    data = folder / "data"
    if (data / "preferences.json").exists():
        raise StoreError(f"{data / 'preferences.json'} is there already: name another folder")
    entries: list[dict[str, str]] = []
    try:
        for name in ("clips", "trajectories"):
            (data / name).mkdir(parents=True, exist_ok=True)
        for number, record in enumerate(store.records(), start=1):
            question = record.question
            entry: dict[str, str] = {}
            for side, clip in zip(
                ("left", "right"), store.clips([question.left, question.right]), strict=True
            ):
                name = f"{side}_clip_{number:04d}"
                _write_clip(data, name, clip, film)
                entry[side] = f"data/clips/{name}.mp4"
            entries.append(entry | {"preference": BACK.get(record.answer.choice, "Tie")})
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
    try:
        found: object = json.loads(_read(root / "preferences.json"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"{root / 'preferences.json'} is not JSON: {error}") from error
    if not isinstance(found, list):
        raise InvalidInput(f"{root / 'preferences.json'} must hold a list of entries")
    entries: list[tuple[str, str, Choice]] = []
    for number, entry in enumerate(cast("list[object]", found)):
        values = cast("dict[str, object]", entry) if isinstance(entry, dict) else {}
        left, right, word = (values.get(key) for key in ("left", "right", "preference"))
        if not (isinstance(left, str) and isinstance(right, str) and isinstance(word, str)):
            raise InvalidInput(
                f"entry {number} of preferences.json must have texts left, right and preference"
            )
        check_choice(f"preference in entry {number}", word, WORDS)
        entries.append((left, right, WORDS[word]))
    return entries


def _read_clip(root: Path, path: str, entry: str, length: int | None) -> Clip:
    """The clip that an entry names by the path of its MP4."""
    film = _inside(root, path, entry)
    if film.suffix != ".mp4" or film.parent.name != "clips":
        raise InvalidInput(f"{entry}: {path!r} must be a file clips/NAME.mp4")
    # resolved again: the trajectory may be a link of its own
    trajectory = (film.parent.parent / "trajectories" / film.with_suffix(".npz").name).resolve()
    if not trajectory.is_relative_to(root):
        raise InvalidInput(f"{entry}: the trajectory of {path!r} leads out of the folder")
    if not trajectory.is_file():
        raise InvalidInput(f"{entry}: {path!r} has no trajectory {trajectory.relative_to(root)}")
    obs, act = _read_trajectory(trajectory, entry)
    if length is not None:
        obs, act = fit(obs, length), fit(act, length)
    frames = _read(film) if film.is_file() else None
    unnamed = Clip("", obs, act, torch.zeros(len(obs)), None, frames, 0, 0, 0)
    contents = digest(encode(unnamed), frames)
    return unnamed._replace(id=id_from(hashlib.sha256(contents + film.name.encode()).digest()))


def _inside(root: Path, path: str, entry: str) -> Path:
    """Where a path of preferences.json leads; it is relative to the folder or to the one above `data`."""
    parts = Path(path.replace("\\", "/")).parts
    if parts[:1] == ("data",):
        parts = parts[1:]
    found = root.joinpath(*parts).resolve() if "\0" not in path else Path("/")
    if not found.is_relative_to(root):
        raise InvalidInput(f"{entry}: {path!r} leads out of the folder")
    return found


def _read(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise InvalidInput(f"{path} has {path.stat().st_size} bytes, at most {MAX_BYTES}")
    return path.read_bytes()


def _read_trajectory(path: Path, entry: str) -> tuple[Tensor, Tensor]:
    """Observations (L, F) and actions (L, A) of an npz file, looked at before it is unpacked."""
    where = f"{entry}: {path.name}"
    arrays = read_npz(path, MAX_BYTES, where)
    names = next((keys for keys in KEYS if set(keys) <= set(arrays)), None)
    if names is None:
        raise InvalidInput(f"{where} must hold obs and act, or observations and actions")
    try:
        obs, act = (arrays[name].astype(np.float32) for name in names)
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"{where} cannot be read: {error}") from error
    if obs.ndim != 2 or act.ndim != 2 or len(obs) != len(act) or not len(obs):
        raise InvalidInput(f"{where} must hold (L, F) and (L, A), got {obs.shape} and {act.shape}")
    if not (np.isfinite(obs).all() and np.isfinite(act).all()):
        raise InvalidInput(f"{where} has numbers that are not finite")
    return torch.from_numpy(obs), torch.from_numpy(act)


def fit(values: Tensor, length: int) -> Tensor:
    """The last `length` rows, or all of them and then the last one again and again."""
    if length < 1:
        raise InvalidInput(f"length must be at least 1, got {length}")
    missing = max(0, length - len(values))
    return torch.cat((values[-length:], values[-1:].expand(missing, -1)))


def check_lengths(clips: list[Clip]) -> None:
    """Raises InvalidInput unless all clips have one length."""
    lengths = sorted({len(clip.visible) for clip in clips})
    if len(lengths) > 1:
        raise InvalidInput(
            f"the trajectories have from {lengths[0]} to {lengths[-1]} steps; clips must have one length: "
            f"say which, such as length={lengths[-1]}"
        )
