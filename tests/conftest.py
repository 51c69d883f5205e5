"""What the tests need of the machine: without it they skip and say why; with CI=true they fail."""

from __future__ import annotations

import os
import shutil

import pytest

from armchair.engines.gl import GL_PACKAGES, find_gl

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def missing_gl() -> str | None:
    """Why nothing can be drawn here, or None when it can."""
    return None if find_gl() else f"no OpenGL: {GL_PACKAGES}"


def missing_browser() -> str | None:
    """Why no page can be opened here, or None when it can."""
    return None if any(map(shutil.which, CHROMIUM_NAMES)) else "no Chromium: apt-get install chromium"


NEEDS = {"gl": missing_gl, "browser": missing_browser}


def pytest_configure() -> None:
    """MuJoCo reads its choice of OpenGL when it is imported, so it is made before any test file is."""
    found = find_gl()
    if found in ("egl", "osmesa"):
        os.environ.setdefault("MUJOCO_GL", found)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a test whose needs are not met, or fails it where they should have been."""
    for marker, missing in NEEDS.items():
        reason = missing() if item.get_closest_marker(marker) else None
        if reason and os.environ.get("CI") == "true":
            pytest.fail(f"{reason} (a failure, since CI=true)", pytrace=False)
        if reason:
            pytest.skip(reason)
