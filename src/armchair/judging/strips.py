"""Film strips: six moments of a clip in one picture, and lines drawn into pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from armchair.errors import InvalidInput

Picture = NDArray[np.uint8]  # (H, W, 3) RGB
Points = NDArray[np.float64]  # (n, 2) px, to the right and downwards

FRAMES, SIDE = 6, 256  # pictures in a strip, px of each of them
GAP = 3  # px, half of what is between two
MOST_FRAMES, MOST_PIXELS = 2000, 2**22  # of a film that is read
BEGIN, END = np.array([255.0, 214.0, 240.0]), np.array([214.0, 0.0, 122.0])  # colours of a path
HALO = np.array([40.0, 0.0, 30.0])  # around it
WIDTH, DOT = 1.4, 3.2  # px, half the width of a path, radius of its end


def moments(length: int) -> list[int]:
    """Which of so many steps a strip shows: the first, the last, and those between, evenly."""
    return [round(k * (length - 1) / (FRAMES - 1)) for k in range(FRAMES)]


def strip_of(pictures: Sequence[Picture]) -> bytes:
    """Six pictures (SIDE, SIDE, 3) beside each other, as JPEG."""
    framed = [picture.copy() for picture in pictures]
    for k, picture in enumerate(framed):
        if k:
            picture[:, :GAP] = 255
        if k < len(framed) - 1:
            picture[:, -GAP:] = 255
    return as_jpeg(np.concatenate(framed, axis=1))


def film_pictures(film: bytes) -> list[Picture]:
    """Six moments of an MP4. Raises InvalidInput where it cannot be read."""
    try:
        with av.open(io.BytesIO(film), "r") as container:
            stream = container.streams.video[0]
            if stream.width * stream.height > MOST_PIXELS:
                raise InvalidInput(
                    f"a film has at most {MOST_PIXELS} pixels, got {stream.width * stream.height}"
                )
            found: list[Picture] = []
            for frame in container.decode(stream):
                found.append(fitted(np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)))
                if len(found) == MOST_FRAMES:
                    break
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"the film cannot be read: {error}") from None
    if not found:
        raise InvalidInput("the film has no pictures")
    return [found[k] for k in moments(len(found))]


def fitted(picture: Picture, side: int = SIDE) -> Picture:
    """The whole picture, made as large as fits in (side, side, 3), on grey."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    rows, columns = max(1, round(scale * height)), max(1, round(scale * width))
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    way = "AREA" if scale < 1 else "BICUBIC"
    small = frame.reformat(columns, rows, "rgb24", interpolation=way).to_ndarray()
    whole = np.full((side, side, 3), 128, np.uint8)
    top, left = (side - rows) // 2, (side - columns) // 2
    whole[top : top + rows, left : left + columns] = small
    return whole


def halved(picture: Picture) -> Picture:
    """Every two by two pixels made one, so that edges are smooth. (2 H, 2 W, 3) -> (H, W, 3)."""
    height, width = picture.shape[0] // 2, picture.shape[1] // 2
    return picture.reshape(height, 2, width, 2, 3).mean(axis=(1, 3)).round().astype(np.uint8)


def with_path(picture: Picture, points: Points) -> Picture:
    """The picture with a line through the points, pale at its beginning, full at its end, where a dot is."""
    canvas = picture.astype(np.float64)
    ends = points[-1:].repeat(2, axis=0)
    _ink(canvas, points, HALO, HALO, WIDTH + 1.2)
    _ink(canvas, ends, HALO, HALO, DOT + 1.2)
    _ink(canvas, points, BEGIN, END, WIDTH)
    _ink(canvas, ends, END, END, DOT)
    return canvas.round().clip(0, 255).astype(np.uint8)


def _ink(
    canvas: NDArray[np.float64],
    points: Points,
    begin: NDArray[np.float64],
    end: NDArray[np.float64],
    radius: float,
) -> None:
    """Draw a line as wide as twice the radius, smooth at its edge, from one colour to another."""
    y, x = np.mgrid[: canvas.shape[0], : canvas.shape[1]] + 0.5
    count = max(1, len(points) - 1)
    for k, (one, two) in enumerate(pairwise(points)):
        way = two - one
        along = ((x - one[0]) * way[0] + (y - one[1]) * way[1]) / max(float(way @ way), 1e-9)
        along = along.clip(0.0, 1.0)
        apart = np.hypot(x - one[0] - along * way[0], y - one[1] - along * way[1])
        cover = (radius + 0.5 - apart).clip(0.0, 1.0)[..., None]
        colour = begin + (k + 1) / count * (end - begin)
        canvas += cover * (colour - canvas)


def as_jpeg(picture: Picture) -> bytes:
    """A picture of even width and height as JPEG, its colours in full detail; the same bytes each time."""
    height, width = picture.shape[:2]
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj444p"
    encoder.time_base, encoder.thread_count = Fraction(1, 25), 1
    encoder.qmin, encoder.qmax = 3, 3
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    packets = encoder.encode(frame.reformat(width, height, "yuvj444p"))
    return b"".join(bytes(packet) for packet in [*packets, *encoder.encode(None)])
