"""What stands around the arm in pictures: table, floor, background and light."""

from __future__ import annotations

from itertools import product

import mujoco

from armchair.engines.display.shapes import Mesh, rounded_box

TABLE_HEIGHT = 0.74  # m, of its top above the floor
TABLE_THICKNESS = 0.035  # m
TABLE_CENTRE = (0.35, 0.0, -TABLE_THICKNESS / 2)  # m, of the board
LEGS = tuple(product((-0.22, 0.92), (-0.57, 0.57)))  # m, where they stand
LEG_RADIUS = 0.022  # m
TOP_RGBA = (0.83, 0.81, 0.785, 1.0)
LEG_RGBA = (0.28, 0.29, 0.31, 1.0)
_FLOOR = (0.60, 0.625, 0.65, 1.0)
_SKY = ((0.93, 0.95, 0.97), (0.66, 0.71, 0.76))  # above, at the horizon


def table_top() -> Mesh:
    """The board, centred on the origin."""
    return rounded_box((0.65, 0.65, TABLE_THICKNESS / 2), 0.010)


def add_mesh(spec: mujoco.MjSpec, name: str, mesh: Mesh) -> None:
    """Add a closed surface to a display model."""
    spec.add_mesh(
        name=name,
        uservert=mesh.vertices.flatten(),
        usernormal=mesh.normals.flatten(),
        userface=mesh.faces.flatten(),
        userfacenormal=mesh.faces.flatten(),
        inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
    )


def add_surroundings(spec: mujoco.MjSpec) -> None:
    """Add table, floor, background, light and drawing quality to a display model."""
    add_sky(spec)
    spec.stat.extent = 1.2
    spec.stat.center = [0.3, 0.0, 0.3]
    _add_table(spec)
    _add_lights(spec)


def add_sky(spec: mujoco.MjSpec) -> None:
    """Add background, the light that is everywhere, and drawing quality."""
    spec.visual.quality.offsamples = 4
    spec.visual.quality.shadowsize = 1024
    spec.visual.map.shadowclip = 1.2
    spec.visual.map.znear = 0.02
    spec.visual.map.zfar = 20.0
    spec.visual.headlight.ambient = [0.30, 0.30, 0.31]
    spec.visual.headlight.diffuse = [0.16, 0.16, 0.16]
    spec.visual.headlight.specular = [0.05, 0.05, 0.05]
    spec.visual.rgba.haze = [*_SKY[1], 1.0]
    spec.add_texture(
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=_SKY[0],
        rgb2=_SKY[1],
        width=256,
        height=1536,
    )


def _add_table(spec: mujoco.MjSpec) -> None:
    spec.add_material(name="table", rgba=TOP_RGBA, specular=0.15, shininess=0.3, reflectance=0.0)
    spec.add_material(name="leg", rgba=LEG_RGBA, specular=0.2, shininess=0.3)
    spec.add_material(name="floor", rgba=_FLOOR, specular=0.0, shininess=0.0)
    add_mesh(spec, "table_top", table_top())
    world = spec.worldbody
    world.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname="table_top", pos=TABLE_CENTRE, material="table")
    length = (TABLE_HEIGHT - TABLE_THICKNESS) / 2
    for x, y in LEGS:
        world.add_geom(
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=[LEG_RADIUS, length, 0],
            pos=[x, y, -TABLE_THICKNESS - length],
            material="leg",
        )
    world.add_geom(
        type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 1], pos=[0, 0, -TABLE_HEIGHT], material="floor"
    )


def _add_lights(spec: mujoco.MjSpec) -> None:
    """Two key lights whose shadows overlap softly, a fill from the other side, one for the rims."""
    key, fill = [0.28, 0.985 * 0.28, 0.95 * 0.28], [0.95 * 0.22, 0.97 * 0.22, 0.22]
    lights = (
        ((0.88, 1.02, 2.0), key, 0.22, True),
        ((0.93, 0.97, 2.0), key, 0.22, True),
        ((1.2, -1.6, 1.4), fill, 0.10, False),
        ((-1.4, 0.3, 1.6), [0.16] * 3, 0.25, False),
    )
    for pos, colour, shine, shadow in lights:
        spec.worldbody.add_light(
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            pos=pos,
            dir=(0.3 - pos[0], -pos[1], 0.2 - pos[2]),
            diffuse=colour,
            specular=[shine] * 3,
            ambient=[0, 0, 0],
            castshadow=shadow,
        )
