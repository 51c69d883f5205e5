"""All that a run's future depends on, as tensors and plain numbers, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.envs.base import restore, snapshot_of
from armchair.errors import RunError
from armchair.ids import new_id
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.runs.tensors import part, prefixed
from armchair.training.asking.schedule import Marks
from armchair.training.trainer import Trainer

CHECKPOINT = "state"


class State(NamedTuple):
    """A moment that a run can go on from."""

    tensors: dict[str, Tensor]
    about: dict[str, Json]

    @property
    def env_steps(self) -> int:
        """How far the run had come."""
        return int(str(self.about["env_steps"]))

    @property
    def when(self) -> dict[str, Json]:
        """Which moment it is."""
        return {name: self.about[name] for name in ("updates", "env_steps")}

    def save(self, run: RunDir) -> None:
        """Write the run's checkpoint, in place of the one before."""
        run.save(CHECKPOINT, self.tensors, self.about)


def state_of(trainer: Trainer) -> State:
    """The moment at which a trainer stands, between two turns; what the trainer does next changes it not."""
    about: dict[str, Json] = {
        "updates": trainer.updates,
        "env_steps": trainer.env_steps,
        "fitted_at": trainer.reward.fitted_at,
        "fitted_update": trainer.reward.fitted_update,
        "critic_behind": trainer.reward.critic_behind,
        "diverged": trainer.diverged,
        "faults": trainer.faults,
        "extra": trainer.extra,
        "asked": trainer.querier.asked,
        "position": trainer.store.position(),
        "success": trainer.success,
    }
    return State(state_tensors(trainer), about)


def load_state(run: RunDir, trainer: Trainer) -> None:
    """Go on from the run's checkpoint; `trainer` is freshly made from the run's configuration.

    What a simulated teacher answered after the checkpoint is taken back, since it will be asked again; what
    people answered stays, and what is filmed next gets new ids. Raises RunError when there is no
    checkpoint or it does not fit.
    """
    tensors, about = run.load(CHECKPOINT)
    try:
        _load_counters(trainer, about)
        load_tensors(trainer, tensors)
        position = int(str(about["position"]))
    except (LookupError, TypeError, ValueError, RuntimeError, OverflowError, AttributeError) as error:
        raise RunError(f"the checkpoint in {run.path} does not fit this run: {error}") from None
    if trainer.annotators.people:  # their answers stay: even clips that come out the same are asked anew
        seed = trainer.config.seed
        trainer.querier.rngs |= {name: generator(seed, new_id()) for name in ("ask", "progress")}
    trainer.annotators.go_back(position)
    if not trainer.annotators.people and trainer.reward.fitted_at == position:
        trainer.reward.fitted_at = trainer.store.position()  # taking answers back is no news to learn from


def _load_counters(trainer: Trainer, about: Mapping[str, Json]) -> None:
    """Later ones are missing from older checkpoints."""

    def count(name: str) -> int:
        return int(str(about[name]))

    trainer.updates, trainer.env_steps = count("updates"), count("env_steps")
    reward = trainer.reward
    reward.fitted_at, reward.fitted_update = count("fitted_at"), count("fitted_update")
    reward.critic_behind = bool(about.get("critic_behind", False))
    later = {"diverged": 0, "faults": 0, "extra": 0, **about}
    trainer.extra = int(str(later["extra"]))
    trainer.diverged_before, trainer.faults = int(str(later["diverged"])), int(str(later["faults"]))
    trainer.querier.asked = count("asked")
    success = about["success"]
    trainer.success = None if success is None else float(str(success))


def state_tensors(trainer: Trainer) -> dict[str, Tensor]:
    """Everything but the counters, by name: copies, and what is replaced and never changed."""
    out = prefixed("agent", trainer.policy.agent.tensors())
    out |= {f"rng.{name}": rng.get_state() for name, rng in _generators(trainer).items()}
    out |= prefixed("episodes", trainer.querier.episodes.tensors())
    out |= trainer.reward.tensors() | trainer.policy.tensors()
    out |= prefixed("past", trainer.querier.history.tensors())
    if (wandered := trainer.querier.wandered) is not None:
        out |= prefixed("wandered", wandered.tensors())
    out["marks"] = torch.tensor(trainer.querier.marks.rows, dtype=torch.int64).reshape(-1, 2)
    out |= trainer.annotators.tensors() | prefixed("standing", trainer.standing.tensors())
    return out | snapshot_of("env.train", trainer.envs.train) | snapshot_of("env.film", trainer.envs.film)


def load_tensors(trainer: Trainer, tensors: Mapping[str, Tensor]) -> None:
    """The reverse of `state_tensors`."""
    trainer.policy.agent.load_tensors(part(tensors, "agent"))
    for name, state in part(tensors, "rng").items():
        _generators(trainer)[name].set_state(state)
    querier = trainer.querier
    querier.episodes.load_tensors(part(tensors, "episodes"))
    querier.history.load_tensors(part(tensors, "past"))
    if querier.wandered is not None:
        querier.wandered.load_tensors(part(tensors, "wandered"))
    querier.marks = Marks([(int(row[0]), int(row[1])) for row in tensors["marks"]])
    trainer.reward.load_tensors(tensors)
    trainer.annotators.load_tensors(tensors)
    trainer.standing.load_tensors(part(tensors, "standing"))
    brought_back = restore(trainer.envs.train, part(tensors, "env.train"))
    trainer.policy.load_tensors(tensors, running=brought_back)
    restore(trainer.envs.film, part(tensors, "env.film"))


def _generators(trainer: Trainer) -> dict[str, torch.Generator]:
    own = {"fit": trainer.reward.rng, "clone": trainer.demonstrations.rng}
    return {**trainer.policy.rngs, **trainer.querier.rngs, **own}
