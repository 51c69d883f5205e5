"""The .pt file of the sketch that armchair grew from: pairs of trajectories and what was preferred.

A list of (left, right, label), left and right being {"obs": (L, F), "act": (L, A)}, label 0 for left, 1 for
right, 0.5 for a tie or "can't tell". Such a file is a pickle, which can be made to run anything when it is
read. So this is the one place that reads one, only on the explicit wish of `armchair import`, and with
`weights_only=True`, which knows tensors, numbers and their containers and refuses all else.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.exchange.pairs import ComparedPair, Imported, import_pairs, trajectory_clip
from armchair.reading.arrays import check_directory
from armchair.reading.files import open_regular
from armchair.store.store import Store
from armchair.types import Choice, Clip

MAX_FILE = 2**30  # bytes
MAX_PICKLE = 4 * 2**20  # bytes of what says how the tensors belong together: 5000 answers
MAX_RECORDS = 50_000  # tensors
CHOICES: dict[float, Choice] = {0.0: "left", 1.0: "right", 0.5: "tie"}


def import_sketch_tensors(store: Store, path: Path, *, length: int | None = None) -> Imported:
    """Read such a file into a store, all or nothing; reading it again changes nothing.

    length: as in `import_sketch_layout`. Raises InvalidInput for anything that is not as described.
    """
    return import_pairs(store, _pairs(path, length))


def _pairs(path: Path, length: int | None) -> Iterator[ComparedPair]:
    for number, entry in enumerate(_entries(path)):
        where = f"entry {number} of {path.name}"
        if not isinstance(entry, tuple) or len(cast("tuple[object, ...]", entry)) != 3:
            raise InvalidInput(f"{where} must be a left trajectory, a right one and a label")
        left, right, label = cast("tuple[object, object, object]", entry)
        choice = CHOICES.get(label) if isinstance(label, int | float) else None
        if choice is None:
            told = f"{label:g}" if isinstance(label, float) else type(label).__name__
            raise InvalidInput(f"{where} has the label {told}: 0 means left, 1 right, 0.5 a tie")
        first, second = _clip(left, f"{where}, left", length), _clip(right, f"{where}, right", length)
        if first.id == second.id:
            raise InvalidInput(f"{where} compares a trajectory with itself")
        yield ComparedPair(first, second, choice)


def _entries(path: Path) -> list[object]:
    """The list in a .pt file, looked at before it is unpacked."""
    try:
        with open_regular(path, MAX_FILE) as file:
            check_directory(file, MAX_RECORDS, str(path))
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
        _check_members(path, members)
        found: object = torch.load(path, map_location="cpu", weights_only=True)
    except InvalidInput:
        raise
    except Exception as error:  # torch raises whatever its parts raise
        told = (str(error) or type(error).__name__).splitlines()[0]
        raise InvalidInput(f"{path} cannot be read as tensors alone: {told}") from error
    if not isinstance(found, list):
        raise InvalidInput(f"{path} holds no list of answers: weights of a network cannot be imported")
    return cast("list[object]", found)


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """InvalidInput for an archive that PyTorch did not write."""
    if sum(member.file_size for member in members) > path.stat().st_size or any(
        member.compress_type != zipfile.ZIP_STORED for member in members
    ):
        raise InvalidInput(f"{path} would unpack to more than its own size: PyTorch writes no such file")
    pickled = sum(member.file_size for member in members if "/data/" not in member.filename)
    if pickled > MAX_PICKLE or len(members) > MAX_RECORDS:
        raise InvalidInput(
            f"{path} has {len(members)} parts, {pickled} bytes of them no tensors; at most {MAX_RECORDS} and "
            f"{MAX_PICKLE} are read"
        )


def _check_tensor(tensor: Tensor, where: str) -> None:
    """InvalidInput for what is no ordinary array of numbers, or claims more of them than it has."""
    if type(tensor) is not Tensor or tensor.device.type != "cpu" or tensor.layout != torch.strided:
        raise InvalidInput(f"{where} holds a tensor that is no plain array")
    if tensor.is_complex() or tensor.is_quantized:
        raise InvalidInput(f"{where} holds {tensor.dtype}: only whole numbers and floats are read")
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise InvalidInput(f"{where} claims {tuple(tensor.shape)} numbers and has fewer")


def _clip(found: object, where: str, length: int | None) -> Clip:
    """A trajectory as a clip that is named after its contents."""
    values = cast("dict[object, object]", found) if isinstance(found, dict) else {}
    obs, act = values.get("obs"), values.get("act")
    if not (isinstance(obs, Tensor) and isinstance(act, Tensor)):
        raise InvalidInput(f"{where} must hold tensors obs and act")
    for tensor in (obs, act):
        _check_tensor(tensor, where)
    return trajectory_clip(obs, act, where, length=length)
