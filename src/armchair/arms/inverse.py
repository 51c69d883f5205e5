"""Inverse kinematics for many targets at once: what a description follows from, not in any control loop.

Newton steps with a damped pseudo-inverse (Nakamura and Hanafusa, 1986), held to the joints' limits, from
several starts. Where an arm has fewer than six joints its hand leans as it must for the tool to get there.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from armchair.arms.arm import Arm
from armchair.arms.kinematics import chain, tool_jacobian

LEASH = 0.05  # m, farthest that a target gets from the tool in control, along each axis
LEAN = 0.15  # share of the way to pointing down, a step of control
POSTURE_PULL = 0.02  # share of the way back to the home posture, a step of control
RIDGE = 0.05**2  # λ² of the damped least squares in control, a mix of m² and rad²
NEAR = 0.005  # m, within which a target is reached
UPRIGHT = 0.05  # rad, within which the hand points down
DAMPING = 1e-3  # λ² of the damped least squares
STEP = 0.4  # rad, farthest that one iteration turns a joint
LEANING = 0.3  # share of the way to pointing down, a step, within what motions the place leaves free
TRADE = 0.02  # m, what a rad of tilt counts as where two postures are compared


class Solved(NamedTuple):
    """Postures for n targets."""

    joint_pos: Tensor  # (n, J) rad
    distance: Tensor  # (n,) m, of the tool from its target
    tilt: Tensor  # (n,) rad, of the hand from pointing down as it should

    def reached(self, arm: Arm) -> Tensor:
        """Which targets were reached, pointing down where the arm can. -> (n,) bool."""
        near = self.distance < NEAR
        return near & (self.tilt < UPRIGHT) if arm.oriented else near

    def better(self, other: Solved) -> Solved:
        """Of each target the posture that comes nearer."""
        mine = self.distance + TRADE * self.tilt <= other.distance + TRADE * other.tilt
        pairs = zip(self, other, strict=True)
        return Solved(*(torch.where(mine.view(-1, *[1] * (a.dim() - 1)), a, b) for a, b in pairs))


def solve(arm: Arm, targets: Tensor, starts: Tensor, iterations: int = 60) -> Solved:
    """Postures that bring the tool to `targets` (n, 3) m with the hand down, from `starts` (n, J)."""
    low, high = _limits(arm)
    goal, q = targets.double(), starts.double().clone()
    down = torch.tensor(arm.down, dtype=q.dtype)
    for k in range(iterations):
        lean = LEANING if 2 * k < iterations else 0.0  # what is left goes into the place alone
        if arm.oriented:
            delta = _oriented_step(arm, q, goal, down)
        else:
            delta = _leaning_step(arm, q, goal, down, lean)
        delta = delta * (STEP / delta.abs().amax(1, keepdim=True).clamp_min(STEP))
        q = torch.minimum(torch.maximum(q + delta, low), high)
    at = chain(arm, q)
    angle = torch.linalg.vecdot(at.rot[:, -1, :, 2], down[:, 2].expand(len(q), 3)).clamp(-1.0, 1.0).acos()
    if arm.oriented:  # of the whole turn: tr R = 1 + 2 cos
        trace = (at.rot[:, -1] * down).sum((1, 2))
        angle = ((trace - 1.0) / 2.0).clamp(-1.0, 1.0).acos()
    return Solved(q, (goal - at.tool_pos).norm(dim=1), angle)


def _oriented_step(arm: Arm, q: Tensor, goal: Tensor, down: Tensor) -> Tensor:
    """Towards place and orientation alike. -> (n, J)."""
    at = chain(arm, q)
    turn = 0.5 * torch.linalg.cross(at.rot[:, -1], down.expand(len(q), 3, 3), dim=1).sum(-1)
    error = torch.cat((goal - at.tool_pos, turn), dim=1).unsqueeze(-1)
    return _damped(tool_jacobian(arm, at), error).squeeze(-1)


def _leaning_step(arm: Arm, q: Tensor, goal: Tensor, down: Tensor, lean: float) -> Tensor:
    """Towards the place; the hand's direction has what motions that leaves free. -> (n, J)."""
    at = chain(arm, q)
    jac = tool_jacobian(arm, at)
    turn = torch.linalg.cross(at.rot[:, -1, :, 2], down[:, 2].expand(len(q), 3))
    pull = lean * (jac[:, 3:].transpose(1, 2) @ turn.unsqueeze(-1))
    error = (goal - at.tool_pos).unsqueeze(-1)
    return (pull + _damped(jac[:, :3], error - jac[:, :3] @ pull)).squeeze(-1)


def _damped(jac: Tensor, error: Tensor) -> Tensor:
    """Jᵀ (J Jᵀ + λ²)⁻¹ e. (n, R, J), (n, R, 1) -> (n, J, 1)."""
    eye = DAMPING * torch.eye(jac.shape[1], dtype=jac.dtype)
    return jac.transpose(1, 2) @ torch.linalg.solve(jac @ jac.transpose(1, 2) + eye, error)


def led_there(arm: Arm, targets: Tensor) -> Tensor:
    """Which targets the tool is led to from home, as control leads it: at a limit it may be stuck. (n,)."""
    home = torch.tensor(arm.home, dtype=torch.float64).expand(len(targets), arm.num_joints)
    if arm.oriented:
        return solve(arm, targets, home, 80).reached(arm)
    low, high = _limits(arm)
    q, goal, down = home, targets.double(), torch.tensor(arm.down, dtype=torch.float64)
    for _ in range(120):
        at = chain(arm, q)
        lead = (goal - at.tool_pos).clamp(-LEASH, LEASH)
        pull = POSTURE_PULL * (home - q)
        delta = leaning_motion(at.rot[:, -1], tool_jacobian(arm, at), lead, pull, down)
        q = torch.minimum(torch.maximum(q + delta.clamp(-STEP / 4, STEP / 4), low), high)
    return (chain(arm, q).tool_pos - goal).norm(dim=1) < 2 * NEAR


def leaning_motion(rot: Tensor, jac: Tensor, lead: Tensor, pull: Tensor, down: Tensor) -> Tensor:
    """How joints move by a step of control, of an arm whose hand cannot be kept pointing down. -> (N, J) rad.

    rot (N, 3, 3) of the hand, jac (N, 6, J) of the tool, lead (N, 3) m to go, pull (N, J) towards a posture,
    down (3, 3) or (N, 3, 3) the wanted orientation. Damped least squares of the place alone; the hand is
    turned down as far as the place leaves it free (Siciliano et al., Robotics, 2009, eq. 3.54).
    """
    turn = torch.linalg.cross(rot[:, :, 2], down[..., :, 2].expand(len(rot), 3))
    free = (pull + LEAN * (jac[:, 3:].transpose(1, 2) @ turn.unsqueeze(-1)).squeeze(-1)).unsqueeze(-1)
    place = jac[:, :3]
    eye = RIDGE * torch.eye(3, dtype=jac.dtype, device=jac.device)
    error = lead.unsqueeze(-1) - place @ free
    push = torch.linalg.solve_ex(place @ place.transpose(1, 2) + eye, error).result
    return (free + place.transpose(1, 2) @ push).squeeze(-1)


def solve_from_many(arm: Arm, targets: Tensor, rng: torch.Generator, tries: int = 4) -> Solved:
    """The same from home, and from random postures where that does not lead there."""
    count = len(targets)
    home = torch.tensor(arm.home, dtype=torch.float64).expand(count, arm.num_joints)
    found = solve(arm, targets, home)
    for _ in range(tries):
        missing = (~found.reached(arm)).nonzero().squeeze(1)
        if not len(missing):
            break
        again = solve(arm, targets[missing], random_postures(arm, len(missing), rng))
        better = again.better(Solved(*(field[missing] for field in found)))
        found = Solved(*(a.index_copy(0, missing, b) for a, b in zip(found, better, strict=True)))
    return found


def random_postures(arm: Arm, count: int, rng: torch.Generator) -> Tensor:
    """Uniform between the limits; of a joint that turns more than once, within half a turn. -> (n, J)."""
    low, high = _limits(arm)
    share = torch.rand(count, arm.num_joints, generator=rng, dtype=torch.float64)
    turns = torch.tensor([not slide for slide in arm.slides])
    low, high = (torch.where(turns, limit.clamp(-torch.pi, torch.pi), limit) for limit in (low, high))
    return low + share * (high - low)


def _limits(arm: Arm) -> tuple[Tensor, Tensor]:
    return torch.tensor(arm.lower, dtype=torch.float64), torch.tensor(arm.upper, dtype=torch.float64)


def posture_for(arm: Arm, target: tuple[float, float, float], start: Tensor) -> Tensor:
    """The posture near `start` (J,) rad that brings the tool to `target` m with the hand down. -> (J,)."""
    place = torch.tensor([target], dtype=torch.float64)
    return solve(arm, place, start.unsqueeze(0), 200).joint_pos[0]
