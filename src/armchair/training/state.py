"""All that a run's future depends on, as tensors and plain numbers, and back."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from armchair.envs.arm_env import ArmEnv, EnvSnapshot
from armchair.envs.base import Env
from armchair.errors import RunError
from armchair.feedback.teachers import TeacherState
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rollout.clips import EpisodesState
from armchair.rundir import RunDir, Value
from armchair.training.loop import TEACHER, Trainer

CHECKPOINT = "state"
COUNTERS = ("updates", "env_steps", "asked", "fitted_at", "answered_at")


def save_state(run: RunDir, trainer: Trainer) -> None:
    """Write the run's checkpoint, in place of the one before."""
    about: dict[str, Value] = {name: getattr(trainer, name) for name in COUNTERS}
    about["position"] = trainer.store.position()
    run.save(CHECKPOINT, state_tensors(trainer), about)


def load_state(run: RunDir, trainer: Trainer) -> None:
    """Go on from the run's checkpoint; `trainer` is freshly made from the run's configuration.

    What a simulated teacher answered after the checkpoint is taken back, since it will be asked again; what
    people answered stays. Raises RunError when there is no checkpoint or it does not fit.
    """
    tensors, about = run.load(CHECKPOINT)
    try:
        for name in COUNTERS:
            setattr(trainer, name, int(str(about[name])))
        load_tensors(trainer, tensors)
        position = int(str(about["position"]))
    except (KeyError, ValueError, RuntimeError) as error:
        raise RunError(f"the checkpoint in {run.path} does not fit this run: {error}") from None
    if trainer.teacher is not None:
        trainer.store.retract(TEACHER, position)
    trainer.store.retire(trainer.env_steps + 1)


def state_tensors(trainer: Trainer) -> dict[str, Tensor]:
    """Everything but the counters, by name."""
    out = {f"agent.{name}": value for name, value in trainer.agent.tensors().items()}
    out |= {f"rng.{name}": rng.get_state() for name, rng in trainer.rngs.items()}
    out |= {f"running.{name}": value for name, value in trainer.running.tensors().items()}
    out |= _named("episodes", trainer.episodes.state())
    out |= {f"recent.{i}": states for i, states in enumerate(trainer.recent)}
    if trainer.model is not None:
        out |= {f"model.{name}": value for name, value in trainer.model.tensors().items()}
    if trainer.teacher is not None:
        out |= _named("teacher", trainer.teacher.state())
    for name, env in (("train", trainer.envs.train), ("film", trainer.envs.film)):
        if isinstance(env, ArmEnv):
            out |= _named(f"env.{name}", env.snapshot())
    return out


def load_tensors(trainer: Trainer, tensors: Mapping[str, Tensor]) -> None:
    """The reverse of `state_tensors`."""
    trainer.agent.load_tensors(_part(tensors, "agent"))
    for name, state in _part(tensors, "rng").items():
        trainer.rngs[name].set_state(state)
    trainer.episodes.load_state(EpisodesState(**_part(tensors, "episodes")))
    recent = _part(tensors, "recent")
    trainer.recent = [recent[str(i)] for i in range(len(recent))]
    model = _part(tensors, "model")
    if model:
        trainer.model = RewardEnsemble.from_tensors(trainer.layout, trainer.config.reward, model)
    if trainer.teacher is not None:
        trainer.teacher.load_state(TeacherState(**_part(tensors, "teacher")))
    if _restore(trainer.envs.train, _part(tensors, "env.train")):
        trainer.running.load_tensors(_part(tensors, "running"))
    _restore(trainer.envs.film, _part(tensors, "env.film"))


def _restore(env: Env, tensors: dict[str, Tensor]) -> bool:
    """Bring an environment of ours back; one of others begins its episodes anew. -> whether it is back."""
    if not isinstance(env, ArmEnv):
        return False
    env.restore(EnvSnapshot(**tensors))
    return True


def _named(prefix: str, state: tuple[Tensor, ...]) -> dict[str, Tensor]:
    """Fields of a named tuple of tensors, with a prefix; whoever keeps them may not change them."""
    fields = getattr(state, "_fields")  # noqa: B009 - a NamedTuple's, which its type does not show
    return {
        f"{prefix}.{name}": torch.as_tensor(value).clone() for name, value in zip(fields, state, strict=True)
    }


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with the prefix, without it."""
    start = f"{prefix}."
    return {name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)}
