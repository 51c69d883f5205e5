"""All that people who teach are told of where they stand, put together for the trainer."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from armchair.jsonable import Json
from armchair.rewards.ensemble import RewardEnsemble
from armchair.runs.tensors import part, prefixed
from armchair.store.store import Store
from armchair.training.standing.learned import Learned
from armchair.types import PreferenceBatch


class Standing:
    """Is told of each fit. With a simulated teacher it does nothing, since nobody looks."""

    def __init__(self, store: Store, *, people: bool) -> None:
        self._store, self._people = store, people
        self._learned = Learned()

    def fitted(
        self,
        given: PreferenceBatch,
        since: int,
        before: RewardEnsemble | None,
        after: RewardEnsemble | None,
    ) -> None:
        """The reward was fitted to what was `given`, for the first time to what was recorded `since` then."""
        if not self._people or before is None or after is None:
            return
        new = len(self._store.preferences(since=since).target)
        self._learned.take_in(given, min(new, len(given.target)), before, after)

    def facts(self) -> dict[str, Json]:
        """For the page."""
        return self._learned.facts()

    def tensors(self) -> dict[str, Tensor]:
        """All that is to be known again after a resume, by name."""
        return prefixed("learned", self._learned.tensors()) if self._people else {}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        self._learned.load_tensors(part(tensors, "learned"))
