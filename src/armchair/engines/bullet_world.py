"""One copy of a scene in PyBullet, and what it takes to make it move as in the other engine.

Motors: POSITION_CONTROL is a constraint on velocities, solved together with the contacts: with gains kp, kd,
position error e and substep h it asks a joint of velocity v for (1 - kd) · v + kp · e / h, as far as the
effort allows. kp and kd are chosen so that this is one implicit Euler step of the scene's servo,
inertia · dv/dt = stiffness · e - damping · v, with the joint's inertia at the home posture. So a joint lags
behind its target as it does in the other engine; measured in free motion, tools agree to a few mm.

Gravity: such a motor sags under a load by as much as the servo it copies. The scene's arm carries its own
weight, so the world has no gravity and each block gets its weight as a force at its centre.

Fingers: a motor that cannot reach its target pushes with all its effort, and two that push against each other
through a block do not centre it. A gear constraint keeps both equally far open.

Time: one stepSimulation makes all substeps of a control step. Bullet then turns an effort into an impulse
with the length of the whole step and applies it in every substep, so efforts are divided by their number.

Replay: the file that saveBullet writes holds positions, velocities and the cached contacts with their
impulses in double precision. It replays bit for bit because overlapping pairs are kept in an order that does
not depend on the world's history, motors have no memory, and the substep divides the control step without
remainder, which Bullet would carry from call to call and not save.
"""
# pyright: basic

from __future__ import annotations

from pathlib import Path

import numpy as np
import pybullet as p
from numpy.typing import NDArray

from armchair.arms.iiwa import HOME
from armchair.engines.base import MAX_SPEED
from armchair.engines.scene import COLLISION_BITS, TABLE_BITS, Body, Scene, fused
from armchair.engines.urdf import urdf_text
from armchair.errors import InvalidInput

# With at most 20 iterations a tenth of the grasps slip, with 10 a quarter: see the scripted solvers' test.
# Most substeps reach the residual (Bullet's default is 1e-7) long before, and as many grasps hold.
_ITERATIONS = 50
_RESIDUAL = 1e-4
_FREE_RESIDUAL = 1e-3  # of an arm without blocks; with it, blocks would creep
_GRAVITY = 9.81  # m/s²
_GEAR_FORCE = 20.0  # N, what both fingers can push with

_ARM_TINTS = ("0.93 0.45 0.13 1", "0.45 0.47 0.50 1")
_BLOCK_TINTS = ("0.12 0.40 0.75 1", "0.95 0.77 0.20 1")

Row = NDArray[np.float64]


class World:
    """One copy of a scene in a Bullet client of its own.

    After each call `q`, positions (A + 7K,), and `v`, velocities (A + 6K,), tell how it stands: A joints of
    arm and fingers, then the blocks' positions, quaternions (w first), linear and angular velocities.
    """

    def __init__(self, scene: Scene, folder: Path, q: Row, v: Row, *, gui: bool = False) -> None:
        self.q, self.v = q, v
        self._scene = scene
        self._folder = folder
        self.client: int = p.connect(p.GUI if gui else p.DIRECT)
        if self.client < 0:
            raise InvalidInput(
                "PyBullet gives no further client: it allows 1024 copies a process, one with a window"
            )
        self._me = {"physicsClientId": self.client}
        self.build()

    def build(self) -> None:
        """Make the world from nothing, also when the numbers of the old one are not finite."""
        p.resetSimulation(**self._me)
        p.setPhysicsEngineParameter(
            fixedTimeStep=self._scene.control_dt,
            numSubSteps=self._scene.num_substeps,
            numSolverIterations=_ITERATIONS,
            solverResidualThreshold=_RESIDUAL if self._scene.blocks else _FREE_RESIDUAL,
            deterministicOverlappingPairs=1,
            enableFileCaching=0,  # or `load` would always read the first file of that name
            **self._me,
        )
        # a box, not a plane: with a plane Bullet finds one corner at a time, and blocks land askew
        shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=(2.0, 2.0, 0.5), **self._me)
        table = p.createMultiBody(0.0, shape, basePosition=(0.0, 0.0, -0.5), **self._me)
        p.changeDynamics(table, -1, lateralFriction=1.0, **self._me)
        p.setCollisionFilterGroupMask(table, -1, *TABLE_BITS, **self._me)
        self._arm = self._load(self._folder / "arm.urdf", fused(self._scene.links))
        self.blocks = [self._load(self._folder / f"{b.name}.urdf", (b,)) for b in self._scene.blocks]
        self._weights = [(0.0, 0.0, -_GRAVITY * body.mass) for body in self._scene.blocks]
        self._motors()
        for k, block in enumerate(self.blocks):  # where nothing touches anything
            p.resetBasePositionAndOrientation(block, (0.0, 0.0, 5.0 + k), (0.0, 0.0, 0.0, 1.0), **self._me)
        p.stepSimulation(**self._me)  # what the first step sets up would set the first episode apart
        self._fresh = p.saveState(**self._me)

    def _forget(self) -> None:
        """Drop all contacts: Bullet keeps those of now when a state that it restores has none."""
        p.restoreState(stateId=self._fresh, **self._me)
        p.performCollisionDetection(**self._me)

    def _load(self, path: Path, bodies: tuple[Body, ...]) -> int:
        fixed = bodies[0].mass == 0
        made = p.loadURDF(str(path), useFixedBase=fixed, flags=p.URDF_USE_INERTIA_FROM_FILE, **self._me)
        links = self._links(made)
        for body in bodies:
            link = links.get(body.name, -1)
            friction = body.geoms[0].friction if body.geoms else 1.0
            p.changeDynamics(
                made,
                link,
                linearDamping=0.0,
                angularDamping=0.0,
                jointDamping=0.0,
                lateralFriction=friction,
                **self._me,
            )
            touches = "all" if any(geom.touches == "all" for geom in body.geoms) else "table"
            p.setCollisionFilterGroupMask(made, link, *COLLISION_BITS[touches], **self._me)
        # Speeds are clipped beyond what counts as diverged. In a call of its own: in the one above PyBullet
        # would forget the links' friction.
        p.changeDynamics(made, -1, maxJointVelocity=10 * MAX_SPEED, **self._me)
        return made

    def _links(self, body: int) -> dict[str, int]:
        """Index of each link but the base; the joint above it has the same name and index."""
        rows = [p.getJointInfo(body, i, **self._me) for i in range(p.getNumJoints(body, **self._me))]
        return {row[12].decode(): row[0] for row in rows}

    def _motors(self) -> None:
        index = self._links(self._arm)
        self._joints = [index[body.name] for body in self._scene.links if body.joint]
        joints = self._scene.joints
        posture = [*HOME, *[0.0] * (len(joints) - len(HOME))]
        matrix = p.calculateMassMatrix(self._arm, posture, **self._me)
        # what each joint has to move at home, its drive included, in kg·m² or kg
        inertias = [matrix[i][i] + joint.armature for i, joint in enumerate(joints)]
        h = self._scene.substep
        drag = [h * joint.damping / m for joint, m in zip(joints, inertias, strict=True)]
        pull = [h * h * joint.stiffness / m for joint, m in zip(joints, inertias, strict=True)]
        self._dampings = [d / (1.0 + d) for d in drag]
        self._gains = [k / (1.0 + d) for k, d in zip(pull, drag, strict=True)]
        self._efforts = [joint.effort / self._scene.num_substeps for joint in joints]
        if self._scene.fingers:
            left, right = self._joints[7:]
            axis, origin = (0.0, 1.0, 0.0), (0.0, 0.0, 0.0)
            gear = p.createConstraint(
                self._arm, left, self._arm, right, p.JOINT_GEAR, axis, origin, origin, **self._me
            )
            p.changeConstraint(
                gear, gearRatio=-1.0, relativePositionTarget=0.0, erp=0.2, maxForce=_GEAR_FORCE, **self._me
            )

    def reset(self, joints: list[float], poses: list[list[float]]) -> None:
        """At rest with these joint positions (rad, then m) and poses of the blocks (m, w first)."""
        self._forget()
        for i, pos in zip(self._joints, joints, strict=True):
            p.resetJointState(self._arm, i, pos, **self._me)
        for block, (x, y, z, qw, qx, qy, qz) in zip(self.blocks, poses, strict=True):
            p.resetBasePositionAndOrientation(block, (x, y, z), (qx, qy, qz, qw), **self._me)
        self._read()

    def step(self, targets: list[float]) -> None:
        """Drive the joints towards `targets` for one control step."""
        p.setJointMotorControlArray(
            self._arm,
            self._joints,
            p.POSITION_CONTROL,
            targetPositions=targets,
            forces=self._efforts,
            positionGains=self._gains,
            velocityGains=self._dampings,
            physicsClientId=self.client,
        )
        places = self.q[len(targets) :].tolist()
        for k, block in enumerate(self.blocks):
            centre = places[7 * k : 7 * k + 3]
            p.applyExternalForce(
                block, -1, self._weights[k], centre, p.WORLD_FRAME, physicsClientId=self.client
            )
        p.stepSimulation(physicsClientId=self.client)
        self._read()

    def _read(self) -> None:
        states = p.getJointStates(self._arm, self._joints, physicsClientId=self.client)
        q, v = [state[0] for state in states], [state[1] for state in states]
        for block in self.blocks:
            pos, (x, y, z, w) = p.getBasePositionAndOrientation(block, physicsClientId=self.client)
            linear, angular = p.getBaseVelocity(block, physicsClientId=self.client)
            q += (*pos, w, x, y, z)
            v += (*linear, *angular)
        self.q[:], self.v[:] = q, v

    def save(self) -> bytes:
        """The world as the bytes of a .bullet file."""
        path = self._folder / "world.bullet"
        p.saveBullet(str(path), **self._me)
        return path.read_bytes()

    def load(self, saved: bytes) -> None:
        """Bring the world to what `save` of a world of the same scene gave."""
        path = self._folder / "world.bullet"
        path.write_bytes(saved)
        self._forget()
        p.restoreState(fileName=str(path), **self._me)
        self._read()

    def close(self) -> None:
        """Free the client; calling it twice is harmless."""
        if self.client >= 0:
            p.disconnect(self.client)
        self.client = -1


def write_models(scene: Scene, folder: Path, *, drawn: bool) -> None:
    """Write the URDF files that `World` loads; drawn: with shapes for PyBullet's window."""
    arm = urdf_text("arm", fused(scene.links), _ARM_TINTS if drawn else ())
    (folder / "arm.urdf").write_text(arm, encoding="utf-8")
    for k, block in enumerate(scene.blocks):
        tint = (_BLOCK_TINTS[k % len(_BLOCK_TINTS)],) if drawn else ()
        text = urdf_text(block.name, (block,), tint)
        (folder / f"{block.name}.urdf").write_text(text, encoding="utf-8")
