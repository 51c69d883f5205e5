"""Clips as bytes and back: arrays as one safetensors blob, checked both ways."""

from __future__ import annotations

import hashlib

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from armchair.errors import InvalidInput, StoreError
from armchair.ids import check_id
from armchair.types import Clip

MAX_BYTES = 64 * 2**20  # of the arrays or of the frames of one clip; a usual clip has a few kB
NAMES = ("visible", "action", "reward", "poses")


def check_clip(clip: Clip) -> None:
    """Raises InvalidInput for a clip that no store takes: wrong shapes, no steps, numbers not finite."""
    check_id("a clip", clip.id)
    _check_shapes(clip)
    for name, array in zip(NAMES, _arrays(clip), strict=True):
        if array is not None and not bool(array.isfinite().all()):
            raise InvalidInput(f"clip {clip.id}: {name} has numbers that are not finite")
    if clip.frames is not None and len(clip.frames) > MAX_BYTES:
        raise InvalidInput(f"clip {clip.id}: its frames take {len(clip.frames)} bytes, at most {MAX_BYTES}")


def encode(clip: Clip) -> bytes:
    """The arrays of a checked clip as safetensors, float32."""
    named = zip(NAMES, _arrays(clip), strict=True)
    # copies, because safetensors refuses arrays that share memory
    tensors = {
        name: array.detach().to("cpu", torch.float32).clone(memory_format=torch.contiguous_format)
        for name, array in named
        if array is not None
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
    if digest(arrays, clip.frames).hex() != sha256:
        raise StoreError(f"clip {clip.id} is damaged: its bytes are not the ones that were stored")
    try:
        found = load(arrays)
    except (SafetensorError, ValueError) as error:
        raise StoreError(f"clip {clip.id} is damaged: {error}") from error
    if set(found) - {"poses"} != {"visible", "action", "reward"}:
        raise StoreError(f"clip {clip.id} is damaged: it holds {', '.join(sorted(found))}")
    full = clip._replace(
        visible=found["visible"], action=found["action"], reward=found["reward"], poses=found.get("poses")
    )
    try:
        _check_shapes(full)
    except InvalidInput as error:
        raise StoreError(f"clip {clip.id} is damaged: {error}") from error
    return full


def _arrays(clip: Clip) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    return clip.visible, clip.action, clip.reward, clip.poses


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
        shapes = [None if array is None else tuple(array.shape) for array in _arrays(clip)]
        raise InvalidInput(
            f"clip {clip.id}: visible, action, reward and poses must have shapes (L, F), (L, A), (L,) "
            f"and (L, B, 7) or none, got {shapes}"
        )
