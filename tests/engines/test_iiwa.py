"""The arm's numbers: what a data sheet says, and what MuJoCo makes of them."""

from __future__ import annotations

import dataclasses
import math

import mujoco
import numpy as np
import pytest

from armchair.arms.iiwa import HOME, JOINT_LIMITS, JOINT_SPEEDS
from armchair.engines.iiwa import SERVO_LAG, make_scene
from armchair.engines.mujoco import build_model
from armchair.engines.scene import fused
from armchair.world import BLOCK_SIZE, MAX_OPENING


def test_limits_are_the_data_sheets() -> None:
    assert [round(x, 2) for x in JOINT_LIMITS] == [2.97, 2.09, 2.97, 2.09, 2.97, 2.09, 3.05]
    assert [round(math.degrees(x)) for x in JOINT_SPEEDS] == [85, 85, 100, 75, 130, 135, 135]
    assert all(abs(q) < limit for q, limit in zip(HOME, JOINT_LIMITS, strict=True))


@pytest.mark.parametrize("fingers", [True, False])
def test_masses_survive_compilation(fingers: bool) -> None:
    model = build_model(make_scene(1, fingers=fingers))
    mass = {model.body(i).name: float(model.body_mass[i]) for i in range(model.nbody)}
    assert sum(mass[f"link{i}"] for i in range(1, 8)) == pytest.approx(
        17.5
    )  # 4 + 4 + 3 + 2.7 + 1.7 + 1.8 + 0.3
    gripper = sum(m for name, m in mass.items() if name.startswith(("hand", "finger")))
    assert gripper == pytest.approx(0.7)
    assert mass["block_a"] == pytest.approx(0.1)


def test_a_block_fits_between_the_fingers() -> None:
    assert BLOCK_SIZE * math.sqrt(2) < MAX_OPENING  # even turned by 45°


def test_the_arm_stands_still_at_home_without_sagging() -> None:
    """Gravity compensation: with the servos at their targets nothing moves."""
    model = build_model(make_scene(0, fingers=True))
    data = mujoco.MjData(model)
    data.qpos[:7] = data.ctrl[:7] = HOME
    mujoco.mj_step(model, data, 100)
    assert np.abs(data.qpos[:7] - HOME).max() < 1e-4


def test_servos_are_damped_beyond_ringing() -> None:
    """A step of 0.1 rad is neared without overshoot, about as exp(-t / lag)."""
    model = build_model(make_scene(0, fingers=False))
    data = mujoco.MjData(model)
    data.qpos[:] = HOME
    data.ctrl[:7] = np.array(HOME) + 0.1
    left = []
    for _ in range(5):
        mujoco.mj_step(model, data, round(SERVO_LAG / model.opt.timestep))
        left.append((np.array(HOME) + 0.1 - data.qpos[:7]) / 0.1)
    assert np.max(left[1]) < 2.5 * math.exp(-2)
    assert np.min(left) > -0.12
    assert np.abs(left[4]).max() < 0.06


@pytest.mark.parametrize("fingers", [True, False])
def test_a_fused_arm_moves_like_the_whole_one(fingers: bool) -> None:
    """Same mass matrix in any posture, one body fewer."""
    scene = make_scene(0, fingers=fingers)
    small = dataclasses.replace(scene, links=fused(scene.links))
    assert len(small.links) == len(scene.links) - 1
    matrices = []
    for one in (scene, small):
        model = build_model(one)
        data = mujoco.MjData(model)
        data.qpos[:7] = np.linspace(-1.0, 1.0, 7)
        mujoco.mj_forward(model, data)
        full = np.zeros((model.nv, model.nv))
        for i, unit in enumerate(np.eye(model.nv)):
            mujoco.mj_mulM(model, data, full[i], unit)
        matrices.append(full)
    np.testing.assert_allclose(matrices[0], matrices[1], atol=1e-9)
