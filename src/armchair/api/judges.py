"""Own teachers, as functions of a program: understood, named, and made what a run asks."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import TypeAlias, cast

from armchair.api.clips import Clip, seen
from armchair.config.teach import TeachConfig
from armchair.errors import InvalidInput
from armchair.feedback.own import OwnTeacher, Panel, Prefer
from armchair.feedback.teachers import Teacher
from armchair.jsonable import Json
from armchair.training.asking.described import OWN, PERSON, SEVERAL, make_described
from armchair.types import Choice, VisibleLayout
from armchair.types import Clip as Stored

Judge: TypeAlias = Callable[[Clip, Clip], Choice] | Callable[[Clip], float]
"""`prefer(left, right) -> "left"`, "right", "tie", "both_bad" or "cant_tell"; or `score(clip) -> float`, of
which more is better."""
TeacherLike: TypeAlias = str | Judge | Mapping[str, str | Judge] | None
"""A simulated teacher's name; a function; several of these by the annotators' names; None: people."""


def place_of(function: object) -> str:
    """Where a function is found, "module:name", as a run's folder keeps it."""
    own = function if hasattr(function, "__qualname__") else type(function)
    return f"{getattr(own, '__module__', '')}:{getattr(own, '__qualname__', '')}"


def described(teacher: TeacherLike) -> dict[str, Json]:
    """A teacher as it is written into a run. Raises InvalidInput for what is none."""
    if teacher is None:
        return {"name": PERSON}
    if isinstance(teacher, str):
        return {"name": teacher}
    if isinstance(teacher, Mapping):
        wrong = [name for name in teacher if name == "name"]
        if not teacher or wrong:
            raise InvalidInput("several teachers are given by the annotators' names: {'ann': prefer, …}")
        return {"name": SEVERAL, **{name: _one(judge) for name, judge in teacher.items()}}
    return {"name": OWN, "function": _one(teacher)}


def made(teacher: TeacherLike, config: TeachConfig, layout: VisibleLayout | None) -> Teacher | None:
    """The teacher of a run; None where people answer. layout: what clips show, where that is known.

    Raises InvalidInput for what is none, InvalidChoice for an unknown name.
    """
    if isinstance(teacher, str) or teacher is None:
        return make_described({"name": teacher or PERSON}, config)
    if isinstance(teacher, Mapping) and config.wishes.asked:
        return _of_wishes(teacher, config, layout)
    if isinstance(teacher, Mapping):
        members = {name: made(judge, config, layout) for name, judge in teacher.items()}
        return Panel({name: one for name, one in members.items() if one is not None})
    return OwnTeacher(prefers(teacher, layout))


def _of_wishes(
    judges: Mapping[str, str | Judge], config: TeachConfig, layout: VisibleLayout | None
) -> Teacher:
    """One who answers about each wish as the judge of that name does; a name stands for a simulated style."""
    if set(judges) != set(config.wishes.asked):
        raise InvalidInput(
            f"each wish of the run has a teacher: {', '.join(config.wishes.asked)}; got {', '.join(judges)}"
        )
    whole = OwnTeacher(lambda left, right: "cant_tell")
    for wish, judge in judges.items():
        if isinstance(judge, str):
            style = make_described({"name": judge, "style": wish}, config)
            assert style is not None, "it has a name"
            whole.wishes = {**whole.wishes, wish: style}
        else:
            whole.wishes = {**whole.wishes, wish: OwnTeacher(prefers(judge, layout))}
    return whole


def prefers(judge: Judge, layout: VisibleLayout | None) -> Prefer:
    """A function of clips as they are stored, of one of clips as programs see them."""
    if _arguments(judge) == 2:
        two = cast("Callable[[Clip, Clip], Choice]", judge)
        return lambda left, right: two(seen(left, layout), seen(right, layout))
    one = cast("Callable[[Clip], float]", judge)

    def prefer(left: Stored, right: Stored) -> Choice:
        values = [float(one(seen(clip, layout))) for clip in (left, right)]
        if not all(map(math.isfinite, values)):
            raise InvalidInput(f"a score must be finite, {place_of(judge)} returned {values}")
        return "tie" if values[0] == values[1] else "left" if values[0] > values[1] else "right"

    return prefer


def _one(judge: object) -> str:
    """How one of them is written into a run."""
    if isinstance(judge, str):
        return judge
    _arguments(judge)
    return place_of(judge)


def _arguments(judge: object) -> int:
    """How many clips a function takes, 1 or 2; InvalidInput for anything else."""
    right = "a teacher is a name such as 'oracle', prefer(left, right) or score(clip)"
    if not callable(judge):
        raise InvalidInput(f"{right}, got {judge!r}")
    parameters = inspect.signature(judge).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [one for one in parameters if one.kind in kinds and one.default is inspect.Parameter.empty]
    if len(needed) not in (1, 2):
        raise InvalidInput(f"{right}; {place_of(judge)} takes {len(needed)} arguments")
    return len(needed)
