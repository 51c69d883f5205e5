"""How training and people's answers keep step: the rules on their own, without a run."""

from __future__ import annotations

import pytest

from armchair.config.read import load_config, presets, with_flags
from armchair.config.teach import TeachConfig
from armchair.training.asking.schedule import AHEAD, ConcurrentSchedule, Marks, ScheduleState

REACH = load_config("reach")  # 30 labels, first 12, 2 for every 3 updates, 45 updates, patience 10
PLAN = ConcurrentSchedule(REACH)


def at(
    useful: int, updates: int = 0, *, waiting: int = 0, leased: int = 0, labels: int = 30, asked: int = 0
) -> ScheduleState:
    return ScheduleState(useful, useful, waiting, leased, labels, updates, asked)


def test_answers_pay_for_updates_at_the_rate_of_the_sessions() -> None:
    assert [PLAN.earned(n) for n in (0, 12, 14, 30)] == [0, 0, 3, 27]


def test_training_begins_with_the_first_answers_and_keeps_some_updates_for_the_last() -> None:
    allowed = [PLAN.allowed(at(n)) for n in (0, 11, 12, 20, 29, 30)]
    assert allowed == [0, 0, 10, 22, 35, 45]


@pytest.mark.parametrize("name", presets())
def test_every_preset_comes_to_an_end(name: str) -> None:
    """Played through with one answer at a time: nobody is left without questions, all updates are done."""
    config = load_config(name)
    plan = ConcurrentSchedule(config)
    useful = waiting = updates = put = 0
    for _ in range(20_000):
        now = ScheduleState(useful, useful, waiting, 0, config.queries.labels, updates, put)
        wandering = not plan.may_fit_first(now) and not updates
        more = plan.due(now, wandering=wandering)
        waiting, put = waiting + more, put + more
        assert useful + waiting <= config.queries.labels
        if updates >= plan.last_update(config.queries.labels):
            break
        now = now._replace(open=waiting)
        if updates < plan.allowed(now):
            updates += 1
        else:
            assert waiting > 0, (name, now)
            useful, waiting = useful + 1, waiting - 1
    assert (useful, updates) == (config.queries.labels, config.schedule.updates)


@pytest.mark.parametrize("labels", [4, 12, 20, 60, 300])
def test_another_budget_ends_too_with_updates_in_proportion(labels: int) -> None:
    last = PLAN.last_update(labels)
    assert last >= REACH.schedule.updates
    assert last >= PLAN.earned(labels) + REACH.schedule.session_every
    assert PLAN.allowed(at(labels, labels=labels)) == last


def test_a_quick_person_waits_for_the_arm_rather_than_spend_the_budget_at_once() -> None:
    now, put = at(12, asked=12), 0
    while more := PLAN.due(now, wandering=False):
        put += more
        now = now._replace(useful=now.useful + more, answers=now.answers + more)
    assert put == AHEAD * REACH.schedule.session
    assert PLAN.due(now._replace(updates=3, asked=20), wandering=False) == 2


def test_who_comes_later_finds_questions_though_another_holds_the_queue() -> None:
    full = at(16, 16, waiting=10, leased=10, asked=30)
    assert full.updates >= PLAN.allowed(full)
    assert PLAN.due(full, wandering=False) == REACH.schedule.session
    assert PLAN.due(full._replace(leased=8), wandering=False) == 0


def test_half_of_the_first_questions_come_before_the_other_half() -> None:
    first = PLAN.due(at(0), wandering=True)
    rest = PLAN.due(at(0, waiting=first, asked=first), wandering=True)
    assert (first, rest) == (6, 6)
    assert PLAN.due(at(0, waiting=12, asked=12), wandering=True) == 0
    lost = ScheduleState(
        answers=3, useful=1, open=9, leased=0, labels=30, updates=0, asked=12
    )  # two could not be told
    assert PLAN.due(lost, wandering=True) == 2


def test_the_first_model_comes_a_little_early_and_never_from_nothing() -> None:
    enough = [n for n in range(13) if PLAN.may_fit_first(at(n))]
    assert enough == [8, 9, 10, 11, 12]
    tiny = with_flags(TeachConfig(), {"queries.first": 1, "queries.labels": 1})
    assert not ConcurrentSchedule(tiny).may_fit_first(at(0, labels=1))
    assert ConcurrentSchedule(tiny).may_fit_first(at(1, labels=1))


def test_old_questions_are_named_by_the_steps_at_which_they_were_put() -> None:
    marks = Marks()
    for updates, steps in ((0, 100), (3, 200), (6, 300)):
        marks.add(updates, steps)
    assert marks.stale(10, 10) == 0
    assert marks.stale(11, 10) == 101
    assert marks.stale(14, 10) == 201
    assert marks.rows == [(3, 200), (6, 300)]
    assert marks.stale(14, 10) == 201
