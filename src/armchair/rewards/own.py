"""Features that a program brings along: functions of what is seen, beside the relations there are.

A file can hold their names alone. So a process knows the functions by name, as a program gave them to it; who
reads a reward model that looks at one that was not given is told so.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from armchair.errors import InvalidInput

OWN = "own:"  # how the names of such relations begin
Feature = Callable[[Tensor], Tensor]
"""What is seen (…, F) -> (…, d), finite."""

_given: dict[str, Feature] = {}


def give(name: str, feature: Feature) -> None:
    """Make a feature known to this process, in the place of one of the same name."""
    _given[name] = feature


def given(name: str) -> Feature:
    """The feature of the relation "own:NAME". Raises InvalidInput where nobody gave it."""
    short = name.removeprefix(OWN)
    if short not in _given:
        raise InvalidInput(
            f"the reward looks at {short}, a function of the program that began the run: give it again, "
            f"features={{{short!r}: ...}}, to armchair.load or armchair.resume"
        )
    return _given[short]


def checked(name: str, values: object, shape: tuple[int, ...]) -> Tensor:
    """What a feature returned of states (*shape, F), as (*shape, d). InvalidInput for anything else."""
    if isinstance(values, Tensor) and values.shape[: len(shape)] == shape and values.dim() <= len(shape) + 1:
        whole = values if values.dim() == len(shape) + 1 else values.unsqueeze(-1)
        if bool(whole.isfinite().all()):
            return whole.float()
        raise InvalidInput(f"the feature {name.removeprefix(OWN)} is not finite everywhere")
    got = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
    raise InvalidInput(
        f"the feature {name.removeprefix(OWN)} must be a tensor {shape} or {(*shape, 'd')}, got {got}"
    )
