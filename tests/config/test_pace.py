"""Another number of questions moves a simulated teacher's schedule, so that all of them are asked in time."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from armchair.cli import main
from armchair.config.pace import most_asked, paced, told_short, updates_for
from armchair.config.read import load_config, presets, with_flags
from armchair.config.teach import TeachConfig
from armchair.training.asking.schedule import AlternatingSchedule, ScheduleState


def asked_at(config: TeachConfig) -> list[int]:
    """The update before which each question is put, as the schedule itself has it."""
    schedule, shown = AlternatingSchedule(config), bool(config.demonstrations.source)
    asked: list[int] = [] if shown else [0] * config.queries.first
    for updates in range(0 if shown else 1, config.schedule.updates):
        count = len(asked)
        now = ScheduleState(count, count, 0, 0, config.queries.labels, updates, count)
        asked += [updates] * schedule.due(now, wandering=False)
    return asked


def with_labels(name: str, labels: int, updates: int | None = None) -> TeachConfig:
    base = load_config(name)
    config = with_flags(base, {"labels": labels, "updates": updates})
    return paced(config, base, fixed_updates=updates is not None)


@pytest.mark.parametrize("name", presets())
def test_a_presets_own_numbers_ask_all_and_stay_as_they_are(name: str) -> None:
    base = load_config(name)
    assert with_labels(name, base.queries.labels) == base
    assert len(asked_at(base)) == most_asked(base) == base.queries.labels
    assert told_short(base) == ""


@pytest.mark.parametrize("labels", [1, 2, 7, 20, 33, 50, 100, 199, 400, 1000])
@pytest.mark.parametrize("name", presets())
def test_whatever_the_budget_all_of_it_is_asked_and_something_is_learned_from_the_last(
    name: str, labels: int
) -> None:
    base = load_config(name)
    for updates in (None, base.schedule.updates):
        config = with_labels(name, labels, updates)
        asked = asked_at(config)
        assert len(asked) == most_asked(config) == labels
        assert asked[-1] < config.schedule.updates
        assert updates is None or config.schedule.updates == updates
    changed = {"queries", "schedule"}
    same = [field.name for field in dataclasses.fields(base) if field.name not in changed]
    config = with_labels(name, labels)
    assert [key for key in same if getattr(config, key) != getattr(base, key)] == []


def test_fewer_are_spread_over_the_run() -> None:
    config = with_labels("push", 50)
    asked = asked_at(config)
    assert (config.schedule.updates, config.queries.first, config.schedule.session) == (250, 20, 2)
    assert asked[-1] == 195, "a fifth of the run learns from the last answers"
    tenths = [sum(k * 20 <= update < (k + 1) * 20 for update in asked) for k in range(1, 10)]
    assert max(tenths) - min(tenths) <= 2, "evenly"


def test_more_make_the_run_longer_at_the_same_pace_unless_its_length_was_given() -> None:
    base, longer = load_config("reach"), with_labels("reach", 100)
    assert dataclasses.replace(longer.schedule, updates=45) == base.schedule
    assert longer.schedule.updates == 150, "2 questions in 3 updates, and 18 updates after the last"
    short = with_labels("reach", 100, updates=45)
    assert short.schedule.updates == 45
    assert len(asked_at(short)) == 100


def test_what_cannot_be_asked_is_counted_and_told() -> None:
    config = with_flags(load_config("reach"), {"updates": 10})
    assert len(asked_at(config)) == most_asked(config) == 18
    told = told_short(config)
    assert (
        "only 18 of the 30 questions fit into 10 updates" in told and "28 updates have room for all" in told
    )
    assert updates_for(config) == 28
    for updates, room in ((28, 30), (27, 28)):
        assert most_asked(with_flags(config, {"updates": updates})) == room


@pytest.mark.parametrize(("flags", "answers", "told"), [
    (("--labels", "9"), 9, ""), (("--labels", "5"), 5, ""), (("--labels", "9", "--updates", "3"), 9, ""),
    (("--updates", "1"), 4, "only 4 of the 6 questions fit into 1 updates"),
])  # fmt: skip
def test_a_run_asks_so_many(
    flags: tuple[str, ...],
    answers: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("armchair.cli.teaching._draw", lambda *_: [])
    words = ["teach", "reach", "--teacher", "oracle", "--config", "smoke", "--runs", str(tmp_path), "--json"]
    assert main([*words, *flags]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["answers"] == answers
    assert told in captured.err
    assert ("only" in captured.err) == bool(told)
    if told:
        assert captured.err.index(told) < captured.err.index("teaching reach in"), "before it begins"
