"""The model of a scene for MuJoCo: an arm, a table and blocks, whoever made the arm."""

from __future__ import annotations

import mujoco

from armchair.engines.own_arm import add_own_arm, settle_servos
from armchair.engines.scene import COLLISION_BITS, TABLE_BITS, Body, Box, Joint, Scene

# Contacts hold a grasp at a 10 ms step with these settings and not with cheaper ones: see the scripted
# solvers' test. Elliptic cones diverge below 20 iterations.
_ITERATIONS = 5
_LINE_SEARCH = 5
_ALL_BITS = 2**31 - 1  # a table and blocks that meet all of an arm that is to meet anything


def build_model(scene: Scene) -> mujoco.MjModel:
    """Compile a scene to MuJoCo. Joints come in the order: arm, fingers, blocks.

    Raises InvalidInput, in one line, for an arm of others that cannot be simulated.
    """
    own = scene.arm.model is not None
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    spec.memory = 2**22 if own else 2**20 if scene.num_blocks else 2**18
    spec.option.timestep = scene.substep
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = mujoco.mjtCone.mjCONE_PYRAMIDAL
    spec.option.iterations = _ITERATIONS
    spec.option.ls_iterations = _LINE_SEARCH
    spec.option.disableflags = mujoco.mjtDisableBit.mjDSBL_AUTORESET
    table = spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 1])
    table.contype, table.conaffinity = (TABLE_BITS[0], _ALL_BITS) if own else TABLE_BITS
    if own:
        add_own_arm(spec, scene)
    made = {"": spec.worldbody}
    for body in (*scene.links, *scene.blocks):
        made[body.name] = _add_body(spec, made[body.parent or ""], body, arm=body in scene.links)
    if own:
        for block in scene.blocks:
            for geom in made[block.name].geoms:
                geom.contype, geom.conaffinity = TABLE_BITS[0], _ALL_BITS
        return settle_servos(spec, scene)
    if scene.fingers:  # their limits stop them at shut; a contact between them would only cost time
        spec.add_exclude(bodyname1="finger_left", bodyname2="finger_right")
    return spec.compile()


def _add_body(spec: mujoco.MjSpec, parent: mujoco.MjsBody, body: Body, *, arm: bool) -> mujoco.MjsBody:
    made = parent.add_body(name=body.name, pos=body.pos, gravcomp=float(arm))
    if body.mass:
        made.explicitinertial = True
        made.mass, made.ipos, made.inertia = body.mass, body.com, body.inertia
    if body.parent is None and not arm:
        made.add_freejoint()
    if body.joint is not None:
        _add_servo(spec, made, body.name, body.joint)
    for geom in body.geoms:
        if isinstance(geom.shape, Box):
            kind, size = mujoco.mjtGeom.mjGEOM_BOX, list(geom.shape.half_extents)
        else:
            kind, size = mujoco.mjtGeom.mjGEOM_CAPSULE, [geom.shape.radius, geom.shape.half_length, 0.0]
        friction = [geom.friction, 0.005, 0.0001]
        added = made.add_geom(type=kind, size=size, pos=geom.pos, condim=3, friction=friction)
        added.contype, added.conaffinity = COLLISION_BITS[geom.touches]
    return made


def _add_servo(spec: mujoco.MjSpec, made: mujoco.MjsBody, name: str, joint: Joint) -> None:
    kinds = {"hinge": mujoco.mjtJoint.mjJNT_HINGE, "slide": mujoco.mjtJoint.mjJNT_SLIDE}
    made.add_joint(
        name=name,
        type=kinds[joint.kind],
        axis=joint.axis,
        range=[joint.lower, joint.upper],
        limited=True,
        armature=joint.armature,
        # Not the servo's own: a servo at its force limit drops out of the implicit integration, damping and
        # all, and then swings from limit to limit.
        damping=[joint.damping, 0.0, 0.0],
    )
    servo = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    servo.set_to_position(kp=joint.stiffness)
    servo.forcelimited, servo.forcerange = True, [-joint.effort, joint.effort]
    servo.ctrllimited, servo.ctrlrange = True, [joint.lower, joint.upper]
