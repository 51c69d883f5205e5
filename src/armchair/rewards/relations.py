"""What the reward networks look at: relations between the points a person sees, the same for every task.

A state's `visible` numbers are world positions of named points and a few scalars (`Task.points`,
`Task.scalars`). Four modes make network inputs of them:

* `raw`         the numbers as they are.
* `relational`  for every pair of points the displacement, the distance and the distance seen from above, for
                every point its height, for every three points the angles seen from above, and the scalars. No
                relation changes when everything is moved along the table.
* `chosen`      some of those relations, by name: knowledge of the task, to be disclosed wherever used.
* `criteria`    for wishes: what answers were found to go by, see `rewards/finding.py`.

Relations come in groups (a displacement's three numbers are one group), which are dropped together in a fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import torch
from torch import Tensor

from armchair.errors import InvalidInput, check_choice
from armchair.rewards.criteria import CLOSEST, parsed
from armchair.rewards.own import OWN, checked, given
from armchair.types import VisibleLayout

InputMode = Literal["raw", "relational", "chosen", "criteria"]
INPUT_MODES: tuple[InputMode, ...] = ("raw", "relational", "chosen", "criteria")

MOST_POINTS, MOST_SCALARS = 32, 8192  # relations of three points grow with the cube of their number
MIN_LENGTH = 0.01  # m, shorter displacements have no meaningful direction

PRIOR: dict[str, float] = {"distance": 1.0, "planar": 0.5, "angle": 0.5, "way": 0.3, "height": 0.3}
"""The standard deviation with which networks see each kind of relation: large ones are learned first.
Distances explain most preferences, from whatever side; directions and heights need more answers."""

LEAST_STD = {True: 0.05, False: 1e-3}  # with named points (m) and without: less spread than this is noise

CHOSEN: dict[str, tuple[str, ...]] = {
    "reach": ("tool-goal:distance",),
    "push": ("tool-block_a:distance", "block_a-goal:distance", "tool-block_a-goal:angle"),
    "pick_place": ("tool-block_a:distance", "block_a-goal:distance", "opening"),
    "stack": ("tool-block_a:distance", "block_a-block_b:way", "block_a-block_b:planar", "opening"),
}
"""Hand-picked relations by task; used by the mode `chosen` only."""


@dataclass(frozen=True)
class Relation:
    """One group of inputs that belong together."""

    name: str
    size: int
    compute: Callable[[Tensor], Tensor]  # visible (..., F) -> (..., size)
    prior: float = 1.0  # standard deviation with which the networks see it


class Relations:
    """The inputs of a reward network: `relations(visible)` maps (..., F) to (..., D)."""

    def __init__(
        self, layout: VisibleLayout, mode: InputMode = "relational", chosen: Sequence[str] = ()
    ) -> None:
        """Raises InvalidChoice for a mode or a relation that does not exist.

        chosen: names for the mode `chosen`, see `all_relations`. Without named points `relational` is the
        same as `raw`.
        """
        check_choice("input mode", mode, INPUT_MODES)
        if len(layout.points) > MOST_POINTS or len(layout.scalars) > MOST_SCALARS:
            raise InvalidInput(
                f"at most {MOST_POINTS} points and {MOST_SCALARS} numbers can be looked at, got "
                f"{len(layout.points)} and {len(layout.scalars)}"
            )
        self.layout, self.mode = layout, mode
        if mode == "criteria":
            known = tuple(_of_criterion(code, layout) for code in chosen)
        else:
            known = raw_relations(layout) if mode == "raw" else all_relations(layout)
        if mode == "chosen":
            by_name = {relation.name: relation for relation in known}
            by_name |= {name: _own(name, layout) for name in chosen if name.startswith(OWN)}
            if not chosen:
                raise InvalidInput(f"input mode 'chosen' needs names of relations: {', '.join(by_name)}")
            known = tuple(by_name[check_choice("relation", name, by_name)] for name in chosen)
        self.groups: tuple[Relation, ...] = known
        self.names = tuple(group.name for group in known)
        self.sizes = tuple(group.size for group in known)
        self.size = sum(self.sizes)  # D, numbers of input
        # whether groups carry much of the same information: raw numbers do not
        self.redundant = mode != "raw" and bool(layout.points)

    def standard(self, reference: Tensor, *, alike: bool = False) -> tuple[Tensor, Tensor]:
        """Mean and divisor (D,) that give the states (S, F) a mean of 0 and the priors as spread.

        alike: a spread of 1 for all.
        """
        values = self(reference)
        prior = torch.cat([torch.full((group.size,), 1.0 if alike else group.prior) for group in self.groups])
        least = LEAST_STD[bool(self.layout.points)]
        return values.mean(0), values.std(0, correction=0).clamp_min(least) / prior

    def __call__(self, visible: Tensor) -> Tensor:
        """(..., F) -> (..., D). Raises InvalidInput when F is not the layout's."""
        if visible.shape[-1] != self.layout.size:
            raise InvalidInput(
                f"visible must end with {self.layout.size} numbers, got {tuple(visible.shape)}"
            )
        return torch.cat([group.compute(visible) for group in self.groups], dim=-1)


def _own(name: str, layout: VisibleLayout) -> Relation:
    """A feature that a program gave."""
    feature = given(name)

    def compute(visible: Tensor) -> Tensor:
        values = feature(visible.cpu())  # whoever wrote it knows of no other device
        return checked(name, values, tuple(visible.shape[:-1])).to(visible.device)

    return Relation(name, compute(torch.zeros(2, layout.size)).shape[-1], compute)


def raw_relations(layout: VisibleLayout) -> tuple[Relation, ...]:
    """Points and scalars as they are, a group each."""
    points = [Relation(name, 3, _slice(3 * i, 3)) for i, name in enumerate(layout.points)]
    start = 3 * len(layout.points)
    return (*points, *(Relation(name, 1, _slice(start + i, 1)) for i, name in enumerate(layout.scalars)))


def all_relations(layout: VisibleLayout) -> tuple[Relation, ...]:
    """Every relation of a layout. Names: "a-b:way", "a-b:distance", "a-b:planar", "a:height", "a-b-c:angle"
    (at b, between a → b and b → c), and the scalars' own.
    """
    place = {name: 3 * i for i, name in enumerate(layout.points)}
    found: list[Relation] = []
    for a, b in combinations(layout.points, 2):
        i, j = place[a], place[b]
        found.append(Relation(f"{a}-{b}:way", 3, _displacement(i, j), PRIOR["way"]))
        found.append(Relation(f"{a}-{b}:distance", 2, _distance(i, j, 3), PRIOR["distance"]))
        found.append(Relation(f"{a}-{b}:planar", 2, _distance(i, j, 2), PRIOR["planar"]))
    for a, b, c in combinations(layout.points, 3):
        for corner in ((a, b, c), (b, c, a), (c, a, b)):
            i, j, k = (place[name] for name in corner)
            found.append(Relation("-".join(corner) + ":angle", 1, _angle(i, j, k), PRIOR["angle"]))
    for name in layout.points:
        found.append(Relation(f"{name}:height", 1, _slice(place[name] + 2, 1), PRIOR["height"]))
    return (*found, *raw_relations(layout)[len(layout.points) :])


def _of_criterion(code: str, layout: VisibleLayout) -> Relation:
    """Raises InvalidInput for a code that is none."""
    criterion = parsed(code, layout)
    return Relation(
        criterion.words(layout), 1, lambda visible: criterion.compute(visible, layout).unsqueeze(-1)
    )


def _slice(start: int, size: int) -> Callable[[Tensor], Tensor]:
    return lambda visible: visible[..., start : start + size]


def _displacement(a: int, b: int) -> Callable[[Tensor], Tensor]:
    return lambda visible: visible[..., b : b + 3] - visible[..., a : a + 3]


def _distance(a: int, b: int, dims: int) -> Callable[[Tensor], Tensor]:
    """The distance and its logarithm, which tells millimetres apart when near."""

    def compute(visible: Tensor) -> Tensor:
        distance = (visible[..., b : b + dims] - visible[..., a : a + dims]).norm(dim=-1, keepdim=True)
        return torch.cat((distance, (distance + CLOSEST).log()), dim=-1)

    return compute


def _angle(a: int, b: int, c: int) -> Callable[[Tensor], Tensor]:
    """Cosine between the displacements a → b and b → c seen from above: 1 when in line, in that order."""

    def compute(visible: Tensor) -> Tensor:
        first = visible[..., b : b + 2] - visible[..., a : a + 2]
        second = visible[..., c : c + 2] - visible[..., b : b + 2]
        lengths = first.norm(dim=-1).clamp_min(MIN_LENGTH) * second.norm(dim=-1).clamp_min(MIN_LENGTH)
        return ((first * second).sum(-1) / lengths).unsqueeze(-1)

    return compute
