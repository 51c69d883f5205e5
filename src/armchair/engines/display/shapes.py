"""Meshes made in code: lofts, surfaces of revolution, tubes, rounded boxes and raised panels.

Builders return closed surfaces. Lengths are in m.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Shapes = tuple[tuple[str, "Mesh"], ...]  # names of finishes and what has them
Surface = Callable[[Floats, Floats], Floats]  # (...), (...) -> (..., 3)

FLIP_Y = ((1, 0, 0), (0, -1, 0), (0, 0, 1))
"""Axes for `moved` that mirror a mesh."""
_CREASE = np.cos(np.radians(40.0))  # faces that meet at a sharper angle keep a hard edge


class Mesh(NamedTuple):
    """A closed triangle mesh. Vertices repeat along hard edges, once for each normal."""

    vertices: NDArray[np.float32]  # (V, 3) m
    normals: NDArray[np.float32]  # (V, 3) unit, outwards
    faces: Ints  # (F, 3) rows of `vertices`, anticlockwise from outside


def weld(points: Floats, faces: Ints, *, outwards: bool = True) -> Mesh:
    """Weld equal points, drop empty triangles, turn faces outwards, add normals that stop at creases.

    outwards: turn them, if need be; of what is not closed nobody can say where that is.
    """
    _, first, index = np.unique(np.round(points, 7), axis=0, return_index=True, return_inverse=True)
    points, faces = points[first], index.reshape(-1)[faces].astype(np.int32)
    a, b, c = (faces[:, k] for k in range(3))
    faces = faces[(a != b) & (b != c) & (c != a)]
    corners = points[faces]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    if outwards and (corners[:, 0] * flat).sum() < 0:  # six times the volume: the surface is inside out
        faces, corners, flat = faces[:, ::-1], corners[:, ::-1], -flat
    keep = np.linalg.norm(flat, axis=1) > 1e-12
    faces, flat, corners = faces[keep], flat[keep], corners[keep]
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    normals = _corner_normals(faces, flat, _angles(corners))
    # one vertex for each different (point, normal)
    rows = np.concatenate((faces.reshape(-1, 1).astype(np.float64), np.round(normals, 3)), axis=1)
    _, first, index = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return Mesh(
        vertices=points[faces.reshape(-1)[first]].astype(np.float32),
        normals=normals[first].astype(np.float32),
        faces=index.reshape(-1, 3).astype(np.int32),
    )


def _angles(corners: Floats) -> Floats:
    """Interior angles of triangles. (F, 3, 3) -> (F, 3) rad."""
    following, before = np.roll(corners, -1, 1) - corners, np.roll(corners, 1, 1) - corners
    lengths = np.linalg.norm(following, axis=2) * np.linalg.norm(before, axis=2)
    return np.arccos(np.clip((following * before).sum(2) / np.maximum(lengths, 1e-18), -1.0, 1.0))


def _corner_normals(faces: Ints, flat: Floats, angles: Floats) -> Floats:
    """Mean normal, weighted by angle, of the faces around each corner within the crease. -> (3 F, 3)."""
    vertex = faces.reshape(-1)
    order = np.argsort(vertex, kind="stable")
    counts = np.bincount(vertex)
    starts = np.cumsum(counts) - counts
    repeats = counts[vertex]  # each corner looks at all corners of its vertex
    mine = np.repeat(np.arange(len(vertex)), repeats)
    step = np.arange(len(mine)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    other = order[starts[vertex][mine] + step]
    near = (flat[mine // 3] * flat[other // 3]).sum(1) > _CREASE
    total = np.zeros((len(vertex), 3))
    weight = angles.reshape(-1)[other] * near
    for axis in range(3):
        total[:, axis] = np.bincount(mine, weight * flat[other // 3, axis], len(vertex))
    return total / np.linalg.norm(total, axis=1, keepdims=True)


def merge(*meshes: Mesh) -> Mesh:
    """Several meshes as one."""
    offsets = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    faces = [mesh.faces + offset for mesh, offset in zip(meshes, offsets, strict=True)]
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate(faces).astype(np.int32),
    )


def moved(mesh: Mesh, offset: ArrayLike = (0.0, 0.0, 0.0), axes: ArrayLike | None = None) -> Mesh:
    """The mesh turned (or mirrored) and then shifted; `axes` has the images of x, y and z as its rows."""
    matrix = np.eye(3) if axes is None else np.asarray(axes, dtype=np.float64)
    faces = mesh.faces if np.linalg.det(matrix) > 0 else mesh.faces[:, ::-1]
    return Mesh(
        (mesh.vertices @ matrix + np.asarray(offset)).astype(np.float32),
        (mesh.normals @ matrix).astype(np.float32),
        np.ascontiguousarray(faces),
    )


def _triangles(a: Ints, b: Ints, c: Ints, d: Ints) -> Ints:
    """Two triangles for each quadrilateral with these corners. (...) each -> (F, 3)."""
    corners = np.concatenate((np.stack((a, b, c), -1), np.stack((a, c, d), -1)))
    return corners.reshape(-1, 3).astype(np.int32)


def loft(rings: Floats) -> Mesh:
    """A skin over rings of points with a flat lid on both ends. (R, S, 3) -> `Mesh`."""
    count, size, _ = rings.shape
    points = np.concatenate((rings.reshape(-1, 3), rings[[0, -1]].mean(1)))
    here = np.arange(size)
    after = (here + 1) % size
    low = (np.arange(count - 1) * size)[:, None]
    a, b, c, d = low + here, low + after, low + size + after, low + size + here
    skin = _triangles(a, b, c, d)
    top = (count - 1) * size
    start = np.stack((np.full(size, len(points) - 2), after, here), -1)
    end = np.stack((np.full(size, len(points) - 1), top + here, top + after), -1)
    return weld(points, np.concatenate((skin, start, end)).astype(np.int32))


def rounded_ends(rings: Floats, bevel: float = 0.0018) -> Floats:
    """Add a slightly smaller ring at both ends. (R, S, 3) -> (R + 2, S, 3)."""

    def shrunk(ring: Floats, towards: Floats) -> Floats:
        centre = ring.mean(0)
        out = ring - centre
        small = centre + out * (1 - bevel / np.linalg.norm(out, axis=1, keepdims=True))
        return small + 0.5 * bevel * towards

    first, last = rings[0], rings[-1]
    down = first.mean(0) - rings[1].mean(0)
    on = last.mean(0) - rings[-2].mean(0)
    ends = shrunk(first, down / np.linalg.norm(down)), shrunk(last, on / np.linalg.norm(on))
    return np.concatenate((ends[0][None], rings, ends[1][None]))


def circle(size: int) -> tuple[Floats, Floats]:
    """Cosine and sine of `size` angles around a circle."""
    angle = np.linspace(0.0, 2 * np.pi, size, endpoint=False)
    return np.cos(angle), np.sin(angle)


def superellipse(near: float, far: float, wide: float, height: float, size: int = 28) -> Floats:
    """A horizontal superellipse between two values of y, rounder the thicker it is. -> (size, 3)."""
    cos, sin = circle(size)
    thick = abs(near - far) / (2 * wide)
    power = 2.0 / (2.0 + 0.8 * np.clip(1.15 - thick, 0.0, 1.0))
    x = wide * np.sign(cos) * np.abs(cos) ** power
    y = (near + far) / 2 + abs(near - far) / 2 * np.sign(sin) * np.abs(sin) ** power
    return np.stack((x, y, np.full(size, height)), -1)


def revolve(profile: Sequence[tuple[float, float]], size: int = 32) -> Mesh:
    """Turn a profile of (radius, height) points, from bottom to top, about the z axis."""
    cos, sin = circle(size)
    radius, height = np.asarray(profile, dtype=np.float64).T[..., None]
    return loft(np.stack((radius * cos, radius * sin, height + 0 * cos), -1))


def cylinder(radius: float, bottom: float, top: float, bevel: float = 0.001, size: int = 32) -> Mesh:
    """A cylinder along z with bevelled rims."""
    rim = radius - bevel
    return revolve(((rim, bottom), (radius, bottom + bevel), (radius, top - bevel), (rim, top)), size)


def torus(radius: float, thickness: float, size: int = 40, around: int = 8) -> Mesh:
    """A ring in the plane z = 0; `thickness` is the radius of its round section."""
    cos, sin = circle(size)
    inner, up = circle(around)
    reach = (radius + thickness * inner)[:, None]
    points = np.stack((reach * cos, reach * sin, (thickness * up)[:, None] + 0 * cos), -1)
    i, j = np.meshgrid(np.arange(around), np.arange(size), indexing="ij")
    k, m = (i + 1) % around, (j + 1) % size
    a, b, c, d = i * size + j, i * size + m, k * size + m, k * size + j
    return weld(points.reshape(-1, 3), _triangles(a, b, c, d))


def sphere(radius: float, size: int = 28) -> Mesh:
    """A sphere."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, size // 2 + 1)
    return revolve([(radius * float(np.cos(a)), radius * float(np.sin(a))) for a in angle], size)


def rounded_box(half: tuple[float, float, float], radius: float, steps: int = 3) -> Mesh:
    """A box with round edges, centred on the origin; `half` are its half extents.

    Each face is a grid that bends into its neighbours: the grid's directions are pushed out by `radius`
    from the nearest point of the inner box.
    """
    reach = np.tan(np.linspace(np.pi / 4, 0.0, steps + 1))
    grid = np.concatenate((-reach, reach[::-1]))  # both zeros are kept: one on each side of the flat middle
    sign = np.repeat((-1.0, 1.0), steps + 1)
    size = len(grid)
    u, v = np.meshgrid(grid, grid, indexing="ij")
    su, sv = np.meshgrid(sign, sign, indexing="ij")
    i, j = np.meshgrid(np.arange(size - 1), np.arange(size - 1), indexing="ij")
    a, b, c, d = i * size + j, (i + 1) * size + j, (i + 1) * size + j + 1, i * size + j + 1
    quads = _triangles(a, b, c, d)
    points: list[Floats] = []
    faces: list[Ints] = []
    inner = np.asarray(half) - radius
    for axis in range(3):
        for side in (-1.0, 1.0):
            order = [axis, (axis + 1) % 3, (axis + 2) % 3]
            out, signs = np.empty((size, size, 3)), np.empty((size, size, 3))
            out[..., order] = np.stack((np.full_like(u, side), u, v), -1)
            signs[..., order] = np.stack((np.full_like(u, side), su, sv), -1)
            out /= np.linalg.norm(out, axis=-1, keepdims=True)
            faces.append((quads if side > 0 else quads[:, ::-1]) + len(points) * size * size)
            points.append((signs * inner + radius * out).reshape(-1, 3))
    return weld(np.concatenate(points), np.concatenate(faces).astype(np.int32))


def spline(knots: ArrayLike, values: ArrayLike) -> Callable[[Floats], Floats]:
    """The natural cubic spline through (knots, values), a function of the parameter.

    Its second derivatives M solve
        h[i-1]·M[i-1] + 2 (h[i-1] + h[i])·M[i] + h[i]·M[i+1] = 6 (slope[i] - slope[i-1])
    with M = 0 at both ends (Press et al., Numerical Recipes, 3.3).
    """
    x, y = np.asarray(knots, dtype=np.float64), np.asarray(values, dtype=np.float64)
    h, slope = np.diff(x), np.diff(y) / np.diff(x)
    system, right = np.eye(len(x)), np.zeros(len(x))
    for i in range(1, len(x) - 1):
        system[i, i - 1 : i + 2] = h[i - 1], 2 * (h[i - 1] + h[i]), h[i]
        right[i] = 6 * (slope[i] - slope[i - 1])
    bend = np.linalg.solve(system, right)

    def evaluate(t: Floats) -> Floats:
        i = np.clip(np.searchsorted(x, t) - 1, 0, len(h) - 1)
        a, b = (x[i + 1] - t) / h[i], (t - x[i]) / h[i]
        curve = ((a**3 - a) * bend[i] + (b**3 - b) * bend[i + 1]) * h[i] ** 2 / 6
        return a * y[i] + b * y[i + 1] + curve

    return evaluate


def panel(surface: Surface, centre: tuple[float, float], reach: tuple[float, float], lift: float) -> Mesh:
    """A closed oval shell that lies `lift` above a surface, round its parameters (u, v) = `centre`.

    `reach` is the oval's half-width in u and v. The shell dips below the surface at its rim.
    """
    shells, size = 7, 36
    radius = np.concatenate((np.linspace(0.0, 1.0, shells), (1.0,)))[:, None]
    cos, sin = circle(size)
    # a squircle rather than an ellipse: a fuller outline
    round_off = (np.abs(cos) ** 2.6 + np.abs(sin) ** 2.6) ** (-1 / 2.6)
    u, v = centre[0] + reach[0] * radius * cos * round_off, centre[1] + reach[1] * radius * sin * round_off
    points, tiny = surface(u, v), 1e-4
    along_u = surface(u + tiny, v) - surface(u - tiny, v)
    along_v = surface(u, v + tiny) - surface(u, v - tiny)
    normal = np.cross(along_u, along_v)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-18)
    height = lift * np.minimum(1.0, 1.4 * np.sqrt(np.maximum(0.0, 1 - radius**6)))
    height[-2:] = ((0.35 * lift,), (-2 * lift,))
    rings = points + height[..., None] * normal
    back = points[::-1] - 2 * lift * normal[::-1]
    return loft(np.concatenate((rings[1:], back[1:-1])))
