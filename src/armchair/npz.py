"""Arrays in npz files from elsewhere: looked at before anything is unpacked, and never a pickle."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from armchair.errors import InvalidInput

Arrays = dict[str, NDArray[np.generic]]


def read_npz(path: Path, most: int, where: str | None = None) -> Arrays:
    """The arrays of a file by name. where: what an error calls it, the path if not given.

    Raises InvalidInput for a file that is none, that would unpack to more than `most` bytes, or that holds
    objects.
    """
    where = where or str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > most:
            raise InvalidInput(f"{where} unpacks to {size} bytes, at most {most}")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: np.asarray(arrays[name]) for name in arrays.files}
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, TypeError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{where} cannot be read: {error}") from error
