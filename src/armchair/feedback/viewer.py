"""A person who judges by the picture: what can be told apart on the page's screen, and how surely.

Nothing here looks at the state or the reward. The points that a task names are projected with the page's
cameras (`projection`), which stand where the page lets them begin (`composition`), and a clip is judged by
how far each cue's point seems to be from its place, on average over the whole clip. A judgement is noisy in
the way of people:

* Thurstone (1927), case V: what a clip seems to be worth is what it is plus normal noise, the same for both
  clips; the one that seems better is chosen.
* The noise is given by the just noticeable difference (JND), by its usual definition: the difference that is
  told right in 75 % of the cases. Side by side and at leisure a few per cent of a length can be told (Ono,
  1967; Burbeck, 1987). Here things move, stand apart and must be averaged over a second, so most of the noise
  is a number of pixels; Weber's law is kept as a few per cent of the distance on top. The pixels were set by
  what a person's answers agreed with: see docs/results.md.
* Averages over time do not weigh all moments alike, but which weigh more differs: for places the first ones,
  for sizes and motion the last ones (Hubert-Wallander and Boynton, 2015). So all weigh the same, unless `end`
  says otherwise.
* Lapses: some answers have nothing to do with what was seen, up to 5 % (Wichmann and Hill, 2001).
* Two clips that differ by less than half a JND, as seen, are a tie.

Two views are two independent looks. Each tells two directions of space, more surely the larger it shows them;
together they tell where the point is from its place, weighed by how sure they are (Ernst and Banks, 2002).
Adding up the distances seen in either picture would be worse than one view alone: the height would count
once and what both show twice. The noise is in pixels of the screen: in the small view a pixel is more of the
world, so the same noise is more centimetres. What no view tells, the depth of a single one, is taken to be
nothing.

A wish, about how the arm moves, is judged by the points as they are seen, too (`Sight.worth`).

The posts that the page draws from a point down to the table are not made use of: a person who compares their
feet knows more than this one, most of all with one view. Nor is that nearly alike clips are slowed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.feedback.composition import SMALL, Composition, Size, Tracks, compose, usual_view
from armchair.feedback.projection import PANE, Camera, project
from armchair.tasks.cues import Cue
from armchair.types import Choice

QUARTILE = 0.6745  # standard normal: the difference over its noise that is told right in 75 % of the cases
MIDDLE = (0.56, 0.0, 0.22)  # m, of where goals and blocks are
SURE = 1e-6  # px, the least noise
TRIES = 32  # of the noise, where its size is found by trying
LAST = 0.25  # of the clip, what counts as its end
SLIPS = 0.03  # share of the answers that have nothing to do with the clips, half of them right by chance


@dataclass(frozen=True)
class Eyesight:
    """How well somebody sees the clips."""

    views: int = 2
    """2: the page's large and its small view, from where it shows the pair; 1: the large one alone, and from
    its usual place for every pair."""
    jnd: float = 10.0
    """px: of two mean distances that differ by this the lesser is found in 75 % of the cases."""
    weber: float = 0.05
    """Share of the distance that comes on top of that noise (as a standard deviation, squares added)."""
    end: float = 0.0
    """Share of the judgement that the last quarter of the clip makes by itself."""
    swap: float = 0.0
    """1: makes the small view large as well, so that both are seen in full size."""


@dataclass(frozen=True)
class Sight:
    """What there is to look at in the clips of a task."""

    points: tuple[str, ...]
    """Names of the points at the front of `visible`, three numbers each."""
    cues: tuple[Cue, ...]
    """Which of them should come to which; the first one's place is where everything is seen from."""
    worth: Callable[[Tensor], float] | None = None
    """A wish in place of the cues: what the points of a clip, (L, 3 n) as they are seen, are worth."""
    centred: bool = False
    """Whether the points of a pair are seen around the middle of the table: for environments of others, which
    have them elsewhere. Lengths stay as they are."""


def difference(sight: Sight, left: Tensor, right: Tensor, eyes: Eyesight) -> Tensor:
    """By how much the right clip seems the better one, over the noise of that: d′. (P, L, F) each -> (P,).

    Positive where the right one is better. Its distribution over looks is normal with a deviation of 1.
    """
    length = left.shape[1]
    points = _positions(sight, torch.cat((left, right), dim=1))
    looks = _looks(sight, points, eyes)
    if sight.worth is not None:
        rows = [slice(k, k + 1) for k in range(len(points))]
        return torch.tensor(
            [_wished(sight, points[k], [look.select(k) for look in looks], eyes) for k in rows]
        )
    apart = torch.zeros(len(points), 2 * length, dtype=torch.float64)  # m
    variance = torch.zeros_like(apart)  # m², of the noise of that
    for cue in sight.cues:
        offset, blur = _seen(_ends(sight, points, cue), looks)
        weight = cue.weight / sum(cue.weight for cue in sight.cues)
        distance = offset.norm(dim=-1)
        apart += weight * distance
        along = offset / distance.clamp_min(1e-9).unsqueeze(-1)
        variance += weight * torch.einsum("pli,pij,plj->pl", along, blur, along)
    one, other = _judged(apart[:, :length], eyes), _judged(apart[:, length:], eyes)
    noise = _noise(eyes) ** 2 * 2 * variance.mean(1) + eyes.weber**2 * (one.square() + other.square())
    return (one - other) / noise.sqrt()


def error_rate(sight: Sight, left: Tensor, right: Tensor, eyes: Eyesight | None = None) -> Tensor:
    """How often somebody who looks names the worse of two clips. (P, L, F) each -> (P,), at most a half.

    Where a task names nothing to look at, only slips are left.
    """
    if not sight.cues or not len(left):
        return torch.full((len(left),), SLIPS / 2)
    apart = difference(sight, left, right, eyes or Eyesight()).abs()
    return ((1.0 - SLIPS) * torch.special.ndtr(-apart) + SLIPS / 2).float()


def _wished(sight: Sight, points: Tensor, looks: Sequence[Look], eyes: Eyesight) -> float:
    """The same for a wish, from the points (1, 2 L, n, 3) of both clips one after the other.

    Every other point is seen from the place of the first cue. What the noise makes of the difference is found
    by trying: it shifts each point for a whole clip, and blurs what a clip is worth by Weber's law.
    """
    assert sight.worth is not None
    place = sight.points.index(sight.cues[0].place)
    seen = points[0].repeat(TRIES, 1, 1, 1)  # (TRIES, 2 L, n, 3)
    rng = torch.Generator().manual_seed(0)  # always the same trials: a judgement's own chance comes later
    half = points.shape[1] // 2
    for k in range(len(sight.points)):
        if k != place:
            offset, blur = _seen(points[:, :, [k, place]], looks)
            scale, axes = torch.linalg.eigh(blur[0])
            spread = axes * scale.clamp_min(0.0).sqrt() * _noise(eyes)
            shifts = torch.randn(TRIES, 2, 1, 3, generator=rng, dtype=torch.float64) @ spread.T
            seen[:, :, k] = points[0, :, place] + offset[0] + shifts.expand(-1, 2, half, 3).flatten(1, 2)
    clips = seen.flatten(2).float()
    worth = torch.tensor([[sight.worth(one[:half]), sight.worth(one[half:])] for one in clips]).double()
    worth *= 1.0 + eyes.weber * torch.randn(TRIES, 2, generator=rng, dtype=torch.float64)
    apart = worth[:, 1] - worth[:, 0]
    return float(apart.mean() / apart.std().clamp_min(1e-9))


class Look(NamedTuple):
    """One of the views of P pairs of clips."""

    camera: Camera
    size: Size  # px in which it is shown

    def select(self, rows: slice) -> Look:
        """The looks at some of the pairs."""
        return Look(self.camera.select(rows), self.size)


def composed(sight: Sight, left: Tensor, right: Tensor, eyes: Eyesight) -> Composition:
    """From where the page shows these pairs, (P, L, F) each."""
    return _composed(sight, _positions(sight, torch.cat((left, right), dim=1)), _second(eyes))


def _composed(sight: Sight, points: Tensor, second: Size) -> Composition:
    ends = _ends(sight, points, sight.cues[0]).unflatten(1, (2, -1))
    return compose(*_matter(sight, points), Tracks(ends[..., 0, :], ends[..., 1, :]), second)


def _matter(sight: Sight, points: Tensor) -> tuple[Tensor, Tensor | None]:
    """Blocks and goals, and the tool. (P, 2 L, n, 3) -> (P, m, 3) each."""
    tools = [k for k, name in enumerate(sight.points) if name == "tool"]
    others = [k for k in range(len(sight.points)) if k not in tools]
    return points[:, :, others].flatten(1, 2), points[:, :, tools].flatten(1, 2) if tools else None


def _second(eyes: Eyesight) -> Size:
    return PANE if eyes.swap else SMALL


def _looks(sight: Sight, points: Tensor, eyes: Eyesight) -> list[Look]:
    """What the page shows of pairs whose clips hold these points (P, 2 L, n, 3), one clip after the other."""
    if eyes.views == 1:
        return [Look(usual_view(*_matter(sight, points)), PANE)]
    shown = _composed(sight, points, _second(eyes))
    return [Look(shown.main, PANE), Look(shown.second, _second(eyes))]


def _ends(sight: Sight, points: Tensor, cue: Cue) -> Tensor:
    """A cue's point and its place. (P, L, n, 3) -> (P, L, 2, 3) m."""
    ends = points[:, :, [sight.points.index(cue.point), sight.points.index(cue.place)]].clone()
    ends[:, :, 1, 2] += cue.above
    return ends


def _seen(ends: Tensor, looks: Sequence[Look]) -> tuple[Tensor, Tensor]:
    """How far apart two points seem to be, from pixels alone. (P, L, 2, 3) -> (P, L, 3) m and (P, 3, 3).

    The second is its covariance, for a noise of one pixel across the picture, in m². Every look tells two
    directions, each as surely as it shows them large; together they are weighed so (least squares). What no
    look tells is taken to be nothing: one view has no depth.
    """
    steps = ends.shape[1]
    known = torch.zeros(len(ends), 3, 3, dtype=torch.float64)  # px²/m², how surely each direction is known
    told = torch.zeros(len(ends), steps, 3, dtype=torch.float64)
    for camera, size in looks:
        seen = project(camera, ends.flatten(1, 2), size).unflatten(1, (steps, 2))
        moved = seen[:, :, 0] - seen[:, :, 1]
        axes = torch.stack((camera.right, -camera.up), dim=1)  # (P, 2, 3), of pixels to the right and down
        zoom = camera.zoom(size[1]).view(-1, 1, 1)
        known += zoom.square() * (axes.mT @ axes)
        told += zoom * (moved @ axes)
    blur = torch.linalg.pinv(known, rtol=1e-6, hermitian=True)
    return told @ blur, blur


def _judged(apart: Tensor, eyes: Eyesight) -> Tensor:
    """What is left of the distances (P, L) over a clip once it has been watched. -> (P,)."""
    last = max(1, round(LAST * apart.shape[1]))
    return (1.0 - eyes.end) * apart.mean(1) + eyes.end * apart[:, -last:].mean(1)


def _noise(eyes: Eyesight) -> float:
    """Standard deviation of what one clip seems to be, in px: two of them make the noise of a difference."""
    return max(eyes.jnd / (QUARTILE * math.sqrt(2.0)), SURE)


def _positions(sight: Sight, visible: Tensor) -> Tensor:
    """Of the named points. (P, L, F) -> (P, L, n, 3)."""
    points = visible[..., : 3 * len(sight.points)].unflatten(-1, (len(sight.points), 3)).double()
    if sight.centred:
        points = points - points.mean((1, 2), keepdim=True) + points.new_tensor(MIDDLE)
    return points


def judge(sight: Sight, left: Tensor, right: Tensor, eyes: Eyesight, noise: float) -> Choice:
    """What somebody says of two clips (L, F) who sees them once; noise: a standard normal number."""
    seen = float(difference(sight, left.unsqueeze(0), right.unsqueeze(0), eyes)) + noise
    if abs(seen) < QUARTILE / 2:  # half a just noticeable difference
        return "tie"
    return "right" if seen > 0 else "left"


def check_sight(sight: Sight, size: int) -> None:
    """Raises InvalidInput where clips of `size` numbers a step show nothing to judge by."""
    if not sight.cues:
        raise InvalidInput(
            "the viewer judges by points that should come to places, and this task names none: "
            "name points, a goal among them (docs/environments.md), or choose another teacher"
        )
    if size < 3 * len(sight.points):
        raise InvalidInput(
            f"{len(sight.points)} points take {3 * len(sight.points)} numbers, but clips show {size}"
        )
