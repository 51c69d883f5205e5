"""One run of the benchmark in a process of its own, and the line of results that it leaves."""

from __future__ import annotations

import resource
import shutil
import time
from pathlib import Path

import torch
from cells import OWN_REWARD, Cell, digest, settings, teacher_of

from armchair.agents.saved import load_policy, save_policy
from armchair.config.read import as_yaml
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.evaluate import Evaluation, evaluate
from armchair.jsonable import Json
from armchair.parallel.events import Tell
from armchair.runs.folder import RunDir
from armchair.training.fixed_reward import TrainConfig, Training
from armchair.training.setup import home_of, teach

FILMS = 1.2  # steps of a run that asks a hundred questions, as a multiple of those that its policy practises
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
    learned = _practised(config, run) if cell.teacher == OWN_REWARD else _taught(cell, config, run)
    spent = {"wall_s": time.perf_counter() - began, "cpu_s": cpu_seconds() - used}
    final = final_of(run, config, episodes)
    return {
        **cell._asdict(),
        "settings": digest(cell),
        **learned,
        "ever": final.ever.value,
        "end": final.success.value,
        "return": final.total.value,
        "episodes": episodes,
        **{name: round(value, 1) for name, value in spent.items()},
    }


def _taught(cell: Cell, config: TeachConfig, run: RunDir) -> dict[str, Json]:
    """Teach it. -> what it took, and success on the way."""
    curve: list[Json] = []
    last = None
    for last in teach(config, run, teacher_of(cell, config)):
        if (found := last.evaluation) is not None:
            curve.append(_point(last.answers, last.env_steps * config.env.repeat, found))
    assert last is not None, "a run has updates"
    steps = last.env_steps * config.env.repeat
    return {"answers": last.answers, "steps": steps, "updates": last.updates, "curve": curve}


def _practised(config: TeachConfig, run: RunDir) -> dict[str, Json]:
    """Train it on the task's own reward, for as many steps as teaching takes with films. -> as `_taught`."""
    spec, practice = resolve_task(config.task), config.practice
    updates = round(FILMS * config.schedule.updates)
    per_update = practice.rollout * practice.num_envs
    env = spec.make(practice.num_envs, config.env, seed=config.seed)
    check = spec.make(spec.copies_for(config.evaluation.episodes), config.env, seed=config.seed + 2)
    training = Training(env, TrainConfig(updates * per_update, practice.rollout, config.ppo, config.seed))
    curve: list[Json] = []
    try:
        for progress in training.run():
            if training.rollouts % config.evaluation.every == 0:
                found = evaluate(check, training.agent.net.best, config.evaluation.episodes, config.seed + 2)
                curve.append(_point(0, progress.env_steps * config.env.repeat, found))
    finally:
        env.close()
        check.close()
    save_policy(run, training.agent, home_of(config, training.agent, training.env_steps))
    steps = training.env_steps * config.env.repeat
    return {"answers": 0, "steps": steps, "updates": training.rollouts, "curve": curve}


def _point(answers: int, steps: int, found: Evaluation) -> list[Json]:
    return [answers, steps, found.ever.value, found.success.value, found.total.value]


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
