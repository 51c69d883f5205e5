"""Pictures of a clip's poses, from the scene that is in its store: no environment is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from armchair.engines.display.picture import Renderer
from armchair.engines.display.scene_picture import SceneRenderer
from armchair.engines.scene import body_names
from armchair.reading.plain import parse_object

Header = Mapping[str, Mapping[str, object]]


def clip_renderer(scene: bytes | None, bodies: int, size: int) -> Renderer | SceneRenderer:
    """What draws poses (bodies, 7), the goal's last, `size` pixels wide and high; to be closed.

    scene: see `scene_asset`; None: of a store that was made without one, by a task of ours. Raises
    MissingDependency where there is no OpenGL to draw with.
    """
    header = {} if scene is None else header_of(scene)
    if scene is not None and "frame" in header:  # of others: it is all there
        return SceneRenderer(scene, size, size)
    goal = header.get("goal")
    marker = str(goal.get("marker", "none")) if isinstance(goal, Mapping) else "none"
    return Renderer(bodies - 1 - len(body_names(0)), marker, size, size)


def header_of(scene: bytes) -> Header:
    """What a scene says of itself. Raises InvalidInput where it says nothing that can be read."""
    header = parse_object(scene[4 : 4 + int.from_bytes(scene[:4], "little")], "the header of the scene")
    return cast("Header", header)
