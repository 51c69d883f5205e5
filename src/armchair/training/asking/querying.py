"""Filming the arm and putting questions about it: what it does now, at times beside what it did before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.agents.networks import ActorCritic
from armchair.config.teach import TeachConfig
from armchair.envs.base import Env, Explains, Goals, Policy
from armchair.envs.spec import TaskSpec
from armchair.errors import ForeignError, InvalidInput
from armchair.feedback import objections
from armchair.feedback.acquisition import Predictions, make_questions, select_queries
from armchair.feedback.progress_test import looks_level
from armchair.feedback.teachers import Teacher
from armchair.feedback.viewer import Sight, error_rate
from armchair.maths import generator
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rollout.clips import CandidatePairs
from armchair.store.schema import SETTLING
from armchair.store.store import Store
from armchair.training.asking.filming import KEPT, episodes_of, film
from armchair.training.asking.policy_history import (
    STRATEGY,
    PolicyHistory,
    Version,
    dated,
    film_both,
    network_of,
    propose_both,
)
from armchair.training.asking.program import Program
from armchair.training.asking.schedule import Marks
from armchair.training.asking.screening import Screening
from armchair.training.asking.wandered import Wandered
from armchair.training.asking.wandering import Seek, Wander
from armchair.training.asking.wishes import FIRST, Wishes
from armchair.types import Clip, Question

CANDIDATES = 200  # pairs to choose the questions from
LEVEL_SHARE = 0.5  # of the questions that compare with an older policy, once the newest looks no better
ROUND, MOST_FILMS = 40, 8  # comparisons that are put aside for after the budget; films made for them
INFORMATION = "information"  # the strategy that asks how often an answer would be wrong
PATIENCE = 10  # films without a pair to ask about, before the run gives up


class Newest(NamedTuple):
    """What there is to ask about."""

    model: RewardEnsemble | None  # None before the first answers
    net: ActorCritic
    updates: int
    env_steps: int


class Querier:
    """Puts questions; its copies of the environment are apart from those that training uses."""

    def __init__(
        self, config: TeachConfig, spec: TaskSpec, env: Env, store: Store, teacher: Teacher | None
    ) -> None:
        """teacher: None where people answer; then questions grow old, and some are about older policies."""
        self.config, self.env, self.store, self.people = config, env, store, teacher is None
        self.program = Program()
        self._rewarded = teacher is not None and teacher.rewarded
        self.screening = Screening(spec, env.layout, store, teacher, config.queries.least_jnd)
        self._sight = Sight(env.layout.points, spec.cues)
        self.rngs = {name: generator(config.seed, name) for name in ("film", "ask", "progress")}
        env.reset(config.seed + 1)
        stays = config.env.after_end == "stays"
        self.episodes = episodes_of(env, config.queries.memory, stays=stays)
        self.asked = 0
        self.in_vain = 0  # films on end in which there was nothing to ask about
        self.history = PolicyHistory()
        self.wishes: Wishes | None = None  # in a run of wishes
        self.wandered = Wandered(stays=stays) if config.schedule.rival_if == "better_known" else None
        self.marks = Marks()
        self.withdrawn = 0  # environment steps before which no question waits any more

    def ask(self, count: int, newest: Newest, useful: int = 0) -> int:
        """Put questions. -> environment steps taken to film them.

        useful: answers so far that say something; with people, a few of the questions compare the policy
        with the one of a while ago.
        """
        compared = self._compared(count, newest, useful) if self.people else 0
        steps = self._compare(compared, newest, useful) if compared else 0
        for block in self._blocks(count - compared, newest):
            steps += self._ask_newest(block, newest._replace(env_steps=newest.env_steps + steps))
        return steps

    def ask_anew(self, newest: Newest) -> int:
        """Put broad questions about wishes that were misunderstood, at once. -> environment steps taken."""
        steps = 0
        for wish, count in {} if self.wishes is None else self.wishes.owed().items():
            steps += self._ask_newest(count, newest._replace(env_steps=newest.env_steps + steps), again=wish)
        return steps

    def _blocks(self, count: int, newest: Newest) -> list[int]:
        """Questions that are put at a time: at first the same number about each wish, if there are some."""
        parts = self.wishes.number if self.wishes is not None and newest.model is None else 1
        sizes = [count // parts + (k < count % parts) for k in range(parts)]
        return [size for size in sizes if size > 0]

    def withdraw(self, updates: int) -> None:
        """With people: close questions that nobody took while the policy went on by `patience` updates."""
        old = self.marks.stale(updates, self.config.schedule.patience)
        if old > self.withdrawn:
            self.store.retire(old)
            self.withdrawn = old

    # ---- of the newest behaviour

    def _ask_newest(self, count: int, newest: Newest, again: str | None = None) -> int:
        """again: a wish of which something else was understood than was meant: its model chooses nothing."""
        wanted, rng = self.config.queries, self.rngs["ask"]
        if self.wishes is not None and again is not None:
            self.wishes.about(again)
            newest = newest._replace(model=None)
        wandering = newest.model is None
        if self.wishes is not None and again is None:
            newest = newest._replace(model=self.wishes.turn())
        placed = wanted.same_start and isinstance(self.env, Goals)
        same = placed and (not wandering or self.asked > 0)
        steps = self._film(newest, self._shown(newest), same)
        pairs = self._candidates(same).alike(wanted.alike)
        self.in_vain = 0 if len(pairs.left) else self.in_vain + 1
        if self.in_vain == PATIENCE:
            raise InvalidInput(
                f"in {PATIENCE} films there was no pair of clips worth asking about: clips have "
                f"{wanted.clip_length} steps, make clip_length smaller if episodes end before"
            )
        pairs = self.screening.sift(pairs, count)
        strategy = wanted.strategy if not wandering else "uniform" if self.wishes is None else FIRST
        predictions = predict(newest.model, pairs)
        if strategy == INFORMATION:
            predictions = predictions._replace(error=error_rate(self._sight, pairs.left, pairs.right))
        own = self.program.strategy if strategy == wanted.strategy else None
        share = wanted.random_share
        rows, names = select_queries(strategy, predictions, count, rng, random_share=share, own=own)
        names = names if again is None else [objections.STRATEGY] * len(names)
        clips = self.episodes.clips(pairs.select(rows), rng)
        newest = newest._replace(env_steps=newest.env_steps + steps)
        questions = make_questions(clips, names, newest.env_steps, rng)
        soon = None if again is None else objections.SOON
        self._put(questions, clips, guesses(predictions, rows), newest, soon)
        return steps

    def _candidates(self, same_start: bool) -> CandidatePairs:
        """Pairs to choose from: of the latest episodes, and a few of any that are remembered."""
        wanted, rng = self.config.queries, self.rngs["ask"]
        length, recent = wanted.clip_length, None if self.episodes.stays else KEPT * wanted.film_envs
        older = CANDIDATES // 4 if wanted.memory > KEPT else 0
        newer = CANDIDATES - older
        pairs = self.episodes.propose(newer, length, rng, same_start=same_start, recent=recent)
        return pairs.join(self.episodes.propose(older, length, rng)) if older else pairs

    def watch(self, newest: Newest) -> int:
        """Film the policy without asking anything. -> environment steps taken."""
        return self._film(newest, self._exploring(newest), same_start=False)

    def _film(self, newest: Newest, act: Policy, same_start: bool) -> int:
        self.episodes.policy_step = newest.env_steps
        kept = self.wandered if isinstance(act, Wander | Seek) else None
        steps = film(self.env, self.episodes, act, self.rngs["film"], same_start=same_start, wandered=kept)
        unrewarded = self.env.unrewarded() if isinstance(self.env, Explains) else None
        if unrewarded is not None and self._rewarded:
            raise ForeignError(f"{unrewarded}: a simulated teacher judges by it, people can do without")
        return steps

    def _shown(self, newest: Newest) -> Policy:
        """Who acts in the clips: the policy as it explores; before there is one, an arm that wanders."""
        env, rng = self.env, self.rngs["film"]
        if self.wishes is not None:
            return self.wishes.acting(newest.net, env, rng)
        if newest.model is None and not self.config.policy:
            shape = (self.config.queries.film_envs, env.action_dim)
            if self.config.queries.wander == "points" and len(env.layout.points) > 1:
                return Seek(shape, env.layout, env.horizon, rng, self.config.env.repeat)
            return Wander(shape, rng)
        return self._exploring(newest)

    def _exploring(self, newest: Newest) -> Policy:
        return lambda obs: newest.net.sample(obs, self.rngs["film"])[0]

    # ---- of the newest policy against an older one

    def _compared(self, count: int, newest: Newest, useful: int) -> int:
        """How many of the questions compare the newest policy with an older one."""
        if newest.model is None or not isinstance(self.env, Goals):
            return 0
        self.history.keep(useful, newest.env_steps, newest.net)
        if self.history.older(useful) is None:
            return 0
        share = self.config.queries.progress_share
        if 0.0 < share < LEVEL_SHARE and looks_level(self.store.records()):
            share = LEVEL_SHARE
        return int((torch.rand(count, generator=self.rngs["progress"]) < share).sum())

    def _compare(self, count: int, newest: Newest, useful: int) -> int:
        """Ask whether the newest policy is better; nobody sees which is which."""
        env, rng, version = self.env, self.rngs["progress"], self.history.older(useful)
        assert version is not None
        if self.wishes is not None:
            newest = newest._replace(model=self.wishes.least_compared())
        older = network_of(version, newest.net).best
        stays = self.episodes.stays
        episodes, steps = film_both(env, older, newest.net.best, newest.env_steps, rng, stays=stays)
        pairs = propose_both(episodes, count, self.config.queries.clip_length, rng)
        clips = dated(pairs, episodes.clips(pairs, rng), version)
        newest = newest._replace(env_steps=newest.env_steps + steps)
        questions = make_questions(clips, [STRATEGY] * len(clips), newest.env_steps, rng)
        self._put(questions, clips, guesses(predict(newest.model, pairs)), newest)
        return steps

    def settle(self, newest: Newest, useful: int) -> tuple[Version, list[str]] | None:
        """Put comparisons with an older policy that are to be given out after the budget, if at all.

        -> the older policy, the questions; None where there is nothing to compare with, or nothing to see.
        """
        version = self.history.older(useful)
        if version is None or newest.model is None or not isinstance(self.env, Goals):
            return None
        env, rng, length = self.env, self.rngs["progress"], self.config.queries.clip_length
        older, names = network_of(version, newest.net).best, list[str]()
        for _ in range(MOST_FILMS):
            episodes, _ = film_both(env, older, newest.net.best, newest.env_steps, rng)
            pairs = propose_both(episodes, min(env.num_envs // 2, ROUND - len(names)), length, rng)
            if not len(pairs.left):
                continue
            clips = dated(pairs, episodes.clips(pairs, rng), version)
            put = make_questions(clips, [SETTLING] * len(clips), newest.env_steps, rng)
            put = put if self.wishes is None else self.wishes.by_turns(put)
            if self.wishes is None:
                put = with_guess(put, clips, guesses(predict(newest.model, pairs)))
            self.store.ask(put, flat(clips), priority=0.0)
            names += [question.id for question in put]
            if len(names) >= ROUND:
                break
        return (version, names) if names else None

    def _put(
        self,
        questions: Sequence[Question],
        clips: Sequence[tuple[Clip, Clip]],
        given: Sequence[float],
        newest: Newest,
        priority: float | None = None,
    ) -> None:
        """Put questions into the store, the newest behaviour first, with the model's guess if any."""
        questions = questions if self.wishes is None else self.wishes.named(questions)
        guessed = questions if newest.model is None else with_guess(questions, clips, given)
        self.store.ask(guessed, flat(clips), priority=priority or float(newest.updates))
        self.asked += len(questions)
        if self.program.asked is not None:
            by_id = {clip.id: clip for clip in flat(clips)}
            for question in guessed:
                self.program.asked(question, by_id[question.left], by_id[question.right])
        if self.people:
            self.marks.add(newest.updates, newest.env_steps)


def predict(model: RewardEnsemble | None, pairs: CandidatePairs) -> Predictions:
    """What the reward model makes of the candidates; nothing while there is none."""
    ends = torch.cat((pairs.left[:, -1], pairs.right[:, -1]), dim=1)
    apart = pairs.apart() if len(pairs.left) else torch.zeros(0)
    if model is None:
        none = torch.zeros(1, len(pairs.left))
        return Predictions(none, none, pairs.policy_step, ends, apart=apart)
    values = model.clip_values(pairs.left), model.clip_values(pairs.right)
    return Predictions(*values, pairs.policy_step, ends, apart=apart)


def guesses(predictions: Predictions, rows: Tensor | None = None) -> list[float]:
    """What the reward models together give for "the second of the pair is better", of these rows or all."""
    mean = predictions.prefers_right().mean(0)
    return (mean if rows is None else mean[rows]).tolist()


def flat(clips: Sequence[tuple[Clip, Clip]]) -> list[Clip]:
    """The clips of pairs."""
    return [clip for pair in clips for clip in pair]


def with_guess(
    questions: Sequence[Question], clips: Sequence[tuple[Clip, Clip]], given: Sequence[float]
) -> list[Question]:
    """The questions with the probability that their right clip is better; sides may have been exchanged."""
    return [
        question._replace(guess=p if question.right == other.id else 1.0 - p)
        for question, (_, other), p in zip(questions, clips, given, strict=True)
    ]
