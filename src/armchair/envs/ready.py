"""Beginnings that lie ready on a GPU: there the program does not ask which episodes have ended.

Every copy has the beginning of its next episode beside it; where one ends, a mask takes it. All are drawn
anew, on the CPU as ever, each `horizon` steps, in which a copy begins one episode. One that ends sooner (a
block is lost) begins in the same way again until then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.engines.base import Unwatched
from armchair.envs.base import StartSampler
from armchair.runs.tensors import part, prefixed
from armchair.tasks import Task
from armchair.types import Layout, Step


class Beginnings(NamedTuple):
    """How each of N copies begins its next episode."""

    layout: Layout
    goal: Tensor  # (N, 3) m, the layout's but for those that begin elsewhere
    along: Tensor  # (N,) bool, which begin elsewhere
    engine: Tensor  # (N, E) the simulator's rows of those


class Outcomes(NamedTuple):
    """How the last episode of each of N copies went, as far as one ended since they were last looked at."""

    ended: Tensor  # (N,) bool
    success: Tensor  # (N,) bool
    along: Tensor  # (N,) bool, whether it had begun elsewhere


class Ready:
    """The beginnings of the copies of an engine, and how what ran before them ended."""

    def __init__(self, task: Task, engine: Unwatched) -> None:
        self.diverged = 0  # episodes that the simulation lost, when all were last drawn
        self._task, self._engine, self._device = task, engine, engine.device
        no = torch.zeros(engine.num_envs, dtype=torch.bool, device=self._device)
        self._running = no  # whether the running episode began elsewhere
        self._outcomes = Outcomes(no, no, no)
        self._lost = torch.zeros((), dtype=torch.int64, device=self._device)
        self._left = 0  # steps until they are drawn anew
        self._next: Beginnings | None = None

    def forget(self) -> None:
        """Copies were put elsewhere: draw before the next step."""
        self._left = 0

    def begun(self, along: Tensor) -> None:
        """Every copy began an episode just now; of these (n,) it begins elsewhere."""
        nowhere = torch.zeros_like(self._running)
        self._running = nowhere.index_fill(0, along.to(self._device), True)

    def take(self, step: Step, diverged: Tensor, rng: torch.Generator, starts: StartSampler | None) -> Tensor:
        """Begin the next episode of the copies in which one ended with this step; call it after every step.

        diverged: (N,) bool. -> (N, 3) goals, of which those of the other copies mean nothing.
        """
        ended, found = step.done, self._outcomes
        self._lost = self._lost + diverged.sum()
        self._outcomes = Outcomes(
            found.ended | ended,
            torch.where(ended, step.success, found.success),
            torch.where(ended, self._running, found.along),
        )
        if self._left == 0 or self._next is None:
            self._next, self._left = self._drawn(rng, starts), self._task.horizon
            self.diverged = int(self._lost)
        self._left -= 1
        ready = self._next
        self._engine.reset_where(ended, ready.layout)
        if starts is not None:
            self._engine.restore_where(ended & ready.along, ready.engine)
            self._running = torch.where(ended, ready.along, self._running)
        return ready.goal

    def _drawn(self, rng: torch.Generator, starts: StartSampler | None) -> Beginnings:
        """Of all copies, drawn on the CPU; what came of the episodes before is taken in."""
        count = self._engine.num_envs
        layout = self._task.layout(rng, count)
        goal, along, engine = layout.goal, torch.zeros(count, dtype=torch.bool), torch.zeros(count, 0)
        if starts is not None:
            ended, success, elsewhere = (field.cpu() for field in self._outcomes)
            starts.learn(success[ended & ~elsewhere])
            self._outcomes = Outcomes(*(torch.zeros_like(field) for field in self._outcomes))
            some, state = starts.begin(torch.arange(count), rng)
            along[some] = True
            goal = goal.index_copy(0, some, state.goal)
            engine = state.engine.new_zeros(count, state.engine.shape[1]).index_copy(0, some, state.engine)
        return _moved(Beginnings(layout, goal, along, engine), self._device)

    def tensors(self) -> dict[str, Tensor]:
        """All that the future depends on, by name, in the CPU's memory."""
        out = {"left": torch.tensor(self._left), "running": self._running.to("cpu", copy=True)}
        out["lost"] = self._lost.to("cpu", copy=True)
        out |= prefixed("outcomes", {k: v.to("cpu", copy=True) for k, v in self._outcomes._asdict().items()})
        if self._next is not None:
            kept = _moved(self._next, torch.device("cpu"))
            out |= prefixed("layout", kept.layout._asdict())
            out |= {"goal": kept.goal, "along": kept.along, "engine": kept.engine}
        return out

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        self._left, self._running = int(tensors["left"]), tensors["running"].to(self._device)
        self._lost = tensors["lost"].to(self._device)
        self._outcomes = Outcomes(**{k: v.to(self._device) for k, v in part(tensors, "outcomes").items()})
        self._next = None
        if "goal" in tensors:
            layout = Layout(**part(tensors, "layout"))
            own = Beginnings(layout, tensors["goal"], tensors["along"], tensors["engine"])
            self._next = _moved(own, self._device)


def _moved(ready: Beginnings, device: torch.device) -> Beginnings:
    layout = Layout(*(field.to(device) for field in ready.layout))
    return Beginnings(layout, *(field.to(device) for field in (ready.goal, ready.along, ready.engine)))
