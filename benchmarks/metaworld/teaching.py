"""One run of the benchmark in a process of its own, and the line of results that it leaves."""

from __future__ import annotations

import resource
import shutil
import time
from pathlib import Path

import torch
from cells import Cell, digest, settings, teacher_of

from armchair.agents.saved import load_policy
from armchair.config.read import as_yaml
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.evaluate import Evaluation, evaluate
from armchair.jsonable import Json
from armchair.parallel.events import Tell
from armchair.runs.folder import RunDir
from armchair.training.setup import teach

EVALUATED = 7919  # added to a run's seed: other places of objects and goal than in training and its checks


def measure(cell: Cell, runs: Path, episodes: int) -> dict[str, Json]:
    """Teach a run from its beginning and measure its last policy. -> the line of results.

    runs: where its folder will be; one that is there, of a run that was cut off, is begun anew. episodes: of
    the last measurement.
    """
    torch.set_num_threads(1)
    config = settings(cell)
    shutil.rmtree(runs / cell.key, ignore_errors=True)
    began, used = time.perf_counter(), cpu_seconds()
    (runs / cell.key).mkdir(parents=True)
    run = RunDir.create(runs / cell.key, "run", {**as_yaml(config), "teacher": {"name": cell.teacher}})
    curve: list[Json] = []
    last = None
    for last in teach(config, run, teacher_of(cell, config)):
        if (found := last.evaluation) is not None:
            steps = last.env_steps * config.env.repeat
            curve.append([last.answers, steps, found.ever.value, found.success.value, found.total.value])
    assert last is not None, "a run has updates"
    spent = {"wall_s": time.perf_counter() - began, "cpu_s": cpu_seconds() - used}
    final = final_of(run, config, episodes)
    return {
        **cell._asdict(),
        "settings": digest(cell),
        "answers": last.answers,
        "steps": last.env_steps * config.env.repeat,
        "updates": last.updates,
        "ever": final.ever.value,
        "end": final.success.value,
        "return": final.total.value,
        "episodes": episodes,
        **{name: round(value, 1) for name, value in spent.items()},
        "curve": curve,
    }


def piece(given: tuple[Cell, Path, int], tell: Tell) -> dict[str, Json]:
    """`measure`, as a piece of work that is shared among processes."""
    return measure(*given)


def final_of(run: RunDir, config: TeachConfig, episodes: int) -> Evaluation:
    """What the run's last policy does without noise."""
    spec, net = resolve_task(config.task), load_policy(run)[0].net
    env = spec.make(spec.copies_for(episodes), config.env, seed=config.seed + EVALUATED)
    try:
        return evaluate(env, net.best, episodes, config.seed + EVALUATED)
    finally:
        env.close()


def cpu_seconds() -> float:
    """That this process has used so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
