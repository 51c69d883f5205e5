"""Which OpenGL platform draws: a window's, EGL without one, or OSMesa in plain memory.

MuJoCo reads MUJOCO_GL when it is imported and defaults to a window. `choose_gl` picks what the machine
can do and may be called before or after that import.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import sys

from armchair.errors import MissingDependency

OSMESA_LIBRARIES = ("libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so")
GL_PACKAGES = "apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri (or: apt-get install libosmesa6)"


def egl_devices() -> int:
    """How many devices EGL can draw on; 0 when EGL or its drivers are missing.

    Asks eglQueryDevicesEXT (EGL_EXT_device_enumeration), which opens no display and costs a millisecond.
    The loader alone, Debian's libegl1 without a driver package, has no device.
    """
    try:
        egl = ctypes.CDLL("libEGL.so.1")
    except OSError:
        return 0
    egl.eglGetProcAddress.restype = ctypes.c_void_p
    egl.eglGetProcAddress.argtypes = [ctypes.c_char_p]
    address = egl.eglGetProcAddress(b"eglQueryDevicesEXT")
    if not address:
        return 0
    signature = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int))
    count = ctypes.c_int(0)
    succeeded = signature(address)(0, None, ctypes.byref(count))
    return count.value if succeeded else 0


def has_osmesa() -> bool:
    """Whether Mesa's off-screen library can be loaded."""
    for name in OSMESA_LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def has_display() -> bool:
    """Whether a window can be opened: always on macOS and Windows, with an X or Wayland display on Linux."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def find_gl() -> str | None:
    """The value MUJOCO_GL should have, or None when nothing here can draw. Changes nothing.

    A value that is already set wins. On Linux with a display MuJoCo's default ("glfw") is kept; without
    one it is "egl", then "osmesa". Elsewhere MuJoCo's default needs no choice.
    """
    chosen = os.environ.get("MUJOCO_GL", "").strip().lower()
    if chosen:
        return chosen
    if has_display():
        return "glfw"
    if egl_devices():
        return "egl"
    return "osmesa" if has_osmesa() else None


def choose_gl() -> str:
    """Sets MUJOCO_GL to what this machine can do and returns it.

    When MuJoCo was imported earlier without the variable, its choice of context is made again.
    Raises MissingDependency, naming the packages, when neither EGL nor OSMesa is there.
    """
    found = find_gl()
    if found is None:
        raise MissingDependency("no OpenGL to draw with: neither EGL nor OSMesa was found", GL_PACKAGES)
    if sys.platform == "linux" and found != "glfw" and not os.environ.get("MUJOCO_GL"):
        os.environ["MUJOCO_GL"] = found
        for name in ("mujoco.rendering.classic.gl_context", "mujoco.gl_context"):
            if name in sys.modules:
                importlib.reload(sys.modules[name])
    return found
