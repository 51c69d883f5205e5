"""Drawing what a model is shown of a question: each clip as a film strip, both from the same place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from armchair.arms.iiwa import TOOL_OFFSET
from armchair.engines.display.camera import DEFAULT_CAMERA, Camera
from armchair.engines.scene import body_names
from armchair.errors import InvalidInput
from armchair.feedback.projection import Camera as View
from armchair.feedback.projection import Home, box_of, project, sight_of
from armchair.judging.strips import SIDE, Picture, film_pictures, halved, moments, strip_of, with_path
from armchair.maths import rotated
from armchair.types import Clip

if TYPE_CHECKING:
    from armchair.engines.display.picture import Renderer
    from armchair.engines.display.scene_picture import SceneRenderer

NEAR = replace(DEFAULT_CAMERA, lookat=(0.5, 0.0, 0.2), distance=1.05)  # where our arms' hands are
FINE = 2  # times as many pixels are drawn, in each direction, as are shown


class Stage:
    """Draws strips; a context manager, since what draws poses is not freed by itself."""

    def __init__(self, scene: bytes | None) -> None:
        """scene: that of the store the clips are in, see `engines.display.scene_asset`; None for none."""
        from armchair.engines.display.clip_picture import header_of

        self._scene = scene
        header = {} if scene is None else header_of(scene)
        self.foreign = "frame" in header
        self._home = NEAR
        if scene is not None and self.foreign:
            from armchair.engines.display.scene_file import read_scene

            read = read_scene(scene)
            self._home = Camera.between(read.eye, read.target)
        goal = header.get("goal")
        self._marked = isinstance(goal, Mapping) and goal.get("marker", "none") != "none"
        row, offset = header.get("tool_body"), header.get("tool_offset")
        self._tool = row if isinstance(row, int) else body_names(0).index("hand")
        self._offset = torch.tensor(offset if isinstance(offset, list) else [0.0, 0.0, TOOL_OFFSET])
        self._renderer: Renderer | SceneRenderer | None = None

    def strips(self, left: Clip, right: Clip) -> tuple[bytes, bytes]:
        """Both clips as JPEG, 1536 × 256. Their films are taken where they have any, else their poses.

        Raises InvalidInput for clips that cannot be shown, MissingDependency where poses are to be drawn and
        there is no OpenGL.
        """
        if left.frames is not None and right.frames is not None:
            return strip_of(film_pictures(left.frames)), strip_of(film_pictures(right.frames))
        if left.poses is None or right.poses is None:
            raise InvalidInput("the clips have neither poses nor pictures")
        paths = [self.tool_path(poses) for poses in (left.poses, right.poses)]
        view = self._look(torch.cat([self._matters(poses) for poses in (left.poses, right.poses)]))
        one, two = (
            strip_of(self._pictures(poses, project(view, path.unsqueeze(0), (SIDE, SIDE))[0]))
            for poses, path in zip((left.poses, right.poses), paths, strict=True)
        )
        return one, two

    def tool_path(self, poses: Tensor) -> Tensor:
        """Where the tool is in the course of a clip. (L, B, 7) -> (L, 3) m. InvalidInput for other bodies."""
        if not 0 <= self._tool < poses.shape[1] - 1:
            raise InvalidInput(
                f"the scene has a hand in row {self._tool}, the clip has {poses.shape[1]} rows"
            )
        hand = poses[:, self._tool]
        return hand[:, :3] + rotated(hand[:, 3:], self._offset.expand(len(hand), 3))

    def close(self) -> None:
        """Free what draws; twice is harmless."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _matters(self, poses: Tensor) -> Tensor:
        """What must be in the picture: the tool's way, blocks and goal. (L, B, 7) -> (n, 3) m."""
        path = self.tool_path(poses)
        if self.foreign:  # whose author has said from where to look, and who may have no goal
            return path
        last = poses.shape[1] - (0 if self._marked else 1)  # the goal's row, where it means something
        things = poses[:, len(body_names(0)) : last, :3]
        return torch.cat((path, things.flatten(0, 1)))

    def _look(self, points: Tensor) -> View:
        """Aim at home, aside or wider where need be to see the points (n, 3). -> that camera."""
        home, turned = self._home, torch.float64
        view = sight_of(
            Home(
                torch.tensor([home.eye], dtype=turned),
                torch.tensor([home.lookat], dtype=turned),
                torch.tensor([math.tan(math.radians(home.fovy / 2))], dtype=turned),
            ),
            box_of(points.unsqueeze(0)),
            aspect=1.0,
        )
        ahead = (view.eye + view.distance.unsqueeze(1) * view.forward)[0].tolist()
        fovy = math.degrees(2 * math.atan(float(view.half)))
        self._aimed = replace(home, lookat=tuple(ahead), fovy=fovy)
        return view

    def _pictures(self, poses: Tensor, path: Tensor) -> list[Picture]:
        """The six of a strip; path: (L, 2) px, drawn on the last one."""
        if self._renderer is None:
            from armchair.engines.display.clip_picture import clip_renderer

            self._renderer = clip_renderer(self._scene, poses.shape[1], FINE * SIDE)
        self._renderer.aim(self._aimed)
        found = [halved(self._renderer.render(poses[k])) for k in moments(len(poses))]
        return [*found[:-1], with_path(found[-1], np.asarray(path, dtype=np.float64))]
