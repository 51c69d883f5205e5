"""The picture that `armchair look` leaves: the scene, with a ring and a name for each point."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from armchair.envs.base import Frames
from armchair.envs.foreign import import_env
from armchair.envs.foreign.points.look import Looked
from armchair.errors import InvalidInput
from armchair.offers.extras import need

DPI = 100
COLOURS = ("#ff6a13", "#1f77ff", "#12b76a", "#d62fb0", "#f2c811")


def draw(env: str, looked: Looked, file: Path) -> None:
    """Draw the points into the scene, or the environment's own picture without them.

    Raises InvalidInput where neither can be had, MissingDependency without matplotlib.
    """
    need("plots", "a picture")
    if looked.shot is not None:
        write_picture(file, looked.shot.pixels, [point.name for point in looked.points], looked.shot.at)
        return
    drawn = import_env(env, render=True)
    try:
        drawn.reset(seed=0)
        pictures = drawn.frames() if isinstance(drawn, Frames) else []
        if not pictures:
            raise InvalidInput("the environment draws none")
        write_picture(file, pictures[0], [], np.zeros((0, 2)))
    finally:
        drawn.close()


def why_not(attempt: Callable[[], None]) -> str | None:
    """Do it. -> why that cannot be done, in a line; None where it was."""
    try:
        attempt()
    except Exception as error:  # other people's code, and what it draws with, may raise anything
        return " ".join(str(error).split()) or type(error).__name__
    return None


def write_picture(file: Path, pixels: NDArray[np.uint8], names: list[str], at: NDArray[np.float64]) -> None:
    """Write a picture (height, width, 3) with a ring and a name at each of `at` (n, 2), in pixels."""
    from matplotlib.figure import Figure

    height, width = pixels.shape[:2]
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.imshow(pixels)
    axes.set_axis_off()
    for i, (name, (x, y)) in enumerate(zip(names, at, strict=True)):
        if 0 <= x < width and 0 <= y < height:
            colour = COLOURS[i % len(COLOURS)]
            axes.plot(x, y, "o", markersize=14, markerfacecolor="none", markeredgewidth=2, color=colour)
            beside = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": colour}
            axes.annotate(name, (x, y), (10, 10 + 6 * i), textcoords="offset points", bbox=beside, fontsize=9)
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    figure.savefig(file, format="png")
