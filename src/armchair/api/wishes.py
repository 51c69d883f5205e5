"""Wishes on top of a finished skill, from a program."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from armchair.api.judges import Judge, described, made
from armchair.api.moments import Moments, Telling
from armchair.api.run import Run, finished
from armchair.api.teaching import Brought, Teaching, begin
from armchair.config.on_skill import asked_of, on_skill
from armchair.config.read import from_run, with_flags
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput, check_choice
from armchair.feedback.styles import QUESTIONS
from armchair.feedback.teachers import TEACHERS
from armchair.jsonable import Json
from armchair.rewards.saved import reward_of
from armchair.training.asking.described import PERSON
from armchair.training.environments import check_task


def teach_wishes(
    skill: Run | str | Path,
    wishes: Mapping[str, str | Judge | None],
    *,
    labels: int | None = None,
    weights: Mapping[str, float] | None = None,
    config: Mapping[str, Json] | None = None,
    on: Moments | None = None,
    runs: str | Path = "runs",
) -> Teaching:
    """Teach how a finished skill is done, from some forty answers about each wish. -> a run, as of `teach`.

    >>> run = armchair.teach_wishes("runs/reach-001", {"Which one moves more slowly?": slower})
    >>> run.policy.wishes

    skill: a run of teaching. wishes: by the question that is asked, or by the name of a style that can be
    simulated; of each who answers: a function, see `teach`, or a simulated teacher's name, which styles take;
    all None: people. labels: questions in all. weights: how much of a wish the policy has in the end, from 0
    to 1, by question or name; if not given, what costs next to nothing. config: settings by key.

    Raises an `ArmchairError` that says what would have been right, before anything is written.
    """
    run = finished(skill if isinstance(skill, Run) else Run(skill))
    names = _named(wishes, str(run.path))
    own = from_run(run.config())
    reward_of(run, own.task)  # without one there is nothing to keep
    of_wish = {names[key]: weight for key, weight in (weights or {}).items() if key in names}
    if unknown := set(weights or {}) - set(names):
        raise InvalidInput(f"weights are of wishes ({', '.join(names)}), not of {', '.join(unknown)}")
    asked = asked_of(
        [key for key in wishes if key not in QUESTIONS], [key for key in wishes if key in QUESTIONS]
    )
    base = on_skill(own, asked, {}, str(run.path))
    flags: dict[str, Json] = {**(config or {}), "wishes.weights": dict(of_wish)}
    chosen = with_flags(base, {**flags, **({} if labels is None else {"labels": labels})}, "config")
    spec = resolve_task(chosen.task)
    judges = {names[key]: judge for key, judge in wishes.items() if judge is not None}
    check_task(spec, chosen, rewarded=False)
    layout = spec.layout(chosen.env)
    about: Mapping[str, Json] = described(judges) if judges else {"name": PERSON}
    teacher = made(judges or None, chosen, layout)
    return begin(chosen, about, Brought(teacher, None, Telling(on, layout)), {}, Path(runs))


def _named(wishes: Mapping[str, str | Judge | None], skill: str) -> dict[str, str]:
    """The names of wishes by what they were given as. Raises InvalidInput for teachers that cannot answer."""
    if not wishes:
        raise InvalidInput(f"name a wish, such as 'Which one moves more slowly?', on top of {skill}")
    if len({judge is None for judge in wishes.values()}) > 1:
        raise InvalidInput("either people answer about all wishes (None), or a teacher about each")
    styles = [key for key in wishes if key in QUESTIONS]
    words = [key for key in wishes if key not in QUESTIONS]
    for key in words:
        if isinstance(wishes[key], str):
            raise InvalidInput(
                f"{wishes[key]} cannot read {key!r}: give a function, or name a style: {', '.join(QUESTIONS)}"
            )
    for key in styles:
        if isinstance(judge := wishes[key], str):
            check_choice("teacher", judge, TEACHERS)
    return dict(zip([*styles, *words], asked_of(words, styles), strict=True))
