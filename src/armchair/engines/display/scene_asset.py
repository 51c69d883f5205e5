"""The scene of a task as bytes, for the 3D player in the browser: meshes and materials, without poses.

    uint32      length H of the header
    H bytes     UTF-8 JSON: bodies, goal, surroundings, camera, cues; padded with spaces so that 4 + H
                divides by 4
    the rest    vertices (float32 xyz), normals (int8 xyz and a pad byte), indices (uint16 or uint32)

Numbers are little-endian. Parts name what they need as [byte offset from the end of the header, count];
indices have the bytes of one number beside them. Scenes that were stored before there were cues have none.

The page's cameras, shadows and marks are made for a table of our size. The scene of an environment of others
(`armchair.envs.foreign.mujoco.scene`) says besides:

    frame       {"scale", "shift"}: what is at p in m is drawn at scale * p + shift
    always      [low, high] in m, corners of the box that is always in the picture
    matters     the rows of poses that must be in it
    tendons     [{"rows", "radius", "material"}]: lines between the bodies of these rows
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from armchair.arms.iiwa import TOOL_OFFSET
from armchair.engines.display.appearance import GoalMark, Material, Part, body_parts, goal_mark
from armchair.engines.display.camera import DEFAULT_CAMERA
from armchair.engines.display.shapes import Mesh, cylinder, moved
from armchair.engines.display.surroundings import (
    LEG_RADIUS,
    LEG_RGBA,
    LEGS,
    TABLE_CENTRE,
    TABLE_HEIGHT,
    TABLE_THICKNESS,
    TOP_RGBA,
    table_top,
)
from armchair.engines.scene import body_names
from armchair.jsonable import Json

SCENE = "scene"  # the asset's name in a store
SCENE_TYPE = "application/octet-stream"
VERSION = 1
GRID = 2.0**-17  # m, 8 µm: numbers with few digits pack better
TOOL_BODY = "hand"  # whose z axis points at the tool

_TOP = Material(TOP_RGBA, roughness=0.7, shininess=0.15)
_LEG = Material(LEG_RGBA, roughness=0.7, shininess=0.2)


def scene_asset(num_blocks: int, goal_marker: str, cues: Sequence[Json] = ()) -> bytes:
    """The scene of a task. Bodies are in the order of recorded poses; the goal's row comes after theirs.

    cues: what to look at, of which the page marks the first: the names of a point and of its place ("tool",
    "goal" or a body's), the radius that counts and the place's height above what names it.
    """
    buffer = MeshBuffer()
    names = body_names(num_blocks)
    parts = body_parts(num_blocks)
    goal = goal_mark(goal_marker)
    header: dict[str, Json] = {
        "version": VERSION,
        "bodies": [{"name": name, "parts": buffer.parts(parts[name])} for name in names],
        "goal": goal_header(buffer, goal_marker, goal),
        "surroundings": {"parts": buffer.parts(table_parts())},
        "tool_body": names.index(TOOL_BODY),
        "tool_offset": [0.0, 0.0, TOOL_OFFSET],
        "camera": {"eye": list(DEFAULT_CAMERA.eye), "target": list(DEFAULT_CAMERA.lookat)},
        "cues": list(cues),
    }
    return buffer.behind(header)


def goal_header(buffer: MeshBuffer, marker: str, goal: GoalMark) -> Json:
    """What the header says of how a goal is marked."""
    return {
        "marker": marker,
        "parts": buffer.parts(goal.parts),
        "ground": buffer.parts(goal.ground),
        "line_radius": goal.line_radius,
        "line": asdict(goal.line),
    }


def table_parts() -> tuple[Part, ...]:
    """The table in the world's frame: its top and four legs."""
    leg = cylinder(LEG_RADIUS, -TABLE_HEIGHT, -TABLE_THICKNESS, size=16)
    top = Part(moved(table_top(), TABLE_CENTRE), _TOP)
    return (top, *(Part(moved(leg, (x, y, 0.0)), _LEG) for x, y in LEGS))


class MeshBuffer:
    """The binary part, as it grows."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def behind(self, header: dict[str, Json]) -> bytes:
        """The asset: this header, and what was appended."""
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-(4 + len(text)) % 4)
        return len(text).to_bytes(4, "little") + text + b"".join(self._pieces)

    def parts(self, parts: Sequence[Part]) -> list[Json]:
        """Append the parts. -> what the header says of them."""
        return [{**self._mesh(part.mesh), "material": asdict(part.material)} for part in parts]

    def _mesh(self, mesh: Mesh) -> dict[str, Json]:
        positions = (np.round(mesh.vertices / GRID) * GRID).astype("<f4")
        normals = np.zeros((len(mesh.normals), 4), dtype=np.int8)
        normals[:, :3] = np.clip(np.round(127 * mesh.normals), -127, 127)
        wide = len(mesh.vertices) > 2**16
        indices = mesh.faces.flatten().astype("<u4" if wide else "<u2")
        return {
            "positions": [self._append(positions), len(positions)],
            "normals": [self._append(normals), len(normals)],
            "indices": [self._append(indices), len(indices), indices.itemsize],
        }

    def _append(self, numbers: NDArray[np.generic]) -> int:
        """Append an array, padded so that the next one starts at a multiple of 4. -> where it begins."""
        begin, content = self._size, numbers.tobytes()
        content += b"\0" * (-len(content) % 4)
        self._pieces.append(content)
        self._size += len(content)
        return begin
