"""Where pictures are taken from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # where a camera stands can be known without anything that draws
    import mujoco


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from: it looks at a point from a distance."""

    lookat: tuple[float, float, float] = (0.40, 0.0, 0.29)  # m
    distance: float = 1.5  # m
    azimuth: float = 142.0  # degrees, of the direction of view about the z axis
    elevation: float = -22.0  # degrees, negative looks down
    fovy: float = 40.0  # degrees, of the picture's height

    @staticmethod
    def between(eye: tuple[float, float, float], target: tuple[float, float, float]) -> Camera:
        """The one that stands at `eye` and looks at `target`, both in m."""
        x, y, z = (at - of for at, of in zip(target, eye, strict=True))
        distance = math.hypot(x, y, z)
        elevation = math.degrees(math.asin(z / distance))
        return Camera(target, distance, math.degrees(math.atan2(y, x)), elevation)

    def aim(self, view: mujoco.MjvCamera) -> None:
        """Point a camera of MuJoCo's like this one."""
        view.lookat[:] = self.lookat
        view.distance, view.azimuth, view.elevation = self.distance, self.azimuth, self.elevation

    @property
    def eye(self) -> tuple[float, float, float]:
        """Where the camera stands, in m."""
        azimuth, elevation = math.radians(self.azimuth), math.radians(self.elevation)
        level = math.cos(elevation)
        view = (level * math.cos(azimuth), level * math.sin(azimuth), math.sin(elevation))
        x, y, z = (at - self.distance * part for at, part in zip(self.lookat, view, strict=True))
        return x, y, z


DEFAULT_CAMERA = Camera()
