"""Who answers a run, as its configuration has it: people, or a simulated teacher and its traits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

from armchair.config.read import from_run
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput, RunError
from armchair.feedback.styles import style_score, style_sum, weighted
from armchair.feedback.teachers import TEACHERS, Teacher, TeacherParams, make_teacher, true_return
from armchair.feedback.viewer import Sight
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.runs.folder import RunDir

TRAITS = tuple(field.name for field in fields(TeacherParams))  # of simulated teachers, a number each
PERSON = "person"  # in a run's description, in the place of a simulated teacher's name
UNREWARDED = (PERSON, "viewer")  # those who do not judge by the task's own reward


def errs(teacher: Mapping[str, Json]) -> bool:
    """Whether the answers of this description's teacher may be wrong, as people's are."""
    found = TEACHERS.get(str(teacher["name"]))
    return found is None or replace(found, **_traits(teacher)).errs  # a person, where none is found


def _traits(teacher: Mapping[str, Json]) -> dict[str, float]:
    """What is set of a teacher, a number each; InvalidInput for what is none."""
    found: dict[str, float] = {}
    for key in (key for key in TRAITS if key in teacher):
        try:
            found[key] = float(str(teacher[key]))
        except ValueError:
            raise InvalidInput(f"{key} of a teacher must be a number, got {teacher[key]!r}") from None
    return found


def make_described(teacher: Mapping[str, Json], config: TeachConfig) -> Teacher | None:
    """The simulated teacher of this description: name, traits, style; None where people answer."""
    if teacher["name"] == PERSON:
        return None
    spec, name, style = resolve_task(config.task), str(teacher["name"]), teacher.get("style")
    layout = spec.layout(config.env)
    scorer, sight = true_return, Sight(() if layout is None else layout.points, spec.cues)
    params = _traits(teacher)
    weight = teacher.get("style_weight")
    if style and weight is None:
        return _by_style(name, params, str(style), sight, config.seed)
    if style:  # of an older run, which was taught both at once
        scorer = weighted((true_return, 1.0), (style_score(str(style), sight.points), float(str(weight))))
    made = make_teacher(name, params, generator(config.seed, "teacher"), scorer=scorer, sight=sight)
    made.wishes = {wish: _by_style(name, params, wish, sight, config.seed) for wish in config.wishes.asked}
    return made


def _by_style(name: str, params: dict[str, float], style: str, sight: Sight, seed: int) -> Teacher:
    """One who judges how the arm moves, by what it sees of that or by what it knows."""
    looks = params.get("views", TEACHERS[name].views if name in TEACHERS else 0.0)
    scorer = true_return if looks else style_score(style, sight.points)
    seen = replace(sight, worth=style_sum(style, sight.points)) if looks else sight
    return make_teacher(name, params, generator(seed, f"teacher {style}"), scorer=scorer, sight=seen)


def open_run(run: RunDir) -> tuple[TeachConfig, Teacher | None]:
    """A run of teaching that exists already, as it was set up; no teacher where people answer."""
    saved = run.config()
    described = saved.pop("teacher", None)
    if not isinstance(described, Mapping) or not isinstance(described.get("name"), str):
        raise RunError(f"{run.path} is no run of teaching: `armchair teach` makes one")
    config = from_run(saved)
    return config, make_described(described, config)
