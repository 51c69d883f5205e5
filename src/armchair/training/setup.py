"""A run of teaching from its configuration to its end: demonstrations, environments, trainer, checkpoints."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from armchair.agents.agent import Agent
from armchair.agents.saved import PolicyInfo, load_policy, save_policy, save_tensors
from armchair.config.teach import TeachConfig
from armchair.envs.base import Poses
from armchair.envs.demonstrations import Demo
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput, RunError
from armchair.feedback.teachers import Teacher
from armchair.jsonable import Json
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.saved import REWARD_MODEL
from armchair.runs.checkpoint import newest, on_exit, write_checkpoint
from armchair.runs.folder import RunDir
from armchair.runs.metrics_log import MetricsLog, Track
from armchair.runs.older import ANSWERS, INSTEAD, OLDER
from armchair.runs.tensors import part
from armchair.store import settling
from armchair.store.store import Store
from armchair.store.trainer_lock import trainer_lock
from armchair.store.wishes import style_of
from armchair.training.asking.policy_history import network_of
from armchair.training.asking.program import Program
from armchair.training.demonstrations import demonstrations_of, start_along
from armchair.training.environments import make_envs
from armchair.training.progress import Progress, metrics_of
from armchair.training.state import CHECKPOINT, State, load_state, state_of
from armchair.training.status import put_scene
from armchair.training.trainer import Trainer
from armchair.training.wishes.outcome import settle_weights
from armchair.training.wishes.skill import keep_skill

SAVE_SECONDS = 30.0  # of work that a crash can cost; there is a checkpoint at each evaluation in any case


def teach(
    config: TeachConfig,
    run: RunDir,
    teacher: Teacher | None,
    *,
    resume: bool = False,
    stays: bool = False,
    program: Program | None = None,
    track: Track | None = None,
) -> Generator[Progress]:
    """Teach in the folder `run`; each turn tells of an update of the policy, of fits, or of both.

    teacher: simulated; None where people answer through the run's store. resume: go on from the run's newest
    checkpoint. stays: whether this process will wait, once the run is done, for its budget to be raised.
    program: what a program that calls this brings along.
    track: is told of the run's metrics, see `MetricsLog`.
    However it ends (a closed iterator and Ctrl-C too), there is a checkpoint to resume from.
    Raises RunError where another trainer is at work on the run, and where nothing can be written.
    """
    with trainer_lock(run), ExitStack() as closing:
        config = keep_skill(run, config)
        demos = demonstrations_of(resolve_task(config.task), config, run)
        store = closing.enter_context(Store.open(run.store))
        trainer = make_trainer(config, store, teacher, demos)
        closing.callback(trainer.envs.close)
        trainer.guard.keep_dumps_in(run)
        trainer.stays = stays
        if program is not None:
            trainer.querier.program = program
            program.keep = lambda: None if trainer.in_turn else save(run, trainer)
        trainer.status.know({"style": style_of(run.config())})
        set_out(run, trainer, resume=resume)
        film = trainer.envs.film
        put_scene(store, film.scene_asset() if isinstance(film, Poses) else None)
        yield from _train(run, trainer, track)


def make_trainer(
    config: TeachConfig, store: Store, teacher: Teacher | None = None, demos: Sequence[Demo] = ()
) -> Trainer:
    """A trainer at the beginning of a run, with its environments, which whoever asks for it closes.

    teacher: None where people answer. demos: what the run is shown.
    """
    spec = resolve_task(config.task)
    envs = make_envs(spec, config, start_along(spec, config, demos))
    return Trainer(config, spec, envs, store, teacher, demos)


def set_out(run: RunDir, trainer: Trainer, *, resume: bool) -> None:
    """Go on from the newest checkpoint, or make the first: from here on there always is one.

    A run that was stopped before it had one, and so before it had learned anything, begins anew.
    """
    found = newest(run) if resume else None
    if found is None and resume and (run.checkpoints / f"{CHECKPOINT}.safetensors").exists():
        found = run  # of an older armchair, which had no folders
    if found is not None:
        load_state(found, trainer)
        if trainer.annotators.people and (offer := settling.read(trainer.store.board)):
            settling.write(trainer.store.board, offer._replace(used=False))  # the newest is the run's again
        trainer.store.board.cut_metrics(trainer.env_steps)
        run.cut_metrics(trainer.env_steps)
        return
    if resume and run.metrics():
        raise RunError(f"{run.path} has no checkpoint to go on from: go on from a backup, or teach anew")
    if resume:
        trainer.annotators.go_back(0)
    trainer.demonstrations.prepare(trainer.policy.agent)
    state = state_of(trainer)
    write_checkpoint(run, state.save, state.when)


class Moment(NamedTuple):
    """A run between two turns, kept in memory."""

    state: State
    model: RewardEnsemble | None

    @staticmethod
    def of(trainer: Trainer) -> Moment:
        """The moment at which a trainer stands."""
        return Moment(state_of(trainer), trainer.reward.model)


def _train(run: RunDir, trainer: Trainer, track: Track | None) -> Generator[Progress]:
    """Train to the end; however it ends, leave a checkpoint and say so to the page."""
    last: list[Moment] = []  # the end of the last turn
    parts = trainer.config, trainer.envs, trainer.store
    trainer.standing.before_end = lambda: settle_weights(run, *parts, trainer.policy, trainer.reward)
    with on_exit(lambda: _leave(run, trainer, last)), MetricsLog(run, trainer.env_steps, track) as log:
        saved = time.monotonic()
        for progress in trainer.run():
            for line in metrics_of(progress):
                log.add(line)
                trainer.store.board.log(line)
            last[:] = [Moment.of(trainer)]
            if progress.evaluation is not None or time.monotonic() - saved > SAVE_SECONDS:
                _save(run, trainer, last[0])
                saved = time.monotonic()
            yield progress


def _leave(run: RunDir, trainer: Trainer, last: Sequence[Moment]) -> None:
    """Save, and say that the run has stopped.

    In the middle of a turn half of a batch may be answered, or half of an update made: then the end of the
    turn before is what to go on from.
    """
    try:
        if not trainer.in_turn:
            save(run, trainer)
        elif last:
            _save(run, trainer, last[0])
    finally:
        trainer.end()


def save(run: RunDir, trainer: Trainer) -> None:
    """Leave a checkpoint: the state to resume from, the policy to play, the reward model to train on."""
    _save(run, trainer, Moment.of(trainer))


def _save(run: RunDir, trainer: Trainer, moment: Moment) -> None:
    state, agent = moment.state, trainer.policy.agent

    def write(into: RunDir) -> None:
        state.save(into)
        home = home_of(trainer.config, agent, state.env_steps)
        save_tensors(into, part(state.tensors, "agent"), home)
        if not trainer.in_turn:
            save_older(into, trainer)
        if moment.model is not None:
            moment.model.save(into.checkpoints / REWARD_MODEL, trainer.config.task)

    write_checkpoint(run, write, state.when)


def save_older(into: RunDir, trainer: Trainer) -> None:
    """Of a run that is done: the policy that people may go back to."""
    older, offer = trainer.standing.older, settling.read(trainer.store.board)
    if older is None or offer is None:
        return
    net = network_of(older, trainer.policy.net)
    agent = Agent(net, trainer.config.ppo.learning_rate)
    about: dict[str, Json] = {ANSWERS: offer.older, INSTEAD: offer.newest, "success": offer.older_success}
    save_policy(into, agent, home_of(trainer.config, agent, older.policy_step), name=OLDER, more=about)


def home_of(config: TeachConfig, agent: Agent, env_steps: int) -> PolicyInfo:
    """Where a policy of this run is at home; env_steps: that it was trained for."""
    net = agent.net
    where = (config.task, config.env.engine, config.env.control, net.obs_dim, net.action_dim)
    return PolicyInfo(*where, net.hidden, env_steps, tuple(config.wishes.asked), config.env.arm)


def with_widths_of_policy(config: TeachConfig) -> TeachConfig:
    """The configuration with the widths of the policy to go on with; InvalidInput if that does not fit."""
    if not config.policy:
        return config
    info = load_policy(RunDir.open(Path(config.policy)))[1]
    for name, own, wanted in (
        ("task", info.task, config.task),
        ("control", info.control, config.env.control),
    ):
        if own != wanted:
            raise InvalidInput(f"{config.policy} has a policy for {name} {own}, not for {wanted}")
    return replace(config, ppo=replace(config.ppo, hidden=info.hidden))
