"""Films and plots for a tracker, as far as it takes them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from accelerate.tracking import GeneralTracker

ALIKE = ("wandb", "trackio")  # their modules have Video and Image
STILLS = 8  # pictures of a film, for a tracker that takes no films
Pictures = NDArray[np.uint8]  # (N, H, W, 3) RGB


def show(name: str, tracker: GeneralTracker, what: str, file: Path, step: int) -> None:
    """Hand over a film (.mp4) or a plot (.png) as `what`; a tracker that takes neither is left alone."""
    images = cast("Callable[..., None] | None", getattr(tracker, "log_images", None))
    if name in ALIKE:
        module = import_module(name)
        kind = cast("Callable[[str], str]", module.Video if file.suffix == ".mp4" else module.Image)
        tracker.log({what: kind(str(file))}, step=step)
    elif name == "mlflow":
        cast("Callable[[str], None]", getattr(tracker, "log_artifact", None))(str(file))
    elif images is not None:
        more = {"dataformats": "NHWC"} if name == "tensorboard" else {}
        images({what: pictures(file)}, step=step, **more)


def pictures(file: Path) -> Pictures:
    """A plot, or a few moments of a film from its beginning to its end."""
    import av

    with av.open(str(file)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(STILLS, len(frames))).astype(int))
    return np.stack([frames[int(k)] for k in chosen]).astype(np.uint8)
