"""Reading a scene's bytes again: what a film of clips is drawn from, whoever wrote them."""

from __future__ import annotations

import json
from typing import NamedTuple, cast

import numpy as np

from armchair.engines.display.appearance import Material, Part
from armchair.engines.display.shapes import Mesh
from armchair.errors import InvalidInput
from armchair.reading.plain import parse_object

Vector = tuple[float, float, float]


class Tendon(NamedTuple):
    """A line between bodies."""

    rows: tuple[int, ...]  # of poses
    radius: float  # m
    material: Material


class SceneFile(NamedTuple):
    """A scene, read."""

    bodies: tuple[tuple[Part, ...], ...]  # of each row of poses but the last
    goal: tuple[Part, ...]  # of the last
    surroundings: tuple[Part, ...]
    tendons: tuple[Tendon, ...]
    eye: Vector  # m
    target: Vector  # m


def read_scene(asset: bytes) -> SceneFile:
    """The scene in these bytes, see `scene_asset`. Raises InvalidInput where there is none."""
    try:
        begin = 4 + int.from_bytes(asset[:4], "little")
        parse_object(asset[4:begin], "their header")  # its limits
        header = json.loads(asset[4:begin])
        binary = asset[begin:]

        def parts(told: list[dict[str, object]]) -> tuple[Part, ...]:
            return tuple(Part(_mesh(part, binary), _material(part["material"])) for part in told)

        return SceneFile(
            bodies=tuple(parts(body["parts"]) for body in header["bodies"]),
            goal=parts(header["goal"]["parts"]),
            surroundings=parts(header["surroundings"]["parts"]),
            tendons=tuple(
                Tendon(tuple(one["rows"]), one["radius"], _material(one["material"]))
                for one in header.get("tendons", [])
            ),
            eye=_vector(header["camera"]["eye"]),
            target=_vector(header["camera"]["target"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidInput(f"these bytes are no scene: {error}") from error


def _mesh(part: dict[str, object], binary: bytes) -> Mesh:
    at, count = cast("list[int]", part["positions"])
    points = np.frombuffer(binary, "<f4", 3 * count, at).reshape(-1, 3)
    at, count = cast("list[int]", part["normals"])
    normals = np.frombuffer(binary, np.int8, 4 * count, at).reshape(-1, 4)[:, :3].astype(np.float32)
    at, count, wide = cast("list[int]", part["indices"])
    faces = np.frombuffer(binary, f"<u{wide}", count, at).reshape(-1, 3).astype(np.int32)
    lengths = np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    return Mesh(points.copy(), normals / lengths, faces)


def _material(told: object) -> Material:
    look = cast("dict[str, object]", told)
    red, green, blue, alpha = cast("list[float]", look["rgba"])
    return Material((red, green, blue, alpha), cast(float, look["roughness"]), cast(float, look["shininess"]))


def _vector(told: list[float]) -> Vector:
    x, y, z = told
    return x, y, z
