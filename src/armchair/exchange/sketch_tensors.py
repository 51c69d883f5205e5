"""The .pt file of the sketch that armchair grew from: pairs of trajectories and what was preferred.

A list of (left, right, label), left and right being {"obs": (L, F), "act": (L, A)}, label 0 for left, 1 for
right, 0.5 for a tie or "can't tell". Such a file is a pickle, which can be made to run anything when it is
read. So this is the one place that reads one, only on the explicit wish of `armchair import`, and with
`weights_only=True`, which knows tensors, numbers and their containers and refuses all else.
"""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.exchange.sketch_layout import ANNOTATOR, Imported, check_lengths, fit
from armchair.ids import id_from
from armchair.store.rows.codec import digest, encode
from armchair.store.store import Store
from armchair.types import Answer, Choice, Clip, Question

MAX_FILE = 2**30  # bytes
CHOICES: dict[float, Choice] = {0.0: "left", 1.0: "right", 0.5: "tie"}


def import_seed_tensors(store: Store, path: Path, *, length: int | None = None) -> Imported:
    """Read such a file into a store, all or nothing; reading it again changes nothing.

    length: as in `import_seed_layout`. Raises InvalidInput for anything that is not as described.
    """
    clips: dict[str, Clip] = {}
    questions: list[Question] = []
    answers: list[Answer] = []
    for number, entry in enumerate(_entries(path)):
        where = f"entry {number} of {path.name}"
        if not isinstance(entry, tuple) or len(cast("tuple[object, ...]", entry)) != 3:
            raise InvalidInput(f"{where} must be a left trajectory, a right one and a label")
        left, right, label = cast("tuple[object, object, object]", entry)
        choice = CHOICES.get(label) if isinstance(label, int | float) else None
        if choice is None:
            raise InvalidInput(f"{where} has the label {label!r}: 0 means left, 1 right, 0.5 a tie")
        pair = [_clip(one, f"{where}, {side}", length) for one, side in ((left, "left"), (right, "right"))]
        if pair[0].id == pair[1].id:
            raise InvalidInput(f"{where} compares a trajectory with itself")
        clips |= {clip.id: clip for clip in pair}
        name = id_from(hashlib.sha256(f"{number} {pair[0].id} {pair[1].id}".encode()).digest())
        said = id_from(hashlib.sha256(f"{name} {choice}".encode()).digest())
        questions.append(Question(name, pair[0].id, pair[1].id, "imported", 0))
        answers.append(Answer(said, name, ANNOTATOR, choice, 1.0, 0.0, 0.0))
    check_lengths(list(clips.values()))
    new = store.import_answers(list(clips.values()), questions, answers)
    return Imported(len(clips), len(answers), new)


def _entries(path: Path) -> list[object]:
    """The list in a .pt file, looked at before it is unpacked."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE:
            raise InvalidInput(f"{path} has {size} bytes, at most {MAX_FILE}")
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
        if sum(member.file_size for member in members) > MAX_FILE or any(
            member.compress_type != zipfile.ZIP_STORED for member in members
        ):
            raise InvalidInput(f"{path} would unpack to more than its own size: PyTorch writes no such file")
        found: object = torch.load(path, map_location="cpu", weights_only=True)
    except InvalidInput:
        raise
    except Exception as error:  # torch raises whatever its parts raise
        told = (str(error) or type(error).__name__).splitlines()[0]
        raise InvalidInput(f"{path} cannot be read as tensors alone: {told}") from error
    if not isinstance(found, list):
        raise InvalidInput(f"{path} holds no list of answers: weights of a network cannot be imported")
    return cast("list[object]", found)


def _clip(found: object, where: str, length: int | None) -> Clip:
    """A trajectory as a clip that is named after its contents."""
    values = cast("dict[object, object]", found) if isinstance(found, dict) else {}
    obs, act = values.get("obs"), values.get("act")
    if not (isinstance(obs, Tensor) and isinstance(act, Tensor)):
        raise InvalidInput(f"{where} must hold tensors obs and act")
    obs, act = obs.detach().to(torch.float32), act.detach().to(torch.float32)
    if obs.ndim != 2 or act.ndim != 2 or len(obs) != len(act) or not len(obs):
        raise InvalidInput(f"{where} must hold (L, F) and (L, A), got {(*obs.shape,)} and {(*act.shape,)}")
    if not (bool(obs.isfinite().all()) and bool(act.isfinite().all())):
        raise InvalidInput(f"{where} has numbers that are not finite")
    if length is not None:
        obs, act = fit(obs, length), fit(act, length)
    unnamed = Clip("", obs, act, torch.zeros(len(obs)), None, None, 0, 0, 0)
    return unnamed._replace(id=id_from(digest(encode(unnamed), None)))
