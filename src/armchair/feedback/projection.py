"""Where points of the world are on the screen: cameras of the labelling page, in pixels.

The numbers mirror the page's: `player/camera.ts`, `player/workspace.ts`, `player/framing.ts` and
`player/sight.ts`. Pixels are those of the page at 1440 × 900, x to the right and y downwards from the upper
left corner of what a camera shows. There is a camera for each of P pairs of clips.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.engines.display.camera import DEFAULT_CAMERA

PANE = (680, 560)  # px, a clip's pane at 1440 × 900
HEIGHT = 37.0  # degrees seen from top to bottom, unless something would be cut off
FURTHER = 1.1  # times the display camera's distance
ASIDE = (-0.035, -0.045, 0.05)  # m, brings the arm rather than the table to the middle
FAR = 4.0  # m from what is seen from above, so that height hardly moves a point outwards

ALWAYS = ((0.42, -0.27, 0.0), (0.70, 0.27, 0.45))  # m, where goals and blocks are
ROOM = 0.03  # m around each point
FILLED = 0.92  # of the picture's half width that points may reach
ROUNDS = 4  # points lie at different distances, so a step aside moves them by different amounts
NEAREST = 0.1  # m, no point is taken to be nearer to a camera

Box = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Opposite corners, m."""


class Camera(NamedTuple):
    """P cameras: where they stand, how they are turned, how far they see. Rows are unit vectors but `eye`."""

    eye: Tensor  # (P, 3) m
    forward: Tensor  # (P, 3)
    right: Tensor  # (P, 3)
    up: Tensor  # (P, 3)
    half: Tensor  # (P,) tangent of half the angle from top to bottom
    distance: Tensor  # (P,) m, to what they look at

    def zoom(self, height: float) -> Tensor:
        """Pixels to a metre at what they look at, in a picture so many pixels high. -> (P,)."""
        return height / (2.0 * self.half * self.distance)

    def select(self, rows: Tensor | slice) -> Camera:
        """The cameras of some of the pairs."""
        return Camera(*(field[rows] for field in self))


class Home(NamedTuple):
    """From where P cameras look at what, before they step aside for something that would be cut off."""

    eye: Tensor  # (P, 3) m
    target: Tensor  # (P, 3) m
    half: Tensor  # (P,) as of `Camera`


def usual_home(count: int) -> Home:
    """The page's usual place, for so many pairs."""
    target = torch.tensor(DEFAULT_CAMERA.lookat, dtype=torch.float64)
    away = torch.tensor(DEFAULT_CAMERA.eye, dtype=torch.float64) - target
    target = target + torch.tensor(ASIDE, dtype=torch.float64)
    half = torch.full((count,), math.tan(math.radians(HEIGHT / 2)), dtype=torch.float64)
    return Home((target + FURTHER * away).expand(count, 3), target.expand(count, 3), half)


def sight_of(home: Home, points: Tensor, aspect: float) -> Camera:
    """Cameras at home that step aside, and see wider where need be, so that points are in their pictures.

    points: (P, n, 3) m; aspect: width over height.
    """
    eye, half = home.eye, home.half
    forward, right, up = _axes(home.target - eye)
    distance = (home.target - eye).norm(dim=1)
    for _ in range(ROUNDS if points.shape[1] else 0):
        across, along = _tangents(Camera(eye, forward, right, up, half, distance), points)
        left, far, low, high = across.amin(1), across.amax(1), along.amin(1), along.amax(1)
        half = torch.maximum(home.half, torch.maximum((far - left) / aspect, high - low) / 2 / FILLED)
        aside = distance * _aim(left, far, FILLED * half * aspect)
        lift = distance * _aim(low, high, FILLED * half)
        eye = eye + aside.unsqueeze(1) * right + lift.unsqueeze(1) * up
    return Camera(eye, forward, right, up, half, distance)


def map_of(way: tuple[float, float, float], points: Tensor, aspect: float) -> Camera:
    """Cameras that look along `way` from afar, at the middle of points (P, n, 3) m that fill the pictures."""
    points = points.double()
    forward, right, up = _axes(torch.tensor(way, dtype=torch.float64).expand(len(points), 3))
    eye = (points.amin(1) + points.amax(1)) / 2 - FAR * forward
    one, distance = torch.ones(len(points), dtype=torch.float64), torch.full((len(points),), FAR).double()
    camera = Camera(eye, forward, right, up, one, distance)
    across, along = _tangents(camera, points)
    half = torch.maximum(along.abs().amax(1), across.abs().amax(1) / aspect) / FILLED
    return camera._replace(half=half)


def project(camera: Camera, points: Tensor, size: tuple[float, float]) -> Tensor:
    """Where points are in pictures of that width and height (px). (P, n, 3) m -> (P, n, 2) px."""
    across, along = _tangents(camera, points)
    scale = (size[1] / 2 / camera.half).unsqueeze(1)
    return torch.stack((size[0] / 2 + across * scale, size[1] / 2 - along * scale), dim=-1)


def box_of(points: Tensor, least: Box | None = None, room: float = ROOM) -> Tensor:
    """Corners of the box around points, with room, and around another box. (P, n, 3) m -> (P, 8, 3) m."""
    points = points.double()
    low, high = points.amin(1) - room, points.amax(1) + room
    if least is not None:
        low = torch.minimum(low, torch.tensor(least[0], dtype=torch.float64))
        high = torch.maximum(high, torch.tensor(least[1], dtype=torch.float64))
    corners = torch.tensor([[k & 1, k >> 1 & 1, k >> 2 & 1] for k in range(8)], dtype=torch.bool)
    return torch.where(corners, high.unsqueeze(1), low.unsqueeze(1))


def _axes(way: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Forward, right, up for cameras that look along (P, 3); straight down, −x is up."""
    forward = way / way.norm(dim=1, keepdim=True)
    level = forward[:, :2].norm(dim=1, keepdim=True)
    right = torch.stack((forward[:, 1], -forward[:, 0], torch.zeros_like(forward[:, 0])), dim=1)
    beside = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    right = torch.where(level > 1e-6, right / level.clamp_min(1e-6), beside)
    return forward, right, torch.linalg.cross(right, forward)


def _aim(low: Tensor, high: Tensor, reach: Tensor) -> Tensor:
    """By how much the picture's middle must move so that what goes from `low` to `high` is within `reach`."""
    inside = (high - reach).clamp_min(0.0) + (low + reach).clamp_max(0.0)
    return torch.where(high - low >= 2 * reach, (low + high) / 2, inside)


def _tangents(camera: Camera, points: Tensor) -> tuple[Tensor, Tensor]:
    """Of the angles to the right and upwards. (P, n, 3) -> (P, n) each."""
    away = points.double() - camera.eye.unsqueeze(1)
    axes = torch.stack((camera.right, camera.up, camera.forward), dim=-1)
    across, along, depth = (away @ axes).unbind(-1)
    depth = depth.clamp_min(NEAREST)
    return across / depth, along / depth
