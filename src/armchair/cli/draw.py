"""`python -m armchair.cli.draw STORE CLIP`: a clip's poses as a film, on standard output.

A process of its own, because drawing needs torch and OpenGL and the page's server has neither.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from armchair.console import printable
from armchair.errors import ArmchairError, StoreError

if TYPE_CHECKING:
    from armchair.envs.base import PoseDrawing
    from armchair.store.store import Store

SIZE = 320  # pixels, width and height
FPS = 20.0  # where nobody said how long a step takes


def command_of(store: str) -> list[str]:
    """The command that draws a clip of a store (a file or a URL), to which the clip's id is to be added."""
    return [sys.executable, "-P", "-m", "armchair.cli.draw", store]


def draw(store: Store, clip: str) -> bytes:
    """The film of a clip that has poses, or the one it came with. Raises StoreError where it has neither."""
    import numpy as np
    import torch

    from armchair.video import mp4_bytes

    replay = store.replay(clip)
    if replay.film is not None:
        return replay.film
    if replay.poses is None:
        raise StoreError(f"clip {clip} has neither poses nor pictures")
    numbers = np.frombuffer(replay.poses, "<f4").astype(np.float32)
    poses = torch.from_numpy(numbers).reshape(replay.steps, replay.bodies, 7)
    with drawing(store, replay.bodies, SIZE) as renderer:
        return mp4_bytes(map(renderer.render, poses), 1.0 / control_dt(store))


def drawing(store: Store, bodies: int, size: int) -> PoseDrawing:
    """What draws the poses (bodies, 7) of a store's clips, `size` pixels wide and high, to be entered.

    Raises MissingDependency where there is no OpenGL to draw with.
    """
    from armchair.engines.display.clip_picture import clip_renderer

    scene = store.board.asset("scene")
    return clip_renderer(None if scene is None else scene.data, bodies, size)


def control_dt(store: Store) -> float:
    """How long a control step of the run takes, in s."""
    status = store.board.status()
    dt = None if status is None else status.value.get("control_dt")
    return float(dt) if isinstance(dt, int | float) and dt > 0 else 1.0 / FPS


def main(argv: Sequence[str]) -> int:
    """Write the film; 2 and one line on standard error where that cannot be."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(10)  # whoever answers comes first
    from armchair.store.store import Store

    try:
        with Store.open(argv[0], create=False) as store:
            sys.stdout.buffer.write(draw(store, argv[1]))
    except ArmchairError as error:
        print(f"armchair: {printable(str(error))}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
