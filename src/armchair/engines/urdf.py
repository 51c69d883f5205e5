"""A scene's bodies as URDF text, for simulators that read robots from files.

The format is described at https://wiki.ros.org/urdf/XML; `capsule` is PyBullet's addition to it. No meshes.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from armchair.engines.scene import Body, Box, Geom, Vec3

_KINDS = {"hinge": "revolute", "slide": "prismatic"}


def urdf_text(name: str, bodies: Sequence[Body], tints: Sequence[str] = ()) -> str:
    """The tree of `bodies` (the root first) as one URDF robot; each joint has its child body's name.

    tints: colours "red green blue alpha" for a viewer, taken in turns; with any, every collision shape is
    drawn, and a rod from each body to the next.
    """
    robot = ET.Element("robot", name=name)
    for i, body in enumerate(bodies):
        link = ET.SubElement(robot, "link", name=body.name)
        _inertial(link, body)
        for geom in body.geoms:
            _shape(ET.SubElement(link, "collision"), geom)
        if tints:
            _draw(link, body, [b.pos for b in bodies if b.parent == body.name], tints[i % len(tints)])
        if body.parent is not None:
            _joint(robot, body)
    ET.indent(robot)
    return ET.tostring(robot, encoding="unicode")


def _inertial(link: ET.Element, body: Body) -> None:
    inertial = ET.SubElement(link, "inertial")
    ET.SubElement(inertial, "origin", xyz=_text(body.com), rpy="0 0 0")
    ET.SubElement(inertial, "mass", value=repr(body.mass))
    xx, yy, zz = map(repr, body.inertia)
    ET.SubElement(inertial, "inertia", ixx=xx, iyy=yy, izz=zz, ixy="0", ixz="0", iyz="0")


def _joint(robot: ET.Element, body: Body) -> None:
    assert body.parent is not None
    kind = _KINDS[body.joint.kind] if body.joint else "fixed"
    made = ET.SubElement(robot, "joint", name=body.name, type=kind)
    ET.SubElement(made, "parent", link=body.parent)
    ET.SubElement(made, "child", link=body.name)
    ET.SubElement(made, "origin", xyz=_text(body.pos), rpy="0 0 0")
    if body.joint:
        ET.SubElement(made, "axis", xyz=_text(body.joint.axis))
        limits = {name: repr(getattr(body.joint, name)) for name in ("lower", "upper", "effort")}
        # the format wants a speed limit as well; we have none, and no simulator we use reads it
        ET.SubElement(made, "limit", limits, velocity="100")


def _shape(parent: ET.Element, geom: Geom) -> None:
    ET.SubElement(parent, "origin", xyz=_text(geom.pos), rpy="0 0 0")
    geometry = ET.SubElement(parent, "geometry")
    if isinstance(geom.shape, Box):
        ET.SubElement(geometry, "box", size=_text([2 * half for half in geom.shape.half_extents]))
    else:
        capsule = {"radius": repr(geom.shape.radius), "length": repr(2 * geom.shape.half_length)}
        ET.SubElement(geometry, "capsule", capsule)


def _draw(link: ET.Element, body: Body, children: list[Vec3], tint: str) -> None:
    for geom in body.geoms:
        visual = ET.SubElement(link, "visual")
        _shape(visual, geom)
        _tint(visual, tint)
    for _, _, height in children[:1]:  # the frames of this arm lie on one line at zero
        rod = ET.SubElement(link, "visual")
        ET.SubElement(rod, "origin", xyz=_text((0.0, 0.0, height / 2)), rpy="0 0 0")
        ET.SubElement(ET.SubElement(rod, "geometry"), "cylinder", radius="0.06", length=repr(height))
        _tint(rod, tint)


def _tint(visual: ET.Element, rgba: str) -> None:
    ET.SubElement(ET.SubElement(visual, "material", name=rgba.replace(" ", "_")), "color", rgba=rgba)


def _text(numbers: Sequence[float]) -> str:
    return " ".join(repr(float(number)) for number in numbers)
