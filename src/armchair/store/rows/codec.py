"""Clips as bytes and back: arrays as one safetensors blob, checked both ways."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from safetensors import SafetensorError

from armchair.errors import InvalidInput, StoreError
from armchair.ids import check_id
from armchair.reading.limits import ARRAYS_BYTES
from armchair.reading.tensors import Header, parse_header
from armchair.types import Clip

if TYPE_CHECKING:  # what only replays clips does without torch
    from torch import Tensor

MAX_BYTES = ARRAYS_BYTES  # of the arrays or of the frames of one clip; a usual clip has a few kB


def check_clip(clip: Clip) -> None:
    """Raises InvalidInput for a clip that no store takes: wrong shapes, no steps, numbers not finite.

    A reward that is not finite is one that is not known: zeros are stored.
    """
    check_id("a clip", clip.id)
    _check_shapes(clip)
    for name, array in _arrays(clip).items():
        if name != "reward" and not bool(array.isfinite().all()):
            raise InvalidInput(f"clip {clip.id}: {name} has numbers that are not finite")
    if clip.frames is not None and len(clip.frames) > MAX_BYTES:
        raise InvalidInput(f"clip {clip.id}: its frames take {len(clip.frames)} bytes, at most {MAX_BYTES}")


def knows_reward(clip: Clip) -> bool:
    """Whether the true reward of each of its steps is known."""
    return bool(clip.reward.isfinite().all())


def encode(clip: Clip) -> bytes:
    """The arrays of a checked clip as safetensors, float32."""
    import torch
    from safetensors.torch import save

    # copies, because safetensors refuses arrays that share memory
    tensors = {
        name: array.detach().to("cpu", torch.float32).clone(memory_format=torch.contiguous_format)
        for name, array in _arrays(clip).items()
    }
    blob = save(tensors)
    if len(blob) > MAX_BYTES:
        raise InvalidInput(f"clip {clip.id}: its arrays take {len(blob)} bytes, at most {MAX_BYTES}")
    return blob


def digest(arrays: bytes, frames: bytes | None) -> bytes:
    """SHA-256 of a clip's contents."""
    return hashlib.sha256(arrays + (frames or b"")).digest()


def decode(clip: Clip, arrays: bytes, sha256: str) -> Clip:
    """`clip`, whose arrays are still empty, with the arrays of the blob; its frames are already there.

    Raises StoreError for a blob that is damaged: other bytes than were written, no safetensors, wrong shapes.
    """
    from safetensors.torch import load

    check_digest(clip.id, arrays, clip.frames, sha256)
    try:
        header = parse_header(arrays, len(arrays), "it")
        _check_kinds(header)
        if not np.isfinite(np.frombuffer(arrays, "<f4", offset=header.begin)).all():
            raise InvalidInput("it has numbers that are not finite")
        found = load(arrays)
        full = clip._replace(**found)
        _check_shapes(full)
    except (SafetensorError, ValueError) as error:
        raise StoreError(f"clip {clip.id} is damaged: {error}") from error
    return full


def check_digest(clip: str, arrays: bytes, frames: bytes | None, sha256: str) -> None:
    """Raises StoreError when the bytes are not the ones that were stored."""
    if digest(arrays, frames).hex() != sha256:
        raise StoreError(f"clip {clip} is damaged: its bytes are not the ones that were stored")


class Head(NamedTuple):
    """Where the poses are in a blob of arrays."""

    steps: int  # L
    bodies: int  # B, 0 where there are no poses
    begin: int  # bytes of the float32 (L, B, 7), little-endian
    end: int


def read_head(clip: str, start: bytes) -> Head:
    """What the first bytes of a blob say: safetensors begins with the header's length and a JSON object.

    Raises StoreError when they make no sense.
    """
    try:
        header = parse_header(start, None, "it")
        _check_kinds(header)
    except InvalidInput as error:
        raise StoreError(f"clip {clip} is damaged: {error}") from None
    steps, poses = header.tensors["visible"].shape[0], header.tensors.get("poses")
    if poses is None:
        return Head(steps, 0, 0, 0)
    if len(poses.shape) != 3 or poses.shape[::2] != (steps, 7):
        raise StoreError(f"clip {clip} is damaged: its poses are not of the clip's {steps} steps")
    return Head(steps, poses.shape[1], header.begin + poses.begin, header.begin + poses.end)


def _check_kinds(header: Header) -> None:
    """InvalidInput unless a blob holds the arrays of a clip, of the numbers that are stored."""
    if set(header.tensors) - {"poses"} != {"visible", "action", "reward"}:
        raise InvalidInput(f"it holds {', '.join(sorted(header.tensors))[:200]}")
    if any(info.dtype != "F32" for info in header.tensors.values()) or not header.tensors["visible"].shape:
        raise InvalidInput("its arrays are not of the kind F32")


def _arrays(clip: Clip) -> dict[str, Tensor]:
    reward = clip.reward if knows_reward(clip) else clip.reward.new_zeros(clip.reward.shape)
    arrays = {"visible": clip.visible, "action": clip.action, "reward": reward}
    return arrays if clip.poses is None else arrays | {"poses": clip.poses}


def _check_shapes(clip: Clip) -> None:
    length = len(clip.visible)
    right = (
        length > 0
        and clip.visible.ndim == clip.action.ndim == 2
        and len(clip.action) == length
        and clip.reward.shape == (length,)
        and (clip.poses is None or (clip.poses.ndim == 3 and clip.poses.shape[::2] == (length, 7)))
    )
    if not right:
        arrays = (clip.visible, clip.action, clip.reward, clip.poses)
        shapes = [None if array is None else tuple(array.shape) for array in arrays]
        raise InvalidInput(
            f"clip {clip.id}: visible, action, reward and poses must have shapes (L, F), (L, A), (L,) "
            f"and (L, B, 7) or none, got {shapes}"
        )
