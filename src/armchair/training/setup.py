"""Setting a run of teaching up, going through with it, and what it leaves behind."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from armchair.agents.agent import Agent
from armchair.agents.saved import PolicyInfo, save_policy
from armchair.config.teach import TeachConfig
from armchair.engines.display.scene_asset import SCENE, SCENE_TYPE, scene_asset
from armchair.envs.arm_env import ArmEnv, begin_along, make_env
from armchair.envs.base import Env
from armchair.envs.demonstrations import Demo
from armchair.envs.foreign.env import import_env, why_no_pictures
from armchair.errors import ConfigError, RunError
from armchair.feedback.teachers import Teacher
from armchair.jsonable import Json
from armchair.rewards.relations import VisibleLayout
from armchair.rewards.saved import REWARD_MODEL
from armchair.runs.checkpoint import however_it_ends, newest, write_checkpoint
from armchair.runs.folder import RunDir
from armchair.runs.metrics_log import MetricsLog
from armchair.store.store import Store
from armchair.store.trainer_lock import alone
from armchair.tasks import get_task
from armchair.training.demonstrations import along_demos, demos_of
from armchair.training.progress import Envs, Progress
from armchair.training.state import CHECKPOINT, forget_teacher, load_state, save_state
from armchair.training.trainer import Trainer
from armchair.training.words import question_of

STORE = "armchair.db"
SAVE_SECONDS = 30.0  # of work that a crash can cost; there is a checkpoint at each evaluation in any case
MOST_REPORTS = 16  # copies of an environment of others, which run one after the other


def teach(
    config: TeachConfig, run: RunDir, teacher: Teacher | None, *, resume: bool = False
) -> Iterator[Progress]:
    """Teach in the folder `run`; each turn is one update of the policy.

    teacher: simulated; None where people answer through the run's store. resume: go on from the run's newest
    checkpoint. However it ends (a closed iterator and Ctrl-C too), there is a checkpoint to resume from.
    Raises RunError where another trainer is at work on the run, and where nothing can be written.
    """
    with alone(run), ExitStack() as closing:
        demos = demos_of(config, run)
        envs = make_envs(config, demos)
        for env in envs:
            closing.callback(env.close)
        store = closing.enter_context(Store.open(run.store))
        trainer = Trainer(config, envs, store, layout_of(envs.train), teacher, demos)
        trainer.guard.keep_dumps_in(run)
        set_out(run, trainer, resume=resume)
        put_scene(store, envs.film)
        yield from _go_through(run, trainer)


def set_out(run: RunDir, trainer: Trainer, *, resume: bool) -> None:
    """Go on from the newest checkpoint, or make the first: from here on there always is one.

    A run that was stopped before it had one, and so before it had learnt anything, begins anew.
    """
    found = newest(run) if resume else None
    if found is None and resume and (run.checkpoints / f"{CHECKPOINT}.safetensors").exists():
        found = run  # of an older armchair, which had no folders
    if found is not None:
        load_state(found, trainer)
        trainer.store.board.cut_metrics(trainer.env_steps)
        run.cut_metrics(trainer.env_steps)
        return
    if resume and run.metrics():
        raise RunError(f"{run.path} has no checkpoint to go on from: go on from a backup, or teach anew")
    if resume and trainer.teacher is not None:
        forget_teacher(trainer.store, 0)
    trainer.lessons.prepare(trainer.agent)
    write_checkpoint(run, lambda into: save_state(into, trainer), _moment(trainer))


def _go_through(run: RunDir, trainer: Trainer) -> Iterator[Progress]:
    """Train to the end; however it ends, leave a checkpoint and say so to the page."""
    with however_it_ends(lambda: _leave(run, trainer)), MetricsLog(run, after=trainer.env_steps) as log:
        saved = time.monotonic()
        for progress in trainer.run():
            line = record(progress)
            log.add(line)
            trainer.store.board.log(line)
            if progress.evaluation is not None or time.monotonic() - saved > SAVE_SECONDS:
                save(run, trainer)
                saved = time.monotonic()
            yield progress


def _leave(run: RunDir, trainer: Trainer) -> None:
    """Save, and say that the run has stopped.

    In the middle of a turn a simulated teacher may have answered half of a batch: then the checkpoint before
    is what to go on from. People's answers do not hang on where the trainer stood.
    """
    try:
        if trainer.teacher is None or not trainer.in_turn:
            save(run, trainer)
    finally:
        trainer.end()


def begin(store: Store, config: TeachConfig) -> None:
    """Say what is going to be taught, before there is a trainer: a page that is open already can show it."""
    if ":" not in config.task:
        task = get_task(config.task)
        store.board.put_asset(SCENE, scene_asset(task.num_blocks, task.goal_marker), SCENE_TYPE)
    facts: dict[str, Json] = {"task": config.task, "question": question_of(config.task)}
    facts |= {"labels": config.labels, "of_updates": config.updates, "updates": 0, "env_steps": 0}
    store.board.set_status({**facts, "phase": "collecting", "success": None, "teacher": "person"})


def put_scene(store: Store, env: Env) -> None:
    """Leave the scene that clips are replayed in, where it is one of ours."""
    if isinstance(env, ArmEnv):
        store.board.put_asset(SCENE, scene_asset(env.task.num_blocks, env.task.goal_marker), SCENE_TYPE)


def make_envs(config: TeachConfig, demos: Sequence[Demo] = ()) -> Envs:
    """The run's environments, poses or pictures recorded where clips are made.

    demos: what the run was shown, along which some episodes may begin. Where an environment of others cannot
    be drawn, standard error is told why: its clips will have no pictures.
    """
    reports, imported = config.evaluate_episodes, ":" in config.task
    along = along_demos(config, demos)
    train = make_copies(config, config.num_envs, config.seed, record=False, along=along)
    if train.horizon < config.clip_length:
        train.close()
        raise ConfigError(
            f"clip_length must be at most {train.horizon}, the length of an episode of {config.task}; "
            f"got {config.clip_length}"
        )
    record = not imported or (config.frames and _draws(config.task))
    return Envs(
        train=train,
        film=make_copies(config, config.film_envs, config.seed + 1, record=record, along=along),
        report=make_copies(
            config, min(reports, MOST_REPORTS) if imported else reports, config.seed + 2, record=False
        ),
    )


def _draws(task: str) -> bool:
    reason = why_no_pictures(task)
    if reason is not None:
        print(f"armchair: clips of {task} will have no pictures: {reason}", file=sys.stderr)
    return reason is None


def make_copies(
    config: TeachConfig, num_envs: int, seed: int, *, record: bool, along: Sequence[Demo] = ()
) -> Env:
    """Copies of the run's environment; record: with what clips show, poses or pictures.

    along: demonstrations that a share of the episodes begin along; none for evaluations.
    """
    if ":" in config.task:
        return import_env(config.task, num_envs=num_envs, seed=seed, render=record)
    env = make_env(
        config.task,
        num_envs=num_envs,
        engine=config.engine,
        control=config.control,
        seed=seed,
        threads=config.threads,
        record_poses=record,
        motion=config.motion,
    )
    if along:
        begin_along(env, config.starts, along)
    return env


def layout_of(env: Env) -> VisibleLayout:
    """What the numbers of `visible` mean; those of an environment of others have no points among them."""
    if isinstance(env, ArmEnv):
        return VisibleLayout(env.task.points, env.task.scalars)
    return VisibleLayout((), tuple(f"obs_{i}" for i in range(env.visible_dim)))


def home_of(config: TeachConfig, agent: Agent, env_steps: int) -> PolicyInfo:
    """Where a policy of this run is at home; env_steps: that it was trained for."""
    net = agent.net
    where = (config.task, config.engine, config.control, net.obs_dim, net.action_dim)
    return PolicyInfo(*where, net.hidden, env_steps)


def save(run: RunDir, trainer: Trainer) -> None:
    """Leave a checkpoint: the state to resume from, the policy to play, the reward model to train on."""

    def write(into: RunDir) -> None:
        save_state(into, trainer)
        save_policy(into, trainer.agent, home_of(trainer.config, trainer.agent, trainer.env_steps))
        if trainer.model is not None:
            trainer.model.save(into.checkpoints / REWARD_MODEL)

    write_checkpoint(run, write, _moment(trainer))


def _moment(trainer: Trainer) -> dict[str, Json]:
    return {"updates": trainer.updates, "env_steps": trainer.env_steps}


def record(progress: Progress) -> dict[str, Json]:
    """A line of the run's metrics; numbers that are not known are left out."""
    line: dict[str, float | None] = {
        "updates": progress.updates,
        "env_steps": progress.env_steps,
        "asked": progress.asked,
        "answers": progress.answers,
        "reward": progress.reward,
        "success": progress.success if progress.has_success else None,
        "kl": progress.update.kl,
        "std": progress.update.std,
        "diverged": progress.diverged,
        "faults": progress.faults,
    }
    if progress.evaluation is not None:
        line |= {"eval_return": progress.evaluation.total.value}
        if progress.has_success:
            line |= {
                "eval_success": progress.evaluation.success.value,
                "eval_ever": progress.evaluation.ever.value,
            }
    if progress.fit is not None:
        line |= {"fit_answers": progress.fit.answers, "fit_accuracy": progress.fit.train.accuracy}
        line |= {"fit_nll": progress.fit.train.nll, "fit_spread": progress.fit.spread}
        line |= {"fit_seconds": progress.fit.seconds}
        if progress.fit.heldout is not None:
            held = progress.fit.heldout
            line |= {"accuracy": held.accuracy, "nll": held.nll, "ece": held.ece}
    return {key: value for key, value in line.items() if value is not None and math.isfinite(value)}
