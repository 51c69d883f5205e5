"""Who answers a run, as its configuration has it: people, or a simulated teacher and its traits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from armchair.config.read import from_run
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.errors import RunError
from armchair.feedback.styles import style_score, weighted
from armchair.feedback.teachers import Teacher, TeacherParams, make_teacher, true_return
from armchair.feedback.viewer import Sight
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.runs.folder import RunDir

TRAITS = tuple(field.name for field in fields(TeacherParams))  # of simulated teachers, a number each
PERSON = "person"  # in a run's description, in the place of a simulated teacher's name


def make_described(teacher: Mapping[str, Json], config: TeachConfig) -> Teacher | None:
    """The simulated teacher of this description: name, traits, style; None where people answer."""
    if teacher["name"] == PERSON:
        return None
    scorer, style = true_return, teacher.get("style")
    spec = resolve_task(config.task)
    layout = spec.layout(config.env)
    points = () if layout is None else layout.points
    if style:
        scorer = style_score(str(style), points)
    weight = teacher.get("style_weight")
    if weight is not None:
        scorer = weighted((true_return, 1.0), (scorer, float(str(weight))))
    params = {key: float(str(value)) for key, value in teacher.items() if key in TRAITS}
    rng = generator(config.seed, "teacher")
    return make_teacher(str(teacher["name"]), params, rng, scorer=scorer, sight=Sight(points, spec.cues))


def open_run(run: RunDir) -> tuple[TeachConfig, Teacher | None]:
    """A run of teaching that exists already, as it was set up; no teacher where people answer."""
    saved = run.config()
    described = saved.pop("teacher", None)
    if not isinstance(described, Mapping):
        raise RunError(f"{run.path} is no run of teaching: `armchair teach` makes one")
    config = from_run(saved)
    return config, make_described(described, config)
