"""Where points of the world are on the screen: the labelling page's cameras, in pixels.

The numbers mirror the page's: `player/camera.ts`, `player/workspace.ts` and `player/framing.ts`. Pixels are
those of the page at 1440 × 900, x to the right and y downwards from the upper left corner of a clip's pane.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from armchair.engines.display.camera import DEFAULT_CAMERA

PANE = (680, 560)  # px, a clip's pane at 1440 × 900
SHARE = 0.36  # of the pane's width and height that the small view takes
HEIGHT = 37.0  # degrees seen from top to bottom, unless something would be cut off
FURTHER = 1.1  # times the display camera's distance
ASIDE = (-0.035, -0.045, 0.05)  # m, brings the arm rather than the table to the middle
FAR = 4.0  # m from what is seen from above, so that height hardly moves a point outwards

ALWAYS = ((0.42, -0.27, 0.0), (0.70, 0.27, 0.45))  # m, where goals and blocks are
AT_MOST = ((0.15, -0.60, 0.0), (0.95, 0.60, 0.80))  # m, what fell from the table is lost
ROOM = 0.03  # m around each point
FILLED = 0.92  # of the picture's half width that points may reach
ROUNDS = 4  # points lie at different distances, so a step aside moves them by different amounts


class Basis(NamedTuple):
    """Unit vectors (3,) of a camera."""

    forward: Tensor
    right: Tensor
    up: Tensor


@dataclass(frozen=True)
class View:
    """A camera that looks at a point, and the part of the screen that shows what it sees."""

    eye: tuple[float, float, float]  # m
    target: tuple[float, float, float]  # m
    half: float  # tangent of half the angle from top to bottom
    width: float  # px
    height: float  # px
    holds: Literal["", "aside", "fitted"] = ""
    """What keeps all that matters in the picture: a step aside, or being fitted to it altogether."""

    @property
    def basis(self) -> Basis:
        """Forward, right, up; straight down −x is up, much as it is from the page's usual place."""
        forward = torch.tensor(self.target, dtype=torch.float64) - torch.tensor(self.eye, dtype=torch.float64)
        forward = forward / forward.norm()
        right = torch.stack((forward[1], -forward[0], torch.zeros_like(forward[0])))
        size = right.norm()
        right = right / size if size > 1e-9 else torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
        return Basis(forward, right, torch.linalg.cross(right, forward))

    def in_pane(self, share: float) -> View:
        """The same in a pane of a share of the usual one's width and height."""
        return replace(self, width=share * PANE[0], height=share * PANE[1])


def main_view() -> View:
    """The page's own view of a clip, before anybody turns it."""
    target = tuple(at + by for at, by in zip(DEFAULT_CAMERA.lookat, ASIDE, strict=True))
    away = (FURTHER * (e - t) for e, t in zip(DEFAULT_CAMERA.eye, DEFAULT_CAMERA.lookat, strict=True))
    x, y, z = (t + by for t, by in zip(target, away, strict=True))
    half = math.tan(math.radians(HEIGHT / 2))
    return View((x, y, z), (target[0], target[1], target[2]), half, *PANE, holds="aside")


def top_view() -> View:
    """Straight down on the workspace, which fills the picture."""
    (low_x, low_y, low_z), (high_x, high_y, high_z) = ALWAYS
    x, y, z = (low_x + high_x) / 2, (low_y + high_y) / 2, (low_z + high_z) / 2
    half = max((high_x - low_x) / 2, (high_y - low_y) / 2 * PANE[1] / PANE[0]) / FILLED / FAR
    return View((x, y, z + FAR), (x, y, z), half, *PANE, holds="fitted")


class Stand(NamedTuple):
    """Where a camera stands for each of P pictures, and how far it sees there."""

    eye: Tensor  # (P, 3) m
    half: Tensor  # (P,)

    def zoom(self, view: View) -> Tensor:
        """Pixels to a metre, as far away as what the camera looks at. -> (P,)."""
        return view.height / (2.0 * self.half * math.dist(view.eye, view.target))


def stand(view: View, points: Tensor) -> Stand:
    """Where the camera stands so that points (P, n, 3) m are in its picture, and how wide it sees there."""
    points = points.double()
    eye = torch.tensor(view.eye, dtype=torch.float64).expand(len(points), 3)
    half = torch.full((len(points),), view.half, dtype=torch.float64)
    if not view.holds or not points.shape[1]:
        return Stand(eye, half)
    basis, aspect = view.basis, view.width / view.height
    if view.holds == "fitted":
        eye = (points.amin(1) + points.amax(1)) / 2 - FAR * basis.forward
        across, along = _tangents(eye, basis, points)
        return Stand(eye, torch.maximum(along.abs().amax(1), across.abs().amax(1) / aspect) / FILLED)
    distance = math.dist(view.eye, view.target)
    usual = half
    for _ in range(ROUNDS):
        across, along = _tangents(eye, basis, points)
        left, right, low, high = across.amin(1), across.amax(1), along.amin(1), along.amax(1)
        half = torch.maximum(usual, torch.maximum((right - left) / aspect, high - low) / 2 / FILLED)
        aside = distance * _aim(left, right, FILLED * half * aspect)
        lift = distance * _aim(low, high, FILLED * half)
        eye = eye + aside.unsqueeze(1) * basis.right + lift.unsqueeze(1) * basis.up
    return Stand(eye, half)


def _aim(low: Tensor, high: Tensor, reach: Tensor) -> Tensor:
    """By how much the picture's middle must move so that what goes from `low` to `high` is within `reach`."""
    inside = (high - reach).clamp_min(0.0) + (low + reach).clamp_max(0.0)
    return torch.where(high - low >= 2 * reach, (low + high) / 2, inside)


def _tangents(eye: Tensor, basis: Basis, points: Tensor) -> tuple[Tensor, Tensor]:
    """Of the angles to the right and upwards. (P, 3), (P, n, 3) -> (P, n) each."""
    away = points - eye.unsqueeze(1)
    depth = (away @ basis.forward).clamp_min(0.1)
    return away @ basis.right / depth, away @ basis.up / depth


def project(view: View, points: Tensor, at: Stand | None = None) -> Tensor:
    """Where points are in the pane. (P, n, 3) m -> (P, n, 2) px.

    at: where the camera stands, by `stand`; its own place if not given.
    """
    points = points.double()
    at = at or stand(view, points[:, :0])
    across, along = _tangents(at.eye, view.basis, points)
    scale = (view.height / 2 / at.half).unsqueeze(1)
    return torch.stack((view.width / 2 + across * scale, view.height / 2 - along * scale), dim=-1)


def workspace_of(points: Tensor) -> Tensor:
    """Corners of the box that holds the workspace and some points. (P, n, 3) m -> (P, 8, 3) m."""
    points = points.double()
    (low, high), (least, most) = (
        (torch.tensor(one, dtype=torch.float64), torch.tensor(other, dtype=torch.float64))
        for one, other in (ALWAYS, AT_MOST)
    )
    inside = points.clamp(least, most)
    low = torch.minimum(low, inside.amin(1) - ROOM)
    high = torch.maximum(high, inside.amax(1) + ROOM)
    corners = torch.tensor([[k & 1, k >> 1 & 1, k >> 2 & 1] for k in range(8)], dtype=torch.bool)
    return torch.where(corners, high.unsqueeze(1), low.unsqueeze(1))
