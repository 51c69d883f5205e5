"""From actions in [-1, 1] to joint targets: the same law on every engine.

* `tool`: an action moves the target of the tool by up to 3 cm along x, y, z and works the gripper; the hand
  is kept pointing down. 4 numbers.
* `joint`: an action moves the target of each joint by up to a share of its speed limit; a further number
  works the gripper where the task uses it. 7 or 8 numbers.

A target is leashed to where the arm is, so that nothing winds up against an obstacle. The gripper is sticky:
below -0.3 it shuts, above 0.3 it opens, in between it keeps its last command.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.engines.iiwa import JOINT_LIMITS, JOINT_SPEEDS
from armchair.types import ArmState
from armchair.world import HOME, MAX_OPENING

TOOL_STEP = 0.03  # m, farthest that one action moves the tool's target, along each axis
TOOL_LEASH = 0.05  # m, farthest that the tool's target gets from the tool, along each axis
JOINT_LEASH = 1.0  # steps at full speed, farthest that a joint's target gets from the joint; see `SERVO_LAG`
DAMPING = 0.05  # λ of the damped least squares, dimensionless mix of m and rad
POSTURE_PULL = 0.02  # share of the way back to the home posture, per step, within the null space
GRIP_THRESHOLD = 0.3
WORKSPACE_LOW = (0.40, -0.45, 0.010)  # m, the tool's target stays in this box: above the table, within reach
WORKSPACE_HIGH = (0.80, 0.45, 0.75)


class Control(NamedTuple):
    """A control mode. Its memory is the target (N, M), which the environment keeps between steps."""

    action_dim: Callable[[bool], int]  # of "does the task use the gripper?"
    start: Callable[[ArmState], Tensor]  # the memory at the beginning of an episode
    move: Callable[[ArmState, Tensor, Tensor, float], tuple[Tensor, Tensor]]
    """State, memory, action (N, A), dt in s -> engine targets (N, 8), the new memory."""
    observe: Callable[[ArmState, Tensor], Tensor]  # -> (N, E) what the policy must see beside the task


def move_tool(state: ArmState, target: Tensor, action: Tensor, dt: float) -> tuple[Tensor, Tensor]:
    """Move the tool's target (N, 3) by `action` (N, 4). -> joint targets (N, 8), the new target.

    Damped least squares with a posture in the null space (Nakamura and Hanafusa, 1986; Siciliano et al.,
    Robotics, 2009, eq. 3.54): dq = z + Jᵀ(JJᵀ + λ²I)⁻¹(e - Jz), z = pull · (home - q).
    """
    consts = _constants(state.joint_pos.device)
    target = _clamp(torch.add(target, action[:, :3], alpha=TOOL_STEP), consts.low, consts.high)
    lead = (target - state.tool_pos).clamp(-TOOL_LEASH, TOOL_LEASH)
    # half the sum of (column × wanted column) is the rotation still missing, for small angles
    turn = 0.5 * torch.linalg.cross(state.tool_rot, consts.down, dim=1).sum(-1)
    error = torch.cat((lead, turn), dim=1).unsqueeze(-1)
    jac = state.tool_jac
    pull = (POSTURE_PULL * (consts.home - state.joint_pos)).unsqueeze(-1)
    inner = torch.baddbmm(consts.ridge, jac, jac.transpose(1, 2))
    push = torch.linalg.solve_ex(inner, torch.baddbmm(error, jac, pull, alpha=-1.0)).result
    delta = torch.baddbmm(pull, jac.transpose(1, 2), push).squeeze(-1)
    reach = consts.speed * dt
    joints = _clamp(state.joint_pos + _clamp(delta, -reach, reach), -consts.limit, consts.limit)
    return _with_grip(state, joints, action[:, 3]), state.tool_pos + lead


def move_joints(state: ArmState, target: Tensor, action: Tensor, dt: float) -> tuple[Tensor, Tensor]:
    """Move the joints' targets (N, 7) by `action` (N, 7 or 8). -> joint targets (N, 8), the new targets."""
    consts = _constants(state.joint_pos.device)
    reach = consts.speed * dt
    lead = torch.addcmul(target, action[:, :7], reach) - state.joint_pos
    lead = _clamp(lead, -JOINT_LEASH * reach, JOINT_LEASH * reach)
    joints = _clamp(state.joint_pos + lead, -consts.limit, consts.limit)
    grip = action[:, 7] if action.shape[1] > 7 else torch.zeros_like(action[:, 0])
    return _with_grip(state, joints, grip), joints


def _clamp(value: Tensor, low: Tensor, high: Tensor) -> Tensor:
    return torch.minimum(torch.maximum(value, low), high)


def _with_grip(state: ArmState, joints: Tensor, grip: Tensor) -> Tensor:
    opened = torch.where(grip > GRIP_THRESHOLD, MAX_OPENING, state.opening_target)
    return torch.cat((joints, torch.where(grip < -GRIP_THRESHOLD, 0.0, opened).unsqueeze(1)), dim=1)


def _observe_tool(state: ArmState, target: Tensor) -> Tensor:
    return target - state.tool_pos


def _observe_joints(state: ArmState, target: Tensor) -> Tensor:
    return torch.cat((state.joint_pos, 0.1 * state.joint_vel, target - state.joint_pos), dim=1)


def _tool_start(state: ArmState) -> Tensor:
    return state.tool_pos


def _joint_start(state: ArmState) -> Tensor:
    return state.joint_pos


def _tool_dim(gripper: bool) -> int:
    return 4  # the fourth number does nothing where the gripper stays shut


def _joint_dim(gripper: bool) -> int:
    return 7 + gripper


CONTROLS: dict[str, Control] = {
    "tool": Control(_tool_dim, _tool_start, move_tool, _observe_tool),
    "joint": Control(_joint_dim, _joint_start, move_joints, _observe_joints),
}


class _Constants(NamedTuple):
    """The numbers above as tensors, made once a device."""

    low: Tensor
    high: Tensor
    home: Tensor
    limit: Tensor
    speed: Tensor
    down: Tensor
    ridge: Tensor


_CACHE: dict[torch.device, _Constants] = {}


def _constants(device: torch.device) -> _Constants:
    if device not in _CACHE:
        _CACHE[device] = _Constants(
            low=torch.tensor(WORKSPACE_LOW, device=device),
            high=torch.tensor(WORKSPACE_HIGH, device=device),
            home=torch.tensor(HOME, device=device),
            limit=torch.tensor(JOINT_LIMITS, device=device),
            speed=torch.tensor(JOINT_SPEEDS, device=device),
            # half a turn about y: the hand's z axis points down
            down=torch.diag(torch.tensor((-1.0, 1.0, -1.0), device=device)).unsqueeze(0),
            ridge=DAMPING**2 * torch.eye(6, device=device),
        )
    return _CACHE[device]
