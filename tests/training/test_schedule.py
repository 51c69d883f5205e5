"""How training and people's answers keep step: the rules on their own, without a run."""

from __future__ import annotations

import dataclasses

import pytest

from armchair.config.read import load_config, presets
from armchair.config.teach import TeachConfig
from armchair.training import schedule as pace
from armchair.training.schedule import Marks, Standing

REACH = load_config("reach")  # 30 labels, first 12, 2 for every 3 updates, 45 updates, patience 10


def at(useful: int, updates: int = 0, *, waiting: int = 0, leased: int = 0, labels: int = 30) -> Standing:
    return Standing(useful, useful, waiting, leased, labels, updates)


def test_answers_pay_for_updates_at_the_rate_of_the_sessions() -> None:
    assert [pace.earned(REACH, n) for n in (0, 12, 14, 30)] == [0, 0, 3, 27]


def test_training_begins_with_the_first_answers_and_keeps_some_updates_for_the_last() -> None:
    allowed = [pace.allowed(REACH, at(n)) for n in (0, 11, 12, 20, 29, 30)]
    assert allowed == [0, 0, 10, 22, 35, 45]


@pytest.mark.parametrize("name", presets())
def test_every_preset_comes_to_an_end(name: str) -> None:
    """Played through with one answer at a time: nobody is left without questions, all updates are done."""
    config = load_config(name)
    useful = waiting = updates = put = 0
    for _ in range(20_000):
        now = Standing(useful, useful, waiting, 0, config.labels, updates)
        wandering = not pace.enough_to_fit(config, now) and not updates
        more = pace.due(config, now, wandering=wandering, put=put)
        waiting, put = waiting + more, put + more
        assert useful + waiting <= config.labels
        if updates >= pace.last_update(config, config.labels):
            break
        now = now._replace(open=waiting)
        if updates < pace.allowed(config, now):
            updates += 1
        else:
            assert waiting > 0, (name, now)
            useful, waiting = useful + 1, waiting - 1
    assert (useful, updates) == (config.labels, config.updates)


@pytest.mark.parametrize("labels", [4, 12, 20, 60, 300])
def test_another_budget_ends_too_with_updates_in_proportion(labels: int) -> None:
    last = pace.last_update(REACH, labels)
    assert last >= REACH.updates
    assert last >= pace.earned(REACH, labels) + REACH.session_every
    assert pace.allowed(REACH, at(labels, labels=labels)) == last


def test_a_quick_person_waits_for_the_arm_rather_than_spend_the_budget_at_once() -> None:
    now, put = at(12), 0
    while more := pace.due(REACH, now, wandering=False, put=12):
        put += more
        now = now._replace(useful=now.useful + more, answers=now.answers + more)
    assert put == pace.AHEAD * REACH.session
    assert pace.due(REACH, now._replace(updates=3), wandering=False, put=20) == 2


def test_who_comes_later_finds_questions_though_another_holds_the_queue() -> None:
    full = at(16, 16, waiting=10, leased=10)
    assert full.updates >= pace.allowed(REACH, full)
    assert pace.due(REACH, full, wandering=False, put=30) == REACH.session
    assert pace.due(REACH, full._replace(leased=8), wandering=False, put=30) == 0


def test_half_of_the_first_questions_come_before_the_other_half() -> None:
    first = pace.due(REACH, at(0), wandering=True, put=0)
    rest = pace.due(REACH, at(0, waiting=first), wandering=True, put=first)
    assert (first, rest) == (6, 6)
    assert pace.due(REACH, at(0, waiting=12), wandering=True, put=12) == 0
    lost = Standing(answers=3, useful=1, open=9, leased=0, labels=30, updates=0)  # two could not be told
    assert pace.due(REACH, lost, wandering=True, put=12) == 2


def test_the_first_model_comes_a_little_early_and_never_from_nothing() -> None:
    enough = [n for n in range(13) if pace.enough_to_fit(REACH, at(n))]
    assert enough == [8, 9, 10, 11, 12]
    tiny = dataclasses.replace(TeachConfig(), first=1, labels=1)
    assert not pace.enough_to_fit(tiny, at(0, labels=1))
    assert pace.enough_to_fit(tiny, at(1, labels=1))


def test_old_questions_are_named_by_the_steps_at_which_they_were_put() -> None:
    marks = Marks()
    for updates, steps in ((0, 100), (3, 200), (6, 300)):
        marks.add(updates, steps)
    assert marks.stale(10, 10) == 0
    assert marks.stale(11, 10) == 101
    assert marks.stale(14, 10) == 201
    assert marks.rows == [(3, 200), (6, 300)]
    assert marks.stale(14, 10) == 201
