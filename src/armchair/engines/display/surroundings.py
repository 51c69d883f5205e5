"""What stands around the arm in pictures: table, floor, background and light."""

from __future__ import annotations

import mujoco

from armchair.engines.display.shapes import rounded_box

TABLE_X = (-0.30, 1.0)  # m
TABLE_Y = (-0.65, 0.65)  # m
TABLE_THICKNESS = 0.035  # m
TABLE_HEIGHT = 0.74  # m, of its top above the floor

_TOP = (0.83, 0.81, 0.785, 1.0)
_LEG = (0.28, 0.29, 0.31, 1.0)
_FLOOR = (0.60, 0.625, 0.65, 1.0)
_SKY = ((0.93, 0.95, 0.97), (0.66, 0.71, 0.76))  # above, at the horizon


def add_surroundings(spec: mujoco.MjSpec) -> None:
    """Add table, floor, background, light and drawing quality to a display model."""
    _add_quality(spec)
    _add_background(spec)
    _add_table(spec)
    _add_lights(spec)


def _add_quality(spec: mujoco.MjSpec) -> None:
    spec.visual.quality.offsamples = 4
    spec.visual.quality.shadowsize = 2048
    spec.visual.map.shadowclip = 1.2
    spec.visual.map.znear = 0.02
    spec.visual.map.zfar = 20.0
    spec.visual.headlight.ambient = [0.30, 0.30, 0.31]
    spec.visual.headlight.diffuse = [0.16, 0.16, 0.16]
    spec.visual.headlight.specular = [0.05, 0.05, 0.05]
    spec.visual.rgba.haze = [*_SKY[1], 1.0]
    spec.stat.extent = 1.2
    spec.stat.center = [0.3, 0.0, 0.3]


def _add_background(spec: mujoco.MjSpec) -> None:
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
    spec.add_material(name="table", rgba=_TOP, specular=0.15, shininess=0.3, reflectance=0.0)
    spec.add_material(name="leg", rgba=_LEG, specular=0.2, shininess=0.3)
    spec.add_material(name="floor", rgba=_FLOOR, specular=0.0, shininess=0.0)
    centre = ((TABLE_X[0] + TABLE_X[1]) / 2, (TABLE_Y[0] + TABLE_Y[1]) / 2)
    half = ((TABLE_X[1] - TABLE_X[0]) / 2, (TABLE_Y[1] - TABLE_Y[0]) / 2, TABLE_THICKNESS / 2)
    top = rounded_box(half, 0.010)
    spec.add_mesh(
        name="table_top",
        uservert=top.vertices.flatten(),
        usernormal=top.normals.flatten(),
        userface=top.faces.flatten(),
        userfacenormal=top.faces.flatten(),
    )
    world = spec.worldbody
    world.add_geom(
        type=mujoco.mjtGeom.mjGEOM_MESH,
        meshname="table_top",
        pos=[*centre, -TABLE_THICKNESS / 2],
        material="table",
        contype=0,
        conaffinity=0,
    )
    length = (TABLE_HEIGHT - TABLE_THICKNESS) / 2
    for x in (TABLE_X[0] + 0.08, TABLE_X[1] - 0.08):
        for y in (TABLE_Y[0] + 0.08, TABLE_Y[1] - 0.08):
            world.add_geom(
                type=mujoco.mjtGeom.mjGEOM_CYLINDER,
                size=[0.022, length, 0],
                pos=[x, y, -TABLE_THICKNESS - length],
                material="leg",
                contype=0,
                conaffinity=0,
            )
    world.add_geom(
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[0, 0, 1],
        pos=[0, 0, -TABLE_HEIGHT],
        material="floor",
        contype=0,
        conaffinity=0,
    )


def _add_lights(spec: mujoco.MjSpec) -> None:
    """Two key lights whose shadows overlap softly, a fill from the other side, one for the rims."""
    key, fill, rim = 0.28, 0.22, 0.16
    for pos in ((0.88, 1.02, 2.0), (0.93, 0.97, 2.0)):
        _add_light(spec, pos, [key, 0.985 * key, 0.95 * key], shine=0.22, shadow=True)
    _add_light(spec, (1.2, -1.6, 1.4), [0.95 * fill, 0.97 * fill, fill], shine=0.10, shadow=False)
    _add_light(spec, (-1.4, 0.3, 1.6), [rim, rim, rim], shine=0.25, shadow=False)


def _add_light(
    spec: mujoco.MjSpec, pos: tuple[float, float, float], colour: list[float], shine: float, *, shadow: bool
) -> None:
    spec.worldbody.add_light(
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        pos=pos,
        dir=(0.3 - pos[0], -pos[1], 0.2 - pos[2]),
        diffuse=colour,
        specular=[shine] * 3,
        ambient=[0, 0, 0],
        castshadow=shadow,
    )
