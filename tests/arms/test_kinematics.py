"""Kinematics, poses and simulation of arms from files, against MuJoCo's own."""

from __future__ import annotations

import mujoco
import pytest
import torch
from tests.arms.conftest import Write, mjcf, six, three

from armchair.arms import Arm, load_arm
from armchair.arms.inverse import random_postures, solve
from armchair.arms.kinematics import chain, tool_jacobian
from armchair.engines import make_engine
from armchair.engines.base import home_layout
from armchair.engines.iiwa import make_scene
from armchair.engines.mjcf import build_model
from armchair.engines.own_arm import PREFIX
from armchair.errors import InvalidInput
from armchair.maths import generator

RAIL = mjcf(
    wrist='<joint name="rail" type="slide" axis="0 0.6 0.8" range="-0.2 0.2" pos="0.1 0 0" ref="0.05"/>'
    '<geom type="capsule" fromto="0 0 0 0 0 -0.12" size="0.012" mass="0.2"/>'
    '<site name="tcp" pos="0.02 0.01 -0.12"/>'
)
TURNED = "base: [0.1, -0.2, 0.05]\nyaw: 35\nhome: {}\ngoals: {{low: [.3, -.1, .1], high: [.5, .1, .3]}}"


@pytest.mark.parametrize(
    ("model", "joints"),
    [(six(), 6), (six(degrees=True), 6), (three(), 3), (RAIL, 4)],
    ids=["six", "degrees", "three", "rail"],
)
def test_tool_and_jacobian_are_mujocos(write: Write, model: str, joints: int) -> None:
    """At random postures, of an arm that is moved and turned on the table: 1e-9 m."""
    arm = load_arm(write(model, TURNED.format([0.0] * joints)))
    built = build_model(make_scene(0, fingers=arm.gripper is not None, arm=arm))
    data, site = mujoco.MjData(built), built.site(PREFIX + "tcp").id
    postures = random_postures(arm, 50, generator(0, "test"))
    at = chain(arm, postures)
    jac = tool_jacobian(arm, at)
    assert arm.model is not None
    axes = torch.tensor(arm.model.tool_rot, dtype=torch.float64).view(3, 3)
    dofs = [int(built.joint(PREFIX + name).dofadr[0]) for name in arm.joints]
    lever, turn = torch.zeros(2, 3, built.nv, dtype=torch.float64).numpy()
    for k, posture in enumerate(postures.tolist()):
        for name, value in zip(arm.joints, posture, strict=True):
            data.joint(PREFIX + name).qpos[0] = value
        mujoco.mj_kinematics(built, data)
        mujoco.mj_comPos(built, data)
        mujoco.mj_jacSite(built, data, lever, turn, site)
        torch.testing.assert_close(
            at.tool_pos[k], torch.from_numpy(data.site_xpos[site].copy()), atol=1e-9, rtol=0
        )
        rot = torch.from_numpy(data.site_xmat[site].copy()).view(3, 3) @ axes
        torch.testing.assert_close(at.rot[k, -1], rot, atol=1e-9, rtol=0)
        theirs = torch.cat((torch.from_numpy(lever[:, dofs]), torch.from_numpy(turn[:, dofs])))
        torch.testing.assert_close(jac[k], theirs, atol=1e-9, rtol=0)


def engine_of(arm: Arm, blocks: int, fingers: bool, n: int = 3, threads: int = 1):  # noqa: ANN201
    return make_engine("mujoco", make_scene(blocks, fingers=fingers, arm=arm), n, threads)


@pytest.fixture
def arm(write: Write) -> Arm:
    words = "home: [0, -0.32, 1.16, 0, 2.3, 0]\ngoals: {low: [.3, -.2, .08], high: [.46, .2, .35]}\n"
    return load_arm(write(six(), words + "spawn: {low: [.3, -.15], high: [.46, .15]}"))


def test_it_goes_where_it_is_told_and_replays_bit_for_bit(arm: Arm) -> None:
    """Servos reach still targets; a snapshot and the same steps give the same numbers, with any threads."""
    one, two = engine_of(arm, 1, fingers=True), engine_of(arm, 1, fingers=True, threads=2)
    wanted = torch.tensor([arm.home]).repeat(3, 1) + torch.tensor([[0.2], [0.0], [-0.2]])
    targets = torch.cat((wanted, torch.tensor([[0.08], [0.0], [0.05]])), 1)
    for _ in range(30):
        assert not one.step(targets).any()
        two.step(targets)
    state = one.state()
    torch.testing.assert_close(state.joint_pos, wanted, atol=0.01, rtol=0)
    torch.testing.assert_close(state.opening, targets[:, -1], atol=3e-3, rtol=0)
    assert torch.equal(one.snapshot(), two.snapshot())
    kept = one.snapshot()
    one.step(targets * 0.9)
    after = one.state()
    one.restore(torch.arange(3), kept)
    one.step(targets * 0.9)
    assert all(torch.equal(a, b) for a, b in zip(after, one.state(), strict=True))


def test_what_has_no_name_is_held_and_efforts_are_those_that_were_told(write: Write) -> None:
    """Bodies without names do not sag; a lower limit of the file's does not hold back a servo."""
    model = six().replace('<body name="lower"', "<body").replace('<body name="pitch">', "<body>")
    model = model.replace('name="elbow" axis', 'name="elbow" actuatorfrcrange="-3 3" axis')
    words = "home: [0, -0.32, 1.16, 0, 2.3, 0]\ngoals: {low: [.3, -.2, .08], high: [.46, .2, .35]}\n"
    words += "effort: 80\nspawn: {low: [.3, -.15], high: [.46, .15]}"
    arm = load_arm(write(model, words))
    engine = engine_of(arm, 0, fingers=False)
    home = torch.tensor([arm.home]).repeat(3, 1)
    before = engine.state().tool_pos
    for _ in range(40):
        engine.step(torch.cat((home, torch.zeros(3, 1)), 1))
    torch.testing.assert_close(engine.state().tool_pos, before, atol=5e-4, rtol=0)
    for _ in range(15):
        engine.step(torch.cat((home + torch.tensor([0.0, 0.0, 0.3, 0, 0, 0]), torch.zeros(3, 1)), 1))
    assert (engine.state().joint_pos[:, 2] - home[:, 2] - 0.3).abs().max() < 0.02


def test_speeds_keep_to_their_limits(arm: Arm) -> None:
    """Targets a step at full speed ahead: no joint is much faster, none is thrown about."""
    engine = engine_of(arm, 0, fingers=False)
    limit = torch.tensor(arm.speeds)
    for _ in range(20):
        pos = engine.state().joint_pos
        engine.step(
            torch.cat((pos + 0.05 * limit * torch.tensor([[1.0], [-1.0], [0.5]]), torch.zeros(3, 1)), 1)
        )
        assert (engine.state().joint_vel.abs() < 1.15 * limit).all()


def test_poses_are_of_the_arms_own_bodies(arm: Arm) -> None:
    """Rows have the file's names, blocks last; the tool is where the kinematics have it."""
    engine = engine_of(arm, 2, fingers=True)
    engine.reset(torch.arange(3), home_layout(engine.scene, 3))
    names, poses = engine.body_names(), engine.poses()
    assert names[0] == "base" and names[-2:] == ["block_a", "block_b"] and "finger_left" in names
    assert poses.shape == (3, len(names), 7)
    hand, tool = poses[0, names.index("hand"), :3], engine.state().tool_pos[0]
    assert (hand - tool).norm() == pytest.approx(0.11, abs=1e-4)
    torch.testing.assert_close(poses[:, -1, :3], engine.state().block_pos[:, 1])


def test_a_shut_gripper_is_one_body(arm: Arm) -> None:
    """Without fingers in use their joints are gone, and the pads are where shut fingers have them."""
    fused, whole = engine_of(arm, 0, fingers=False), engine_of(arm, 0, fingers=True)
    assert fused.model.nv == arm.num_joints and whole.model.nv == arm.num_joints + 2
    torch.testing.assert_close(fused.poses(), whole.poses(), atol=1e-5, rtol=0)


def test_bullet_says_whose_arm_it_has(arm: Arm) -> None:
    pytest.importorskip("pybullet")
    with pytest.raises(InvalidInput, match="the bullet engine has the built-in arm alone"):
        make_engine("bullet", make_scene(0, fingers=False, arm=arm), 1)


def test_inverse_kinematics_comes_back(arm: Arm) -> None:
    """Postures found for places that some posture has: within the tolerance, the hand down."""
    low, high = torch.tensor(arm.space.goal_low), torch.tensor(arm.space.goal_high)
    places = low + (high - low) * torch.rand(40, 3, generator=generator(1, "places"))
    found = solve(arm, places, torch.tensor([arm.home]).repeat(40, 1), 100)
    assert found.reached(arm).double().mean() > 0.95
