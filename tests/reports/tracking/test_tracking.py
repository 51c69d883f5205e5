"""Trackers are told all of a run, and whatever they do the run goes on."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from accelerate import tracking as accelerates
from accelerate.tracking import GeneralTracker
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from armchair.errors import InvalidChoice, InvalidInput, MissingDependency, RunError
from armchair.offers import extras, trackers
from armchair.offers.trackers import TRACKERS, read_trackers
from armchair.reports.tracking import kept, worker
from armchair.reports.tracking.kept import admitted, begin, tracked
from armchair.reports.tracking.media import pictures
from armchair.reports.tracking.tracking import Tracking, flat, tag
from armchair.runs.folder import RunDir
from armchair.runs.metrics_log import MetricsLog
from armchair.video import write_mp4

Capture = pytest.CaptureFixture[str]


class Fake(GeneralTracker):
    """Keeps what it is told; `at` is called with the name of each thing that is done."""

    name, requires_logging_directory = "fake", False
    told: ClassVar[list[tuple[object, ...]]] = []
    at: ClassVar[Callable[[str], None]] = staticmethod(lambda _: None)

    def __init__(self, run_name: str) -> None:
        super().__init__()
        self.run_name = run_name

    @property
    def tracker(self) -> object:
        return self

    def note(self, what: str, *more: object) -> None:
        Fake.at(what)
        Fake.told.append((what, *more))

    def start(self) -> None:
        self.note("start", self.run_name)

    def store_init_configuration(self, values: dict[str, object]) -> None:
        self.note("settings", values)

    def log(self, values: dict[str, object], step: int | None = None) -> None:
        self.note("log", values, step)

    def log_images(self, values: dict[str, np.ndarray], step: int | None = None) -> None:
        self.note("images", {name: value.shape for name, value in values.items()}, step)

    def finish(self) -> None:
        self.note("finish")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """A run that is told to a made-up tracker."""
    monkeypatch.setitem(TRACKERS, "fake", "json")
    monkeypatch.setitem(accelerates.LOGGER_TYPE_TO_CLASS, "fake", Fake)
    monkeypatch.setattr(Fake, "told", [])
    monkeypatch.setattr(Fake, "at", staticmethod(lambda _: None))
    made = RunDir.create(tmp_path, "reach", {"task": "reach", "ppo": {"hidden": [64, 64], "gamma": 0.9}})
    begin(made, ["fake"])
    return made


def at(monkeypatch: pytest.MonkeyPatch, moment: Callable[[str], None]) -> None:
    monkeypatch.setattr(Fake, "at", staticmethod(moment))


def write(run: RunDir, names: tuple[str, ...] = ("fake",), steps: tuple[int, ...] = (10, 20)) -> None:
    """Log a line of metrics at each of the steps."""
    after = steps[0] - 10
    with Tracking(run, names) as track, MetricsLog(run, after, track) as log:
        for step in steps:
            log.add({"env_steps": step, "reward": 0.5, "eval_success": 0.25, "kl": None, "note": "x"})


def test_a_tracker_is_told_settings_metrics_and_pictures(run: RunDir, tmp_path: Path) -> None:
    film = tmp_path / "policy.mp4"
    write_mp4(film, (np.full((32, 48, 3), 10 * k, dtype=np.uint8) for k in range(20)), 20)
    with Tracking(run, ("fake",)) as track:
        track.begin(0)
        track.add(
            {"env_steps": 10, "reward": 0.5, "fit_nll": 0.2, "answers": 3, "odd": 1, "bad": float("nan")}
        )
        track.show("film", film)
    settings = {"task": "reach", "ppo.hidden": "[64, 64]", "ppo.gamma": 0.9}
    groups = {"policy/reward": 0.5, "reward_model/fit_nll": 0.2, "feedback/answers": 3, "run/odd": 1}
    assert Fake.told == [
        ("start", "armchair"),
        ("settings", settings),
        ("log", groups, 10),
        ("images", {"film": (8, 32, 48, 3)}, 10),
        ("finish",),
    ]
    assert not (run.path / "tensorboard").exists()  # only what was asked for
    first, last = pictures(film)[[0, -1]]
    assert abs(int(first.mean())) < 5 and abs(int(last.mean()) - 190) < 5


def test_a_run_that_goes_on_is_the_same_run_and_is_not_set_up_again(run: RunDir) -> None:
    write(run)
    ids = tracked(run)
    write(run, steps=(30,))
    assert tracked(run) == ids and len(ids["fake"]) == 32
    assert [one[0] for one in Fake.told].count("settings") == 1
    assert [one[2] for one in Fake.told if one[0] == "log"] == [10, 20, 30]


@pytest.mark.parametrize("moment", ["start", "settings", "log", "finish"])
def test_a_tracker_that_fails_costs_one_line(
    run: RunDir, moment: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(what: str) -> None:
        if what == moment:
            raise ConnectionError("no\nnetwork")

    at(monkeypatch, fail)
    write(run, steps=tuple(range(10, 500, 10)))
    assert len(run.metrics()) == 49
    told = capsys.readouterr().err.splitlines()
    assert told == ["armchair: fake is told nothing more, the run goes on: no network"]


def test_a_tracker_that_hangs_neither_slows_nor_stops_the_run(
    run: RunDir, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()
    at(monkeypatch, lambda what: free.wait(60) if what == "log" else None)
    monkeypatch.setattr(worker, "WAITING", 5)
    monkeypatch.setattr("armchair.reports.tracking.tracking.PATIENCE", 0.5)
    began = time.monotonic()
    write(run, steps=tuple(range(10, 1000, 10)))
    took = time.monotonic() - began
    free.set()
    assert took < 10.0 and len(run.metrics()) == 99
    told = capsys.readouterr().err
    assert told.count("fake does not keep up") == 1 and told.count("\n") == 2
    assert "fake has not taken all in" in told


def test_what_trackers_print_is_beside_the_output(
    run: RunDir, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sys.stdout
    at(monkeypatch, lambda what: print(f"* {what}"))
    with Tracking(run, ("fake",)) as track, MetricsLog(run, 0, track):
        print("ours")
    found = capsys.readouterr()
    assert found.out == "ours\n" and "* start" in found.err and "* finish" in found.err
    assert sys.stdout is whole


def test_tensorboard_through_accelerate(run: RunDir) -> None:
    begin(run, ["tensorboard"])
    write(run, ("tensorboard",), (10, 20, 30))
    write(run, ("tensorboard",), (30, 40))  # 30 was beyond the checkpoint, at 20
    found = EventAccumulator(str(run.path / "tensorboard")).Reload()
    assert sorted(found.Tags()["scalars"]) == ["evaluation/success", "policy/reward"]
    assert [point.step for point in found.Scalars("policy/reward")] == [10, 20, 30, 40]
    (hparams,) = (run.path / "tensorboard").rglob("hparams.yml")
    assert "ppo.gamma: 0.9" in hparams.read_text()


def test_trackio_goes_on_with_the_same_run(
    run: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("trackio")
    from trackio.sqlite_storage import SQLiteStorage

    for module in list(sys.modules.values()):  # it reads the variable at import, and copies what it read
        if getattr(module, "__name__", "").startswith("trackio") and hasattr(module, "TRACKIO_DIR"):
            monkeypatch.setattr(module, "TRACKIO_DIR", tmp_path / "trackio")
    begin(run, ["trackio"])
    write(run, ("trackio",), (10, 20))
    write(run, ("trackio",), (30,))
    (name,) = SQLiteStorage.get_runs("armchair")
    assert name == f"{run.name}-{tracked(run)['trackio'][:6]}"
    logs = SQLiteStorage.get_logs("armchair", name)
    assert [(one["step"], one["policy/reward"]) for one in logs] == [(10, 0.5), (20, 0.5), (30, 0.5)]
    assert SQLiteStorage.get_run_config("armchair", name)["ppo.gamma"] == 0.9


def test_only_what_was_asked_for_here_goes_on_by_itself(
    run: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(run, ["tensorboard", "fake"])
    assert admitted(run) == (("tensorboard", "fake"), ())
    monkeypatch.setattr(kept, "is_remembered", lambda *_: False)  # on another machine
    assert admitted(run) == (("tensorboard",), ("fake",))
    for content in ('{"fake": 3}', '{"nobody": ""}', "[]", "{"):
        (run.path / "tracking.json").write_text(content)
        with pytest.raises(RunError, match=r"tracking\.json"):
            admitted(run)


def test_names_are_checked_before_anything_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_trackers(" tensorboard, trackio,tensorboard") == ("tensorboard", "trackio")
    with pytest.raises(InvalidChoice, match="unknown tracker 'wandp': did you mean 'wandb'"):
        read_trackers("tensorboard,wandp")
    with pytest.raises(InvalidInput, match="takes names with commas"):
        read_trackers(" , ")
    monkeypatch.setitem(TRACKERS, "wandb", "no_such_package")
    with pytest.raises(
        MissingDependency, match=r"--track wandb needs no_such_package; .* pip install no_such"
    ):
        read_trackers("wandb")
    monkeypatch.setattr(extras, "_is_there", lambda module: module != "accelerate")
    with pytest.raises(MissingDependency, match=r"needs accelerate; .*armchair\[track\]"):
        read_trackers("tensorboard")


def test_the_trackers_are_those_of_accelerate() -> None:
    assert set(trackers.TRACKERS) == {str(one) for one in accelerates.LOGGER_TYPE_TO_CLASS}


def test_tags_and_settings() -> None:
    assert [tag(name) for name in ("eval_return", "success", "accuracy", "fit_answers", "faults", "new")] == [
        *("evaluation/return", "policy/success", "reward_model/accuracy", "reward_model/fit_answers"),
        *("health/faults", "run/new"),
    ]
    assert flat({"a": {"b": {"c": True}}, "d": None, "e": [1, 2]}) == {"a.b.c": True, "e": "[1, 2]"}
