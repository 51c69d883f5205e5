"""Having something taught, from a program."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias, cast

import torch

from armchair.api.begin import begin_run
from armchair.api.clips import open_store
from armchair.api.features import Features, give_all, layout_of, relations_with
from armchair.api.judges import TeacherLike, described, made, place_of
from armchair.api.moments import Moments, Telling
from armchair.api.run import Run
from armchair.api.settings import ConfigLike, EnvFactory, settings
from armchair.config.read import as_yaml, with_flags
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput
from armchair.feedback.acquisition import Acquisition
from armchair.feedback.teachers import Teacher
from armchair.jsonable import Json
from armchair.reports.summary import summarise, write_summary
from armchair.rewards.relations import Relations
from armchair.runs.folder import RunDir
from armchair.training.asking.described import (
    PERSON,
    PROGRAM,
    UNREWARDED,
    errs,
    make_described,
    needed_of,
    opened,
)
from armchair.training.asking.program import Program
from armchair.training.progress import Progress
from armchair.training.setup import teach as steps

Strategy: TypeAlias = Acquisition
"""`choose(predictions, n, rng) -> rows (n,)`: which of the candidate pairs to ask about, the best first; see
`armchair.feedback.acquisition.Predictions`."""


class Brought(NamedTuple):
    """What a program brings along to a run."""

    teacher: Teacher | None
    strategy: Strategy | None
    telling: Telling


class Teaching(Run):
    """A run in progress: it goes on while it is iterated, and to its end once its results are asked for.

    >>> for progress in armchair.teach("reach", teacher=prefer):
    ...     print(progress.answers, progress.env_steps)

    Whoever iterates decides how far it goes: results asked for in between are those of that moment. Left
    alone it is finished first. However it ends, the run can be resumed.
    """

    def __init__(self, folder: RunDir, config: TeachConfig, brought: Brought, *, resume: bool) -> None:
        """Made by `teach` and `resume`."""
        super().__init__(folder.path)
        self._program = Program(brought.strategy, brought.telling.asked)
        self._telling, self._config = brought.telling, config
        self._steps = steps(config, folder, brought.teacher, resume=resume, program=self._program)
        self._begun = self._over = self._wants_end = False
        self._inside = False  # in the middle of a turn, as a callback is
        self._seconds = 0.0

    def __iter__(self) -> Iterator[Progress]:
        """Go on, turn by turn; a second loop goes on where the first stopped."""
        while (progress := self._turn()) is not None:
            yield progress

    def finish(self) -> Run:
        """Go on to the end. -> what came of it."""
        for _ in self:
            pass
        return Run(self.path)

    def stop(self) -> None:
        """Stop here, with a checkpoint that `resume` goes on from; after the end it changes nothing.

        From within a callback: stop at the end of the turn.
        """
        if self._inside:
            self._wants_end = True
            return
        self._steps.close()
        self._over = True

    @property
    def finished(self) -> bool:
        """Whether it goes on no more: done, or stopped."""
        return self._over

    def _turn(self) -> Progress | None:
        """One turn; None at the end."""
        if self._over:
            return None
        if self._inside:
            raise InvalidInput("a run cannot go on from within one of its own callbacks")
        began = time.perf_counter()
        self._begun = self._inside = True
        try:
            with _one_thread():
                progress = next(self._steps, None)
            if progress is not None:
                self._telling.turn(self._folder, progress)
        except BaseException:
            self._wants_end = True
            raise
        finally:
            self._inside = False
            self._seconds += time.perf_counter() - began
            if self._wants_end:
                self.stop()
        if progress is None:
            self._over = True
            write_summary(self._folder, summarise(self._folder, self._config, self._seconds))
        return progress

    def _ready(self) -> RunDir:
        if not self._begun and not self._over:
            self.finish()
        elif not self._over and not self._inside and self._program.keep is not None:
            self._program.keep()
        return self._folder


def teach(
    task: str | EnvFactory | None = None,
    *,
    teacher: TeacherLike = None,
    labels: int | None = None,
    config: ConfigLike = None,
    strategy: Strategy | None = None,
    features: Features | None = None,
    on: Moments | None = None,
    runs: str | Path = "runs",
) -> Teaching:
    """Teach a policy by comparing clips, two at a time. -> the run, which goes on as it is iterated.

    >>> run = armchair.teach("reach", teacher=lambda clip: -(clip["tool"] - clip["goal"]).norm(dim=1).mean())
    >>> run.success, run.policy

    task: "reach", "gymnasium:ID", "module:factory", or a function at the top of a module that makes a
    Gymnasium environment; may be left out where `config` has it. teacher: who answers: a simulated teacher's
    name; `prefer(left, right)`, which returns "left", "right", "tie", "both_bad" or "cant_tell";
    `score(clip)`, of which more is better; several of these by the annotators' names, who share the
    questions; None: people, through `armchair label RUN` in another terminal. labels: questions that may be
    asked. config: settings, see `ConfigLike`, such as {"seed": 3}. strategy: chooses the questions, see
    `Strategy`. features: what the reward looks at besides, see `Features`. on: functions to call, see
    `Moments`. runs: the folder that runs are kept in.

    Raises an `ArmchairError` that says what would have been right, before anything is written.
    """
    about = described(teacher)
    chosen = settings(
        task,
        labels,
        config,
        people=errs(about),
        simulated=about["name"] != PERSON,
        rewarded=about["name"] not in UNREWARDED,
    )
    if features:
        layout = layout_of(chosen)
        give_all(features, layout)
        looks: dict[str, Json] = {
            "reward.inputs": "chosen",
            "reward.chosen": list(relations_with(features, layout)),
        }
        chosen = with_flags(chosen, looks, "features")
        Relations(layout, "chosen", chosen.reward.chosen)  # tries them
    layout = resolve_task(chosen.task).layout(chosen.env)
    brought = Brought(made(teacher, chosen, layout), strategy, Telling(on, layout))
    places = {"strategy": strategy, "features": list(features.values()) if features else None}
    return begin(chosen, about, brought, places, Path(runs))


def begin(
    config: TeachConfig,
    about: Mapping[str, Json],
    brought: Brought,
    functions: Mapping[str, object],
    runs: Path,
) -> Teaching:
    """A new run of these settings. about: who answers. functions: by what `resume` has to be given them as;
    None for what there is none of.
    """
    whole: dict[str, Json] = {**as_yaml(config), "teacher": dict(about)}
    named = {name: _places(one) for name, one in functions.items() if one is not None}
    if named:
        whole[PROGRAM] = dict(named)
    folder = begin_run(runs, resolve_task(config.task).slug, whole)
    return Teaching(folder, config, brought, resume=False)


def _places(functions: object) -> str:
    """Where a function, or each of some, is found."""
    several = cast("list[object]", functions) if isinstance(functions, list) else [functions]
    return ", ".join(map(place_of, several))


def resume(
    path: str | Path,
    *,
    teacher: TeacherLike = None,
    strategy: Strategy | None = None,
    features: Features | None = None,
    on: Moments | None = None,
) -> Teaching:
    """Go on with a run of teaching from its newest checkpoint. -> the run, as of `teach`.

    teacher, strategy, features: the functions that the run was begun with, if it was begun with any: a folder
    cannot hold them. Raises InvalidInput where one is missing, or was not there before.
    """
    folder = RunDir.open(Path(path))
    config, about = opened(folder)
    given = {"teacher": teacher, "strategy": strategy, "features": features}
    _check_given(folder, {name: one for name, one in given.items() if one is not None})
    layout = resolve_task(config.task).layout(config.env)
    answering = make_described(about, config) if teacher is None else made(teacher, config, layout)
    if features:
        give_all(features, layout_of(config))
    telling = Telling(on, layout, since=_position(folder))
    return Teaching(folder, config, Brought(answering, strategy, telling), resume=True)


def _position(run: RunDir) -> int:
    """Of the run's store, if it has one yet."""
    if isinstance(run.store, Path) and not run.store.is_file():
        return 0
    with open_store(run) as store:
        return store.position()


def _check_given(run: RunDir, given: Mapping[str, object]) -> None:
    """InvalidInput unless just those functions are given that the run was begun with."""
    needed = needed_of(run.config())
    for name, place in needed.items():
        if name not in given:
            raise InvalidInput(f"{run.path} was begun with {place}: give that as {name}=")
    for name in given:
        if name not in needed:
            raise InvalidInput(f"{run.path} was begun without a {name} of its own: leave {name}= out")


@contextmanager
def _one_thread() -> Generator[None]:
    """The networks are small: more threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
