"""Frames to MP4: H.264 that every browser plays, written whole or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
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
    path = Path(path)
    _rate(fps)
    check_video_path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        count = _encode(str(draft), frames, fps, faststart=True)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return count


def mp4_bytes(frames: Iterable[Frame], fps: float) -> bytes:
    """The film that `write_mp4` would write, in memory; its index stands last. Raises as that does."""
    film = io.BytesIO()
    _encode(film, frames, fps, faststart=False)
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


class FilmWriter:
    """An MP4 that grows a frame at a time: H.264, yuv420p. `close` ends it; a context manager.

    Its frames are at k / fps s, exactly.
    """

    def __init__(
        self, to: str | BinaryIO, fps: float, *, faststart: bool = False, key_every: int = 0
    ) -> None:
        """faststart: put the index first, which needs a file that can be read again. key_every: frames
        between two that can be shown without those before them, so that any is found soon; 0: as usual.
        """
        self.count = 0
        options = {"movflags": "+faststart"} if faststart else {}
        self._container = av.open(to, "w", format="mp4", options=options)
        tuning = {"crf": "23", "preset": "veryfast"} | ({"g": str(key_every)} if key_every else {})
        self._stream = self._container.add_stream("libx264", rate=_rate(fps), options=tuning)
        self._stream.pix_fmt = "yuv420p"
        self._shape: tuple[int, ...] | None = None

    def add(self, frame: Frame) -> None:
        """The next frame. Raises InvalidInput for one of another shape or kind than the first."""
        if self._shape is None:
            self._shape = _check_first(frame)
            self._stream.height, self._stream.width = self._shape[0], self._shape[1]
        if frame.shape != self._shape or frame.dtype != np.uint8:
            raise InvalidInput(
                f"frame {self.count} must be uint8 of shape {self._shape}, like the first; "
                f"got {frame.dtype} {frame.shape}"
            )
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        self._container.mux(self._stream.encode(picture))
        self.count += 1

    def close(self) -> None:
        """End the film; one without frames is none."""
        if self._shape is not None:
            self._container.mux(self._stream.encode())
        self._container.close()

    def __enter__(self) -> FilmWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._container.close()


def _encode(to: str | BinaryIO, frames: Iterable[Frame], fps: float, *, faststart: bool) -> int:
    with FilmWriter(to, fps, faststart=faststart) as film:
        for frame in frames:
            film.add(frame)
        if not film.count:
            raise InvalidInput("a video needs at least one frame, got none")
    return film.count


def _check_first(frame: Frame) -> tuple[int, ...]:
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
        raise InvalidInput(f"frames must be (H, W, 3) uint8, got {frame.dtype} {frame.shape}")
    height, width = frame.shape[:2]
    if height % 2 or width % 2 or not height * width:
        right = f"{max(2, width + width % 2)} x {max(2, height + height % 2)}"
        raise InvalidInput(f"frames must be of even width and height, got {width} x {height}: use {right}")
    return frame.shape
