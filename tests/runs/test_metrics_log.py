from __future__ import annotations

import math
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from armchair.runs.folder import RunDir
from armchair.runs.metrics_log import MetricsLog


def drawn(run: RunDir) -> dict[str, list[tuple[int, float]]]:
    """What TensorBoard draws of a run: its curves by name, as steps and values."""
    found = EventAccumulator(str(run.path / "tensorboard")).Reload()
    return {
        name: [(at.step, round(at.value, 6)) for at in found.Scalars(name)]
        for name in found.Tags()["scalars"]
    }


def test_tensorboard_draws_the_finite_numbers_of_the_metrics_against_steps(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "run", {})
    with MetricsLog(run) as log:
        log.add({"env_steps": 10, "reward": 0.5, "success": None, "answers": 3})
        log.add({"env_steps": 20, "reward": math.inf, "success": 0.25, "answers": 4})
        log.add({"reward": 7.0})  # at no step in particular: only in the lines
    assert drawn(run) == {"reward": [(10, 0.5)], "answers": [(10, 3), (20, 4)], "success": [(20, 0.25)]}
    assert [line["reward"] for line in run.metrics()] == [0.5, math.inf, 7.0]


def test_a_run_that_goes_on_writes_on_and_hides_what_a_crash_left_beyond_its_checkpoint(
    tmp_path: Path,
) -> None:
    run = RunDir.create(tmp_path, "run", {})
    with MetricsLog(run) as log:
        for step in (10, 20, 30):
            log.add({"env_steps": step, "reward": 1.0})
    with MetricsLog(run, after=20) as log:
        log.add({"env_steps": 25, "reward": 2.0})
    assert drawn(run) == {"reward": [(10, 1.0), (20, 1.0), (25, 2.0)]}
