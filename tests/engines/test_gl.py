from __future__ import annotations

import os
import subprocess
import sys

import pytest

from armchair.engines.display import gl
from armchair.errors import MissingDependency

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere MuJoCo's default needs no choice")


@pytest.fixture
def headless(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("MUJOCO_GL", "")  # set first, so that what choose_gl writes is undone
    for name in ("MUJOCO_GL", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("mujoco.gl_context", "mujoco.rendering.classic.gl_context"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return monkeypatch


@linux_only
@pytest.mark.parametrize(
    ("devices", "osmesa", "expected"), [(1, True, "egl"), (1, False, "egl"), (0, True, "osmesa")]
)
def test_egl_comes_before_osmesa(
    headless: pytest.MonkeyPatch, devices: int, osmesa: bool, expected: str
) -> None:
    headless.setattr(gl, "egl_devices", lambda: devices)
    headless.setattr(gl, "has_osmesa", lambda: osmesa)
    assert gl.choose_gl() == expected
    assert os.environ["MUJOCO_GL"] == expected


@linux_only
def test_with_neither_the_packages_are_named(headless: pytest.MonkeyPatch) -> None:
    headless.setattr(gl, "egl_devices", lambda: 0)
    headless.setattr(gl, "has_osmesa", lambda: False)
    assert gl.find_gl() is None
    with pytest.raises(
        MissingDependency, match=r"apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri.*libosmesa6"
    ):
        gl.choose_gl()


def test_a_choice_already_made_is_kept(headless: pytest.MonkeyPatch) -> None:
    headless.setenv("MUJOCO_GL", "OSMesa")
    headless.setattr(gl, "egl_devices", lambda: 1)
    assert gl.choose_gl() == "osmesa"
    assert os.environ["MUJOCO_GL"] == "OSMesa"


def test_a_display_is_left_to_mujoco(headless: pytest.MonkeyPatch) -> None:
    headless.setenv("DISPLAY", ":0")
    assert gl.choose_gl() == "glfw"
    assert "MUJOCO_GL" not in os.environ


@linux_only
@pytest.mark.gl
def test_choosing_after_mujoco_was_imported_still_draws() -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("MUJOCO_GL", "DISPLAY")}
    program = (
        "import mujoco\nfrom armchair.engines.display.gl import choose_gl\nchoose_gl()\n"
        "model = mujoco.MjModel.from_xml_string('<mujoco/>')\n"
        "renderer = mujoco.Renderer(model, 16, 16)\nprint(renderer.render().shape)\nrenderer.close()\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == "(16, 16, 3)", run.stderr
