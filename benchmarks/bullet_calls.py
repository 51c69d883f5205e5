"""PyBullet, 16 arms at reach: our engine against the sketch's call for every single joint, equal substeps.

The peer drives the model that comes with pybullet as the sketch did: seven setJointMotorControl2, one step,
seven getJointState and a getLinkState, in one client for each arm. Ours sets and reads all joints at once,
in physics it has the gripper besides, and hands back the whole state as tensors.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pybullet as p
import pybullet_data
import torch
from _timing import finish, pin, ratio, take_turns

from armchair.arms.iiwa import HOME
from armchair.engines import make_engine
from armchair.engines.iiwa import make_scene

COPIES, STEPS = 16, 60


def sketch(substeps: int, dt: float, targets: list[list[float]]) -> Callable[[], object]:
    """The sketch's way."""
    arms = []
    for _ in range(COPIES):
        client = p.connect(p.DIRECT)
        p.setAdditionalSearchPath(pybullet_data.getDataPath(), physicsClientId=client)
        p.setGravity(0, 0, -9.8, physicsClientId=client)
        p.setPhysicsEngineParameter(fixedTimeStep=dt, numSubSteps=substeps, physicsClientId=client)
        p.loadURDF("plane.urdf", physicsClientId=client)
        arm = p.loadURDF("kuka_iiwa/model.urdf", useFixedBase=True, physicsClientId=client)
        for joint in range(7):
            p.resetJointState(arm, joint, HOME[joint], physicsClientId=client)
        arms.append((client, arm))

    def run() -> None:
        for target in targets:
            for client, arm in arms:
                for joint in range(7):
                    p.setJointMotorControl2(
                        bodyIndex=arm,
                        jointIndex=joint,
                        controlMode=p.POSITION_CONTROL,
                        targetPosition=target[joint],
                        force=500,
                        physicsClientId=client,
                    )
                p.stepSimulation(physicsClientId=client)
                seen = []
                for joint in range(7):
                    state = p.getJointState(arm, joint, physicsClientId=client)
                    seen.extend([state[0], state[1]])
                seen.extend(p.getLinkState(arm, 6, physicsClientId=client)[0])

    return run


def main() -> None:
    """Both ways, turn by turn."""
    pin()
    engine = make_engine("bullet", make_scene(0, fingers=False), COPIES)
    sway = 0.2 * torch.sin(0.2 * torch.arange(STEPS)[:, None] + torch.arange(7))
    rows = torch.tensor(HOME) + sway
    batches = torch.cat((rows, torch.zeros(STEPS, 1)), 1).unsqueeze(1).expand(STEPS, COPIES, 8)

    def ours() -> None:
        for batch in batches:
            engine.step(batch)
            engine.state()

    with torch.inference_mode():
        peer = sketch(engine.scene.num_substeps, engine.dt, rows.tolist())
        times = take_turns({"sketch": peer, "ours": ours}, rounds=9, clock=time.process_time)
    finish({"speed over the sketch's calls": (ratio(times["sketch"], times["ours"]), 1.3)})


if __name__ == "__main__":
    main()
