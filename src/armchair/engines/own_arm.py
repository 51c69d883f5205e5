"""An arm from a file of somebody's, as a part of a scene for MuJoCo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import mujoco
import numpy as np
from mujoco import MjModel, MjSpec
from numpy.typing import NDArray

from armchair.arms import Arm
from armchair.arms.arm import Gripper
from armchair.arms.model import compiled, joined, place_in
from armchair.engines.iiwa import SERVO_LAG
from armchair.engines.scene import Scene

PREFIX = "arm/"  # how the names of all that is in an arm's file begin in a scene
FIRM = 800.0  # 1/s², least stiffness over inertia: with the lag below it a joint hardly overshoots
ROTOR = 0.001  # s², least inertia of a drive as felt at its joint, over its effort
FINGER_LAG = 0.03  # s
_FINGER_GAIN = 0.02  # rad or m, from which on a finger pushes with all its force

Slots = slice | NDArray[np.intp]


class Columns(NamedTuple):
    """Where in rows of positions or of velocities the joints of a scene are."""

    joints: Slots
    fingers: Slots
    blocks: int  # the first of the blocks', which come last


def add_own_arm(spec: MjSpec, scene: Scene) -> None:
    """Stand the arm in a scene, with a position servo for each of its joints, and of the fingers in use."""
    arm = scene.arm
    assert arm.model is not None, "the built-in arm has bodies"
    place_in(spec, arm.model, PREFIX)
    for body in spec.bodies[1:]:  # but the world; they need not have names
        body.gravcomp = 1.0  # as arms have it; blocks are not in the scene yet
    if arm.gripper and not scene.fingers and arm.gripper.alone:
        _fuse(spec, arm, arm.gripper)
    for name in arm.joints:
        _add_servo(spec, PREFIX + name)
    for name in driven_fingers(scene):
        _add_servo(spec, PREFIX + name)


def driven_fingers(scene: Scene) -> tuple[str, ...]:
    """The joints of the gripper that the scene has servos for: none where it is shut and rigid."""
    gripper = scene.arm.gripper
    return gripper.joints if gripper and (scene.fingers or not gripper.alone) else ()


def _add_servo(spec: MjSpec, joint: str) -> None:
    servo = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    servo.set_to_position(kp=1.0)  # see `settle_servos`


def _fuse(spec: MjSpec, arm: Arm, gripper: Gripper) -> None:
    """Take the joints of the fingers out, with the fingers where they are shut."""
    assert arm.model is not None, "of an arm from a file"
    model = compiled(joined(arm.model.path, arm.model.carried), arm.name)
    names = {PREFIX + name for name in gripper.joints}
    for equality in [one for one in spec.equalities if one.name1 in names or one.name2 in names]:
        spec.delete(equality)
    for name, value in zip(gripper.joints, gripper.shut, strict=True):
        joint = model.joint(name)
        body = spec.body(PREFIX + model.body(int(joint.bodyid[0])).name)
        body.pos, body.quat = _moved(model, int(joint.id), value)
        body.alt.type = mujoco.mjtOrientation.mjORIENTATION_QUAT
        spec.delete(spec.joint(PREFIX + name))


def _moved(model: MjModel, joint: int, value: float) -> tuple[list[float], list[float]]:
    """Pose of a joint's body in the frame of its parent, with the joint at a value."""
    body, axis = int(model.jnt_bodyid[joint]), model.jnt_axis[joint]
    pos, quat = model.body_pos[body].copy(), model.body_quat[body].copy()
    change, shift = value - float(model.qpos0[model.jnt_qposadr[joint]]), np.zeros(3)
    if int(model.jnt_type[joint]) == int(mujoco.mjtJoint.mjJNT_SLIDE):
        mujoco.mju_rotVecQuat(shift, change * axis, quat)
        return (pos + shift).tolist(), quat.tolist()
    turn, turned, anchor = np.zeros(4), np.zeros(3), model.jnt_pos[joint]
    mujoco.mju_axisAngle2Quat(turn, axis, change)
    mujoco.mju_rotVecQuat(turned, anchor, turn)
    mujoco.mju_rotVecQuat(shift, anchor - turned, quat)
    whole = np.zeros(4)
    mujoco.mju_mulQuat(whole, quat, turn)
    return (pos + shift).tolist(), whole.tolist()


def settle_servos(spec: MjSpec, scene: Scene) -> MjModel:
    """Compile a scene and give its servos their gains.

    A joint at rest near its target pulls with all its effort when the target is ahead by its top speed times
    the servo's lag; where that is too soft for the inertia behind the joint it is made firmer. Damping is the
    joint's own, which the integrator takes implicitly.
    """
    arm = scene.arm
    model = compiled(spec, arm.name)
    inertia = _inertias(model, arm)
    for k, (name, effort, speed) in enumerate(zip(arm.joints, arm.efforts, arm.speeds, strict=True)):
        stiffness = max(effort / (speed * SERVO_LAG), FIRM * inertia[k])
        _set_servo(model, PREFIX + name, stiffness, SERVO_LAG, effort)
    for name, low, high in zip(arm.joints, arm.lower, arm.upper, strict=True):
        joint = int(model.joint(PREFIX + name).id)  # here, for a file may be in degrees
        model.jnt_limited[joint], model.jnt_range[joint] = 1, (low, high)
    gripper = arm.gripper
    for name in driven_fingers(scene):
        assert gripper is not None, "fingers have a gripper"
        i = gripper.joints.index(name)
        stiffness = gripper.force[i] / (
            _FINGER_GAIN * max(abs(gripper.open[i] - gripper.shut[i]) / 0.04, 1.0)
        )
        _set_servo(model, PREFIX + name, stiffness, FINGER_LAG, gripper.force[i])
    return model


def _inertias(model: MjModel, arm: Arm) -> NDArray[np.float64]:
    """What each joint has to move when the arm is at home. -> (J,) kg·m² or kg."""
    data = mujoco.MjData(model)
    for name, value in zip(arm.joints, arm.home, strict=True):
        data.qpos[model.joint(PREFIX + name).qposadr[0]] = value
    mujoco.mj_forward(model, data)
    return np.array([_inertia(model, data, int(model.joint(PREFIX + name).dofadr[0])) for name in arm.joints])


def _inertia(model: MjModel, data: mujoco.MjData, dof: int) -> float:
    """An entry on the diagonal of the mass matrix."""
    unit, moved = np.zeros(model.nv), np.zeros(model.nv)
    unit[dof] = 1.0
    mujoco.mj_mulM(model, data, moved, unit)
    return float(moved[dof])


def _set_servo(model: MjModel, name: str, stiffness: float, lag: float, effort: float) -> None:
    servo, dof = model.actuator(name), int(model.joint(name).dofadr[0])
    model.jnt_actfrclimited[int(model.joint(name).id)] = 0  # the servo's own limit is the one that holds
    model.dof_armature[dof] = max(float(model.dof_armature[dof]), ROTOR * effort)
    servo.gainprm[0], servo.biasprm[1], servo.biasprm[2] = stiffness, -stiffness, 0.0
    servo.forcelimited[0], servo.forcerange[:] = 1, (-effort, effort)
    model.dof_damping[dof] = max(float(model.dof_damping[dof]), stiffness * lag)


def plain_columns(scene: Scene) -> tuple[Columns, Columns]:
    """Where the joints of a scene are whose joints are the arm's, the fingers', the blocks'."""
    first, last = scene.arm.num_joints, scene.num_joints
    found = Columns(slice(0, first), slice(first, last), last)
    return found, found


def columns_of(model: MjModel, scene: Scene) -> tuple[Columns, Columns]:
    """Where the joints of a scene are in the positions, and in the velocities, of its model."""
    arm = scene.arm
    if arm.model is None:
        return plain_columns(scene)
    joints = [model.joint(PREFIX + name).id for name in arm.joints]
    fingers = [model.joint(PREFIX + name).id for name in driven_fingers(scene)]
    blocks_q, blocks_v = 7 * scene.num_blocks, 6 * scene.num_blocks
    q = Columns(*(_slots(model.jnt_qposadr[ids]) for ids in (joints, fingers)), model.nq - blocks_q)
    v = Columns(*(_slots(model.jnt_dofadr[ids]) for ids in (joints, fingers)), model.nv - blocks_v)
    return q, v


def own_body_names(model: MjModel) -> list[str]:
    """Of all bodies but the world, as the arm's file has them."""
    return [model.body(k).name.removeprefix(PREFIX) or str(k) for k in range(1, model.nbody)]


def _slots(addresses: Sequence[int] | NDArray[np.int32]) -> Slots:
    """A slice where they follow each other, which takes a view in place of a copy."""
    found = np.asarray(addresses, dtype=np.intp)
    if not len(found):
        return slice(0, 0)
    first = int(found[0])
    together = bool((found == np.arange(first, first + len(found))).all())
    return slice(first, first + len(found)) if together else found
