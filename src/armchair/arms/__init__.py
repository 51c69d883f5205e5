"""Arms: the built-in one, and those of others, read from a description beside an MJCF or URDF."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from armchair.arms.arm import Arm
from armchair.arms.build import build
from armchair.arms.description import GripperText, read_description
from armchair.arms.iiwa import IIWA

__all__ = ["IIWA", "Arm", "load_arm"]


def load_arm(name: str | Path) -> Arm:
    """The arm that a file describes (YAML, MJCF or URDF); the built-in one for no name at all.

    The same file gives the same object, until it changes. Raises InvalidInput, in one line, for a file that
    cannot be read, and for a model that leaves open what it must tell.
    """
    if not str(name):
        return IIWA
    path = Path(name)
    told = read_description(path)
    carried = told.gripper.model if isinstance(told.gripper, GripperText) else ""
    stamps = tuple(_stamp(path.parent / file) for file in (path.name, told.model, carried))
    return _load(path.resolve(), stamps)


@lru_cache(maxsize=16)
def _load(path: Path, stamps: tuple[int, ...]) -> Arm:
    return build(read_description(path), path)


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns if path.is_file() else 0  # a folder changes with whatever is put there
