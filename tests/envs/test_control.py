"""What actions do, on made-up states and on the real arm."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from armchair.arms import IIWA
from armchair.arms.iiwa import HOME_TOOL, JOINT_LIMITS, JOINT_SPEEDS
from armchair.arms.inverse import LEASH
from armchair.engines.base import home_layout
from armchair.engines.iiwa import make_scene
from armchair.engines.mujoco import MujocoEngine
from armchair.envs.control import JOINT_LEASH, make_control
from armchair.types import ArmState
from armchair.world import MAX_OPENING

TOOL, JOINT = make_control("tool", IIWA), make_control("joint", IIWA)
DT = 0.05


@pytest.fixture
def engine() -> MujocoEngine:
    engine = MujocoEngine(make_scene(0, fingers=True), 1)
    engine.reset(torch.tensor([0]), home_layout(make_scene(0, fingers=False)))
    return engine


def drive(engine: MujocoEngine, mode: str, actions: list[Tensor]) -> list[ArmState]:
    control = make_control(mode, IIWA)
    state = engine.state()
    memory, seen = control.start(state), [state]
    for action in actions:
        targets, memory = control.move(state, memory, action, DT)
        engine.step(targets)
        state = engine.state()
        seen.append(state)
    return seen


def test_the_tool_moves_straight_and_keeps_pointing_down(engine: MujocoEngine) -> None:
    seen = drive(engine, "tool", [torch.tensor([[0.0, 1.0, 0.0, 0.0]])] * 7)
    start, end = seen[0].tool_pos[0], seen[-1].tool_pos[0]
    assert 0.15 < end[1] - start[1] < 0.22  # seven steps of 3 cm, less what the servos lag behind
    off_line = torch.stack([s.tool_pos[0, [0, 2]] - start[[0, 2]] for s in seen]).norm(dim=1)
    assert off_line.max() < 0.004
    down = torch.stack([-s.tool_rot[0, 2, 2] for s in seen])
    assert down.min() > 0.998  # within 3.6° of straight down


def test_without_action_the_tool_stays(engine: MujocoEngine) -> None:
    seen = drive(engine, "tool", [torch.zeros(1, 4)] * 60)
    torch.testing.assert_close(seen[-1].tool_pos, torch.tensor([HOME_TOOL]), atol=1e-3, rtol=0)


def test_the_target_is_leashed_and_does_not_wind_up(engine: MujocoEngine) -> None:
    """Pressed against the table for two seconds, the target is still near and the way back is at once."""
    state = engine.state()
    memory = TOOL.start(state)
    for _ in range(40):
        targets, memory = TOOL.move(state, memory, torch.tensor([[0.0, 0.0, -1.0, 0.0]]), DT)
        engine.step(targets)
        state = engine.state()
    assert (memory - state.tool_pos).abs().max() <= LEASH + 1e-6
    assert memory[0, 2] >= IIWA.space.low[2] - 1e-6
    low = float(state.tool_pos[0, 2])
    for _ in range(3):
        targets, memory = TOOL.move(state, memory, torch.tensor([[0.0, 0.0, 1.0, 0.0]]), DT)
        engine.step(targets)
        state = engine.state()
    assert state.tool_pos[0, 2] > low + 0.02


def test_joint_targets_keep_to_limits_and_leash(engine: MujocoEngine) -> None:
    state = engine.state()
    memory = JOINT.start(state)
    for sign in (1.0, -1.0):
        for _ in range(80):
            targets, memory = JOINT.move(state, memory, torch.full((1, 7), sign), DT)
            assert (targets[:, :7].abs() <= torch.tensor(JOINT_LIMITS) + 1e-6).all()
            leash = JOINT_LEASH * torch.tensor(JOINT_SPEEDS) * DT
            assert ((targets[:, :7] - state.joint_pos).abs() <= leash + 1e-6).all()
            state = state._replace(joint_pos=state.joint_pos + 0.6 * (targets[:, :7] - state.joint_pos))


def test_joint_speeds_stay_near_the_data_sheets(engine: MujocoEngine) -> None:
    generator = torch.Generator().manual_seed(0)
    actions = [2 * torch.rand(1, 7, generator=generator).round() - 1 for _ in range(100)]  # bang-bang
    seen = drive(engine, "joint", actions)
    speed = torch.stack([s.joint_vel[0].abs() for s in seen])
    assert (speed.amax(0) < torch.tensor(JOINT_SPEEDS)).all()


@pytest.mark.parametrize("mode", ["tool", "joint"])
def test_the_gripper_is_sticky(engine: MujocoEngine, mode: str) -> None:
    control = make_control(mode, IIWA)
    size = control.action_dim(True)
    state = engine.state()
    memory = control.start(state)
    told = []
    for grip in (1.0, 0.29, -0.29, -0.31, 0.0, 0.31):
        action = torch.zeros(1, size)
        action[0, -1] = grip
        targets, memory = control.move(state, memory, action, DT)
        state = state._replace(opening_target=targets[:, 7])
        told.append(float(targets[0, 7]))
    assert told == pytest.approx([MAX_OPENING] * 3 + [0.0, 0.0, MAX_OPENING])


def test_sizes_of_actions() -> None:
    assert [TOOL.action_dim(g) for g in (False, True)] == [4, 4]
    assert [JOINT.action_dim(g) for g in (False, True)] == [7, 8]
