"""When a run is done: comparisons of the newest policy with an older one, kept in case they are wanted."""

from __future__ import annotations

from collections.abc import Callable

from armchair.agents.networks import ActorCritic
from armchair.envs.base import tells_success
from armchair.evaluate import Evaluation
from armchair.rollout.collect import NotFinite
from armchair.store import settling
from armchair.store.store import Store
from armchair.training.asking.policy_history import Version, network_of
from armchair.training.asking.querying import Newest, Querier


class Settling:
    """Films both policies and leaves the questions, see `armchair.store.settling`."""

    def __init__(self, store: Store, querier: Querier, evaluate: Callable[[ActorCritic], Evaluation]) -> None:
        """evaluate: measures another policy than the newest."""
        self._store, self._querier, self._evaluate = store, querier, evaluate
        self.older: Version | None = None  # which the newest is compared with

    def prepare(self, newest: Newest) -> None:
        """Nothing more is to come: film, ask, and offer what was asked, unless that was done already."""
        counts, offer = self._store.counts(), settling.read(self._store.board)
        if offer is not None and offer.policy_step == newest.env_steps:
            self.older = self._querier.history.older(counts.answers)
            return
        try:
            made = self._querier.settle(newest, counts.answers)
        except NotFinite:  # the run is done all the same
            made = None
        if made is None:
            settling.withdraw(self._store.board)
            return
        self.older, questions = made
        success = None
        if tells_success(self._querier.env):
            success = self._evaluate(network_of(self.older, newest.net)).success.value
        found = settling.Offer(
            tuple(questions), newest.env_steps, self.older.answers, counts.answers, success
        )
        settling.write(self._store.board, found)

    def withdraw(self) -> None:
        """The policy goes on."""
        self.older = None
        settling.withdraw(self._store.board)
