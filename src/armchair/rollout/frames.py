"""The latest pictures of N copies, for clips of environments without poses: scaled down, as JPEG."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from armchair.errors import InvalidInput

Frame = NDArray[np.uint8]  # (H, W, 3) RGB

MAX_SIDE = 240  # px, of the longer side: twice of it fits beside each other on any screen
MAX_BYTES = 256 * 2**20  # of all pictures in one ring; the oldest are dropped


class FrameRing:
    """Pictures of every copy after every control step, in a ring like that of `RecentEpisodes`.

    Memory: pictures are made no larger than 240 pixels a side and kept as JPEG, some 2 to 10 kB each, so that
    four copies and three episodes of 200 steps take about 10 MB (untouched, at 480 × 480, 1.6 GB). There are
    never more than 256 MB: beyond it the oldest steps lose their pictures.
    """

    def __init__(
        self, num_envs: int, capacity: int, encode: Callable[[Sequence[Frame]], bytes], most: int = MAX_BYTES
    ) -> None:
        """capacity: control steps kept of every copy; encode: makes a film of pictures; most: bytes kept."""
        self.num_envs, self.capacity, self.most = num_envs, capacity, most
        self.first = 0  # running number of the oldest step with pictures; all later ones have them
        self._steps: deque[list[bytes]] = deque()
        self._bytes = 0
        self._encode = encode

    def add(self, step: int, frames: Sequence[Frame]) -> None:
        """Keep a picture (H, W, 3) of each copy after the step of this running number.

        What came before a gap in the numbers is forgotten.
        """
        if len(frames) != self.num_envs:
            raise InvalidInput(f"there must be a frame for each of {self.num_envs} copies, got {len(frames)}")
        if step != self.first + len(self._steps):
            self.clear(step)
        packed = [pack(frame) for frame in frames]
        self._steps.append(packed)
        self._bytes += sum(map(len, packed))
        while len(self._steps) > self.capacity or (self._bytes > self.most and len(self._steps) > 1):
            self._bytes -= sum(map(len, self._steps.popleft()))
            self.first += 1

    def clear(self, first: int) -> None:
        """Forget all pictures; the next is of the step of this running number."""
        self._steps.clear()
        self.first, self._bytes = first, 0

    def film(self, env: int, first: int, length: int, last: int | None = None) -> bytes:
        """The film of `length` steps of a copy from the step of this running number on.

        last: past this one its picture stays, faded; if not given there is one of every step.
        """
        last = first + length - 1 if last is None else min(last, first + length - 1)
        start = first - self.first
        if not 0 <= start <= len(self._steps) - (last - first + 1):
            raise InvalidInput(f"there are no frames of the steps {first} to {last} any more")
        pictures = [unpack(self._steps[start + k][env]) for k in range(last - first + 1)]
        return self._encode(pictures + [faded(pictures[-1])] * (length - len(pictures)))


def fitted_size(height: int, width: int) -> tuple[int, int]:
    """Height and width of a picture of this size made to fit: at most MAX_SIDE, and even, as films want."""
    shrink = min(1.0, MAX_SIDE / max(height, width))
    return max(2, round(shrink * height / 2) * 2), max(2, round(shrink * width / 2) * 2)


def faded(frame: Frame) -> Frame:
    """The picture halfway to grey: nothing happens any more, and the film has not stuck."""
    return frame // 2 + np.uint8(64)


def pack(frame: Frame) -> bytes:
    """A picture (H, W, 3), made small, as JPEG."""
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8 or not frame.size:
        raise InvalidInput(f"frames must be (H, W, 3) uint8, got {frame.dtype} {frame.shape}")
    height, width = fitted_size(*frame.shape[:2])
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base, encoder.thread_count = Fraction(1, 25), 1
    encoder.qmin, encoder.qmax = 2, 4
    packets = encoder.encode(picture.reformat(width, height, "yuvj420p", interpolation="AREA"))
    return b"".join(bytes(packet) for packet in [*packets, *encoder.encode(None)])


def unpack(jpeg: bytes) -> Frame:
    """The picture (h, w, 3) that `pack` kept."""
    decoder = av.CodecContext.create("mjpeg", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    (picture,) = [*decoder.decode(av.Packet(jpeg)), *decoder.decode(None)]
    return np.asarray(picture.to_ndarray(format="rgb24"), dtype=np.uint8)
