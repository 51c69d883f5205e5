"""From actions in [-1, 1] to joint targets: the same law on every engine.

* `tool`: an action moves the target of the tool by up to 3 cm along x, y, z and works the gripper; the hand
  is kept pointing down, by an arm with six joints or more. 4 numbers.
* `joint`: an action moves the target of each joint by up to a share of its speed limit; a further number
  works the gripper where the task uses it. J or J + 1 numbers.

A target is leashed to where the arm is, so that nothing winds up against an obstacle. The gripper is sticky:
below -0.3 it shuts, above 0.3 it opens, in between it keeps its last command.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.arms import Arm
from armchair.arms.inverse import LEASH, POSTURE_PULL, RIDGE, leaning_motion
from armchair.errors import check_choice
from armchair.types import ArmState
from armchair.world import MAX_OPENING

TOOL_STEP = 0.03  # m, farthest that one action moves the tool's target, along each axis
JOINT_LEASH = 1.0  # steps at full speed, farthest that a joint's target gets from the joint; see `SERVO_LAG`
GRIP_THRESHOLD = 0.3


class Control(NamedTuple):
    """A control mode of an arm. Its memory is the target (N, M), which the environment keeps between steps."""

    name: str
    action_dim: Callable[[bool], int]  # of "does the task use the gripper?"
    start: Callable[[ArmState], Tensor]  # the memory at the beginning of an episode
    move: Callable[[ArmState, Tensor, Tensor, float], tuple[Tensor, Tensor]]
    """State, memory, action (N, A), dt in s -> engine targets (N, J + 1), the new memory."""
    observe: Callable[[ArmState, Tensor], Tensor]  # -> (N, E) what the policy must see beside the task


def move_tool(arm: Arm, state: ArmState, target: Tensor, action: Tensor, dt: float) -> tuple[Tensor, Tensor]:
    """Move the tool's target (N, 3) by `action` (N, 4). -> joint targets (N, J + 1), the new target.

    Damped least squares with a posture in the null space (Nakamura and Hanafusa, 1986; Siciliano et al.,
    Robotics, 2009, eq. 3.54): dq = z + Jᵀ(JJᵀ + λ²I)⁻¹(e - Jz), z = pull · (home - q). With fewer than six
    joints see `leaning_motion`.
    """
    consts = _constants(arm, state.joint_pos.device)
    target = _clamp(torch.add(target, action[:, :3], alpha=TOOL_STEP), consts.low, consts.high)
    lead = (target - state.tool_pos).clamp(-LEASH, LEASH)
    pull = (POSTURE_PULL * (consts.home - state.joint_pos)).unsqueeze(-1)
    jac = state.tool_jac
    if arm.oriented:
        # half the sum of (column × wanted column) is the rotation still missing, for small angles
        turn = 0.5 * torch.linalg.cross(state.tool_rot, consts.down, dim=1).sum(-1)
        error = torch.cat((lead, turn), dim=1).unsqueeze(-1)
        inner = torch.baddbmm(consts.ridge, jac, jac.transpose(1, 2))
        push = torch.linalg.solve_ex(inner, torch.baddbmm(error, jac, pull, alpha=-1.0)).result
        delta = torch.baddbmm(pull, jac.transpose(1, 2), push).squeeze(-1)
    else:
        delta = leaning_motion(state.tool_rot, jac, lead, pull.squeeze(-1), consts.down)
    reach = consts.speed * dt
    joints = _clamp(state.joint_pos + _clamp(delta, -reach, reach), consts.lower, consts.upper)
    return _with_grip(state, joints, action[:, 3]), state.tool_pos + lead


def move_joints(
    arm: Arm, state: ArmState, target: Tensor, action: Tensor, dt: float
) -> tuple[Tensor, Tensor]:
    """Move the joints' targets (N, J) by `action` (N, J or J + 1). -> joint targets (N, J + 1), the new ones."""
    consts, count = _constants(arm, state.joint_pos.device), arm.num_joints
    reach = consts.speed * dt
    lead = torch.addcmul(target, action[:, :count], reach) - state.joint_pos
    lead = _clamp(lead, -JOINT_LEASH * reach, JOINT_LEASH * reach)
    joints = _clamp(state.joint_pos + lead, consts.lower, consts.upper)
    grip = action[:, count] if action.shape[1] > count else torch.zeros_like(action[:, 0])
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


def _joint_dim(count: int, gripper: bool) -> int:
    return count + gripper


MODES = ("tool", "joint")


def make_control(name: str, arm: Arm) -> Control:
    """The control mode of this name for an arm; InvalidChoice for an unknown one."""
    if check_choice("control", name, MODES) == "tool":
        return Control(name, _tool_dim, _tool_start, partial(move_tool, arm), _observe_tool)
    dim = partial(_joint_dim, arm.num_joints)
    return Control(name, dim, _joint_start, partial(move_joints, arm), _observe_joints)


class _Constants(NamedTuple):
    """The numbers above and those of an arm as tensors, made once a device."""

    low: Tensor
    high: Tensor
    home: Tensor
    lower: Tensor
    upper: Tensor
    speed: Tensor
    down: Tensor
    ridge: Tensor


@cache
def _constants(arm: Arm, device: torch.device) -> _Constants:
    return _Constants(
        low=torch.tensor(arm.space.low, device=device),
        high=torch.tensor(arm.space.high, device=device),
        home=torch.tensor(arm.home, device=device),
        lower=torch.tensor(arm.lower, device=device),
        upper=torch.tensor(arm.upper, device=device),
        speed=torch.tensor(arm.speeds, device=device),
        down=torch.tensor(arm.down, device=device).unsqueeze(0),
        ridge=RIDGE * torch.eye(6, device=device),
    )
