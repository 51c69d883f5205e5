"""Teaching by comparison: collect, ask, fit, learn, over and over, until the questions are spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from armchair.agents.agent import Agent
from armchair.agents.ppo import UpdateStats, update
from armchair.config.teach import TeachConfig
from armchair.envs.arm_env import ArmEnv
from armchair.envs.demonstrations import Demo
from armchair.envs.foreign.env import tells_success
from armchair.evaluate import Evaluation, evaluate
from armchair.feedback.teachers import Teacher, answer_pending
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.fit import FitReport, fit
from armchair.rewards.relations import VisibleLayout
from armchair.rollout.collect import Episodes, NotFinite, Running, check_rollout, collect
from armchair.store.store import Store
from armchair.training import schedule as pace
from armchair.training.demonstrations import Lessons
from armchair.training.filming import heedful
from armchair.training.fixed_reward import check_sound, new_agent, start
from armchair.training.guard import Guard
from armchair.training.progress import Envs, Progress
from armchair.training.querying import Asker, Learnt
from armchair.training.status import Teller, about
from armchair.training.words import Phase
from armchair.types import Rollout

KEEP_ROLLOUTS = 6  # whose states fix how the reward is standardised and normalised
REFERENCE = 3000  # states, drawn from them
WAIT = 0.2  # s between two looks for a person's answers
EVER = 2**62  # environment steps, more than any run takes
TEACHER = "teacher"  # the simulated teacher's name among the annotators


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
        demos: Sequence[Demo] = (),
    ) -> None:
        """teacher: None where people answer, through the same store. demos: what the run is shown."""
        self.config, self.envs, self.store, self.layout, self.teacher = config, envs, store, layout, teacher
        self.agent: Agent = new_agent(envs.train, config.ppo, config.seed)
        self.rngs = {name: generator(config.seed, name) for name in ("act", "fit", "learn")}
        self.lessons = Lessons(config, demos)
        self.lessons.fade(envs, 0.0)
        self.running = Running(start(envs.train, config.seed))
        self.asker = Asker(config, envs.film, store, people=teacher is None)
        self.model: RewardEnsemble | None = None
        self.recent: list[Tensor] = []  # (S, F) each, states of the latest rollouts
        self.updates = self.env_steps = 0
        self.fitted_at, self.fitted_update = -1, 0  # position in the store and update of the last fit
        self.labels = config.labels  # the budget, which the run's owner may change
        self.success: float | None = None  # true, of the last evaluation
        self.teller = Teller(store.board, about(config.task, envs.film, person=teacher is None))
        self._seen: pace.Standing | None = None  # in this turn
        self.faults = self.diverged_before = 0  # turns given up; episodes lost, in earlier processes
        self.in_turn = False  # whether it stands where no checkpoint should be taken
        self.guard = Guard()
        self.stop = False  # set it to end the run after the update in progress

    def run(self) -> Iterator[Progress]:
        """Go on until the updates are done; each turn is one rollout and one update of the policy."""
        self.guard.keep(self)
        while not self.stop:
            self._seen = None
            paused = self.heed_settings()
            if self.updates >= self.last_update:
                break
            if paused:
                self.rest("paused")
                continue
            self.in_turn = True
            try:
                progress = self.turn()
            except NotFinite as fault:
                self.guard.go_back(self, fault)
                continue
            self.in_turn = False
            if progress is None:
                self.rest("waiting")
                continue
            yield progress

    def turn(self) -> Progress | None:
        """One rollout and one update of the policy; None where answers must come first.

        Raises NotFinite where numbers went wrong; then `guard` knows the way back.
        """
        self.lessons.fade(self.envs, self.way)
        if self.lessons.demos and self.model is None:
            self.env_steps += self.asker.watch(self.learnt)
            self.refit()
        self.ask()
        self.let_answer()
        report = self.refit()
        if self.model is None or self.must_wait():
            return None
        self.tell("practising")
        self.guard.look(self.envs.train)
        rollout, ended = self.act()
        rollout = self.score(rollout)
        check_rollout(rollout)
        stats = self.learn(rollout, refitted=report is not None)
        check_sound(self.agent, stats, rollout)
        progress = self.progress(rollout, ended, stats, report)
        self.guard.keep(self)
        return progress

    @property
    def diverged(self) -> int:
        """Episodes that the simulation lost so far; each copy was reset at once."""
        ours = (env for env in (self.envs.train, self.envs.film) if isinstance(env, ArmEnv))
        return self.diverged_before + sum(env.diverged for env in ours)

    def heed_settings(self) -> bool:
        """Take over the budget that the run's owner set. -> whether they want the run to pause."""
        settings = self.store.board.settings()
        self.labels = self.config.labels if settings.labels is None else settings.labels
        return settings.paused

    @property
    def last_update(self) -> int:
        """How many updates there will be."""
        if self.teacher is not None:
            return self.config.updates
        return pace.last_update(self.config, self.labels)

    @property
    def learnt(self) -> Learnt:
        """What there is to ask about."""
        return Learnt(self.model, self.agent.net, self.updates, self.env_steps)

    @property
    def way(self) -> float:
        """Share of the updates that are done."""
        return self.updates / self.last_update

    def standing(self) -> pace.Standing:
        """How far the run has come, as seen in this turn; counting again and again would take its time."""
        if self._seen is None:
            counts = self.store.counts()
            self._seen = pace.Standing(
                counts.asked, counts.answers, counts.open, counts.leased, self.labels, self.updates
            )
        return self._seen

    def rest(self, phase: Phase) -> None:
        """Do nothing for a moment."""
        self.tell(phase)
        time.sleep(WAIT)

    def tell(self, phase: Phase, *, now: bool = False) -> None:
        """Let the page know what the run does; `now` in any case, else when it is time again."""
        facts: dict[str, Json] = {"labels": self.labels, "updates": self.updates}
        facts |= {"of_updates": self.last_update, "env_steps": self.env_steps, "success": self.success}
        self.teller.tell(phase, facts, now=now)

    def end(self) -> None:
        """Say that the run is done or that it stopped; once it is done nobody need answer any more."""
        done = self.updates >= self.last_update
        if done:
            self.store.retire(EVER)
        self.tell("done" if done else "stopped", now=True)

    # ---- asking

    def ask(self) -> None:
        """Film the arm and put the questions that are due."""
        if self.teacher is None:
            self.asker.withdraw(self.updates)
        due = self.due()
        if due <= 0:
            return
        self.tell("collecting")
        useful = 0 if self.teacher is not None else self.standing().useful
        self.env_steps += self.asker.ask(due, self.learnt, useful)
        self._seen = None

    def due(self) -> int:
        """How many questions should be put now."""
        due = pace.due if self.teacher is None else pace.due_at_once
        return due(self.config, self.standing(), wandering=self.model is None, put=self.asker.asked)

    # ---- answers

    def let_answer(self) -> None:
        """A simulated teacher answers what waits; people do it in their own time."""
        if self.teacher is not None and answer_pending(self.store, self.teacher, TEACHER):
            self._seen = None

    def refit(self) -> FitReport | None:
        """Fit the reward anew if enough has been answered since the last time."""
        position = self.store.position()
        if position == self.fitted_at or not self.may_fit():
            return None
        rng, shown = self.rngs["fit"], self.asker.episodes
        answers = self.lessons.with_free(self.store.preferences(), shown, self.way, rng)
        if not len(answers.target):
            return None
        self.tell("fitting")
        self.fitted_at, self.fitted_update = position, self.updates
        self.model, report = fit(answers, self.reference(answers.left), self.layout, self.config.reward, rng)
        return report

    def may_fit(self) -> bool:
        """Whether it is time for a fit, given that there is something new."""
        now = self.standing()
        if self.model is None and not self.lessons.demos:
            pace.check_hope(now, self.due())
            person = self.teacher is None
            return pace.enough_to_fit(self.config, now) if person else now.answers >= self.config.first
        if self.model is None or self.teacher is not None:
            return True
        # people answer one by one: not every answer is worth a fit while there is something else to do
        return self.must_wait() or self.updates - self.fitted_update >= self.config.session_every

    def reference(self, clips: Tensor) -> Tensor:
        """States (S, F) that are usual now: of the latest rollouts, of the clips before there are any."""
        states = torch.cat(self.recent) if self.recent else clips.flatten(0, 1)
        return states[torch.randperm(len(states), generator=self.rngs["fit"])[:REFERENCE]]

    def must_wait(self) -> bool:
        """With people: whether training is too far ahead of their answers."""
        return self.teacher is None and self.updates >= pace.allowed(self.config, self.standing())

    # ---- learning

    def act(self) -> tuple[Rollout, Episodes]:
        """The policy acts; the learner is given no reward yet."""
        config, rng = self.config, self.rngs["act"]
        sample = self.agent.net.sample
        rollout, ended = collect(
            self.envs.train, lambda obs: sample(obs, rng), config.rollout, self.running, reward=None
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
        ppo, rng = self.config.ppo, self.rngs["learn"]
        young, shown = self.lessons.new_to_values(self.updates), self.lessons.shown(self.way)
        for _ in range(self.config.critic_updates if refitted else 0):
            update(self.agent, rollout, ppo, rng, critic_only=True)
        self.updates += 1
        return update(self.agent, rollout, ppo, rng, critic_only=young, shown=shown)

    def progress(
        self, rollout: Rollout, ended: Episodes, stats: UpdateStats, report: FitReport | None
    ) -> Progress:
        """What to tell of this turn."""
        due = self.updates % self.config.evaluate_every == 0 or self.updates == self.last_update
        evaluation = self.evaluate() if due else None
        has_success = tells_success(self.envs.train)
        if evaluation is not None and has_success:
            self.success = evaluation.success.value
        return Progress(
            updates=self.updates,
            env_steps=self.env_steps,
            asked=self.asker.asked,
            answers=self.store.counts().asked,
            reward=float(rollout.reward.mean()),
            success=float(ended.success.float().mean()),
            has_success=has_success,
            evaluation=evaluation,
            fit=report,
            update=stats,
            diverged=self.diverged,
            faults=self.faults,
        )

    def evaluate(self, act: Callable[[Tensor], Tensor] | None = None) -> Evaluation:
        """The deterministic policy on layouts of its own, always the same ones."""
        chosen = heedful(act or self.agent.net.best)
        return evaluate(self.envs.report, chosen, self.config.evaluate_episodes, self.config.seed + 2)
