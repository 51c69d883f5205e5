"""A run of training on a reward that is there: what its folder keeps, and how it goes on from that."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from contextlib import contextmanager

from armchair.agents.saved import save_policy
from armchair.config.teach import TeachConfig
from armchair.errors import RunError
from armchair.jsonable import Json
from armchair.runs.checkpoint import newest, on_exit, write_checkpoint
from armchair.runs.folder import RunDir
from armchair.runs.metrics_log import MetricsLog, Track
from armchair.store.trainer_lock import trainer_lock
from armchair.training.fixed_reward import Progress, Training
from armchair.training.setup import SAVE_SECONDS, home_of
from armchair.training.state import CHECKPOINT

GIVEN_REWARD = "given_reward.safetensors"  # in the folder of a run that learns from an earlier one's model


@contextmanager
def at_work(
    run: RunDir,
    config: TeachConfig,
    training: Training,
    *,
    resume: bool = False,
    track: Track | None = None,
) -> Generator[MetricsLog]:
    """While the run, which has a checkpoint, is trained: nobody else does, and its metrics can be written.

    resume: go on from the run's newest checkpoint. track: see `MetricsLog`. However it ends (Ctrl-C too), the
    last update is in a checkpoint. Raises RunError where another trainer is at work on the run, and where
    nothing can be written.
    """
    with trainer_lock(run):
        if resume:
            _go_on(run, training)
        leave = on_exit(lambda: _save(run, config, training))
        with leave, MetricsLog(run, training.env_steps, track) as log:
            yield log


def begin(run: RunDir, config: TeachConfig, training: Training) -> None:
    """Leave the first checkpoint of a new run: from here on there always is one."""
    _save(run, config, training)


def train(run: RunDir, config: TeachConfig, training: Training, log: MetricsLog) -> Generator[Progress]:
    """Train to the end, within `at_work`; each turn is one update of the policy, and a line of metrics."""
    saved = time.monotonic()
    for progress in training.run():
        log.add(record(progress))
        if time.monotonic() - saved > SAVE_SECONDS:
            _save(run, config, training)
            saved = time.monotonic()
        yield progress


def _go_on(run: RunDir, training: Training) -> None:
    found = newest(run)
    if found is None:
        raise RunError(f"{run.path} has no checkpoint to go on from: train anew")
    tensors, _ = found.load(CHECKPOINT)
    try:
        training.load_tensors(tensors)
    except (LookupError, TypeError, ValueError, RuntimeError, OverflowError, AttributeError) as error:
        raise RunError(f"the checkpoint in {run.path} does not fit this run: {error}") from None
    run.cut_metrics(training.env_steps)


def _save(run: RunDir, config: TeachConfig, training: Training) -> None:
    """Leave a checkpoint: the state to go on from, and the policy to play."""

    def write(into: RunDir) -> None:
        into.save(CHECKPOINT, training.tensors(), about)
        save_policy(into, training.agent, home_of(config, training.agent, training.env_steps))

    about: dict[str, Json] = {"updates": training.rollouts, "env_steps": training.env_steps}
    write_checkpoint(run, write, about)


def record(progress: Progress) -> dict[str, Json]:
    """A line of the run's metrics."""
    numbers: dict[str, float] = {**progress._asdict(), **progress.update._asdict()}
    del numbers["update"], numbers["total_steps"]
    return {key: None if math.isnan(value) else value for key, value in numbers.items()}
