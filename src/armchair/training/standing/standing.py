"""All that people who teach are told of where they stand, put together for the trainer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from armchair.agents.networks import ActorCritic
from armchair.evaluate import Evaluation
from armchair.jsonable import Json
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.fit import FitReport
from armchair.runs.tensors import part, prefixed
from armchair.slips import Doubt, Slips, doubt
from armchair.store import second_looks
from armchair.store.store import Store
from armchair.training.asking.policy_history import Version
from armchair.training.asking.querying import Newest, Querier
from armchair.training.standing.change import Change
from armchair.training.standing.contradicted import contradicted
from armchair.training.standing.learned import Learned
from armchair.training.standing.settling import Settling
from armchair.types import PreferenceBatch


class Standing:
    """Is told of each fit. With a simulated teacher it does nothing, since nobody looks."""

    def __init__(self, store: Store, querier: Querier, evaluate: Callable[[ActorCritic], Evaluation]) -> None:
        """evaluate: measures another policy than the newest."""
        self._store, self._people = store, querier.people
        self._learned = Learned()
        self._slips: Slips | None = None  # of the last fit
        self._change = Change(store.board, querier.env, querier.config.seed)
        self._settling = Settling(store, querier, evaluate)
        self.before_end: Callable[[], object] = lambda: None  # done when no more is to come

    def fitted(
        self,
        given: PreferenceBatch,
        since: int,
        before: RewardEnsemble | None,
        newest: Newest,
        report: FitReport,
    ) -> None:
        """The reward was fitted to what was `given`, for the first time to what was recorded `since` then."""
        if not self._people or newest.model is None:
            return
        if before is not None:
            new = sum(r.answer.choice != "cant_tell" for r in self._store.records(since=since))
            self._learned.take_in(given, min(new, len(given.target)), before, newest.model)
        found = report.doubt or doubt(report.alone[: len(given.target)].tolist(), given.target.tolist())
        self._slips = found.slips
        self._offer(given, found)
        self._settling.withdraw()
        self.look(newest)
        self._change.keep(self._store.counts().asked, newest.env_steps, newest.net)

    def look(self, newest: Newest, *, ended: bool = False) -> None:
        """Show on the page what the arm does now beside what it did before. ended: no more is to come."""
        if ended:
            self.before_end()
        if self._people and newest.model is not None:
            self._change.film(self._store.counts().asked, newest.env_steps, newest.net, now=ended)
            if ended:
                self._settling.prepare(newest)

    @property
    def older(self) -> Version | None:
        """The policy that people may go back to, of a run that is done."""
        return self._settling.older

    def _offer(self, given: PreferenceBatch, found: Doubt) -> None:
        """Have people look once more at the answers that the model is surest to be otherwise."""
        kinds = self._store.annotators()
        records = [record for record in self._store.records() if record.answer.choice != "cant_tell"]
        if len(records) != len(given.target) or len(self._store.wishes()) > 1:
            return  # somebody answered since: the next fit will tell
        others = {r.question.id for r in records if kinds.get(r.answer.annotator) != "person"}
        board, trust = self._store.board, found.trust[: len(records)]  # without what demonstrations say
        again = contradicted(records, given.target, trust, others | second_looks.looked(board))
        second_looks.offer(board, again)

    def facts(self) -> dict[str, Json]:
        """For the page."""
        facts = self._learned.facts()
        if self._slips is not None:
            facts["slips"] = {**self._slips._asdict(), "words": str(self._slips)}
        return facts

    def tensors(self) -> dict[str, Tensor]:
        """All that is to be known again after a resume, by name."""
        if not self._people:
            return {}
        return prefixed("learned", self._learned.tensors()) | prefixed("change", self._change.tensors())

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        self._learned.load_tensors(part(tensors, "learned"))
        self._change.load_tensors(part(tensors, "change"))
