"""A run of teaching, as what came of it."""

from __future__ import annotations

from pathlib import Path

from armchair.agents.saved import load_policy
from armchair.api.clips import Clips, open_store
from armchair.api.features import Features, give_all, layout_of
from armchair.api.policy import Policy
from armchair.api.reward import Reward
from armchair.api.tables import Table, answer_rows, table
from armchair.config.read import from_run
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput
from armchair.evaluate import Evaluation, evaluate
from armchair.reports.drawn import FILMED, REPLAYED, draw_film, draw_replay
from armchair.reports.summary import summarise
from armchair.rewards.saved import has_reward, reward_of
from armchair.runs.folder import RunDir
from armchair.types import VisibleLayout


class Run:
    """A run on disk. Nothing is read before it is asked for, and each time anew.

    >>> run = armchair.load("runs/reach-001")
    >>> run.success, len(run.clips), run.policy
    """

    def __init__(self, path: str | Path, features: Features | None = None) -> None:
        """See `load`."""
        self._folder = RunDir.open(Path(path))
        if features:
            give_all(features, layout_of(self.config))

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self._folder.path

    @property
    def config(self) -> TeachConfig:
        """What the run was asked to do."""
        return from_run(self._folder.config())

    @property
    def task(self) -> str:
        """What was taught, such as "reach"."""
        return str(self._folder.config().get("task", ""))

    @property
    def policy(self) -> Policy:
        """What was learned to do. Raises RunError where there is no policy yet."""
        agent, info = load_policy(self._ready())
        return Policy(agent.net, info)

    @property
    def reward(self) -> Reward:
        """What was learned of what is wanted. Raises RunError where there is nothing yet.

        Of a run of wishes it is that of the skill below them.
        """
        return Reward(reward_of(self._ready(), self.task))

    @property
    def metrics(self) -> Table:
        """A row for each update, fit and evaluation; see docs/teaching.md for the columns."""
        return table(self._ready().metrics())

    @property
    def answers(self) -> Table:
        """A row for each answer in force: the ids of both clips, the choice, who gave it, when."""
        with open_store(self._ready()) as store:
            return table(answer_rows(store.records(excluded=True)))

    @property
    def clips(self) -> Clips:
        """The clips that were asked about, by id."""
        run = self._ready()
        with open_store(run) as store:
            put = store.put()
        return Clips(run, [name for one in put for name in (one.left, one.right)], self.layout)

    @property
    def layout(self) -> VisibleLayout | None:
        """What the numbers of `Clip.visible` mean; None where nobody knows them by name."""
        config = self.config
        known = resolve_task(config.task).layout(config.env)
        if known is None and has_reward(self._folder):
            known = reward_of(self._folder, config.task).layout
        return known

    @property
    def success(self) -> float | None:
        """Share of the episodes of the last evaluation that ended in success, from 0 to 1.

        None before the first evaluation, where the environment does not say what success is, and where
        another wish than the task's was taught.
        """
        found = summarise(self._ready(), self.config, 0.0)["success"]
        return found if isinstance(found, float) else None

    def evaluate(self, episodes: int = 100, seed: int = 10_000) -> Evaluation:
        """Success and return of the policy, best actions, in fresh episodes, with 95 % intervals."""
        net, config = load_policy(self._ready())[0].net, self.config
        spec = resolve_task(config.task)
        env = spec.make(spec.copies_for(episodes), config.env.on_cpu(), seed=seed)
        try:
            return evaluate(env, net.best, episodes, seed)
        finally:
            env.close()

    def film(self, file: str | Path | None = None, episodes: int = FILMED) -> Path:
        """Film the policy in a few episodes. -> the MP4.

        file: videos/policy.mp4 in the run's folder by default. Raises MissingDependency where nothing can be
        drawn, without OpenGL for example.
        """
        return draw_film(self._ready(), self.config, _target(file, ".mp4"), episodes)

    def replay(self, file: str | Path | None = None, episodes: int = REPLAYED) -> Path:
        """Write a page that replays a few episodes in 3D and needs nothing else. -> it.

        file: replay.html in the run's folder by default. Raises InvalidInput where the task has no 3D scene.
        """
        return draw_replay(self._ready(), self.config, _target(file, ".html"), episodes)

    def _ready(self) -> RunDir:
        """The folder, once what is in it is what came of the run."""
        return self._folder

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.task} in {self.path}>"


def finished(run: Run) -> RunDir:
    """The folder of a run, which goes on to its end first if nobody has begun to iterate it."""
    return run._ready()  # pyright: ignore[reportPrivateUsage]


def load(path: str | Path, features: Features | None = None) -> Run:
    """The run in this folder, as it stands; it may still be in progress elsewhere.

    features: those that the run was begun with, if it was begun with any: a folder cannot hold them. Raises
    RunError, with the nearest name there is, where the folder holds no run.
    """
    return Run(path, features)


def _target(file: str | Path | None, ending: str) -> Path | None:
    if file is None:
        return None
    path = Path(file)
    if path.suffix.lower() != ending:
        raise InvalidInput(f"the file's name must end in {ending}, got {path.name!r}")
    return path
