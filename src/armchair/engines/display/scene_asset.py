"""The scene of a task as bytes, for the 3D player in the browser: meshes and materials, without poses.

    uint32      length H of the header
    H bytes     UTF-8 JSON: bodies, goal, surroundings, camera; padded with spaces so that 4 + H divides by 4
    the rest    vertices (float32 xyz), normals (int8 xyz and a pad byte), indices (uint16 or uint32)

Numbers are little-endian. Parts name what they need as [byte offset from the end of the header, count];
indices have the bytes of one number beside them.
"""

from __future__ import annotations

import json
import math

import numpy as np
from numpy.typing import NDArray

from armchair.engines.display.looks import Material, Part, goal_look, looks
from armchair.engines.display.picture import DEFAULT_CAMERA, Camera
from armchair.engines.display.shapes import Mesh, drum, moved, rounded_box
from armchair.engines.display.surroundings import TABLE_HEIGHT, TABLE_THICKNESS, TABLE_X, TABLE_Y
from armchair.engines.iiwa import TOOL_OFFSET
from armchair.engines.scene import body_names
from armchair.jsonable import Json

SCENE = "scene"  # the asset's name in a store
SCENE_TYPE = "application/octet-stream"
VERSION = 1
GRID = 2.0**-17  # m, 8 µm: numbers with few digits pack better
TOOL_BODY = "hand"  # whose z axis points at the tool

_TOP = Material((0.83, 0.81, 0.785, 1.0), roughness=0.7, shininess=0.15)
_LEG = Material((0.28, 0.29, 0.31, 1.0), roughness=0.7, shininess=0.2)


def scene_asset(num_blocks: int, goal_marker: str) -> bytes:
    """The scene of a task. Bodies are in the order of recorded poses; the goal's row comes after theirs."""
    buffer = _Buffer()
    names = body_names(num_blocks)
    parts = looks(num_blocks)
    goal = goal_look(goal_marker)
    header: dict[str, Json] = {
        "version": VERSION,
        "bodies": [{"name": name, "parts": buffer.parts(parts[name])} for name in names],
        "goal": {
            "marker": goal_marker,
            "parts": buffer.parts(goal.parts),
            "ground": buffer.parts(goal.ground),
            "line_radius": goal.line_radius,
            "line": _material(goal.line),
        },
        "surroundings": {"parts": buffer.parts(table_parts())},
        "tool_body": names.index(TOOL_BODY),
        "tool_offset": [0.0, 0.0, TOOL_OFFSET],
        "camera": {"eye": list(eye_of(DEFAULT_CAMERA)), "target": list(DEFAULT_CAMERA.lookat)},
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(4 + len(text)) % 4)
    return len(text).to_bytes(4, "little") + text + buffer.content()


def table_parts() -> tuple[Part, ...]:
    """The table in the world's frame: its top and four legs."""
    centre = ((TABLE_X[0] + TABLE_X[1]) / 2, (TABLE_Y[0] + TABLE_Y[1]) / 2, -TABLE_THICKNESS / 2)
    half = ((TABLE_X[1] - TABLE_X[0]) / 2, (TABLE_Y[1] - TABLE_Y[0]) / 2, TABLE_THICKNESS / 2)
    leg = drum(0.022, -TABLE_HEIGHT, -TABLE_THICKNESS, size=16)
    corners = [
        (x, y, 0.0)
        for x in (TABLE_X[0] + 0.08, TABLE_X[1] - 0.08)
        for y in (TABLE_Y[0] + 0.08, TABLE_Y[1] - 0.08)
    ]
    top = Part(moved(rounded_box(half, 0.010), centre), _TOP)
    return (top, *(Part(moved(leg, corner), _LEG) for corner in corners))


def eye_of(camera: Camera) -> tuple[float, float, float]:
    """Where a camera stands that looks at a point from a distance, along an azimuth and an elevation."""
    around, up = math.radians(camera.azimuth), math.radians(camera.elevation)
    level = math.cos(up)
    way = (level * math.cos(around), level * math.sin(around), math.sin(up))
    x, y, z = (at - camera.distance * part for at, part in zip(camera.lookat, way, strict=True))
    return x, y, z


class _Buffer:
    """The binary part, as it grows."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def parts(self, parts: tuple[Part, ...]) -> list[Json]:
        """Append the parts. -> what the header says of them."""
        return [{**self._mesh(part.mesh), "material": _material(part.material)} for part in parts]

    def content(self) -> bytes:
        return b"".join(self._pieces)

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


def _material(material: Material) -> dict[str, Json]:
    return {
        "rgba": list(material.rgba),
        "roughness": material.roughness,
        "shininess": material.shininess,
    }
