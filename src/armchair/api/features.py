"""Own features: functions of what is seen, by name, that a reward looks at beside the relations there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from torch import Tensor

from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput, check_choice
from armchair.rewards.own import OWN, give
from armchair.rewards.relations import all_relations
from armchair.types import VisibleLayout


class States:
    """What is seen of some states, by name: `states["tool"]` is (…, 3) in m, a scalar (…)."""

    def __init__(self, visible: Tensor, layout: VisibleLayout) -> None:
        """visible: (…, F)."""
        self.visible, self._layout = visible, layout

    def __getitem__(self, name: str) -> Tensor:
        """A point or a scalar. Raises InvalidChoice for another name."""
        points, scalars = self._layout.points, self._layout.scalars
        check_choice("point or scalar", name, points + scalars)
        if name in points:
            start = 3 * points.index(name)
            return self.visible[..., start : start + 3]
        return self.visible[..., 3 * len(points) + scalars.index(name)]


Features: TypeAlias = Mapping[str, Callable[[States], Tensor]]
"""By name: states -> one number each (…), or d of them (…, d), each about as large as the others."""


def layout_of(config: TeachConfig) -> VisibleLayout:
    """What will be seen; of an environment of others without points one is made to find out."""
    spec = resolve_task(config.task)
    known = spec.layout(config.env)
    if known is not None:
        return known
    env = spec.make(1, config.env.on_cpu())
    try:
        return env.layout
    finally:
        env.close()


def give_all(features: Features, layout: VisibleLayout) -> None:
    """Make features known to this process. Raises InvalidInput for a name or a function that is none."""
    for name, function in features.items():
        if not name.isidentifier() or not callable(function):
            raise InvalidInput(
                "features are functions by name, such as {'height': lambda states: states['tool'][..., 2]}, "
                f"got {name!r}: {function!r}"
            )
        give(name, _of_visible(function, layout))


def relations_with(features: Features, layout: VisibleLayout) -> list[str]:
    """All relations of what is seen and the features, as `reward.chosen` names them."""
    return [relation.name for relation in all_relations(layout)] + [OWN + name for name in features]


def _of_visible(function: Callable[[States], Tensor], layout: VisibleLayout) -> Callable[[Tensor], Tensor]:
    return lambda visible: function(States(visible, layout))
