"""Where an arm can work: boxes before it, as large as it reaches with the hand down, and a posture there.

The boxes are those of the built-in arm, shrunk and moved until inverse kinematics solves nearly all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import torch
from torch import Tensor

from armchair.arms.arm import Arm, Space, Vec2
from armchair.arms.inverse import Solved, led_there, random_postures, solve
from armchair.arms.kinematics import chain
from armchair.maths import generator
from armchair.world import BLOCK_SIZE

SCALES = (1.0, 0.85, 0.7, 0.55, 0.42)  # of the boxes, against those of the built-in arm
FORWARD = (0.55, 0.62, 0.48, 0.7, 0.42, 0.36, 0.78)  # of the reach, where the middle of the boxes is
ENOUGH = 0.99  # share of a box that must be solved
SAMPLES = 64  # places in a box that are tried
POSTURES = 96  # from which one over the middle is looked for
HOVER = 0.15  # m, height of the tool at home, times the scale
TABLE = (0.30, 0.40)  # m, x and y, that a block may go beyond the places on the table
NARROWEST = 0.72  # scale of the places on the table: tasks need two of them 11 cm apart
Clear = Callable[[Tensor], Tensor]  # (n, J) rad -> (n,) bool: nothing of the arm is in anything


def box_space(middle: float, scale: float) -> Space:
    """The built-in arm's boxes, shrunk about a point on the table `middle` m before the base."""
    flat = max(scale, NARROWEST)
    x, y = 0.095 * flat, 0.18 * flat
    near, far = min(middle - 0.165 * scale, middle - x - 0.1), max(middle + 0.235 * scale, middle + x + 0.1)
    wide = max(0.45 * scale, y + 0.1)
    return Space(
        low=(near, -wide, 0.010),
        high=(far, wide, 0.75 * scale),
        goal_low=(middle - 0.10 * scale, -0.25 * scale, 0.08),
        goal_high=(middle + 0.10 * scale, 0.25 * scale, 0.08 + 0.32 * scale),
        spawn_low=(middle - x, -y),
        spawn_high=(middle + x, y),
        **table_about((middle - x, -y), (middle + x, y)),
    )


def table_about(low: Vec2, high: Vec2) -> dict[str, Vec2]:
    """Where a block may be before it is lost, about the places from `low` to `high`, as `Space` names it."""
    x, y = TABLE
    return {"table_low": (low[0] - x, low[1] - y), "table_high": (high[0] + x, high[1] + y)}


def reach_of(arm: Arm) -> float:
    """How far from the base the tool gets over the table, in m: nearly the farthest of random postures."""
    postures = random_postures(arm, 4000, generator(0, "reach"))
    tool = chain(arm, postures).tool_pos
    base = torch.from_numpy(arm.frames[0][:3, 3]).double()
    level = (tool - base)[:, :2].norm(dim=1)
    low = tool[:, 2].abs() < 0.6 * level.max()
    return float(level[low].quantile(0.98)) if bool(low.any()) else float(level.max())


def find_space(turns: tuple[Arm, ...], clear: Clear, *, homed: bool = False) -> Arm | None:
    """The arm with boxes that it reaches, and with a home over their middle, or the one it has where `homed`.

    turns: the same arm with the hand turned about the vertical, of which the one that reaches most is taken.
    Where none reaches enough it is the one that comes nearest: `share_reached` says how near. None where no
    posture at all brings the tool over the middle of any, or where nothing of any is reached from home.
    """
    best, most = None, 0.0 if homed else -1.0
    for tried in _candidates(turns, reach_of(turns[0])):
        placed = tried if homed else with_home(tried, clear)
        if placed is None:
            continue
        share = share_reached(placed)
        if share > most:
            best, most = placed, share
        if share >= ENOUGH:
            break
    return best


def _candidates(turns: tuple[Arm, ...], reach: float) -> Iterator[Arm]:
    base = float(turns[0].frames[0][0, 3])
    for scale, forward, turned in product(SCALES, FORWARD, turns):
        if 0.30 * scale <= 0.62 * reach:
            yield replace(turned, space=box_space(base + forward * reach, scale))


def with_home(arm: Arm, clear: Clear) -> Arm | None:
    """The arm with a home over the middle of its space, far from its limits; None where it gets to none."""
    space = arm.space
    height = min(HOVER, 0.5 * (space.goal_low[2] + space.goal_high[2]))
    x, y = ((low + high) / 2 for low, high in zip(space.goal_low[:2], space.goal_high[:2], strict=True))
    target = torch.tensor([[x, y, height]], dtype=torch.float64).expand(POSTURES, 3)
    starts = random_postures(arm, POSTURES, generator(0, "home"))
    found = solve(arm, target, starts, 120)
    right = found.reached(arm) & (found.tilt < (0.05 if arm.oriented else 0.6))
    right &= clear(found.joint_pos)
    if not bool(right.any()):
        return None
    score = torch.where(right, _comfort(arm, found), -torch.inf)
    return replace(arm, home=tuple(found.joint_pos[int(score.argmax())].tolist()))


def _comfort(arm: Arm, found: Solved) -> Tensor:
    """How far postures are from limits, how high they keep the links and how nearly in one plane. (n,)."""
    low, high = (torch.tensor(limit, dtype=torch.float64) for limit in (arm.lower, arm.upper))
    q = found.joint_pos
    margin = torch.minimum(q - low, high - q).clamp_max(0.6).amin(1)
    origins = chain(arm, q).origins
    height = origins[..., 2].mean(1)
    aside = (origins[..., 1] - origins[:, :1, 1]).abs().mean(1)
    return margin + 0.5 * height - 5.0 * aside - 0.1 * q.abs().amax(1) - found.tilt


def share_reached(arm: Arm) -> float:
    """The share of places in its boxes, over the table and on it, that the tool is led to from home."""
    space, rng = arm.space, generator(0, "space")
    airy = _within(space.goal_low, space.goal_high, rng)
    around = BLOCK_SIZE / 2 + arm.tip.room + 0.02  # to push it the tool comes from beside a block
    low = (space.spawn_low[0] - around, space.spawn_low[1] - around, arm.tip.height)
    high = (space.spawn_high[0] + around, space.spawn_high[1] + around, arm.tip.height + 0.1)
    places = torch.cat((airy, _within(low, high, rng)))
    return float(led_there(arm, places).double().mean())


def _within(low: tuple[float, ...], high: tuple[float, ...], rng: torch.Generator) -> Tensor:
    """Places in a box, its corners among them. -> (n, 3) m."""
    bottom, top = torch.tensor(low, dtype=torch.float64), torch.tensor(high, dtype=torch.float64)
    corners = torch.tensor(list(product((0.0, 1.0), repeat=3)), dtype=torch.float64)
    inner = torch.rand(SAMPLES // 2 - len(corners), 3, generator=rng, dtype=torch.float64)
    return bottom + (top - bottom) * torch.cat((corners, inner))
