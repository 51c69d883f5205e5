"""Where a run's metrics can be sent besides its own folder, and what must be installed for each."""

from __future__ import annotations

from importlib.util import find_spec

from armchair.errors import InvalidInput, MissingDependency, check_choice
from armchair.offers.extras import need

TRACKERS: dict[str, str] = {
    "tensorboard": "tensorboard",
    "wandb": "wandb",
    "trackio": "trackio",
    "mlflow": "mlflow",
    "comet_ml": "comet_ml",
    "aim": "aim",
    "clearml": "clearml",
    "dvclive": "dvclive",
    "swanlab": "swanlab",
}
"""The module that each needs, by name; the names are those of the package accelerate."""
LOCAL = ("tensorboard",)  # what writes into the run's folder, and nowhere else


def read_trackers(text: str) -> tuple[str, ...]:
    """The trackers in a list with commas, each once.

    Raises InvalidInput, which names the choices, for an unknown one, and MissingDependency, which names the
    package, for one that is not installed. Nothing is imported.
    """
    names = tuple(dict.fromkeys(filter(None, (word.strip() for word in text.split(",")))))
    if not names:
        raise InvalidInput(f"--track takes names with commas between them, of {', '.join(TRACKERS)}")
    for name in names:
        check_choice("tracker", name, TRACKERS)
    need("track", "--track")
    for name in names:
        if find_spec(TRACKERS[name]) is None:
            raise MissingDependency(f"--track {name} needs {TRACKERS[name]}", f"pip install {TRACKERS[name]}")
    return names
