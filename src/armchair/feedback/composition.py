"""From where the labelling page shows a pair of clips: its large and its small view.

Mirrors `player/composition.ts`, `player/layout.ts` and `player/workspace.ts`, for P pairs at once and for a
pane of the usual size. The page knows the hand's place from the poses; here it is taken to be straight above
the tool, which it is where the tool is steered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from armchair.arms.iiwa import TOOL_OFFSET
from armchair.feedback.projection import (
    ALWAYS,
    PANE,
    Box,
    Camera,
    Home,
    box_of,
    map_of,
    project,
    sight_of,
    usual_home,
)

AT_MOST = ((0.15, -0.60, 0.0), (0.95, 0.60, 0.80))  # m, what fell from the table is lost
REACH = ((-0.9, -1.1, 0.0), (1.2, 1.1, 1.3))  # m, where the tool can be at all
TABLE = ((0.3, -0.33, 0.0), (0.8, 0.33, 0.0))  # m, what a map shows of the workspace
HIGH = 0.5  # m, what it shows from the side
DOWN = (0.0, 0.0, -1.0)
SIDE = (0.0, 1.0, 0.0)

TURNS = (0.0, -0.42, 0.42, -0.84, 0.84)  # rad, to the side, of places where the camera may begin
RISES = (0.0, 0.3)  # rad, upwards
BETTER = 1.3  # times as much must be seen from elsewhere, or the camera stays
PLAIN = 30  # px that the clips differ by are seen from the usual place as well
TOLD = 6  # px are a difference that can be told
CLOSER = 0.3  # of the usual angle, at the least
WIDER = 1.08  # a step back where the small view would hide something
STEPS = 10

SHARE = 0.36  # of the pane's width that the small view takes
SHAPE = 0.82  # its height over its width
MARGIN = 10  # px
TOP = 48  # px, below what is told of the pair
AROUND = 0.012  # of the pane's width that must be free around the small view

Cameras = TypeVar("Cameras", Camera, Home)
Size = tuple[float, float]
"""Width and height, px."""
SMALL: Size = (round(SHARE * PANE[0]), round(SHAPE * round(SHARE * PANE[0])))


class Tracks(NamedTuple):
    """Where the point that counts and its place are in both clips of P pairs."""

    point: Tensor  # (P, 2, L, 3) m
    place: Tensor  # (P, 2, L, 3) m

    @property
    def both(self) -> Tensor:
        """All of it. -> (P, 4 L, 3)."""
        return torch.cat((self.point, self.place), dim=1).flatten(1, 2)


class Composition(NamedTuple):
    """What is shown of P pairs."""

    main: Camera
    second: Camera
    aside: Tensor  # (P,) bool, whether the second view is from the side, not from above
    alike: Tensor  # (P,) bool, whether the clips differ by so little that they are shown larger


class Seen(NamedTuple):
    """How far the point seems to be from its place, in the clips of P pairs."""

    mean: Tensor  # (P, 2) px of a usual pane
    end: Tensor  # (P, 2) px

    @property
    def least(self) -> Tensor:
        """The larger of the two differences. -> (P,)."""
        return torch.maximum(*((one[:, 0] - one[:, 1]).abs() for one in self))


def compose(points: Tensor, tool: Tensor | None, tracks: Tracks, second: Size = SMALL) -> Composition:
    """What the page shows of pairs, as they begin.

    points: (P, n, 3) m, blocks and goals of both clips; tool: (P, m, 3), where there is one. second: how
    large the second view is shown.
    """
    matters = _matters(points, tool)
    usual, near = box_of(matters, ALWAYS), box_of(tracks.both)
    home, shape = usual_home(len(points)), PANE[0] / PANE[1]
    maps = _maps(box_of(matters, TABLE, 0.0), box_of(matters, (TABLE[0], (*TABLE[1][:2], HIGH)), 0.0), second)
    alike = seen_of(tracks, sight_of(home, usual, shape), PANE).least < TOLD
    for one in maps:
        alike &= seen_of(tracks, one, second).least < TOLD
    closely = alike.view(-1, 1, 1)
    held = torch.where(closely, near, usual)
    start = _best_start(_chosen(alike, _nearer(home, near), home), held, tracks)
    above, side = (_chosen(alike, *pair) for pair in zip(_maps(near, near, second), maps, strict=True))
    aside = apart(tracks, side, second) > BETTER * apart(tracks, above, second)

    def hides(large: Camera) -> Tensor:
        closer, all_of_it = (_hides(project(large, one, PANE)) for one in (near, matters))
        return torch.where(alike, closer, all_of_it)

    main = _freed(start, held, hides)
    return Composition(main, _chosen(aside, side, above), aside, alike)


def usual_view(points: Tensor, tool: Tensor | None) -> Camera:
    """The page's view of pairs before it chose where to begin, of what `compose` is given."""
    return sight_of(usual_home(len(points)), box_of(_matters(points, tool), ALWAYS), PANE[0] / PANE[1])


def seen_of(tracks: Tracks, camera: Camera, size: Size) -> Seen:
    """How far the points seem to be from their places in a picture of that size."""
    count, _, length, _ = tracks.point.shape
    at = project(camera, tracks.both, size).view(count, 2, 2, length, 2)
    distance = (at[:, 0] - at[:, 1]).norm(dim=-1) * (PANE[0] / size[0])
    return Seen(distance.mean(-1), distance[..., -1])


def apart(tracks: Tracks, camera: Camera, size: Size) -> Tensor:
    """By how much the clips differ in a picture, in px of a usual pane, the way they do in space. -> (P,)."""
    mean, true = seen_of(tracks, camera, size).mean, (tracks.point - tracks.place).norm(dim=-1).mean(-1)
    return (mean[:, 0] - mean[:, 1]) * torch.sign(true[:, 0] - true[:, 1])


def _matters(points: Tensor, tool: Tensor | None) -> Tensor:
    """Where blocks, goals, the tool and the hand are. -> (P, k, 3)."""
    places = _clamped(points, AT_MOST)
    if tool is None:
        return places
    hand = tool + torch.tensor([0.0, 0.0, TOOL_OFFSET])
    return torch.cat((places, _clamped(torch.cat((tool, hand), 1), REACH)), 1)


def _clamped(points: Tensor, box: Box) -> Tensor:
    low, high = (torch.tensor(one, dtype=torch.float64) for one in box)
    return points.double().clamp(low, high)


def _chosen(which: Tensor, one: Cameras, other: Cameras) -> Cameras:
    """Of each pair the one or the other."""
    fields = zip(one, other, strict=True)
    return type(one)(*(torch.where(which.view(-1, *[1] * (a.dim() - 1)), a, b) for a, b in fields))


def _maps(above: Tensor, side: Tensor, size: Size) -> tuple[Camera, Camera]:
    """From above and from the side, of these corners."""
    aspect = size[0] / size[1]
    return map_of(DOWN, above, aspect), map_of(SIDE, side, aspect)


def _best_start(home: Home, held: Tensor, tracks: Tracks) -> Home:
    """Home, unless the clips differ clearly more on the screen from another place."""
    aspect = PANE[0] / PANE[1]
    usual = apart(tracks, sight_of(home, held, aspect), PANE)
    if not bool((usual < PLAIN).any()):
        return home
    places = [_around(home, turn, rise) for rise in RISES for turn in TURNS]
    number, pairs = len(places), len(usual)
    every = Home(*(torch.cat(field) for field in zip(*places, strict=True)))
    copies = Tracks(*(one.repeat(number, 1, 1, 1) for one in tracks))
    seen = apart(copies, sight_of(every, held.repeat(number, 1, 1), aspect), PANE).view(number, pairs)
    most, best = seen.max(0)
    moves = (most > torch.maximum(BETTER * usual, usual + TOLD)) & (usual < PLAIN)
    rows = best * pairs + torch.arange(pairs)
    return _chosen(moves, Home(*(field[rows] for field in every)), home)


def _nearer(home: Home, corners: Tensor) -> Home:
    """Moved along so that it looks at the middle of a box, and closely."""
    middle = (corners[:, 0] + corners[:, 7]) / 2
    return Home(home.eye + middle - home.target, middle, CLOSER * home.half)


def _around(home: Home, turn: float, rise: float) -> Home:
    """Its eye moved about the target."""
    away = home.eye - home.target
    distance = away.norm(dim=1)
    azimuth, height = torch.atan2(away[:, 1], away[:, 0]) + turn, torch.asin(away[:, 2] / distance) + rise
    level = distance * height.cos()
    eye = torch.stack((level * azimuth.cos(), level * azimuth.sin(), distance * height.sin()), dim=1)
    return Home(home.target + eye, home.target, home.half)


def _freed(start: Home, held: Tensor, hides: Callable[[Camera], Tensor]) -> Camera:
    """The large view, stepped back until the small one has a corner in which it hides nothing."""
    aspect = PANE[0] / PANE[1]
    large = sight_of(start, held, aspect)
    needed, waits = large.half, hides(large)
    for step in range(1, STEPS + 1):
        if not bool(waits.any()):
            break
        large = _chosen(waits, sight_of(start._replace(half=WIDER**step * needed), held, aspect), large)
        waits &= hides(large)
    return large


def _hides(seen: Tensor) -> Tensor:
    """Whether the small view hides something in each of its corners. (P, n, 2) px -> (P,)."""
    width, height = PANE
    room = AROUND * width
    lowest, rightmost = height - SMALL[1] - MARGIN, width - SMALL[0] - MARGIN
    hides = torch.ones(len(seen), dtype=torch.bool)
    for left, top in ((rightmost, lowest), (MARGIN, lowest), (rightmost, TOP)):
        low = torch.tensor([left - room, top - room], dtype=torch.float64)
        high = torch.tensor([left + SMALL[0] + room, top + SMALL[1] + room], dtype=torch.float64)
        hides &= ((seen > low) & (seen < high)).all(-1).any(1)
    return hides
