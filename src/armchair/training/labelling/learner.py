"""A trainer that only asks and fits: questions about recorded windows, a reward model from the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from armchair.errors import InvalidInput
from armchair.exchange.lerobot import preferences, progress
from armchair.feedback.acquisition import make_questions, select_queries
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.rewards.doubting import fit_doubting
from armchair.rewards.ensemble import RewardConfig, RewardEnsemble
from armchair.rewards.fit import FitReport
from armchair.rewards.saved import REWARD_MODEL, has_reward, read_reward
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.asking.querying import CANDIDATES, flat, guesses, predict, with_guess
from armchair.training.labelling.footage import Footage
from armchair.training.status import Phase, StatusWriter

DATASET = "dataset"  # the key of a run's configuration: the folder of what is labelled
QUEUE, BLOCK = 8, 4  # questions that wait for people; so many at least are put at a time
FIRST, SHARE = 4, 0.1  # answers before the first fit; new ones before the next, as a share of all
REFERENCE = 3000  # states that fix how the reward is normalised
MEMBERS = 20  # of the ensemble, as wherever people answer
PREFERENCES = Path(preferences.FILE).name  # in the run's folder


@dataclass(frozen=True)
class LabelPlan:
    """What a run that labels a data set was asked to do."""

    dataset: str
    """The folder of the data set."""
    camera: str
    """Which of its films is shown."""
    clip_length: int
    """Frames in a clip."""
    labels: int = 100
    """Questions that may be asked, in all."""
    question: str = ""
    """What people are asked; empty: about the data set's task."""
    strategy: str = "diverse"
    """How pairs are chosen once there is a model, see `armchair.feedback.acquisition.STRATEGIES`."""
    seed: int = 0

    @staticmethod
    def of(config: Mapping[str, Json]) -> LabelPlan:
        """The plan in a run's configuration. Raises InvalidInput where there is none."""
        known = LabelPlan("", "", 0)
        found: dict[str, Json] = {}
        for name, usual in vars(known).items():
            value = config.get(name, usual)
            if type(value) is not type(usual):
                raise InvalidInput(
                    f"{name} in the run's config.yaml must be such as {usual!r}, got {value!r}"
                )
            found[name] = value
        return replace(known, **found)  # pyright: ignore[reportArgumentType]


class DatasetLearner:
    """Asks about the windows of a data set and learns from the answers; all that matters is in the run."""

    def __init__(
        self, run: RunDir, store: Store, footage: Footage, plan: LabelPlan, beside: Path | None = None
    ) -> None:
        """beside: the folder that preferences and progress are written to as well: the data set's."""
        self.run, self.store, self.footage, self.plan = run, store, footage, plan
        self.folders = [run.path] if beside is None else [run.path, beside]
        self._rng = generator(plan.seed + store.counts().questions, "label")
        self._config = RewardConfig(members=MEMBERS)
        self.model: RewardEnsemble | None = None
        self.report: FitReport | None = None
        self._fitted_at = self._fitted = self.fits = 0
        self._places: dict[str, preferences.Place] = {}
        self.question = plan.question or footage.question
        about: dict[str, Json] = {"task": Path(plan.dataset).name, "question": self.question}
        about |= {"control_dt": 1.0 / footage.data.info.fps, "bodies": [], "teacher": "person"}
        self._status = StatusWriter(store.board, about)
        if has_reward(run):
            model = read_reward(run.checkpoints / REWARD_MODEL)
            self.model = model if model.layout == footage.layout else None

    @property
    def labels(self) -> int:
        """The budget, which the run's owner may change."""
        labels = self.store.board.settings().labels
        return self.plan.labels if labels is None else labels

    def turn(self) -> FitReport | None:
        """Fit where there is enough to learn, ask where too little waits. -> what a fit came to, if any."""
        report = self._fit()
        self._ask()
        self.tell()
        return report

    def _ask(self) -> None:
        now, settings = self.store.counts(), self.store.board.settings()
        due = min(QUEUE - now.open, self.labels - now.asked - now.open)
        if settings.paused or due < min(BLOCK, self.labels - now.asked):
            return
        if due <= 0:
            return
        self.tell("collecting")
        pairs = self.footage.propose(CANDIDATES, self._rng)
        if not len(pairs.left):
            raise InvalidInput(
                f"{self.plan.dataset} has no two clips of {self.footage.length} frames: make them shorter"
            )
        predictions = predict(self.model, pairs)
        strategy = "uniform" if self.model is None else self.plan.strategy
        rows, names = select_queries(strategy, predictions, due, self._rng)
        clips = self.footage.clips(pairs.select(rows), self._rng)
        questions = make_questions(clips, names, 0, self._rng)
        if self.model is not None:
            questions = with_guess(questions, clips, guesses(predictions, rows))
        self.store.add_clips(flat(clips), reward_known=self.footage.rewarded)
        self.store.ask(questions, priority=float(self.fits))
        self._places |= {clip.id: preferences.Place(clip.episode, clip.start) for clip in flat(clips)}

    def _fit(self) -> FitReport | None:
        position = self.store.position()
        if position == self._fitted_at:
            return None
        useful = self.store.counts().answers
        new = abs(useful - self._fitted)
        if useful < FIRST or (self.report is not None and new < max(1, round(SHARE * useful))):
            return None
        return self.fit(position)

    def fit(self, position: int | None = None) -> FitReport | None:
        """A new model from all answers, and the files that follow from it. -> None where there are none."""
        position = self.store.position() if position is None else position
        answers = self.store.preferences()
        if not len(answers.target):
            return None
        self.tell("fitting")
        states = self.footage.states(REFERENCE, self._rng)
        self.model, report = fit_doubting(answers, states, self.footage.layout, self._config, self._rng)
        self.report, self._fitted_at, self._fitted = report, position, self.store.counts().answers
        self.fits += 1
        self.model.save(self.run.checkpoints / REWARD_MODEL, Path(self.plan.dataset).name)
        self._write()
        heldout = None if report.heldout is None else report.heldout.accuracy
        self.run.log({"answers": self._fitted, "heldout": heldout, "train": report.train.accuracy})
        return report

    def _write(self) -> None:
        """Progress and preferences: into the run's folder and, if wanted, beside the data set."""
        assert self.model is not None
        numbers = [one.at.number for one in self.footage.episodes]
        rewards = [self.model.mean(seen) for seen in self.footage.visible]
        records = self.store.records()
        asked = preferences.Asked(
            self._placed([name for one in records for name in (one.question.left, one.question.right)]),
            self.footage.length,
            {None: self.store.board.settings().question or self.question},
            self.store.annotators(),
        )
        for folder in self.folders:
            own = folder == self.run.path
            place = PREFERENCES if own else preferences.FILE
            preferences.write_preferences(folder / place, records, asked)
            model = str(self.run.checkpoints / REWARD_MODEL)
            progress.write_progress(folder / progress.FILE, rewards, model, numbers)

    def _placed(self, names: list[str]) -> dict[str, preferences.Place]:
        unknown = list(dict.fromkeys(name for name in names if name not in self._places))
        for clip in self.store.clips(unknown):
            self._places[clip.id] = preferences.Place(clip.episode, clip.start)
        return self._places

    @property
    def done(self) -> bool:
        """Whether the budget is spent."""
        return self.store.counts().asked >= self.labels

    def tell(self, phase: Phase = "waiting", *, now: bool = False) -> None:
        """Let the page know what is done."""
        facts: dict[str, Json] = {"labels": self.labels, "updates": self.fits, "env_steps": 0}
        facts |= {"of_updates": max(1, self.fits), "success": None}
        self._status.write("paused" if self.store.board.settings().paused else phase, facts, now=now)
