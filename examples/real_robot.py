"""The loop of a real robot: measured joints in, commanded joints out, twenty times a second.

The robot is a MuJoCo simulation of its own, which armchair does not step: its servos are weaker than those
that the policy learned with, its joints rub more, and it is measured with noise.
"""

import mujoco
import numpy as np
from _settings import SETTINGS

import armchair
from armchair.arms.iiwa import HOME
from armchair.engines.iiwa import make_scene
from armchair.engines.mujoco import build_model


class Robot:
    """What a driver of a robot offers."""

    def __init__(self, seed: int) -> None:
        self.model = build_model(make_scene(0, fingers=False))
        self.model.actuator_gainprm[:, 0] *= 0.8
        self.model.actuator_biasprm[:, 1] *= 0.8
        self.model.dof_damping *= 1.2
        self.data = mujoco.MjData(self.model)
        self.data.qpos[:] = self.data.ctrl[:] = HOME
        self.noise = np.random.default_rng(seed)

    def measured(self) -> tuple[np.ndarray, np.ndarray]:
        """Joint positions in rad, (7,), and velocities in rad/s."""
        return self.data.qpos + self.noise.normal(0.0, 1e-4, 7), self.data.qvel + self.noise.normal(
            0.0, 1e-3, 7
        )

    def go_to(self, positions: np.ndarray, seconds: float) -> None:
        """Drive the joints there, for so long."""
        self.data.ctrl[:] = positions
        mujoco.mj_step(self.model, self.data, round(seconds / self.model.opt.timestep))


def drive(controller: armchair.Controller, robot: Robot, goal: np.ndarray, seconds: float) -> float:
    """Have the tool go to a goal (3,) m. -> how far from it the tool is in the end, in m."""
    controller.begin()
    for _ in range(round(seconds / controller.dt)):
        robot.go_to(controller.command(*robot.measured(), goal), controller.dt)
    controller.command(*robot.measured(), goal)
    return float(np.linalg.norm(controller.tool - goal))


if __name__ == "__main__":
    controller = armchair.Controller(armchair.teach("reach", teacher="oracle", config=SETTINGS))
    robot = Robot(seed=0)
    for goal in np.array([[0.55, 0.15, 0.25], [0.50, -0.20, 0.35], [0.62, 0.05, 0.12]]):
        print(f"{goal} m: {1000 * drive(controller, robot, goal, seconds=4.0):.1f} mm away")
