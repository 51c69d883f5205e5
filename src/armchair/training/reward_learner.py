"""The reward model of a run of teaching: fitted anew when there are new answers."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from armchair.config.teach import TeachConfig
from armchair.console import warn
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.rewards.doubting import fit_doubting
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.fit import FitReport
from armchair.runs.tensors import part, prefixed
from armchair.store.store import Store
from armchair.types import PreferenceBatch, Rollout, VisibleLayout

KEEP_ROLLOUTS = 6  # whose states fix how the reward is standardised and normalised
REFERENCE = 3000  # states, drawn from them


class RewardLearner:
    """The newest reward model, what it was fitted at, and the states that are usual now."""

    def __init__(self, config: TeachConfig, layout: VisibleLayout) -> None:
        self._config, self._layout = config.reward, layout
        self.rng = generator(config.seed, "fit")
        self.model: RewardEnsemble | None = None
        self.recent: list[Tensor] = []  # (S, F) each, states of the latest rollouts
        self.fitted_at = -1  # position in the store at the last fit
        self.fitted_update = 0  # updates of the policy at the last fit
        self.critic_behind = False  # the reward has changed, and the critic has not learned of it yet

    @property
    def judge(self) -> RewardEnsemble | None:
        """What tells which of two clips would be said to be better, of those that are asked about now."""
        return self.model

    def given(self, store: Store) -> PreferenceBatch:
        """The answers to learn from."""
        return store.preferences()

    def fit(self, answers: PreferenceBatch, position: int, updates: int) -> FitReport:
        """A new model from all answers, in force at this position of the store, after so many updates.

        Standard error is told where most of the first answers are ties.
        """
        if self.model is None and (ties := _most_are_ties(answers)):
            warn(ties)
        self.fitted_at, self.fitted_update, self.critic_behind = position, updates, True
        return self._fit(answers)

    def _fit(self, answers: PreferenceBatch) -> FitReport:
        reference = self._reference(answers.left)
        self.model, report = fit_doubting(answers, reference, self._layout, self._config, self.rng)
        return report

    def _reference(self, clips: Tensor) -> Tensor:
        """States (S, F) that are usual now: of the latest rollouts, of the clips before there are any."""
        states = torch.cat(self.recent) if self.recent else clips.flatten(0, 1)
        return states[torch.randperm(len(states), generator=self.rng)[:REFERENCE]]

    def score(self, rollout: Rollout) -> Rollout:
        """The rollout with the learned reward; its states are usual from now on."""
        assert self.model is not None
        seen = rollout.visible
        self.recent = [*self.recent[1 - KEEP_ROLLOUTS :], seen.flatten(0, 1)[::4].to("cpu", copy=True)]
        return rollout._replace(reward=self.model.to(seen.device).mean(seen))

    def load(self, model: RewardEnsemble | None, recent: list[Tensor]) -> None:
        """Go back to an earlier model and the states of its time; nothing is new to the critic then."""
        self.model, self.recent, self.critic_behind = model, recent, False
        if model is None:
            self.fitted_at = 0  # no model came of the answers so far: fit them again

    def facts(self) -> dict[str, Json]:
        """What the page is to know of the newest model besides."""
        return {}

    def begin_again(self) -> None:
        """Episodes begin anew in all copies: what was before them does not lead to them."""

    def tensors(self) -> dict[str, Tensor]:
        """All that the future depends on but counters and generators, by name."""
        out = {f"recent.{i}": states for i, states in enumerate(self.recent)}
        return out if self.model is None else out | prefixed("model", self.model.tensors())

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        recent = part(tensors, "recent")
        self.recent = [recent[str(i)] for i in range(len(recent))]
        if model := part(tensors, "model"):
            self.model = RewardEnsemble.from_tensors(self._layout, self._config, model)


def _most_are_ties(answers: PreferenceBatch) -> str | None:
    """What to say where more than half of the answers are ties, which tell little; None elsewhere."""
    ties, of = int((answers.target == 0.5).sum()), len(answers.target)
    if 2 * ties <= of:
        return None
    return (
        f"{ties} of the first {of} answers are ties, from which little is learned: longer clips "
        "(queries.clip_length) differ more; a simulated teacher needs a reward that tells how near the goal "
        "is, not only whether it is reached"
    )
