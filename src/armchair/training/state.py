"""All that a run's future depends on, as tensors and plain numbers, and back."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from armchair.envs.arm_env import ArmEnv
from armchair.errors import RunError
from armchair.feedback.teachers import TeacherState
from armchair.ids import new_id
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rollout.clips import EpisodesState
from armchair.runs.folder import RunDir
from armchair.runs.tensors import named, part, prefixed
from armchair.store.store import Store
from armchair.training.schedule import Marks
from armchair.training.snapshots import kept, restore
from armchair.training.trainer import EVER, TEACHER, Trainer

CHECKPOINT = "state"
COUNTERS = ("updates", "env_steps", "fitted_at", "fitted_update")
LATER = ("diverged", "faults")  # counters that older checkpoints do not have


def save_state(run: RunDir, trainer: Trainer) -> None:
    """Write the run's checkpoint, in place of the one before."""
    about: dict[str, Json] = {name: getattr(trainer, name) for name in (*COUNTERS, *LATER)}
    about |= {"asked": trainer.asker.asked, "position": trainer.store.position()}
    about["success"] = trainer.success
    run.save(CHECKPOINT, state_tensors(trainer), about)


def load_state(run: RunDir, trainer: Trainer) -> None:
    """Go on from the run's checkpoint; `trainer` is freshly made from the run's configuration.

    What a simulated teacher answered after the checkpoint is taken back, since it will be asked again; what
    people answered stays. Where the same clips cannot come about again, since people answer in their own
    time or the environment is one of others, the next ones get new ids. Raises RunError when there is no
    checkpoint or it does not fit.
    """
    tensors, about = run.load(CHECKPOINT)
    try:
        for name in COUNTERS:
            setattr(trainer, name, int(str(about[name])))
        trainer.diverged_before, trainer.faults = (int(str(about.get(name, 0))) for name in LATER)
        trainer.asker.asked, position = int(str(about["asked"])), int(str(about["position"]))
        success = about["success"]
        trainer.success = None if success is None else float(str(success))
        load_tensors(trainer, tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise RunError(f"the checkpoint in {run.path} does not fit this run: {error}") from None
    if trainer.teacher is None or not isinstance(trainer.envs.film, ArmEnv):
        # what is filmed now will not be what was filmed after the checkpoint, and must not get the same ids
        trainer.asker.rngs |= {name: generator(trainer.config.seed, new_id()) for name in ("ask", "progress")}
    if trainer.teacher is not None:
        forget_teacher(trainer.store, position)
        if trainer.fitted_at == position:  # taking answers back is no news to learn from
            trainer.fitted_at = trainer.store.position()


def forget_teacher(store: Store, position: int) -> None:
    """Undo what a simulated teacher did after a position, and close what it was asked: it will be again.

    Questions that people hold stay open: nobody's work is lost when a trainer goes back.
    """
    store.retract(TEACHER, position)
    store.release(TEACHER, [question.id for question in store.held(TEACHER)])
    store.retire(EVER)


def state_tensors(trainer: Trainer) -> dict[str, Tensor]:
    """Everything but the counters, by name."""
    out = prefixed("agent", trainer.agent.tensors())
    out |= {f"rng.{name}": rng.get_state() for name, rng in _generators(trainer).items()}
    out |= prefixed("running", trainer.running.tensors())
    out |= named("episodes", trainer.asker.episodes.state())
    out |= {f"recent.{i}": states for i, states in enumerate(trainer.recent)}
    if trainer.model is not None:
        out |= prefixed("model", trainer.model.tensors())
    out |= prefixed("past", trainer.asker.past.tensors())
    out["marks"] = torch.tensor(trainer.asker.marks.rows, dtype=torch.int64).reshape(-1, 2)
    if trainer.teacher is not None:
        out |= named("teacher", trainer.teacher.state())
    return out | kept("env.train", trainer.envs.train) | kept("env.film", trainer.envs.film)


def load_tensors(trainer: Trainer, tensors: Mapping[str, Tensor]) -> None:
    """The reverse of `state_tensors`."""
    trainer.agent.load_tensors(part(tensors, "agent"))
    for name, state in part(tensors, "rng").items():
        _generators(trainer)[name].set_state(state)
    trainer.asker.episodes.load_state(EpisodesState(**part(tensors, "episodes")))
    trainer.asker.past.load_tensors(part(tensors, "past"))
    trainer.asker.marks = Marks([(int(row[0]), int(row[1])) for row in tensors["marks"]])
    recent = part(tensors, "recent")
    trainer.recent = [recent[str(i)] for i in range(len(recent))]
    model = part(tensors, "model")
    if model:
        trainer.model = RewardEnsemble.from_tensors(trainer.layout, trainer.config.reward, model)
    if trainer.teacher is not None:
        trainer.teacher.load_state(TeacherState(**part(tensors, "teacher")))
    if restore(trainer.envs.train, part(tensors, "env.train")):
        trainer.running.load_tensors(part(tensors, "running"))
    restore(trainer.envs.film, part(tensors, "env.film"))


def _generators(trainer: Trainer) -> dict[str, torch.Generator]:
    return {**trainer.rngs, **trainer.asker.rngs, "clone": trainer.lessons.rng}
