"""The way back when numbers go wrong: the last good state, a dump of what happened, and when to give up."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.config.teach import TeachConfig
from armchair.console import warn
from armchair.envs.base import Env, Snapshots
from armchair.errors import RunError
from armchair.jsonable import Json
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rollout.collect import NotFinite
from armchair.runs.folder import RunDir
from armchair.runs.tensors import prefixed
from armchair.training.fixed_reward import IN_A_ROW

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
        self._before: dict[str, Tensor] = {}
        self._dumps: RunDir | None = None
        self.in_a_row = 0

    def keep_dumps_in(self, run: RunDir) -> None:
        """Where dumps are to be left; without this there are none."""
        self._dumps = run.at(run.path / DUMPS)

    def keep(self, good: Good) -> None:
        """The run is well: this is the state to come back to."""
        self._good, self.in_a_row = good, 0

    def look(self, env: Env) -> None:
        """A rollout begins: from here it could be played again."""
        self._before = env.snapshot() if isinstance(env, Snapshots) else {}

    @staticmethod
    def facts(config: TeachConfig, updates: int, env_steps: int) -> dict[str, Json]:
        """What a dump says of a run of teaching."""
        env, copies = config.env, config.practice.num_envs
        facts: dict[str, Json] = {"updates": updates, "env_steps": env_steps, "num_envs": copies}
        return facts | {"task": config.task, "engine": env.engine, "control": env.control, "arm": env.arm}

    def go_back(
        self,
        fault: NotFinite,
        failed: Good,
        about: Mapping[str, Json],
        restore: Callable[[Good], None],
        detail: str | None = None,
    ) -> None:
        """Leave a dump of the state that failed and have `restore` bring the last good one back.

        about: what is to be known of the dump. detail: what exactly is not finite, where that is known.
        Raises RunError where that has happened three times in a row.
        """
        assert self._good is not None, "a run keeps its state before it begins"
        self.in_a_row += 1
        dump = self._dump(fault, failed, {**about, "detail": detail})
        restore(self._good)
        exactly = "" if detail is None else f" ({detail})"
        where = "" if dump is None else f"; {dump} has what led to it, `armchair play` shows it"
        if self.in_a_row >= IN_A_ROW:
            raise RunError(
                f"training stopped: the {fault.where} was not finite {IN_A_ROW} times in a row{exactly}, "
                f"with nothing learnt between{where}; the state of update {self._good.updates} is kept"
            )
        self._tell(f"the {fault.where} is not finite{exactly}: back to update {self._good.updates}{where}")

    def _dump(self, fault: NotFinite, failed: Good, about: Mapping[str, Json]) -> Path | None:
        """Write what is known of a fault. -> the file; None where that failed, or there are enough."""
        run = self._dumps
        if run is None or len(list(run.checkpoints.glob("*.safetensors"))) >= MOST_DUMPS:
            return None
        tensors = prefixed("agent", failed.agent)
        if failed.model is not None:
            tensors |= prefixed("model", failed.model.tensors())
        if fault.rollout is not None:
            steps = {name: field.cpu() for name, field in fault.rollout._asdict().items()}
            tensors |= prefixed("rollout", steps) | prefixed("env", self._before)
        if fault.obs is not None:
            tensors["observation"] = fault.obs
        facts = {"what": "dump", "not_finite": fault.where, **about, "copy": first_bad(fault)}
        with contextlib.suppress(OSError, RunError):
            run.checkpoints.mkdir(exist_ok=True)
            number = 1 + len(list(run.checkpoints.glob("*.safetensors")))
            return run.save(f"{number:03d}", tensors, facts)
        return None


def first_bad(fault: NotFinite) -> int:
    """The copy in which something was not finite first; 0 where that is not known."""
    if fault.obs is not None:
        return int(fault.obs.isfinite().all(1).logical_not().nonzero()[0])
    if fault.rollout is None:
        return 0
    rows = [
        field.reshape(*field.shape[:2], -1).isfinite().all(2).logical_not()
        for field in fault.rollout
        if field.is_floating_point()
    ]
    bad = torch.stack(rows).any(0).nonzero()  # (K, 2) steps and copies, in order of time
    return int(bad[0, 1]) if len(bad) else 0
