"""Criteria: the plain ways in which something can be done more or less, for wishes to be found among.

A criterion is a quantity, such as the height of the block, that counts always or in a phase, such as while
the block is far from the goal, or in two at a time. There are a thousand or so for a task of armchair's own,
made from the names of its points and from how far these get about; none knows the task. A person who wishes
for something means one of them, or nearly: ten answers or so tell it from a thousand others, where they say
little of a thousand weights.

A criterion is written as its code, in a run's files too: "height 1 0.025 while near 1 2 0.088". Points and
scalars stand in it by their place in the layout, then come lengths in their own units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.rewards.motion import ACCELERATION, ACROSS, MOTION, SPEED, UP, moving_points
from armchair.types import VisibleLayout

WHILE = " while "
MOST_PHASES = 2
LEAST = 1e-3  # m, or m/s: shorter ones make no phase
SOFT = 0.15  # of its threshold, over which a phase begins
RANGE = (0.02, 0.98)  # quantiles between which something is taken to get about
NEAR = (0.125, 0.25, 0.5)  # of the farthest that two points are apart
LOW = (0.25, 0.5)  # of the range of heights
MOVES = 0.1  # of a point's highest speed
PLACES = (4, 6)  # along x and y, of a point's range
CLOSEST = 0.005  # m, added to distances before the logarithm: closer than this is all the same


@dataclass(frozen=True)
class Term:
    """A quantity or a phase: what kind, of which points or scalars, with which constants."""

    kind: str
    of: tuple[int, ...] = ()
    at: tuple[float, ...] = ()

    @property
    def code(self) -> str:
        """In words and numbers, see the module."""
        return " ".join((self.kind, *map(str, self.of), *(f"{value:.4g}" for value in self.at)))


@dataclass(frozen=True)
class Kind:
    """Of terms: what they look at and what is made of it."""

    needs: str  # "points" or "scalar"
    of: int  # how many of these
    at: int  # how many constants
    compute: Callable[[Sequence[Tensor], Sequence[float]], Tensor]  # (..., 3) or (...) each -> (...)
    words: str


def _gap(seen: Sequence[Tensor], dims: int = 3) -> Tensor:
    return (seen[0] - seen[1])[..., :dims].norm(dim=-1)


def _rise(seen: Sequence[Tensor]) -> Tensor:
    """Sine of the elevation of the first over the second; little counts within 1 cm."""
    return (seen[0] - seen[1])[..., 2] / _gap(seen).clamp_min(0.01)


def _beyond(values: Tensor, threshold: float) -> Tensor:
    """From 0 below the threshold to 1 above."""
    return torch.sigmoid((values - threshold) / max(SOFT * abs(threshold), LEAST))


def _close(gap: Tensor, length: float) -> Tensor:
    return torch.exp(-((gap / length) ** 2))


QUANTITIES: dict[str, Kind] = {
    "x": Kind("points", 1, 1, lambda p, at: p[0][..., 0] - at[0], "how far {0} is from the arm's base"),
    "y": Kind("points", 1, 1, lambda p, at: p[0][..., 1] - at[0], "how far {0} is on the arm's left"),
    "height": Kind("points", 1, 1, lambda p, at: p[0][..., 2] - at[0], "the height of {0}"),
    "place": Kind(
        "points",
        1,
        3,
        lambda p, at: _close((p[0][..., :2] - _spot(at)).norm(dim=-1), at[2]),
        "how close {0} is to the spot at {at}",
    ),
    "distance": Kind("points", 2, 0, lambda p, _: _gap(p), "the distance of {0} and {1}"),
    "closeness": Kind("points", 2, 0, lambda p, _: -(_gap(p) + CLOSEST).log(), "how close {0} is to {1}"),
    "planar": Kind("points", 2, 0, lambda p, _: _gap(p, 2), "how far {0} and {1} are apart, seen from above"),
    "ahead": Kind("points", 2, 0, lambda p, _: (p[0] - p[1])[..., 0], "how far {0} is beyond {1}"),
    "left": Kind("points", 2, 0, lambda p, _: (p[0] - p[1])[..., 1], "how far {0} is left of {1}"),
    "above": Kind("points", 2, 0, lambda p, _: (p[0] - p[1])[..., 2], "how far {0} is above {1}"),
    "elevation": Kind("points", 2, 0, lambda p, _: _rise(p), "how steeply {0} is above {1}"),
    "steepness": Kind("points", 2, 0, lambda p, _: _rise(p).abs(), "how steep it is from {0} to {1}"),
    "scalar": Kind("scalar", 1, 0, lambda s, _: s[0], "{0}"),
    "square": Kind("scalar", 1, 0, lambda s, _: s[0].square(), "{0}, above all its peaks"),
    "size": Kind("scalar", 1, 0, lambda s, _: s[0].abs(), "the size of {0}"),
    "share": Kind("points", 0, 0, lambda p, _: torch.ones(()), "how long it takes"),
}
PHASES: dict[str, Kind] = {
    "near": Kind("points", 2, 1, lambda p, at: 1.0 - _beyond(_gap(p), at[0]), "{0} is near {1}"),
    "far": Kind("points", 2, 1, lambda p, at: _beyond(_gap(p), at[0]), "{0} is far from {1}"),
    "over": Kind("points", 2, 1, lambda p, at: 1.0 - _beyond(_gap(p, 2), at[0]), "{0} is over or under {1}"),
    "aside": Kind("points", 2, 1, lambda p, at: _beyond(_gap(p, 2), at[0]), "{0} is aside of {1}"),
    "low": Kind("points", 1, 2, lambda p, at: 1.0 - _beyond(p[0][..., 2] - at[0], at[1]), "{0} is low"),
    "high": Kind("points", 1, 2, lambda p, at: _beyond(p[0][..., 2] - at[0], at[1]), "{0} is high up"),
    "fast": Kind("scalar", 1, 1, lambda s, at: _beyond(s[0], at[0]), "{0} moves"),
    "still": Kind("scalar", 1, 1, lambda s, at: 1.0 - _beyond(s[0], at[0]), "{0} stands still"),
    "rising": Kind("scalar", 1, 1, lambda s, at: _beyond(s[0], at[0]), "{0} goes up"),
    "falling": Kind("scalar", 1, 1, lambda s, at: _beyond(-s[0], at[0]), "{0} goes down"),
}


def _spot(at: Sequence[float]) -> Tensor:
    return torch.tensor([at[0], at[1]])


class Criterion(NamedTuple):
    """A quantity, always or while all of some phases last."""

    quantity: Term
    phases: tuple[Term, ...] = ()

    @property
    def code(self) -> str:
        """What `parsed` reads."""
        return WHILE.join(term.code for term in (self.quantity, *self.phases))

    def compute(self, visible: Tensor, layout: VisibleLayout) -> Tensor:
        """(..., F) -> (...)."""
        value = evaluate(self.quantity, visible, layout)
        for phase in self.phases:
            value = value * evaluate(phase, visible, layout)
        return value

    def words(self, layout: VisibleLayout) -> str:
        """As a person would say it."""
        said = told(self.quantity, layout)
        return said + (", while " if self.phases else "") + " and ".join(told(p, layout) for p in self.phases)


def evaluate(term: Term, visible: Tensor, layout: VisibleLayout) -> Tensor:
    """(..., F) -> (...), of a term that fits the layout."""
    kind = _kind(term.kind)
    start = 3 * len(layout.points)
    if kind.needs == "scalar":
        seen = [visible[..., start + k] for k in term.of]
    else:
        seen = [visible[..., 3 * k : 3 * k + 3] for k in term.of]
    return kind.compute(seen, term.at).expand(visible.shape[:-1])


def parsed(code: str, layout: VisibleLayout) -> Criterion:
    """The criterion of a code. Raises InvalidInput for one that is none, or of points that are not there."""
    quantity, *phases = code.split(WHILE)
    if len(phases) > MOST_PHASES:
        raise InvalidInput(f"a criterion has at most {MOST_PHASES} phases, got {len(phases)}")
    return Criterion(
        _term(quantity, QUANTITIES, layout), tuple(_term(phase, PHASES, layout) for phase in phases)
    )


def _term(code: str, kinds: dict[str, Kind], layout: VisibleLayout) -> Term:
    name, *numbers = code.split()[:8] or [""]
    kind = kinds.get(name)
    try:
        if kind is None or len(numbers) != kind.of + kind.at:
            raise ValueError
        of, at = tuple(map(int, numbers[: kind.of])), tuple(map(float, numbers[kind.of :]))
        there = len(layout.points if kind.needs == "points" else layout.scalars)
        if not all(0 <= k < there for k in of) or not all(abs(value) < 1e6 for value in at):
            raise ValueError
    except ValueError:
        raise InvalidInput(f"{code[:60]!r} is no criterion of what is seen here") from None
    return Term(name, of, at)


def _kind(name: str) -> Kind:
    return QUANTITIES[name] if name in QUANTITIES else PHASES[name]


def told(term: Term, layout: VisibleLayout) -> str:
    """A term as a person would say it."""
    kind = _kind(term.kind)
    known = layout.scalars if kind.needs == "scalar" else layout.points
    names = [plain(known[k]) for k in term.of]
    if term.kind in PHASES and kind.needs == "scalar":
        names = [plain(_owner(known[k])) for k in term.of]
    return kind.words.format(*names, at=", ".join(f"{value:.2f}" for value in term.at[:2]) + " m")


def _owner(scalar: str) -> str:
    return scalar.partition("~")[0]


def plain(name: str) -> str:
    """The name of a point or of a scalar, one of motion too, as a person would say it."""
    owner, tilde, kind = name.partition("~")
    text = ("the " if owner in ("tool", "goal") else "") + owner.replace("_", " ")
    said = {SPEED: "how fast {} moves", ACCELERATION: "how suddenly {} changes its motion"}
    said |= {ACROSS: "how fast {} moves along the table", UP: "how fast {} goes up"}
    return said[tilde + kind].format(text) if tilde + kind in said else text


class Candidates(NamedTuple):
    """Terms that criteria are made of."""

    quantities: tuple[Term, ...]
    phases: tuple[Term, ...]


def candidates(layout: VisibleLayout, states: Tensor) -> Candidates:
    """All that a wish is looked for among. states: (S, F), how far things get about.

    A layout with motion, see `moving_layout`, has quantities and phases of motion too.
    """
    points = {name: states[:, 3 * k : 3 * k + 3] for k, name in enumerate(layout.points)}
    moving = [layout.points.index(name) for name in moving_points(layout)]
    quantities, phases = [Term("share")], list[Term]()
    for k in moving:
        low, high = _range(points[layout.points[k]])
        middle = (low + high) / 2.0
        quantities += [Term("x", (k,), (float(middle[0]),)), Term("y", (k,), (float(middle[1]),))]
        quantities += [Term("height", (k,), (float(low[2]),)), *_places(k, low, high)]
        rise = float(high[2] - low[2])
        if rise > LEAST:
            levels = [(float(low[2]), share * rise) for share in LOW]
            phases += [Term(kind, (k,), at) for at in levels for kind in ("low", "high")]
    for a, b in combinations(range(len(layout.points)), 2):
        quantities += [Term(kind, (a, b)) for kind, known in QUANTITIES.items() if known.of == 2]
        phases += _apart(a, b, states, layout)
    return Candidates(
        _rounded([*quantities, *_of_scalars(layout)]), _rounded([*phases, *_motions(layout, states)])
    )


def _rounded(terms: Sequence[Term]) -> tuple[Term, ...]:
    """With the constants that their codes have, so that what is read again is the same."""
    return tuple(Term(term.kind, term.of, tuple(float(f"{v:.4g}") for v in term.at)) for term in terms)


def _range(values: Tensor) -> tuple[Tensor, Tensor]:
    quantiles = values.double().quantile(torch.tensor(RANGE, dtype=torch.float64), dim=0)
    return quantiles[0], quantiles[1]


def _places(k: int, low: Tensor, high: Tensor) -> list[Term]:
    """Spots of the table on a grid over where a point gets, each as wide as the grid's steps."""
    span = high - low
    step = float(max(span[0] / PLACES[0], span[1] / PLACES[1]))
    if step <= LEAST:
        return []
    grid = [[float(low[d] + (i + 0.5) * span[d] / n) for i in range(n)] for d, n in enumerate(PLACES)]
    return [Term("place", (k,), (x, y, 1.5 * step)) for x in grid[0] for y in grid[1]]


def _apart(a: int, b: int, states: Tensor, layout: VisibleLayout) -> list[Term]:
    farthest = float(_range(evaluate(Term("distance", (a, b)), states, layout))[1])
    if farthest <= LEAST:
        return []
    lengths = [share * farthest for share in NEAR]
    near = [Term(kind, (a, b), (length,)) for length in lengths for kind in ("near", "far")]
    return [*near, *(Term(kind, (a, b), (length,)) for length in lengths[:2] for kind in ("over", "aside"))]


def _of_scalars(layout: VisibleLayout) -> list[Term]:
    """Of a layout's own numbers the value; of motion, whose zero means rest, its square and size besides."""
    found = list[Term]()
    for k, name in enumerate(layout.scalars):
        found.append(Term("scalar", (k,)))
        if name.endswith(UP):
            found.append(Term("size", (k,)))
        elif name.endswith(MOTION):
            found.append(Term("square", (k,)))
    return found


def _motions(layout: VisibleLayout, states: Tensor) -> list[Term]:
    start, found = 3 * len(layout.points), list[Term]()
    for k, name in enumerate(layout.scalars):
        if not name.endswith((SPEED, UP)):
            continue
        highest = MOVES * float(_range(states[:, start + k].abs())[1])
        if highest > LEAST:
            kinds = ("fast", "still") if name.endswith(SPEED) else ("rising", "falling")
            found += [Term(kind, (k,), (highest,)) for kind in kinds]
    return found
