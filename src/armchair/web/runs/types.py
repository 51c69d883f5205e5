"""What the list's API takes and gives, as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from armchair.store.board import MAX_LABELS, MAX_QUESTION
from armchair.web.caches.clips import ClipRef
from armchair.web.processes.presets import Preset
from armchair.web.runs.listing import Row


class _Given(BaseModel):
    """Unknown names are an error, so that a misspelt one is not passed over."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NewRun(_Given):
    """A run to begin; what is left out is as the preset has it. The command line checks it."""

    preset: Annotated[str, Field(min_length=1, max_length=64)]
    labels: Annotated[int, Field(ge=-MAX_LABELS, le=MAX_LABELS)] | None = None
    seed: Annotated[int, Field(ge=-(2**31), lt=2**31)] | None = None
    question: Annotated[str, Field(max_length=10 * MAX_QUESTION)] = ""


class NewWish(_Given):
    """A wish to teach on top of a skill. The command line checks it."""

    question: Annotated[str, Field(max_length=10 * MAX_QUESTION)]
    clip: Literal["moment", "usual", "episode"] = "usual"
    """Over which time one judges."""


class Wanted(_Given):
    """Which of a run's pages to open."""

    page: Literal["label", "dashboard"] = "label"


class Runs(TypedDict):
    """The runs of a folder."""

    folder: str
    runs: list[Row]


class PresetList(TypedDict):
    """What a new run may begin with."""

    presets: list[Preset]


class Begun(TypedDict):
    """The new run."""

    name: str


class Example(TypedDict):
    """Two clips of a skill."""

    left: ClipRef
    right: ClipRef


class Judged(TypedDict):
    """A time over which one may judge."""

    clip: str
    seconds: float


class Skill(TypedDict):
    """A finished skill, and what there is to see of it."""

    name: str
    task: str
    control_dt: float
    scene: bool
    pairs: list[Example]
    judged: list[Judged]


class Opened(TypedDict):
    """Where to go; works once, for a minute."""

    url: str
