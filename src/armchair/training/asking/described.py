"""Who answers a run, as its configuration has it: people, or a simulated teacher and its traits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

from armchair.config.read import from_run
from armchair.config.teach import TeachConfig
from armchair.envs.foreign.points.declaration import Declared
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
OWN, SEVERAL = "own", "several"  # in that place: a function of a program; annotators by name
OF_PROGRAMS = (OWN, SEVERAL)  # whose functions a run's folder cannot hold
PROGRAM = "program"  # in a run's configuration: what a program brought along besides, and where it was found
UNREWARDED = (PERSON, "viewer", *OF_PROGRAMS)  # those who do not judge by the task's own reward


def errs(teacher: Mapping[str, Json]) -> bool:
    """Whether the answers of this description's teacher may be wrong, as people's are."""
    if teacher["name"] in OF_PROGRAMS:
        return False  # their settings say so, if they do
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
    cues = spec.cues or Declared(config.env.points).cues
    points = () if layout is None else layout.points
    scorer, sight = true_return, Sight(points, cues, centred=spec.foreign)
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
    """A run of teaching that exists already, as it was set up; no teacher where people answer.

    Raises RunError where a program has to go on with it, since it brought functions along.
    """
    config, described = opened(run)
    if needed := needed_of(run.config()):
        words = ", ".join(f"{name}={_short(place)}" for name, place in needed.items())
        told = " and ".join(f"{name} {place}" for name, place in needed.items())
        raise RunError(
            f"{run.path} was begun by a program with functions of its own ({told}), which no command has: "
            f"armchair.resume({str(run.path)!r}, {words}) goes on with it in Python"
        )
    return config, make_described(described, config)


def opened(run: RunDir) -> tuple[TeachConfig, Mapping[str, Json]]:
    """What a run of teaching was asked to do, and by whom it is answered. Raises RunError for other runs."""
    saved = run.config()
    described = saved.pop("teacher", None)
    if not isinstance(described, Mapping) or not isinstance(described.get("name"), str):
        raise RunError(f"{run.path} is no run of teaching: `armchair teach` makes one")
    return from_run(saved), described


def needed_of(config: Mapping[str, Json]) -> dict[str, str]:
    """What `armchair.resume` has to be given of a run of this configuration, and where each was found."""
    teacher, more = config.get("teacher"), config.get(PROGRAM)
    needed: dict[str, str] = {}
    if isinstance(teacher, Mapping) and teacher.get("name") in OF_PROGRAMS:
        needed["teacher"] = ", ".join(str(place) for key, place in teacher.items() if key != "name")
    if isinstance(more, Mapping):
        needed |= {str(name): str(place) for name, place in more.items()}
    return needed


def _short(place: str) -> str:
    """What a function may be called: "my_script:prefer" -> prefer."""
    name = place.rpartition(":")[2].rpartition(".")[2]
    return name if name.isidentifier() and "," not in place else "…"
