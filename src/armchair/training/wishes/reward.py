"""The reward of a run of wishes: the skill's, which stays as it is, and those learned from answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from armchair.config.teach import TeachConfig
from armchair.jsonable import Json
from armchair.rewards.ensemble import RewardConfig, RewardEnsemble
from armchair.rewards.finding import find
from armchair.rewards.fit import FitReport, fit
from armchair.rewards.implicit import join
from armchair.rewards.motion import clips_with_motion, moving_layout, with_motion
from armchair.runs.tensors import part, prefixed
from armchair.store.store import Store
from armchair.training.reward_learner import KEEP_ROLLOUTS, RewardLearner
from armchair.training.wishes.mixing import Baseline, mixed
from armchair.training.wishes.understood import understood
from armchair.types import PreferenceBatch, Rollout, VisibleLayout

CODES, CRITERIA = "codes", "criteria"
BEFORE = 2  # steps before a rollout that are remembered, so that motion is known from its first one


class WishReward(RewardLearner):
    """The skill's model, in force once each wish has a model of its own. These look at motion."""

    def __init__(self, config: TeachConfig, skill: RewardEnsemble, store: Store) -> None:
        super().__init__(config, skill.layout)
        if self._config.inputs == CRITERIA and not skill.layout.points:  # there are none without points
            self._config = replace(self._config, inputs="raw")
        self.skill = skill
        self.models: dict[str, RewardEnsemble] = {}  # by wish
        self.reports: dict[str, FitReport] = {}  # of the newest fit of each
        self.about = next(iter(config.wishes.asked))  # the wish that is asked about now
        self._moving = moving_layout(skill.layout)
        self._store, self._wishes = store, config.wishes
        self._given: dict[str, PreferenceBatch] = {}  # answers by wish, as last read
        self._baseline = Baseline(len(config.wishes.asked))
        self.shown: PreferenceBatch | None = None  # what demonstrations say of the wish, if there are any
        self._before: tuple[Tensor, Tensor] | None = None  # seen (2, N, F), ended (2, N)

    @property
    def judge(self) -> RewardEnsemble | None:
        """The model of the wish that is asked about now."""
        return self.models.get(self.about) if self.model is not None else None

    def given(self, store: Store) -> PreferenceBatch:
        """The answers about all wishes, one wish after the other."""
        self._given = {name: store.preferences(wish=name) for name in self._wishes.asked}
        return joined(list(self._given.values()))

    def _fit(self, answers: PreferenceBatch) -> FitReport:
        """New models from the answers about each wish, as last `given`. -> the report of the last one."""
        reference = self._reference(clips_with_motion(answers.left, self.skill.layout))
        for name, own in self._given.items():
            if len(own.target):
                own = own if self.shown is None else join(own, self.shown)
                left, right = (clips_with_motion(clips, self.skill.layout) for clips in (own.left, own.right))
                seen = own._replace(left=left, right=right)
                learn = find if self._config.inputs == CRITERIA else fit
                found = learn(seen, reference, self._moving, self._config, self.rng)
                self.models[name], self.reports[name] = found
        self._baseline.forget()
        self.model = self.skill if len(self.models) == len(self._wishes.asked) else None
        return list(self.reports.values())[-1]

    def score(self, rollout: Rollout) -> Rollout:
        """The rollout with the skill's reward and, by the weights in its observations, the wishes'."""
        moving, begins = self._with_motion(rollout)
        self.recent = [*self.recent[1 - KEEP_ROLLOUTS :], moving.flatten(0, 1)[::4].clone()]
        skill, weights = self.skill.mean(rollout.visible), rollout.obs[..., -len(self._wishes.asked) :]
        beyond = self._baseline.beyond(skill, self.wish_rewards(moving, begins))
        return rollout._replace(reward=mixed(skill, beyond, weights, self._wishes.most))

    def wish_rewards(self, moving: Tensor, begins: Tensor) -> Tensor:
        """Rewards of the wishes, in order, from what is seen with its motion. (T, N, F') -> (T, N, W).

        begins: (T, N) bool, the first step of an episode; what is learned looks at states by themselves.
        """
        return torch.stack([self.models[name].mean(moving) for name in self._wishes.asked], dim=-1)

    def _with_motion(self, rollout: Rollout) -> tuple[Tensor, Tensor]:
        """What was seen, with its motion, and where episodes begin. -> (T, N, F'), (T, N)."""
        seen, done = rollout.visible, rollout.done
        if self._before is None:
            self._before = seen[:1].expand(BEFORE, -1, -1), torch.ones(BEFORE, len(seen[0]), dtype=torch.bool)
        whole, ended = (torch.cat(both) for both in zip(self._before, (seen, done), strict=True))
        begins = torch.cat((torch.ones_like(ended[:1]), ended[:-1]))
        self._before = seen[-BEFORE:].clone(), done[-BEFORE:].clone()
        return with_motion(whole, self.skill.layout, begins)[BEFORE:], begins[BEFORE:]

    def facts(self) -> dict[str, Json]:
        """What was understood of the wish that is asked about, see `understood`."""
        report, model = self.reports.get(self.about), self.models.get(self.about)
        if report is None or model is None:
            return {}
        return {"understood": understood(self._store, self.about, model, report.relevance)}

    def begin_again(self) -> None:
        """Episodes begin anew in all copies: what was before them does not lead to them."""
        self._before = None

    def tensors(self) -> dict[str, Tensor]:
        """All that the future depends on but counters and generators, by name."""
        out = {f"recent.{i}": states for i, states in enumerate(self.recent)}
        out |= prefixed("baseline", self._baseline.tensors())
        for k, name in enumerate(self._wishes.asked):
            if name in self.models:
                out |= prefixed(f"wish.{k}", saved(self.models[name]))
        if self._before is not None:
            out |= {"before.seen": self._before[0], "before.ended": self._before[1]}
        return out

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        super().load_tensors(tensors)
        self._baseline.load_tensors(part(tensors, "baseline"))
        for k, name in enumerate(self._wishes.asked):
            if model := part(tensors, f"wish.{k}"):
                self.models[name] = restored(model, self._moving, self._config)
        before = part(tensors, "before")
        self._before = (before["seen"].clone(), before["ended"].clone()) if before else None
        self.model = self.skill if len(self.models) == len(self._wishes.asked) else None


def saved(model: RewardEnsemble) -> dict[str, Tensor]:
    """All of a wish's model by name: the criteria that it was found to go by are as their codes."""
    codes = "\n".join(model.config.chosen).encode() if model.config.inputs == CRITERIA else b""
    return model.tensors() | {CODES: torch.tensor(list(codes), dtype=torch.uint8)}


def restored(tensors: Mapping[str, Tensor], layout: VisibleLayout, config: RewardConfig) -> RewardEnsemble:
    """What `saved` gave."""
    codes = bytes(tensors[CODES].tolist()).decode()
    if codes:
        config = replace(config, chosen=tuple(codes.split("\n")))
    return RewardEnsemble.from_tensors(layout, config, tensors)


def joined(batches: Sequence[PreferenceBatch]) -> PreferenceBatch:
    """Batches of clips of one length, one after the other; those without answers may have any."""
    some = [batch for batch in batches if len(batch.target)] or list(batches[:1])
    return PreferenceBatch(*(torch.cat(fields) for fields in zip(*some, strict=True)))
