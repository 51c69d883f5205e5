"""Episodes of data sets by others as demonstrations: LeRobotDataset v3 and Minari.

They have no states of our simulator, so that no episode can begin along them: they are imitated, and worth
comparisons.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.envs.demonstrations import MOST_FILES, Demo
from armchair.envs.foreign.points.declaration import Declared
from armchair.errors import InvalidInput
from armchair.exchange.lerobot.reading import Dataset
from armchair.exchange.lerobot.schema import ACTION, STATE, VISIBLE
from armchair.exchange.minari import MinariEpisode, read_minari

SOURCE = re.compile(r"(lerobot|minari):(.+)", re.DOTALL)
SLACK = 1e-3  # by which an action may lie outside of -1 … 1


class Fits(NamedTuple):
    """What demonstrations must be like for a run."""

    obs_dim: int
    action_dim: int
    visible_dim: int
    declared: Declared  # of an environment of others: where its points are
    least: int  # steps of an episode


class Shown(NamedTuple):
    """An episode of T steps as it was recorded."""

    obs: Tensor  # (T, D) before each action
    last: Tensor | None  # (D,) after the last one, where that is known
    action: Tensor  # (T, A)
    visible: Tensor | None  # (T, F) after each action
    keys: Mapping[str, range] = MappingProxyType({})  # the numbers of each part of an observation, a Dict


def read_demos(source: str, fits: Fits) -> list[Demo]:
    """The demonstrations that `lerobot:DIR` or `minari:DIR` names; InvalidInput where they do not fit."""
    found = SOURCE.fullmatch(source)
    assert found is not None, "the configuration was checked"
    kind, folder = found[1], Path(found[2])
    readers: dict[str, Callable[[Path], list[Shown]]] = {"lerobot": _of_lerobot, "minari": _of_minari}
    shown = readers[kind](folder)
    if len(shown) > MOST_FILES:
        raise InvalidInput(f"{folder} has {len(shown)} episodes, at most {MOST_FILES} are read")
    return [_demo(one, fits, f"episode {number} of {folder}") for number, one in enumerate(shown)]


def _of_lerobot(folder: Path) -> list[Shown]:
    found = Dataset.open(folder).numbers([STATE, ACTION], [VISIBLE])
    return [Shown(one.numbers[STATE], None, one.numbers[ACTION], one.numbers.get(VISIBLE)) for one in found]


def _of_minari(folder: Path) -> list[Shown]:
    def shown(one: MinariEpisode) -> Shown:
        return Shown(one.obs[:-1], one.obs[-1], one.action, None, one.keys)

    return [shown(one) for one in read_minari(folder)]


def _demo(one: Shown, fits: Fits, where: str) -> Demo:
    steps = len(one.obs)
    if steps < fits.least:
        raise InvalidInput(
            f"{where} has {steps} steps, clips have {fits.least}: make queries.clip_length smaller"
        )
    after = None if one.last is None else torch.cat((one.obs[1:], one.last.unsqueeze(0)))
    visible = one.visible if one.visible is not None else _seen(one, after, fits, where)
    obs = _with_ways(one, fits.declared, where)
    for name, value, wanted in (
        ("an observation", obs, fits.obs_dim),
        ("an action", one.action, fits.action_dim),
        ("what is seen", visible, fits.visible_dim),
    ):
        if value.shape[1] != wanted:
            raise InvalidInput(f"{where}: {name} has {value.shape[1]} numbers, in this task it has {wanted}")
    if float(one.action.abs().max()) > 1.0 + SLACK:
        most = float(one.action.abs().max())
        raise InvalidInput(
            f"{where} has actions up to {most:.3g}: they must be scaled to [-1, 1], as the task's are"
        )
    none = torch.zeros(steps, 0)
    return Demo(none, torch.zeros(3), obs, one.action.clamp(-1.0, 1.0), visible, torch.zeros(steps, 0, 7))


def _seen(one: Shown, after: Tensor | None, fits: Fits, where: str) -> Tensor:
    """What a person sees of the states that actions led to, from observations of them."""
    if after is None:  # the state that the last action led to is not known: it stays as it was
        after = torch.cat((one.obs[1:], one.obs[-1:]))
    if fits.declared:
        return visible_of(after, fits.declared, where, one.keys)
    if after.shape[1] != fits.visible_dim:
        raise InvalidInput(
            f"{where} does not say what a person sees ({VISIBLE}), which has {fits.visible_dim} numbers here"
        )
    return after


def visible_of(
    obs: Tensor, declared: Declared, where: str, keys: Mapping[str, range] = MappingProxyType({})
) -> Tensor:
    """Declared points and scalars of observations (T, D). -> (T, F).

    keys: which numbers are the parts that have a name. Raises InvalidInput where one of the points is no
    number of the observation: then only a simulator can tell.
    """
    columns: list[Tensor] = []
    for name, place in declared.places().items():
        if place.kind != "numbers" or (place.name and place.name not in keys):
            raise InvalidInput(
                f"{where} cannot tell where {name} is: env.points must be numbers of the observation, such "
                f"as 0, or the data must have {VISIBLE}"
            )
        there = keys[place.name] if place.name else range(obs.shape[1])
        if max(place.numbers) >= len(there):
            raise InvalidInput(
                f"{where}: {name} is number {max(place.numbers)} of {len(there)}, counted from 0"
            )
        numbers = [there[number] for number in place.numbers]
        found = obs[:, numbers]
        missing = 3 - found.shape[1] if name in declared.points else 0
        columns.append(torch.cat((found, torch.zeros(len(obs), missing)), 1))
    return torch.cat(columns, 1)


def _with_ways(one: Shown, declared: Declared, where: str) -> Tensor:
    """Observations as a policy gets them: with the ways between points behind, where that is declared."""
    if not declared.differences:
        return one.obs
    seen = visible_of(one.obs, declared, where, one.keys)
    count = len(declared.points)
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
    ways = [seen[:, 3 * b : 3 * b + 3] - seen[:, 3 * a : 3 * a + 3] for a, b in pairs]
    return torch.cat((one.obs, *ways), 1)
