"""The weights that a run's policy gives its wishes: which they are, and choosing others.

Nothing here needs torch: the page's server chooses, too.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from armchair.errors import InvalidInput, RunError, check_choice
from armchair.jsonable import Json
from armchair.reading.files import open_regular, read_bytes
from armchair.reading.limits import TENSORS_BYTES, TOLD_BYTES
from armchair.reading.plain import parse_object
from armchair.reading.tensors import Header, read_header
from armchair.runs.checkpoint import revise
from armchair.runs.curve import read_curve, write_curve
from armchair.runs.files import write_atomic
from armchair.runs.folder import RunDir
from armchair.runs.older import OLDER, POLICY, older_in_use, use_older
from armchair.runs.seal import check_seal, resealed
from armchair.store.trainer_lock import trainer_lock

PLACES = ("net.weights", "agent.net.weights")  # in policies and in the state to resume from


def weights_of(run: RunDir) -> dict[str, float]:
    """The weights that the run's policy has, by wish; none for a policy without wishes.

    Raises RunError where there is no policy, or one that cannot be read.
    """
    file = run.checkpoints / f"{POLICY}.safetensors"
    header, about = run.header(POLICY)
    try:
        names = _names(about)
        place = _place(header, len(names)) if names else None
        if place is None:
            return {}
        with open_regular(file, TENSORS_BYTES) as data:
            data.seek(place)
            values = struct.unpack(f"<{len(names)}f", data.read(4 * len(names)))
        if not all(0.0 <= value <= 1.0 for value in values):
            raise InvalidInput("the weights of wishes must be from 0 to 1")
    except (OSError, InvalidInput, struct.error) as error:
        raise RunError(f"{file} cannot be read: {error}") from None
    return dict(zip(names, (round(value, 6) for value in values), strict=True))


def check_weights(given: Mapping[str, float], wishes: Sequence[str], where: object) -> None:
    """InvalidInput unless these are weights of wishes that there are. where: whose policy an error names."""
    if not wishes:
        raise InvalidInput(
            f"the policy in {where} has no wishes to weigh: runs of `armchair teach --wish` have"
        )
    for name, weight in given.items():
        check_choice("wish", name, wishes)
        if not math.isfinite(weight) or not 0.0 <= weight <= 1.0:
            raise InvalidInput(f"the weight of {name} is a number from 0 to 1, got {weight:g}")


def choose(run: RunDir, given: Mapping[str, float]) -> dict[str, float]:
    """Give the run's policy other weights; wishes that are not named keep theirs. -> all weights.

    They are put into the newest checkpoint, which is replaced as a whole, and into the run's curve. Raises
    InvalidInput for weights that cannot be, RunError where the run is being trained or cannot be written.
    """
    with trainer_lock(run):
        before = weights_of(run)
        check_weights(given, tuple(before), run.path)
        weights = {**before, **given}
        older = older_in_use(run) is not None
        revise(run, lambda into: _put(into, weights))
        if older:  # a checkpoint's files were published, the newest policy among them
            use_older(run)
        curve = read_curve(run)
        if curve is not None and set(curve.wishes) == set(weights):
            write_curve(run, curve._replace(chosen=tuple(weights[name] for name in curve.wishes)))
    return weights


def _put(into: RunDir, weights: Mapping[str, float]) -> None:
    """Change the weights in every saved file that has such."""
    for file in sorted(into.checkpoints.glob("*.safetensors")):
        try:
            header = read_header(file)
            place = _place(header, len(weights))
            if place is None or not _is_of(file, weights):
                continue
            check_seal(file, header)
            content = read_bytes(file, TENSORS_BYTES)
            values = struct.pack(f"<{len(weights)}f", *weights.values())
            changed = content[:place] + values + content[place + len(values) :]
            write_atomic(file, resealed(changed))
        except (OSError, InvalidInput) as error:
            raise RunError(f"{file} cannot be changed: {error}") from None


def _is_of(file: Path, weights: Mapping[str, float]) -> bool:
    """Whether a file's weights are those of these wishes, in this order; a policy says which it has."""
    if file.stem not in (POLICY, OLDER):
        return True  # of the same run
    about = parse_object(read_header(file).metadata.get("about", "{}"), str(file), TOLD_BYTES)
    return _names(about) == tuple(weights)


def _names(about: Mapping[str, Json]) -> tuple[str, ...]:
    wishes = about.get("wishes", [])
    names = tuple(str(name) for name in wishes) if isinstance(wishes, list) else ()
    if list(names) != wishes or len(set(names)) < len(names):
        raise InvalidInput(f"its wishes must be a list of names, each once, got {str(wishes)[:80]}")
    return names


def _place(header: Header, wishes: int) -> int | None:
    """Where in the file the weights of so many wishes begin; None where it has none, or of others."""
    held = next((header.tensors[name] for name in PLACES if name in header.tensors), None)
    if held is None or held.dtype != "F32" or held.shape != (wishes,):
        return None
    return header.begin + held.begin
