"""What the geoms and sites of a MuJoCo model look like: shapes in the frames of bodies, and materials."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import mujoco
import numpy as np
from mujoco import MjModel
from numpy.typing import NDArray

from armchair.engines.display.appearance import Material, Part
from armchair.engines.display.coarse import Surface, box_of, coarsened
from armchair.engines.display.shapes import Floats, Mesh, cylinder, revolve, rounded_box, sphere, weld

SHOWN = 3  # groups below this are drawn by default, the others are for collisions
FLOOR = 4.0  # times the scene's size that a plane without an end reaches
THIN = 0.002  # times its width, a plane's thickness
_PLAIN = np.float32([0.5, 0.5, 0.5, 1.0])  # the colour of what has none of its own
_SIZE = 20  # corners of round things
_TYPES = mujoco.mjtGeom


class Seen(NamedTuple):
    """Something with a shape, in the frame of its body."""

    body: int
    surface: Surface
    material: Material
    exact: bool  # a mesh, whose triangles may be too many


def usual_geoms(model: MjModel) -> list[int]:
    """Those that MuJoCo draws unless told otherwise."""
    return [geom for geom in range(model.ngeom) if model.geom_group[geom] < SHOWN]


def geoms_for_sight(model: MjModel) -> list[int]:
    """Of each body those that are there to be seen, which touch nothing; all where it has none of them."""
    usual, found = usual_geoms(model), list[int]()
    for body in range(model.nbody):
        own = [geom for geom in range(model.ngeom) if int(model.geom_bodyid[geom]) == body]
        shown = [geom for geom in own if geom in usual]
        light = [g for g in shown if not model.geom_contype[g] and not model.geom_conaffinity[g]]
        found += light or shown or own
    return found


def geoms_of(model: MjModel, size: float, chosen: Iterable[int] | None = None) -> list[Seen]:
    """The geoms that are drawn. size: of the scene, m, for planes without an end. chosen: or the usual."""
    found: list[Seen] = []
    for geom in usual_geoms(model) if chosen is None else chosen:
        paint = _paint(model, int(model.geom_matid[geom]), model.geom_rgba[geom])
        kind = int(model.geom_type[geom])
        if paint.rgba[3] <= 0.0:
            continue
        if kind in (_TYPES.mjGEOM_MESH, _TYPES.mjGEOM_SDF):
            surface = _mesh(model, int(model.geom_dataid[geom]))
        else:
            surface = _shape(kind, model.geom_size[geom], size)
        if surface is not None:
            body, where = int(model.geom_bodyid[geom]), (model.geom_pos[geom], model.geom_quat[geom])
            found.append(Seen(body, _placed(surface, *where), paint, kind == _TYPES.mjGEOM_MESH))
    return found


def few_triangles(seen: list[Seen], size: float, most: int) -> list[Seen]:
    """The same with meshes made coarser, until there are about `most` triangles. size: of the scene, m."""
    exact = [one.surface for one in seen if one.exact]
    left = max(most - sum(len(one.surface.faces) for one in seen if not one.exact), most // 4)
    meshes = iter(coarsened(exact, size, left))
    return [one._replace(surface=next(meshes)) if one.exact else one for one in seen]


def parts_of(seen: Sequence[Seen]) -> list[Part]:
    """One part for all that has the same material."""
    by_material: dict[Material, list[Surface]] = {}
    for one in seen:
        if len(one.surface.faces):
            by_material.setdefault(one.material, []).append(one.surface)
    found: list[Part] = []
    for material, surfaces in by_material.items():
        begins = np.cumsum([0, *(len(surface.points) for surface in surfaces[:-1])])
        faces = [surface.faces + begin for surface, begin in zip(surfaces, begins, strict=True)]
        points = np.concatenate([surface.points for surface in surfaces])
        found.append(Part(weld(points, np.concatenate(faces).astype(np.int32), outwards=False), material))
    return found


def site_of(model: MjModel, site: int) -> tuple[Surface, Material] | None:
    """A site's shape in its own frame; None where it is not drawn."""
    paint = _paint(model, int(model.site_matid[site]), model.site_rgba[site])
    if model.site_group[site] >= SHOWN or paint.rgba[3] <= 0.0:
        return None
    surface = _shape(int(model.site_type[site]), model.site_size[site], 1.0)
    return None if surface is None else (surface, paint)


def _paint(model: MjModel, material: int, rgba: NDArray[np.float32]) -> Material:
    """A geom's own colour where it has one, else its material's; a texture is its mean colour."""
    if material < 0:
        return Material(_rgba(rgba))
    own = model.mat_rgba[material].copy()
    for texture in np.atleast_1d(model.mat_texid[material]):
        if texture >= 0:
            own[:3] *= _mean_colour(model, int(texture))
            break
    colour = own if np.array_equal(rgba, _PLAIN) else rgba
    shine = float(model.mat_specular[material])
    rough = float(1.0 - np.sqrt(np.clip(model.mat_shininess[material], 0.0, 1.0)))
    return Material(_rgba(colour), roughness=round(rough, 3), shininess=round(shine, 3))


def _mean_colour(model: MjModel, texture: int) -> NDArray[np.float64]:
    channels = int(model.tex_nchannel[texture])
    begin, count = int(model.tex_adr[texture]), int(model.tex_width[texture] * model.tex_height[texture])
    pixels = model.tex_data[begin : begin + channels * count].reshape(count, channels)
    return (pixels[:, :3] if channels >= 3 else pixels[:, [0, 0, 0]]).mean(0) / 255.0


def _rgba(colour: NDArray[np.generic]) -> tuple[float, float, float, float]:
    red, green, blue, alpha = (round(float(part), 3) for part in np.clip(colour, 0.0, 1.0))
    return red, green, blue, alpha


def _mesh(model: MjModel, mesh: int) -> Surface | None:
    if mesh < 0:
        return None
    at, count = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
    first, faces = int(model.mesh_faceadr[mesh]), int(model.mesh_facenum[mesh])
    points = model.mesh_vert[at : at + count].astype(np.float64)
    corners = model.mesh_face[first : first + faces].astype(np.int32)
    a, b, c = np.moveaxis((points - points.mean(0))[corners], 1, 0)
    inside_out = (a * np.cross(b, c)).sum() < 0
    return Surface(points, corners[:, ::-1] if inside_out else corners)


def _shape(kind: int, size: NDArray[np.float64], scene: float) -> Surface | None:
    """A primitive in its own frame; None for those that are not drawn here (height fields)."""
    a, b, c = (float(part) for part in size)
    if kind == _TYPES.mjGEOM_PLANE:
        x, y = (side if side > 0 else FLOOR * scene for side in (a, b))
        return _plate(min(x, FLOOR * scene), min(y, FLOOR * scene))
    if kind == _TYPES.mjGEOM_SPHERE:
        return _of(sphere(a, _SIZE))
    if kind == _TYPES.mjGEOM_ELLIPSOID:
        ball = _of(sphere(1.0, _SIZE))
        return Surface(ball.points * (a, b, c), ball.faces)
    if kind == _TYPES.mjGEOM_CAPSULE:
        angle = np.linspace(0.0, np.pi / 2, _SIZE // 4 + 1)
        upper = [(a * float(np.cos(t)), b + a * float(np.sin(t))) for t in angle]
        return _of(revolve([(r, -z) for r, z in reversed(upper)] + upper, _SIZE))
    if kind == _TYPES.mjGEOM_CYLINDER:
        return _of(cylinder(a, -b, b, min(0.001, 0.2 * a, 0.2 * b), _SIZE))
    if kind == _TYPES.mjGEOM_BOX:
        return _of(rounded_box((a, b, c), min(0.003, 0.15 * min(a, b, c)), steps=1))
    return None


def _of(mesh: Mesh) -> Surface:
    return Surface(mesh.vertices.astype(np.float64), mesh.faces)


def _plate(x: float, y: float) -> Surface:
    """A plane that ends: it is seen from above, and closed, which those who draw it need."""
    return box_of(np.array([[-x, -y, -THIN * max(x, y)], [x, y, 0.0]]))


def _placed(surface: Surface, pos: NDArray[np.float64], quat: NDArray[np.float64]) -> Surface:
    axes = np.empty(9)
    mujoco.mju_quat2Mat(axes, quat)
    turned: Floats = surface.points @ axes.reshape(3, 3).T + pos
    return Surface(turned, surface.faces)
