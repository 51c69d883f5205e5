"""Tensors in one file: names with a prefix for each thing they belong to, and a header that is checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from armchair.errors import InvalidInput, RunError
from armchair.reading.tensors import read_header
from armchair.runs.seal import check_seal

if TYPE_CHECKING:
    from torch import Tensor


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors with "prefix." before their names."""
    return {f"{prefix}.{name}": value for name, value in tensors.items()}


def named(prefix: str, state: tuple[Tensor, ...]) -> dict[str, Tensor]:
    """Fields of a named tuple of tensors, with a prefix; whoever keeps them may not change them."""
    fields = getattr(state, "_fields")  # noqa: B009 - a NamedTuple's, which its type does not show
    import torch  # here, because whoever only checks a file does without it

    return {
        f"{prefix}.{name}": torch.as_tensor(value).clone() for name, value in zip(fields, state, strict=True)
    }


def part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with "prefix.", without it."""
    start = f"{prefix}."
    return {name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)}


def check_tensors(file: Path) -> None:
    """Raises RunError unless this is a safetensors file whose header fits it, and which is as it was written.

    Loads no tensor, so a damaged or hostile file cannot ask for more memory than it has bytes.
    """
    try:
        check_seal(file, read_header(file))
    except (OSError, InvalidInput) as error:
        raise RunError(f"{file} is damaged: {error}") from None
