"""Teaching by comparison: collect, ask, fit, learn, over and over, until the questions are spent."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from armchair.agents.networks import ActorCritic
from armchair.config.teach import TeachConfig
from armchair.envs.base import Explains, tells_success
from armchair.envs.demonstrations import Demo
from armchair.envs.spec import TaskSpec
from armchair.evaluate import Evaluation, evaluate
from armchair.feedback.teachers import Teacher
from armchair.jsonable import Json
from armchair.rewards.fit import FitReport
from armchair.rollout.collect import NotFinite, check_rollout
from armchair.store.store import Store
from armchair.training.asking.annotators import EVER, Annotators, People, SimulatedTeacher
from armchair.training.asking.filming import checked
from armchair.training.asking.querying import Newest
from armchair.training.asking.schedule import ScheduleState
from armchair.training.demonstrations import Demonstrations
from armchair.training.environments import Envs
from armchair.training.guard import Good, Guard
from armchair.training.parts import parts_of
from armchair.training.progress import Progress, Update
from armchair.training.rival import contest
from armchair.training.standing.standing import Standing
from armchair.training.status import Phase, StatusWriter, about

WAIT = 0.2  # s between two looks for a person's answers


class Trainer:
    """A run of teaching. `armchair.training.state` saves and restores it.

    The true reward is in the clips, where only simulated teachers read it, and in evaluations, which are
    for reports; `PolicyLearner.act` gives the learner none.
    """

    def __init__(
        self,
        config: TeachConfig,
        spec: TaskSpec,
        envs: Envs,
        store: Store,
        teacher: Teacher | None = None,
        demos: Sequence[Demo] = (),
    ) -> None:
        """teacher: None where people answer, through the same store. demos: what the run is shown."""
        self.config, self.envs, self.store = config, envs, store
        self.annotators: Annotators = (
            People(config) if teacher is None else SimulatedTeacher(config, store, teacher)
        )
        self.demonstrations = Demonstrations(config, demos, envs.train.device)
        self.demonstrations.fade(envs, 0.0)
        self.policy, self.reward, self.querier = parts_of(config, spec, envs, store, teacher, demos)
        self.status = StatusWriter(store.board, about(spec, envs.film, people=self.annotators.people))
        self.standing = Standing(store, self.querier, self.evaluate)
        self.guard = Guard()
        self.updates = self.env_steps = 0
        self.labels = config.queries.labels  # the budget, which the run's owner may change
        self.success: float | None = None  # true, of the last evaluation
        self.faults = self.diverged_before = 0  # turns given up; episodes lost, in earlier processes
        self.in_turn = False  # whether it stands where no checkpoint should be taken
        self.stop = False  # set it to end the run after the update in progress
        self.stays = False  # whether its process waits, once it is done, for the budget to be raised
        self.extra = 0  # updates beyond the schedule's: for answers that people changed after the last fit
        self._schedule_state: ScheduleState | None = None  # as last counted

    def run(self) -> Iterator[Progress]:
        """Go on to the last update; each turn tells of an update of the policy, of fits, or of both."""
        self.guard.keep(self._good())
        while not self.stop:
            paused = self._read_settings()
            if self.done and not self._changed_late():
                return self.standing.look(self.newest, ended=True)
            try:
                progress = None if paused else self.turn()
            except NotFinite as fault:
                self._go_back(fault)
                continue
            if progress is not None:
                yield progress
            if progress is None or progress.update is None:
                self.write_status("paused" if paused else "waiting")
                time.sleep(WAIT)

    def turn(self) -> Progress | None:
        """Ask, fit, and one rollout and update of the policy, unless answers must come first.

        -> None where nothing was fitted either. Raises NotFinite where numbers went wrong; then `guard` knows
        the way back.
        """
        self.in_turn, self._schedule_state = True, None
        self.demonstrations.fade(self.envs, self.share_done)
        fits = self._learn_from_demonstrations()
        self._ask()
        if self.annotators.answer():
            self._schedule_state = None
        fits += self._fit()
        allowed = self.annotators.schedule.allowed(self.schedule_state())  # not too far ahead of answers
        update = self._practise() if self.reward.model is not None and self.updates < allowed else None
        progress = self._progress(update, fits) if update is not None or fits else None
        if update is not None:
            self.guard.keep(self._good())
        self.in_turn = False
        return progress

    # ---- where the run stands

    @property
    def last_update(self) -> int:
        """How many updates there will be."""
        return self.annotators.schedule.last_update(self.labels) + self.extra

    @property
    def done(self) -> bool:
        """Whether all updates are made; with people, all answers given as well."""
        if self.updates < self.last_update:
            return False
        self._schedule_state = None
        return not self.annotators.people or self.schedule_state().spent

    def _changed_late(self) -> bool:
        """Whether people changed answers after the last fit of a run that is done: a few updates follow."""
        people, model = self.annotators.people, self.reward.model
        if not people or model is None or self.store.counts().changed_at <= self.reward.fitted_at:
            return False
        self.extra += self.config.schedule.session_every
        return True

    @property
    def share_done(self) -> float:
        """Share of the updates that are done."""
        return self.updates / self.last_update

    @property
    def diverged(self) -> int:
        """Episodes that the simulation lost so far."""
        return self.diverged_before + self.envs.train.diverged + self.envs.film.diverged

    @property
    def newest(self) -> Newest:
        """What there is to ask about."""
        return Newest(self.reward.judge, self.policy.net, self.updates, self.env_steps)

    def schedule_state(self) -> ScheduleState:
        """How far the run has come; counted again only where something was asked or answered meanwhile."""
        if self._schedule_state is None:
            counts = self.store.counts()
            self._schedule_state = ScheduleState(
                answers=counts.asked,
                useful=counts.answers,
                open=counts.open,
                leased=counts.leased,
                labels=self.labels,
                updates=self.updates,
                asked=self.querier.asked,
                extra=self.extra,
            )
        return self._schedule_state

    # ---- the steps of a turn

    def _learn_from_demonstrations(self) -> list[FitReport]:
        """The first reward of a run that was shown something: there is one before anybody has answered."""
        if not self.demonstrations.demos or self.reward.model is not None:
            return []
        self.env_steps += self.querier.watch(self.newest)
        return self._fit()

    def _ask(self) -> None:
        """Film the arm and put the questions that are due."""
        if self.annotators.people:
            self.querier.withdraw(self.updates)
            self.env_steps += self.querier.ask_anew(self.newest)
        now = self.schedule_state()
        due = self.annotators.schedule.due(now, wandering=self.reward.model is None)
        if due > 0:
            self.write_status("collecting")
            self.env_steps += self.querier.ask(due, self.newest, now.useful)
            self._schedule_state = None

    def _fit(self) -> list[FitReport]:
        """Fit the reward anew if enough has been answered since the last time. -> its report, if it was."""
        position = self.store.position()
        if position == self.reward.fitted_at or not self._may_fit():
            return []
        given, since, before = self.reward.given(self.store), self.reward.fitted_at, self.reward.judge
        told = self.querier.episodes, self.share_done, self.reward.rng
        answers = self.demonstrations.add_implicit(given, *told)
        if not len(answers.target):
            return []
        self.write_status("fitting")
        report = self.reward.fit(answers, position, self.updates)
        self.standing.fitted(given, since, before, self.newest, report)
        if self.annotators.people:
            self.status.know(self.reward.facts())
        return [report]

    def _may_fit(self) -> bool:
        """Whether it is time for a fit, given that there is something new."""
        schedule, now = self.annotators.schedule, self.schedule_state()
        if self.reward.model is None:
            return bool(self.demonstrations.demos) or schedule.may_fit_first(now)
        return schedule.worth_fitting(now, self.updates - self.reward.fitted_update)

    def _practise(self) -> Update:
        """A rollout of the policy, and an update from what the learned reward makes of it."""
        self.write_status("practising")
        held = contest(self.policy, self.reward, self.querier, self.updates, self.last_update, self._goes_on)
        if held is not None:
            self.policy, self.env_steps = held.better, self.env_steps + held.steps
        self.guard.look(self.envs.train)
        rollout, ended = self.policy.act()
        self.env_steps += self.policy.steps
        rollout = self.reward.score(rollout)
        check_rollout(rollout)
        stats = self.policy.learn(
            rollout,
            new_reward=self.reward.critic_behind,
            critic_only=self.demonstrations.critic_alone(self.updates),
            imitation=self.demonstrations.imitation(self.share_done),
        )
        self.reward.critic_behind, self.updates = False, self.updates + 1
        self.policy.settle(self.updates, self.last_update, spent=self.schedule_state().spent)
        return Update(stats, float(rollout.reward.mean()), float(ended.success.float().mean()), held)

    def _goes_on(self) -> bool:
        self.write_status("practising")
        return not self.stop

    # ---- reports

    def _progress(self, update: Update | None, fits: Sequence[FitReport]) -> Progress:
        every, last = self.config.evaluation.every, self.last_update
        due = update is not None and (self.updates % every == 0 or self.updates == last)
        evaluation = self.evaluate() if due else None
        if evaluation is not None and tells_success(self.envs.train):
            self.success = evaluation.success.value
        return Progress(
            updates=self.updates,
            env_steps=self.env_steps,
            asked=self.querier.asked,
            answers=self.schedule_state().answers,
            labels=self.labels,
            of_updates=last,
            has_success=tells_success(self.envs.train),
            update=update,
            evaluation=evaluation,
            fits=tuple(fits),
            diverged=self.diverged,
            faults=self.faults,
        )

    def evaluate(self, net: ActorCritic | None = None) -> Evaluation:
        """The deterministic policy, or another, on layouts of its own, always the same ones."""
        act = checked((net or self.policy.net).best)
        return evaluate(self.envs.report, act, self.config.evaluation.episodes, self.config.seed + 2)

    def write_status(self, phase: Phase, *, now: bool = False) -> None:
        """Let the page know what the run does; `now` in any case, else when it is time again."""
        facts: dict[str, Json] = {"labels": self.labels, "updates": self.updates, **self.standing.facts()}
        facts |= {"of_updates": self.last_update, "env_steps": self.env_steps, "success": self.success}
        if phase == "done":
            facts |= {"waits": self.stays, "position": self.store.counts().changed_at}
        self.status.write(phase, facts, now=now)

    def end(self) -> None:
        """Say that the run is done or that it stopped; once it is done nobody need answer any more."""
        done = self.done
        if done:
            self.store.retire(EVER)
        self.write_status("done" if done else "stopped", now=True)

    def _read_settings(self) -> bool:
        """Take over the budget that the run's owner set. -> whether they want the run to pause."""
        settings = self.store.board.settings()
        self.labels = self.config.queries.labels if settings.labels is None else settings.labels
        return settings.paused

    # ---- when numbers go wrong

    def _good(self) -> Good:
        return Good(self.policy.agent.tensors(), self.reward.model, list(self.reward.recent), self.updates)

    def _go_back(self, fault: NotFinite) -> None:
        """Back to the last good state, with a dump of this one; the copies begin new episodes."""
        self.faults += 1
        facts = self.guard.facts(self.config, self.updates, self.env_steps)
        told = (env.trouble() for env in self.envs if isinstance(env, Explains))
        self.guard.go_back(fault, self._good(), facts, self._restore, next(filter(None, told), None))

    def _restore(self, good: Good) -> None:
        self.policy.agent.load_tensors(good.agent)
        self.reward.load(good.model, list(good.recent))
        self.updates, self.in_turn = good.updates, False
        self.policy.begin_again()
