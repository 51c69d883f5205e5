"""Speeds and accelerations of points, from where they are seen in neighbouring steps.

What a skill's reward model looks at is a state by itself. How something is done is often a matter of speed,
so a wish's model is told besides, for every point that may move, how long the steps are that it makes, along
the table and upwards too, and how fast they change. It follows from what clips show already: nothing is
stored, and no environment has to offer it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from armchair.types import VisibleLayout

SPEED, ACCELERATION, ACROSS, UP = "~speed", "~acceleration", "~across", "~up"  # how names of scalars end
MOTION = (SPEED, ACCELERATION, ACROSS, UP)
RATE = 20.0  # steps in a second of armchair's own tasks: there speeds come out in m/s
STILL = ("goal",)  # points that stay where they are


def moving_points(layout: VisibleLayout) -> tuple[str, ...]:
    """Names of the points whose motion is told."""
    return tuple(name for name in layout.points if name not in STILL)


def moving_layout(layout: VisibleLayout) -> VisibleLayout:
    """The layout of what `with_motion` gives."""
    names = moving_points(layout)
    units = layout.units or ("",) * len(layout.scalars)
    own = {SPEED: "m/s", ACCELERATION: "", ACROSS: "m/s", UP: "m/s"}
    return VisibleLayout(
        layout.points,
        (*layout.scalars, *(name + kind for kind in MOTION for name in names)),
        (*units, *(own[kind] for kind in MOTION for _ in names)),
    )


def base_size(layout: VisibleLayout) -> int:
    """How many numbers of a layout, which may have motion, are seen in a state by itself."""
    return layout.size - sum(name.endswith(MOTION) for name in layout.scalars)


def with_motion(visible: Tensor, layout: VisibleLayout, begins: Tensor | None = None) -> Tensor:
    """What is seen, with how it moves. (L, …, F) -> (L, …, F'), time in front.

    Speeds are differences of neighbouring steps times `RATE`, accelerations four times the difference of
    neighbouring velocities, in m/s, so that both have about the same size; `ACROSS` is the speed along the
    table, `UP` that upwards, less than 0 on the way down. layout: of `visible`. begins: (L,
    …) bool, the first step of an episode, whose motion is not known and taken to be none; if not given, all
    steps are of one episode, and the first ones move as the next ones do.
    """
    start = torch.zeros(visible.shape[:-1], dtype=torch.bool) if begins is None else begins
    late = start.clone()
    late[1:] |= start[:-1]
    found = {kind: list[Tensor]() for kind in MOTION}
    for name in moving_points(layout):
        at = 3 * layout.points.index(name)
        velocity = _change(visible[..., at : at + 3], start) * RATE
        change = _change(velocity, late) * 4.0
        if begins is None and len(visible) > 2:
            velocity[0], change[:2] = velocity[1], change[2]
        found[SPEED].append(velocity.norm(dim=-1, keepdim=True))
        found[ACCELERATION].append(change.norm(dim=-1, keepdim=True))
        found[ACROSS].append(velocity[..., :2].norm(dim=-1, keepdim=True))
        found[UP].append(velocity[..., 2:])
    return torch.cat((visible, *(values for kind in MOTION for values in found[kind])), dim=-1)


def clips_with_motion(clips: Tensor, layout: VisibleLayout) -> Tensor:
    """The same of clips. (…, L, F) -> (…, L, F')."""
    return with_motion(clips.movedim(-2, 0), layout).movedim(0, -2)


def _change(values: Tensor, unknown: Tensor) -> Tensor:
    """Differences from the step before, nothing where that is unknown. (L, …, 3), (L, …) -> (L, …, 3)."""
    out = torch.zeros_like(values)
    out[1:] = values[1:] - values[:-1]
    return torch.where(unknown.unsqueeze(-1), 0.0, out)
