"""Teaching by comparison: collect, ask, fit, learn, over and over, until the questions are spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.agents.agent import Agent
from armchair.agents.ppo import UpdateStats, update
from armchair.envs.arm_env import ArmEnv
from armchair.envs.base import Env
from armchair.envs.gym_import import tells_success
from armchair.errors import InvalidInput
from armchair.evaluate import Evaluation, evaluate
from armchair.feedback.questions import Predictions, choose, make_questions
from armchair.feedback.store import Store
from armchair.feedback.teachers import Teacher, answer_pending
from armchair.maths import generator
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.fit import FitReport, fit
from armchair.rewards.relations import VisibleLayout
from armchair.rollout.clips import CandidatePairs
from armchair.rollout.collect import Episodes, Running, collect
from armchair.training.config import TeachConfig
from armchair.training.filming import KEPT, Act, Wander, episodes_of, film
from armchair.training.train import new_agent, start
from armchair.types import Rollout

CANDIDATES = 200  # pairs to choose the questions from
KEEP_ROLLOUTS = 6  # whose states fix how the reward is standardised and normalised
REFERENCE = 3000  # states, drawn from them
WAIT = 0.2  # s between two looks for a person's answers
PATIENCE = 10  # films without a pair to ask about, before the run gives up
TEACHER = "teacher"  # the simulated teacher's name among the annotators


class Progress(NamedTuple):
    """Where a run stands after an update of the policy."""

    updates: int
    env_steps: int  # simulated for training and filming, without evaluations
    asked: int  # questions put so far
    answers: int  # answers in force, "can't tell" included
    reward: float  # mean learned reward of the rollout, per step
    success: float  # share of the rollout's ended episodes, true success at the end; NaN if none ended
    has_success: bool  # whether the environment says what success is; if not, shares of it mean nothing
    evaluation: Evaluation | None  # of the deterministic policy, when it was due
    fit: FitReport | None  # when the reward was fitted anew
    update: UpdateStats


class Envs(NamedTuple):
    """The environments of a run: for training, for making clips, for reports."""

    train: Env
    film: Env
    report: Env


class Trainer:
    """A run of teaching. Its state is in `armchair.training.state`, which saves and restores it.

    The true reward is in the clips, where only simulated teachers read it, and in evaluations, which are
    for reports; `collect` gives the learner none.
    """

    def __init__(
        self,
        config: TeachConfig,
        envs: Envs,
        store: Store,
        layout: VisibleLayout,
        teacher: Teacher | None = None,
    ) -> None:
        """teacher: None where people answer, through the same store."""
        self.config, self.envs, self.store, self.layout, self.teacher = config, envs, store, layout, teacher
        self.agent: Agent = new_agent(envs.train, config.ppo, config.seed)
        self.rngs = {name: generator(config.seed, name) for name in ("act", "film", "ask", "fit", "learn")}
        self.running = Running(start(envs.train, config.seed))
        envs.film.reset(config.seed + 1)
        self.episodes = episodes_of(envs.film)
        self.model: RewardEnsemble | None = None
        self.recent: list[Tensor] = []  # (S, F) each, states of the latest rollouts
        self.updates = self.env_steps = self.asked = self.fitted_at = 0
        self.answered_at = 0  # update at which the latest answer was seen
        self.in_vain = 0  # films on end in which there was nothing to ask about
        self.stop = False  # set it to end the run after the update in progress

    def run(self) -> Iterator[Progress]:
        """Go on until the updates are done; each turn is one rollout and one update of the policy."""
        while self.updates < self.config.updates and not self.stop:
            self.ask()
            self.let_answer()
            report = self.refit()
            if self.model is None or self.must_wait():
                time.sleep(WAIT)
                continue
            rollout, ended = self.act()
            rollout = self.score(rollout)
            stats = self.learn(rollout, refitted=report is not None)
            yield self.progress(rollout, ended, stats, report)

    # ---- asking

    def ask(self) -> None:
        """Film the arm and put the questions that are due."""
        due = self.due()
        if due <= 0:
            return
        config, rng = self.config, self.rngs["ask"]
        wandering = self.model is None
        placed = config.same_start and isinstance(self.envs.film, ArmEnv)
        same = placed and (not wandering or self.asked > 0)
        self.env_steps += film(
            self.envs.film, self.episodes, self.shown(), self.rngs["film"], same_start=same
        )
        self.episodes.policy_step = self.env_steps
        pairs = self.episodes.propose(
            CANDIDATES, config.clip_length, rng, same_start=same, recent=KEPT * config.film_envs
        )
        self.in_vain = 0 if len(pairs.left) else self.in_vain + 1
        if self.in_vain == PATIENCE:
            raise InvalidInput(
                f"in {PATIENCE} films there was no pair of clips worth asking about: clips have "
                f"{config.clip_length} steps, make clip_length smaller if episodes end before"
            )
        predictions = self.predict(pairs)
        strategy = "uniform" if wandering else config.strategy
        rows, names = choose(strategy, predictions, due, rng, random_share=config.random_share)
        clips = self.episodes.clips(pairs.select(rows), rng)
        questions = make_questions(clips, names, self.env_steps, rng)
        self.store.ask(questions, [clip for pair in clips for clip in pair], priority=float(self.updates))
        self.asked += len(questions)

    def due(self) -> int:
        """How many questions should be put now."""
        config = self.config
        if self.model is None:  # half of the first ones about unrelated clips, half about like starts
            return min((config.first + 1) // 2, config.first - self.asked)
        if self.updates % config.session_every or self.store.counts().open > 0:
            return 0
        return min(config.session, config.labels - self.asked)

    def shown(self) -> Act:
        """Who acts in the clips: the policy as it explores, before there is one an arm that wanders."""
        if self.model is None:
            return Wander((self.config.film_envs, self.envs.film.action_dim), self.rngs["film"])
        return lambda obs: self.agent.net.sample(obs, self.rngs["film"])[0]

    def predict(self, pairs: CandidatePairs) -> Predictions:
        """What the reward model makes of the candidates; nothing while there is none."""
        ends = torch.cat((pairs.left[:, -1], pairs.right[:, -1]), dim=1)
        if self.model is None:
            none = torch.zeros(1, len(pairs.left))
            return Predictions(none, none, pairs.policy_step, ends)
        left, right = self.model.clip_values(pairs.left), self.model.clip_values(pairs.right)
        return Predictions(left, right, pairs.policy_step, ends)

    # ---- answers

    def let_answer(self) -> None:
        """A simulated teacher answers what waits; people do it in their own time."""
        if self.teacher is not None:
            answer_pending(self.store, self.teacher, TEACHER)

    def refit(self) -> FitReport | None:
        """Fit the reward anew if enough has been answered since the last time."""
        position = self.store.position()
        if position == self.fitted_at or (
            self.model is None and self.store.counts().asked < self.config.first
        ):
            return None
        answers = self.store.preferences()
        if not len(answers.target):
            return None
        self.fitted_at, self.answered_at = position, self.updates
        self.model, report = fit(
            answers, self.reference(answers.left), self.layout, self.config.reward, self.rngs["fit"]
        )
        return report

    def reference(self, clips: Tensor) -> Tensor:
        """States (S, F) that are usual now: of the latest rollouts, of the clips before there are any."""
        states = torch.cat(self.recent) if self.recent else clips.flatten(0, 1)
        return states[torch.randperm(len(states), generator=self.rngs["fit"])[:REFERENCE]]

    def must_wait(self) -> bool:
        """With people: whether training is too far ahead of their answers."""
        if self.teacher is not None or self.asked >= self.config.labels:
            return False
        return self.updates - self.answered_at >= self.config.patience and self.store.counts().open > 0

    # ---- learning

    def act(self) -> tuple[Rollout, Episodes]:
        """The policy acts; the learner is given no reward yet."""
        config = self.config
        rollout, ended = collect(
            self.envs.train,
            lambda obs: self.agent.net.sample(obs, self.rngs["act"]),
            config.rollout,
            self.running,
            reward=None,
        )
        self.env_steps += config.rollout * config.num_envs
        self.recent = [*self.recent[1 - KEEP_ROLLOUTS :], rollout.visible.flatten(0, 1)[::4].clone()]
        return rollout, ended

    def score(self, rollout: Rollout) -> Rollout:
        """The rollout with the learned reward in the place of the true one."""
        assert self.model is not None
        return rollout._replace(reward=self.model.mean(rollout.visible))

    def learn(self, rollout: Rollout, *, refitted: bool) -> UpdateStats:
        """Update the policy; the critic first where the reward has changed under it."""
        config, rng = self.config, self.rngs["learn"]
        for _ in range(config.critic_updates if refitted else 0):
            update(self.agent, rollout, config.ppo, rng, critic_only=True)
        self.updates += 1
        return update(self.agent, rollout, config.ppo, rng)

    def progress(
        self, rollout: Rollout, ended: Episodes, stats: UpdateStats, report: FitReport | None
    ) -> Progress:
        """What to tell of this turn."""
        due = self.updates % self.config.evaluate_every == 0 or self.updates == self.config.updates
        evaluation = self.evaluate() if due else None
        return Progress(
            updates=self.updates,
            env_steps=self.env_steps,
            asked=self.asked,
            answers=self.store.counts().asked,
            reward=float(rollout.reward.mean()),
            success=float(ended.success.float().mean()),
            has_success=tells_success(self.envs.train),
            evaluation=evaluation,
            fit=report,
            update=stats,
        )

    def evaluate(self, act: Callable[[Tensor], Tensor] | None = None) -> Evaluation:
        """The deterministic policy on layouts of its own, always the same ones."""
        chosen = act or self.agent.net.best
        return evaluate(self.envs.report, chosen, self.config.evaluate_episodes, self.config.seed + 2)
