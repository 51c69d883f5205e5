"""Films of data sets and clips, frame by frame, from where they are wanted."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from armchair.errors import InvalidInput
from armchair.reading.files import open_regular
from armchair.reading.limits import FILM_BYTES, FILM_SIDE
from armchair.video import Frame, even

FAULTS = (FFmpegError, OSError, ValueError, IndexError, MemoryError)
HALF = 0.5  # of a frame: whatever lies nearer than that is the frame that was meant


def frames_of(film: bytes | Path, where: str, count: int, begin: float = 0.0) -> Iterator[Frame]:
    """`count` frames (H, W, 3) from `begin` (s) on, of even width and height.

    where: what an error calls the film. Raises InvalidInput for what is no film, has fewer frames from there
    on, or larger ones than are read.
    """
    found = 0
    try:
        with io.BytesIO(film) if isinstance(film, bytes) else open_regular(film, FILM_BYTES, where) as file:
            for frame in _decoded(file, where, begin):
                if found == count:
                    return
                found += 1
                yield even(frame)
    except InvalidInput:
        raise
    except FAULTS as error:
        told = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
        raise InvalidInput(f"{where} does not decode as a film: {told[:200]}") from None
    if found < count:
        raise InvalidInput(f"{where} has {found} frames from {begin:g} s on, there must be {count}")


def _decoded(file: io.BufferedIOBase, where: str, begin: float) -> Iterator[Frame]:
    with av.open(file, "r", format="mp4") as container:
        if not container.streams.video:
            raise InvalidInput(f"{where} has no pictures")
        stream = container.streams.video[0]
        codec = stream.codec_context
        if not 0 < max(codec.width, codec.height) <= FILM_SIDE:
            size = f"{codec.width} x {codec.height}"
            raise InvalidInput(f"{where} is {size} pixels, at most {FILM_SIDE} a side are read")
        if stream.time_base is None or not stream.average_rate:
            raise InvalidInput(f"{where} does not say how quickly its frames follow each other")
        early = begin - HALF / float(stream.average_rate)
        if begin > 0.0:
            container.seek(max(0, int(early / stream.time_base)), stream=stream)
        for picture in container.decode(stream):
            if picture.pts is not None and float(picture.pts * stream.time_base) >= early:
                yield np.asarray(picture.to_ndarray(format="rgb24"), dtype=np.uint8)
