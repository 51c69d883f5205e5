"""Teaching with people: a stand-in answers through the store while the trainer runs."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from armchair.agents.ppo import UpdateStats
from armchair.config.read import as_yaml, load_config, with_flags
from armchair.config.teach import TeachConfig
from armchair.errors import InvalidInput
from armchair.feedback.teachers import true_return
from armchair.ids import new_id
from armchair.jsonable import Json
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.fit import FitReport
from armchair.rollout.clips import CandidatePairs
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training import policy_learner, reward_learner, setup
from armchair.training import trainer as loop
from armchair.training.asking import querying as asking
from armchair.training.progress import Progress
from armchair.training.setup import make_trainer, teach
from armchair.training.state import load_state, state_of
from armchair.training.trainer import Trainer
from armchair.types import Answer, Choice, Clip, Question

SMALL = with_flags(
    load_config("smoke"),
    {
        "queries.labels": 16,
        "queries.first": 6,
        "schedule.session": 2,
        "schedule.session_every": 1,
        "schedule.updates": 12,
        "schedule.patience": 3,
        "schedule.queue": 8,
        "evaluation.every": 100,
        "queries.progress_share": 0.5,
    },
)


class Person:
    """Answers like the page does: holds several questions, answers the one held longest."""

    def __init__(self, store: Store, name: str = "ann", ahead: int = 4) -> None:
        self.store, self.name, self.ahead = store, name, ahead
        self.held: list[str] = []

    def answer(self, choice: Choice | None = None) -> bool:
        """Answer one question, by the true return unless told otherwise; False when there is none."""
        taken = self.store.claim(self.name, n=max(0, self.ahead - len(self.held)))
        self.held += [question.id for question in taken]
        if not self.held:
            return False
        question = self.store.question(self.held.pop(0))
        left, right = self.store.clips([question.left, question.right])
        better: Choice = "left" if true_return(left) > true_return(right) else "right"
        self.store.submit(Answer(new_id(), question.id, self.name, choice or better, 1.0, 1.0, time.time()))
        return True


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[Trainer]:
    yield from trainer_of(tmp_path, SMALL)


def trainer_of(path: Path, config: TeachConfig) -> Iterator[Trainer]:
    torch.set_num_threads(1)
    with Store.open(path / "armchair.db") as store:
        trainer = make_trainer(config, store)
        yield trainer
    trainer.envs.close()


def answering_in_naps(monkeypatch: pytest.MonkeyPatch, *people: Person) -> list[str]:
    """Whenever the trainer rests, each person answers one question. -> phases, as the page sees them."""
    phases: list[str] = []

    def nap(seconds: float) -> None:
        for person in people:
            person.answer()
        phases.append(phase_of(people[0].store))

    monkeypatch.setattr(loop.time, "sleep", nap)
    return phases


def updates_in(lines: list[dict[str, Json]]) -> list[Json]:
    """Those that the lines of metrics tell of; other lines are of fits alone."""
    return [line["updates"] for line in lines if "reward" in line]


def to_update(going: Iterator[Progress]) -> None:
    """Go on to the next update of the policy; the reward may be fitted before it."""
    next(turn for turn in going if turn.update is not None)


def phase_of(store: Store) -> str:
    status = store.board.status()
    return "none" if status is None else str(status.value["phase"])


@pytest.mark.slow
def test_questions_are_ready_before_the_page_asks_for_them(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the second look on the person never finds the queue empty until the budget is spent."""
    person = Person(trainer.store)
    found: list[bool] = []

    def nap(seconds: float) -> None:
        found.append(person.answer() or trainer.store.counts().asked >= SMALL.queries.labels)

    monkeypatch.setattr(loop.time, "sleep", nap)
    seen = list(trainer.run())
    assert all(found[1:])
    assert trainer.store.counts().asked == SMALL.queries.labels
    assert seen[-1].updates == SMALL.schedule.updates


@pytest.mark.slow
def test_where_old_and_new_policy_look_the_same_others_are_asked_about(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    propose_both = asking.propose_both

    def nothing(*given: Any) -> CandidatePairs:
        pairs = propose_both(*given)
        looked.append(len(pairs.left))
        return pairs.select(torch.zeros(0, dtype=torch.int64))

    monkeypatch.setattr(asking, "propose_both", nothing)
    answering_in_naps(monkeypatch, Person(trainer.store))
    assert list(trainer.run())[-1].answers == SMALL.queries.labels
    assert looked, "nothing was compared at all"


@pytest.mark.slow
def test_training_stays_close_to_the_answers_and_finishes_when_they_are_in(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering_in_naps(monkeypatch, Person(trainer.store))
    steps = [(progress.updates, progress.answers) for progress in trainer.run()]
    for updates, answers in steps:
        if (
            answers < SMALL.queries.labels
        ):  # one update for every two answers beyond the first, and `patience`
            assert updates <= max(0, answers - SMALL.queries.first) / 2 + SMALL.schedule.patience
    assert steps[-1] == (SMALL.schedule.updates, SMALL.queries.labels)
    assert (
        sum(answers == SMALL.queries.labels for _, answers in steps) >= 2
    )  # the last answers were learnt from
    trainer.end()
    assert phase_of(trainer.store) == "done"
    assert trainer.store.counts().open == 0


def test_a_person_sees_the_newest_behaviour_first(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    answering_in_naps(monkeypatch, Person(trainer.store, ahead=1))
    steps = [progress.env_steps for progress in trainer.run()]
    asked = [record.question.policy_step for record in trainer.store.records()]
    assert asked[-1] > steps[2]
    assert sum(earlier <= later for earlier, later in itertools.pairwise(asked)) >= len(asked) - 4


@pytest.mark.slow
def test_a_blind_pair_shows_an_older_policy_and_the_newest_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = with_flags(SMALL, {"queries.progress_share": 0.8, "queries.labels": 26, "schedule.updates": 16})
    making = trainer_of(tmp_path, config)
    trainer = next(making)
    answering_in_naps(monkeypatch, Person(trainer.store))
    list(trainer.run())
    records = trainer.store.records(strategy="progress")
    assert 4 <= len(records) < config.queries.labels - config.queries.first
    newer_is_right: list[bool] = []
    for record in records:
        left, right = trainer.store.clips([record.question.left, record.question.right])
        assert left.policy_step != right.policy_step
        assert (record.left_step, record.right_step) == (left.policy_step, right.policy_step)
        newer_is_right.append(right.policy_step > left.policy_step)
        assert left.poses is not None and right.poses is not None
        assert torch.equal(left.poses[0, -1], right.poses[0, -1])  # the same goal
        assert left.start == right.start
        assert record.question.guess is not None
        assert max(left.policy_step, right.policy_step) <= record.question.policy_step
    assert trainer.store.counts().asked == config.queries.labels  # they count like any other
    assert set(newer_is_right) == {True, False}  # nobody can know which is which
    next(making, None)


@pytest.mark.slow
@pytest.mark.parametrize("level", [False, True])
def test_policies_are_compared_more_often_once_the_newest_looks_no_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: bool
) -> None:
    config = with_flags(SMALL, {"queries.progress_share": 0.01, "queries.labels": 26, "schedule.updates": 16})
    making = trainer_of(tmp_path, config)
    trainer = next(making)
    monkeypatch.setattr(asking, "looks_level", lambda records: level)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    answering_in_naps(monkeypatch, Person(trainer.store))
    list(trainer.run())
    compared = len(trainer.store.records(strategy="progress"))
    assert compared >= 3 if level else compared == 0
    next(making, None)


@pytest.mark.slow
def test_the_guess_speaks_of_the_side_that_is_shown_right(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever way round a pair is put, the guess is what the model of that moment says of it."""
    answering_in_naps(monkeypatch, Person(trainer.store))
    errors: list[float] = []
    put = trainer.store.ask

    def watched(questions: list[Question], clips: list[Clip], *, priority: float) -> None:
        by_id = {clip.id: clip.visible[None] for clip in clips}
        for question in questions:
            assert (question.guess is None) == (trainer.reward.model is None)
            if trainer.reward.model is not None:
                p = trainer.reward.model.probability(by_id[question.left], by_id[question.right])
                errors.append(abs(float(p.mean()) - (question.guess or 0.0)))
        put(questions, clips, priority=priority)

    monkeypatch.setattr(trainer.store, "ask", watched)
    list(trainer.run())
    assert len(errors) >= 8
    assert max(errors) < 1e-5


@pytest.mark.slow
def test_who_cannot_tell_is_asked_again_within_the_budget(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answers say nothing: more first questions follow, or the run would wait for ever."""
    person, given = Person(trainer.store), list[int]()

    def nap(seconds: float) -> None:
        given.append(1)
        person.answer("cant_tell" if len(given) <= 6 else None)

    monkeypatch.setattr(loop.time, "sleep", nap)
    seen = list(trainer.run())
    assert seen[-1].updates == SMALL.schedule.updates
    counts = trainer.store.counts()
    assert (counts.asked, counts.answers) == (16, 10)


@pytest.mark.slow
def test_when_nobody_can_ever_tell_the_run_says_so(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(trainer.store)
    monkeypatch.setattr(loop.time, "sleep", lambda _: person.answer("cant_tell"))
    with pytest.raises(InvalidInput, match="all 16 answers are"):
        list(trainer.run())


@pytest.mark.slow
def test_two_people_with_overlap_answer_the_same_questions(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer.store.board.set_setting("overlap", 2)
    trainer.store.board.set_setting("repeat_share", 0.0)
    people = Person(trainer.store, "ann"), Person(trainer.store, "bob")
    answering_in_naps(monkeypatch, *people)
    seen = list(trainer.run())
    assert seen[-1].updates == SMALL.schedule.updates
    by = {
        name: {record.question.id for record in trainer.store.records() if record.answer.annotator == name}
        for name in ("ann", "bob")
    }
    assert len(by["ann"] & by["bob"]) >= 4
    assert len(by["ann"]) + len(by["bob"]) >= SMALL.queries.labels


def test_the_owner_pauses_raises_the_budget_and_ends_the_run(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, board, naps = Person(trainer.store), trainer.store.board, list[str]()

    def nap(seconds: float) -> None:
        naps.append(phase_of(trainer.store))
        if len(naps) == 12:
            board.set_setting("paused", False)
        if not board.settings().paused:
            person.answer()

    monkeypatch.setattr(loop.time, "sleep", nap)
    monkeypatch.setattr("armchair.training.status.LEAST", 0.0)
    going = trainer.run()
    to_update(going)
    board.set_setting("paused", True)
    naps.clear()
    before = trainer.updates
    to_update(going)
    assert naps[:12] == ["paused"] * 12
    assert trainer.updates == before + 1
    board.set_setting("labels", 24)
    last = list(going)[-1]
    assert last.answers == 24
    assert last.updates > SMALL.schedule.updates  # more answers are worth more updates
    status = board.status()
    assert status is not None and status.value["labels"] == 24


def test_a_smaller_budget_lets_the_run_finish(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(trainer.store)
    monkeypatch.setattr(loop.time, "sleep", lambda _: person.answer())
    going = trainer.run()
    to_update(going)
    answered = trainer.store.counts().asked
    trainer.store.board.set_setting("labels", answered)
    monkeypatch.setattr(loop.time, "sleep", lambda _: pytest.fail("it waits although it may not ask"))
    assert list(going)[-1].updates == SMALL.schedule.updates
    assert trainer.store.counts().asked == answered


@pytest.mark.slow
def test_without_an_annotator_the_reward_is_fitted_anew(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = Person(trainer.store, "ann"), Person(trainer.store, "bob")
    answering_in_naps(monkeypatch, *people)
    going = trainer.run()
    to_update(going)
    known = len(trainer.store.preferences().target)
    trainer.store.people.exclude("bob")
    answering_in_naps(monkeypatch, people[0])
    left = len(trainer.store.preferences().target)
    assert 0 < left < known
    reports = [fit for progress in going for fit in progress.fits]
    assert reports[0].answers < known


MANY = with_flags(
    SMALL,
    {"queries.labels": 26, "queries.first": 4, "schedule.patience": 1, "schedule.updates": 14},
)


@pytest.mark.slow
def test_every_fit_is_recorded_and_the_critic_catches_up_before_the_policy_learns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One answer at a time while the trainer waits: most fits happen in turns without an update."""
    events, made = list[str](), list[Trainer]()
    fit, update, make = reward_learner.fit_doubting, policy_learner.update, setup.make_trainer

    def fitting(*given: Any) -> tuple[RewardEnsemble, FitReport]:
        events.append("fit")
        return fit(*given)

    def updating(*given: Any, critic_only: bool, **how: Any) -> UpdateStats:
        events.append("critic" if critic_only else "policy")
        return update(*given, critic_only=critic_only, **how)

    def making(*given: Any) -> Trainer:
        made.append(make(*given))
        person = Person(made[0].store)
        monkeypatch.setattr(loop.time, "sleep", lambda _: person.answer())
        return made[0]

    monkeypatch.setattr(reward_learner, "fit_doubting", fitting)
    monkeypatch.setattr(policy_learner, "update", updating)
    monkeypatch.setattr(setup, "make_trainer", making)
    run, waiting = RunDir.create(tmp_path, "reach", as_yaml(MANY)), 0
    for progress in teach(MANY, run, None):
        assert made[0].reward.critic_behind is (progress.update is None)
        waiting += progress.update is None
    fits = events.count("fit")
    assert fits >= 18 and waiting >= 5
    assert events.count("policy") == MANY.schedule.updates
    for before in " ".join(events).split("policy")[:-1]:  # what came between two updates of the policy
        caught_up = ["critic"] * MANY.practice.critic_updates if "fit" in before else []
        assert [event for event in before.split() if event != "fit"] == caught_up
        assert "critic fit" not in before, "it learns of the newest reward"
    with Store.open(run.store_file, create=False) as store:
        for lines in (store.board.metrics(), run.metrics()):
            assert len([line for line in lines if "fit_answers" in line]) == fits
            assert len([line for line in lines if "reward" in line]) == MANY.schedule.updates


@pytest.mark.parametrize("behind", [True, False])
def test_whether_the_critic_must_catch_up_is_in_the_checkpoint(
    behind: bool, tmp_path: Path, trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering_in_naps(monkeypatch, Person(trainer.store))
    going = trainer.run()
    while (next(going).update is None) is not behind:
        pass
    assert trainer.reward.critic_behind is behind
    run = RunDir.create(tmp_path, "reach", as_yaml(SMALL))
    state_of(trainer).save(run)
    again = make_trainer(SMALL, trainer.store)
    again.reward.critic_behind = not behind
    load_state(run, again)
    assert again.reward.critic_behind is behind
    again.envs.close()


def test_the_page_can_follow_what_the_arm_does(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armchair.training.status.LEAST", 0.0)
    told: list[dict[str, object]] = []
    write = trainer.store.board.set_status
    monkeypatch.setattr(
        trainer.store.board, "set_status", lambda value: (told.append(dict(value)), write(value))
    )
    person = Person(trainer.store)
    monkeypatch.setattr(loop.time, "sleep", lambda _: person.answer())
    list(trainer.run())
    trainer.end()
    phases = [str(status["phase"]) for status in told]
    assert phases[0] == "collecting" and phases[-1] == "done"
    assert {"collecting", "waiting", "fitting", "practising", "done"} == set(phases)
    assert told[-1]["question"] == "In which one is the tool closer to the red ball, over the whole clip?"
    assert told[-1]["control_dt"] == pytest.approx(0.05)
    assert len(told[-1]["bodies"]) == 11  # type: ignore[arg-type]
    assert (told[-1]["updates"], told[-1]["of_updates"], told[-1]["labels"]) == (12, 12, 16)


def test_a_run_with_people_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """What was answered counts, what is held stays held, and older policies are there to compare with."""
    run = RunDir.create(tmp_path, "reach", as_yaml(SMALL))
    ended, most = threading.Event(), [12]

    def live(name: str) -> None:
        with Store.open(run.store_file) as own:
            person = Person(own, name)
            while not ended.is_set():
                if own.counts().asked < most[0]:
                    person.answer()
                time.sleep(0.02)

    helper = threading.Thread(target=live, args=["ann"], daemon=True)
    helper.start()
    try:
        going = teach(SMALL, run, None)
        for progress in going:
            if progress.updates == 4:
                break
        going.close()
        with Store.open(run.store_file) as store:
            assert phase_of(store) == "stopped"
            held, answered = store.counts().open, store.counts().asked
            lines = store.board.metrics()
        assert held > 0
        assert updates_in(lines) == [1, 2, 3, 4]
        tensors, _ = run.load("state")
        assert any(name.startswith("past.") for name in tensors)
        most[0] = SMALL.queries.labels
        last = list(teach(SMALL, run, None, resume=True))[-1]
    finally:
        ended.set()
        helper.join()
    assert last.updates == SMALL.schedule.updates
    assert answered <= 12
    assert last.answers >= SMALL.queries.labels
    with Store.open(run.store_file) as store:
        assert phase_of(store) == "done"
        assert updates_in(store.board.metrics()) == list(range(1, 13))
        assert store.board.asset("scene") is not None
