"""What `render()` of others returns, as pictures (H, W, 3) uint8 RGB of one size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from armchair.envs.foreign.values import unhooked
from armchair.errors import ForeignError

Picture = NDArray[np.uint8]

CHANNELS = (1, 3, 4)  # grey, RGB, RGBA
MOST = 1920  # px, of the longer side: larger ones are thinned out, clips are small in any case
LEAST = 2  # px, of a film's sides


class Pictures:
    """Converts the pictures of one environment, which all get the size of the first."""

    def __init__(self) -> None:
        self._size: tuple[int, int] | None = None  # height, width
        self._unit = True  # whether floats have never been above 1

    def picture(self, value: object) -> Picture:
        """Raises ForeignError, which says what is wrong, for what is no picture."""
        image = _rgb(self._bytes(_array(value)))
        if self._size is None:
            self._size = image.shape[0], image.shape[1]
        return image if image.shape[:2] == self._size else _resized(image, self._size)

    def _bytes(self, array: NDArray[np.generic]) -> NDArray[np.uint8]:
        if array.dtype == np.uint8:
            return cast("NDArray[np.uint8]", array)
        if array.dtype == np.bool_:
            return array.astype(np.uint8) * np.uint8(255)
        if array.dtype == np.uint16:
            return (array.astype(np.uint32) // 257).astype(np.uint8)
        numbers = np.nan_to_num(array.astype(np.float64), nan=0.0, posinf=255.0, neginf=0.0)
        if not np.issubdtype(array.dtype, np.integer):
            self._unit = self._unit and bool(numbers.max(initial=0.0) <= 1.0)
            numbers = numbers * 255.0 if self._unit else numbers
        return np.rint(numbers.clip(0.0, 255.0)).astype(np.uint8)


def _array(value: object) -> NDArray[np.generic]:
    """The picture, or the last one of several, as an array."""
    right = "it must return a picture (height, width, 3) with render_mode='rgb_array'"
    if value is None:
        raise ForeignError(f"render() returned None: {right}")
    if isinstance(value, Mapping) and value:  # one for each camera
        return _array(next(iter(cast("Mapping[object, object]", value).values())))
    if isinstance(value, list | tuple) and value and getattr(value[-1], "ndim", 0) in (2, 3):
        return _array(cast("Sequence[object]", value)[-1])
    try:
        array = np.asarray(unhooked(value))
    except Exception as error:
        raise ForeignError(f"render() returned a {type(value).__name__}: {right}") from error
    if array.ndim == 4 and len(array):
        array = array[-1]
    kind = array.dtype.kind
    if array.ndim not in (2, 3) or not array.size or kind not in "buif":
        what = f"a {type(value).__name__} of shape {array.shape} and dtype {array.dtype}"
        raise ForeignError(f"render() returned {what}: {right}")
    return array


def _rgb(array: NDArray[np.uint8]) -> Picture:
    if array.ndim == 2:
        array = array[..., None]
    elif array.shape[2] not in CHANNELS and array.shape[0] in CHANNELS:  # channels come first
        array = np.moveaxis(array, 0, 2)
    if array.shape[2] not in CHANNELS:
        raise ForeignError(f"render() returned shape {array.shape}: it must be (height, width, 3)")
    every = -(-max(array.shape[:2]) // MOST)
    array = array[::every, ::every, :3]
    if array.shape[2] == 1:
        array = np.repeat(array, 3, axis=2)
    size = max(LEAST, array.shape[0]), max(LEAST, array.shape[1])
    return _resized(array, size) if size != array.shape[:2] else np.array(array)


def _resized(image: Picture, size: tuple[int, int]) -> Picture:
    """Brought to a size (height, width), the nearest pixel each."""
    rows, columns = (np.arange(new) * old // new for new, old in zip(size, image.shape[:2], strict=True))
    return image[rows][:, columns]
