"""The way back when numbers go wrong: the last good state, a dump of what happened, and when to give up."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from armchair.console import warn
from armchair.envs.arm_env import ArmEnv, EnvSnapshot
from armchair.envs.base import Env
from armchair.errors import RunError
from armchair.jsonable import Json
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rollout.collect import NotFinite, Running
from armchair.runs.folder import RunDir
from armchair.training.fixed_reward import IN_A_ROW, begin_again

if TYPE_CHECKING:
    from armchair.config.teach import TeachConfig
    from armchair.training.trainer import Trainer

DUMPS = "dumps"
MOST_DUMPS = 20  # in a run's folder


class Good(NamedTuple):
    """What a run falls back to."""

    agent: dict[str, Tensor]  # networks, statistics, optimiser
    model: RewardEnsemble | None
    recent: list[Tensor]
    updates: int


class Guard:
    """Keeps the state after the last good update in memory, and brings a run back to it."""

    def __init__(self, tell: Callable[[str], None] | None = None) -> None:
        """tell: is told of each fault in a line; standard error if not given."""
        self._tell = tell or warn
        self._good: Good | None = None
        self._before: EnvSnapshot | None = None
        self._dumps: RunDir | None = None
        self.in_a_row = 0

    def keep_dumps_in(self, run: RunDir) -> None:
        """Where dumps are to be left; without this there are none."""
        self._dumps = run.at(run.path / DUMPS)

    def keep(self, trainer: Trainer) -> None:
        """The run is well: this is the state to come back to."""
        self._good = Good(trainer.agent.tensors(), trainer.model, list(trainer.recent), trainer.updates)
        self.in_a_row = 0

    def look(self, env: Env) -> None:
        """A rollout begins: from here it could be played again."""
        self._before = env.snapshot() if isinstance(env, ArmEnv) else None

    def go_back(self, trainer: Trainer, fault: NotFinite) -> None:
        """Leave a dump and go back to the last good state; the copies begin new episodes.

        Raises RunError where that has happened three times in a row.
        """
        assert self._good is not None, "a run keeps its state before it begins"
        trainer.in_turn = False
        trainer.faults += 1
        self.in_a_row += 1
        dump = self._dump(trainer, fault)
        trainer.agent.load_tensors(self._good.agent)
        trainer.model, trainer.recent = self._good.model, list(self._good.recent)
        trainer.updates = self._good.updates
        if trainer.model is None:
            trainer.fitted_at = 0  # no model came of the answers so far: fit them again
        trainer.running = Running(begin_again(trainer.envs.train))
        where = "" if dump is None else f"; {dump} has what led to it, `armchair play` shows it"
        if self.in_a_row >= IN_A_ROW:
            raise RunError(
                f"training stopped: the {fault.where} was not finite {IN_A_ROW} times in a row, with nothing "
                f"learnt between{where}; the state of update {trainer.updates} is kept"
            )
        self._tell(f"the {fault.where} is not finite: back to update {trainer.updates}{where}")

    def _dump(self, trainer: Trainer, fault: NotFinite) -> Path | None:
        """Write what is known of a fault. -> the file; None where that failed, or there are enough."""
        run = self._dumps
        if run is None or len(list(run.checkpoints.glob("*.safetensors"))) >= MOST_DUMPS:
            return None
        tensors = {f"agent.{name}": value for name, value in trainer.agent.tensors().items()}
        if trainer.model is not None:
            tensors |= {f"model.{name}": value for name, value in trainer.model.tensors().items()}
        if fault.rollout is not None:
            tensors |= {f"rollout.{name}": value for name, value in fault.rollout._asdict().items()}
        if fault.rollout is not None and self._before is not None:
            tensors |= {f"env.{name}": value for name, value in self._before._asdict().items()}
        with contextlib.suppress(OSError, RunError):
            run.checkpoints.mkdir(exist_ok=True)
            number = 1 + len(list(run.checkpoints.glob("*.safetensors")))
            return run.save(f"{number:03d}", tensors, _about(trainer.config, trainer, fault))
        return None


def _about(config: TeachConfig, trainer: Trainer, fault: NotFinite) -> dict[str, Json]:
    about: dict[str, Json] = {"what": "dump", "not_finite": fault.where, "updates": trainer.updates}
    about |= {"env_steps": trainer.env_steps, "task": config.task, "engine": config.engine}
    return about | {"control": config.control, "num_envs": config.num_envs, "copy": first_bad(fault)}


def first_bad(fault: NotFinite) -> int:
    """The copy in which something was not finite first; 0 where that is not known."""
    if fault.rollout is None:
        return 0
    rows = [
        field.reshape(*field.shape[:2], -1).isfinite().all(2).logical_not()
        for field in fault.rollout
        if field.is_floating_point()
    ]
    bad = torch.stack(rows).any(0).nonzero()  # (K, 2) steps and copies, in order of time
    return int(bad[0, 1]) if len(bad) else 0
