"""A tracker of the package accelerate, set up to begin a run or to go on with one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from accelerate.tracking import GeneralTracker

PROJECT = "armchair"
WITHIN = 15  # s, in which a server must answer: a process that ends waits for wandb's own time, else 90 s
Options = dict[str, str | int | bool | dict[str, int] | None]


class Where(NamedTuple):
    """The run that a tracker is made for."""

    name: str  # of the run's folder
    folder: Path
    id: str  # by which the tracker knows it, or will; "" where it chooses one itself
    new: bool
    after: int  # environment steps that a run going on has behind it


def new_id() -> str:
    """An id for a run, as all trackers take it that take one."""
    return uuid.uuid4().hex


def _titled(where: Where) -> str:
    return f"{where.name}-{where.id[:6]}"  # folders elsewhere have the same names


def _of_mlflow(where: Where) -> Options:
    return {"run_name": where.name} if where.new else {"run_id": where.id}


OPTIONS: dict[str, Callable[[Where], Options]] = {
    "tensorboard": lambda where: {"purge_step": where.after + 1 if where.after else None},
    "wandb": lambda where: {
        "name": where.name,
        "id": where.id,
        "resume": "allow",
        "settings": {"init_timeout": WITHIN},
    },
    "trackio": lambda where: {
        "name": _titled(where),
        "resume": "allow",
        "embed": False,
        "auto_log_cpu": False,
    },
    "mlflow": _of_mlflow,
    "comet_ml": lambda where: {"experiment_key": where.id},
    "aim": lambda where: {"experiment": where.name} if where.new else {"run_hash": where.id},
    "clearml": lambda where: (
        {"task_name": where.name} if where.new else {"task_name": where.name, "continue_last_task": where.id}
    ),
    "dvclive": lambda where: {"dir": str(where.folder / "dvclive"), "resume": not where.new},
    "swanlab": lambda where: {"experiment_name": where.name, "id": where.id, "resume": "allow"},
}
"""What each is given beside the project's name."""
CHOOSES = ("mlflow", "aim", "clearml")  # their own ids
FORGETS = ("trackio",)  # the settings of a run that goes on


def start(name: str, where: Where, settings: Mapping[str, str | int | float | bool]) -> GeneralTracker:
    """The tracker, at work; a new run is told its settings. Raises whatever it raises."""
    from accelerate import PartialState
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS

    PartialState(cpu=True)  # what trackers ask whether they are in the main process
    kind = LOGGER_TYPE_TO_CLASS.get(name)
    if kind is None:
        raise InvalidInput(f"this accelerate has no tracker {name}: update it")
    options = OPTIONS.get(name, lambda _: {})(where)
    folder = (str(where.folder),) if kind.requires_logging_directory else ()
    project = name if name == "tensorboard" else PROJECT  # it makes a folder of the project's name
    made = cast("Callable[..., GeneralTracker]", kind)(project, *folder, **options)
    made.start()
    if where.new or name in FORGETS:
        made.store_init_configuration(dict(settings))
    return made


def id_of(name: str, tracker: GeneralTracker, where: Where) -> str:
    """By which the tracker is to be asked to go on with the run."""
    own = cast("object", getattr(tracker, "tracker", None))
    if name == "mlflow":
        return str(getattr(getattr(own, "info", None), "run_id", where.id))
    if name in CHOOSES:
        return str(getattr(own, "hash" if name == "aim" else "id", where.id))
    return where.id
