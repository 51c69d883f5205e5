"""Arms that the tests write themselves: six joints and two fingers, five joints and a jaw, three and none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

LINK = '<geom type="capsule" fromto="0 0 0 {x} 0 {z}" size="0.035" mass="{mass}"/>'
FINGER = """
  <body name="finger_{side}" pos="0 0 0.06">
    <joint name="slide_{side}" type="slide" axis="0 {sign} 0" range="0 0.04"/>
    <geom name="pad_{side}" type="box" pos="0 {middle} 0.03" size="0.012 0.006 0.03" mass="0.05"/>
  </body>"""


def mjcf(*, wrist: str = "", hand: str = "", degrees: bool = False, head: str = "") -> str:
    """An arm of 0.4 + 0.35 m with three joints, then the wrist's."""
    limit = "-160 160" if degrees else "-2.8 2.8"
    return f"""<mujoco model="made">
  <compiler angle="{"degree" if degrees else "radian"}" autolimits="true"/>{head}
  <worldbody>
    <body name="base">
      <geom type="cylinder" size="0.06 0.04" pos="0 0 0.04" mass="3"/>
      <body name="shoulder" pos="0 0 0.25">
        <joint name="pan" axis="0 0 1" range="{limit}"/>
        <geom type="sphere" size="0.05" mass="2"/>
        <body name="upper">
          <joint name="lift" axis="0 1 0" range="{limit}"/>
          {LINK.format(x=0.3, z=0.25, mass=2)}
          <body name="lower" pos="0.3 0 0.25">
            <joint name="elbow" axis="0 1 0" range="{limit}"/>
            {LINK.format(x=0.32, z=-0.05, mass=1.5)}
            <body name="wrist" pos="0.32 0 -0.05">
              {wrist}
            </body>
          </body>
        </body>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor joint="pan" ctrlrange="-90 90"/><motor joint="lift" ctrlrange="-90 90"/>
    <motor joint="elbow" ctrlrange="-60 60"/>
  </actuator>
</mujoco>"""


def six(*, hand: str | None = None, **how: bool | str) -> str:
    """Six joints, a hand with two fingers."""
    limit = "-175 175" if how.get("degrees") else "-3.05 3.05"
    fingers = "".join(
        FINGER.format(side=side, sign=sign, middle=0.006 * sign)
        for side, sign in (("left", 1), ("right", -1))
    )
    wrist = f"""<joint name="roll" axis="1 0 0" range="{limit}"/>
      <geom type="sphere" size="0.03" mass="0.5" contype="0" conaffinity="0"/>
      <body name="pitch"><joint name="pitch" axis="0 1 0" range="{limit}"/>
        <geom type="sphere" size="0.03" mass="0.4" contype="0" conaffinity="0"/>
        <body name="hand" pos="0 0 0.05"><joint name="turn" axis="0 0 1" range="{limit}"/>
          <geom type="box" size="0.02 0.05 0.02" pos="0 0 0.03" mass="0.4"/>
          <site name="tcp" pos="0 0 0.11"/>{fingers if hand is None else hand}
        </body></body>"""
    return mjcf(wrist=wrist, **how)  # type: ignore[arg-type]


def three() -> str:
    """Three joints and a stick: no gripper."""
    return mjcf(
        wrist='<geom type="capsule" fromto="0 0 0 0 0 -0.12" size="0.012" mass="0.2"/>'
        '<site name="tcp" pos="0 0 -0.12"/>'
    )


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a model, and a description beside it if words are given. -> the file to name."""

    def _write(model: str, words: str = "", name: str = "made.xml") -> Path:
        (tmp_path / name).write_text(model, encoding="utf-8")
        if not words:
            return tmp_path / name
        file = tmp_path / "made.yaml"
        file.write_text(f"model: {name}\n{words}\n", encoding="utf-8")
        return file

    return _write
