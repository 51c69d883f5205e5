"""Frames to MP4: H.264 that every browser plays, written whole or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from numpy.typing import NDArray

from armchair.errors import InvalidInput, check_target

Frame = NDArray[np.uint8]  # (H, W, 3) RGB


def write_mp4(path: str | Path, frames: Iterable[Frame], fps: float) -> int:
    """Write frames (H, W, 3) uint8 RGB as H.264, yuv420p, index first. Returns how many there were.

    The file appears under its name only when it is complete. Frames may come from a generator: one at a
    time is held. Raises InvalidInput for no frames, an odd width or height (yuv420p halves both), frames
    that differ in shape, or an fps that is not positive.
    """
    path, rate = Path(path), _rate(fps)
    check_video_path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        count = _encode(str(draft), frames, rate, faststart=True)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return count


def mp4_bytes(frames: Iterable[Frame], fps: float) -> bytes:
    """The film that `write_mp4` would write, in memory; its index stands last. Raises as that does."""
    film = io.BytesIO()
    _encode(film, frames, _rate(fps), faststart=False)
    return film.getvalue()


def even(frame: Frame) -> Frame:
    """The picture without its last row or column where their number is odd."""
    return frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2]


def _rate(fps: float) -> Fraction:
    if not (np.isfinite(fps) and fps > 0):
        raise InvalidInput(f"fps must be positive, got {fps}")
    return Fraction(fps).limit_denominator(1001)


def check_video_path(path: Path) -> None:
    """InvalidInput unless a video can be put there: a name that ends in .mp4, in a folder that exists."""
    check_target("video", path, ".mp4")


def _encode(to: str | BinaryIO, frames: Iterable[Frame], rate: Fraction, *, faststart: bool) -> int:
    """faststart: put the index first, which needs a file that can be read again."""
    count = 0
    options = {"movflags": "+faststart"} if faststart else {}
    with av.open(to, "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "23", "preset": "veryfast"})
        stream.pix_fmt = "yuv420p"
        shape: tuple[int, ...] | None = None
        for frame in frames:
            if shape is None:
                shape = _check_first(frame)
                stream.height, stream.width = shape[0], shape[1]
            if frame.shape != shape or frame.dtype != np.uint8:
                raise InvalidInput(
                    f"frame {count} must be uint8 of shape {shape}, like the first; "
                    f"got {frame.dtype} {frame.shape}"
                )
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            container.mux(stream.encode(picture))
            count += 1
        if shape is None:
            raise InvalidInput("a video needs at least one frame, got none")
        container.mux(stream.encode())
    return count


def _check_first(frame: Frame) -> tuple[int, ...]:
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
        raise InvalidInput(f"frames must be (H, W, 3) uint8, got {frame.dtype} {frame.shape}")
    height, width = frame.shape[:2]
    if height % 2 or width % 2 or not height * width:
        right = f"{max(2, width + width % 2)} x {max(2, height + height % 2)}"
        raise InvalidInput(f"frames must be of even width and height, got {width} x {height}: use {right}")
    return frame.shape
