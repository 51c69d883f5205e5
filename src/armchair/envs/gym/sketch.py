"""`armchair/RobotArmReach-v0`: the environment that the project began as a sketch of, made sound.

PyBullet, seven joints driven to absolute positions, 17 numbers observed, a reward of minus the distance. What
differs from the sketch, and why:

* An action of ±1 stands for each joint's own limit. The sketch scaled all seven by 2.9671 rad, which joints
  2, 4 and 6 cannot reach and joint 7 exceeds.
* The target of a joint is at most 1.5 steps at full speed ahead of it, so that the arm moves no faster than
  the real one may. The sketch let 500 N·m tear at every joint.
* An action lasts 50 ms, not 1/240 s, in which nothing is seen to move.
* Distance is measured from the point between the finger tips, not from the middle of a link.
* Success does not end the episode: under a reward that is never positive, an early end is worth more than
  staying there, and the length of an episode would betray the reward to whoever learns from clips.
* Episodes have a fixed length of 100 steps; the sketch's ended only with success.
* The observation lists positions, then velocities, then the target; the sketch mixed the first two.
* A seed makes an episode repeatable, and `render_mode` says whether a window opens.

The target's box is the sketch's. All of it can be reached: a test solves for it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import torch
from gymnasium.vector import AutoresetMode
from torch import Tensor

from armchair.arms import Arm
from armchair.arms.iiwa import JOINT_LIMITS, JOINT_SPEEDS
from armchair.engines import Engine, make_engine
from armchair.engines.iiwa import make_scene
from armchair.envs.arm_env import ArmEnv
from armchair.envs.control import JOINT_LEASH, Control
from armchair.envs.gym.adapters import Screen, SingleAdapter, VectorAdapter
from armchair.maths import uniform
from armchair.tasks.reach import REACH
from armchair.types import ArmState, Layout

if TYPE_CHECKING:
    from armchair.engines.display.camera import Camera

TARGET_LOW, TARGET_HIGH = (0.2, -0.3, 0.2), (0.8, 0.3, 0.7)  # m
RADIUS = 0.05  # m, success
HORIZON = 100  # steps, 5 s


def _place(arm: Arm, rng: torch.Generator, n: int) -> Layout:
    """The arm straight up, as in the sketch, and a target in the box."""
    goal = uniform(rng, TARGET_LOW, TARGET_HIGH, n)
    nothing = torch.zeros(n, 0, 3), torch.zeros(n, 0, 4)
    return Layout(torch.zeros(n, 7), torch.zeros(n), *nothing, goal)


def _observe(state: ArmState, goal: Tensor) -> Tensor:
    """Joint positions in rad, joint velocities in rad/s, target in m. -> (N, 17)."""
    return torch.cat((state.joint_pos, state.joint_vel, goal), dim=1)


def _reward(state: ArmState, goal: Tensor, action: Tensor) -> Tensor:
    """Minus the distance of the tool from the target. -> (N,) m."""
    return -(goal - state.tool_pos).norm(dim=1)


def _success(state: ArmState, goal: Tensor) -> Tensor:
    """Within 5 cm. -> (N,) bool."""
    return (goal - state.tool_pos).norm(dim=1) < RADIUS


SEED_REACH = dataclasses.replace(
    REACH,
    name="robot_arm_reach",
    horizon=HORIZON,
    place=_place,
    observe=_observe,
    reward=_reward,
    success=_success,
)


def _move(state: ArmState, memory: Tensor, action: Tensor, dt: float) -> tuple[Tensor, Tensor]:
    """Towards the joint positions that `action` (N, 7) names. -> joint targets (N, 8), the empty memory."""
    reach = JOINT_LEASH * dt * torch.tensor(JOINT_SPEEDS)
    wanted = action * torch.tensor(JOINT_LIMITS)
    lead = torch.minimum(torch.maximum(wanted - state.joint_pos, -reach), reach)
    return torch.cat((state.joint_pos + lead, state.opening_target.unsqueeze(1)), dim=1), memory


def _joints(gripper: bool) -> int:
    return 7


def _start(state: ArmState) -> Tensor:
    """No memory. -> (N, 0)."""
    return state.joint_pos[:, :0]


def _no_more(state: ArmState, memory: Tensor) -> Tensor:
    """Nothing to observe beside the task. -> (N, 0)."""
    return memory


SEED_CONTROL = Control("absolute", _joints, _start, _move, _no_more)


def make_seed_env(num_envs: int = 1, *, engine: str = "bullet", gui: bool = False) -> ArmEnv:
    """The sketch's environment as an `ArmEnv`; with `gui` the first copy is shown in PyBullet's window.

    Raises InvalidChoice for an unknown engine, MissingDependency where PyBullet or a display is missing.
    """
    scene = make_scene(0, fingers=False)
    if not gui:
        return ArmEnv(SEED_REACH, make_engine(engine, scene, num_envs), SEED_CONTROL)
    make_engine(engine, scene, 1).close()  # complains where PyBullet is not installed
    from armchair.engines.bullet import BulletEngine

    made: Engine = BulletEngine(scene, num_envs, gui=True)
    return ArmEnv(SEED_REACH, made, SEED_CONTROL)


class SeedScreen(Screen):
    """Farther away than for the other tasks: here the arm may stand upright."""

    def camera(self) -> Camera:
        """Where the scene is seen from."""
        from armchair.engines.display.camera import Camera

        return Camera(lookat=(0.25, 0.0, 0.55), distance=2.7)


class BulletScreen(SeedScreen):
    """PyBullet's own window, which moves with the simulation; only the target is left to draw."""

    _window: int | None = None  # PyBullet's handle

    def show(self, poses: Tensor) -> None:
        """Mark the target, the last row of `poses` (B + 1, 7), and wait for real time."""
        import pybullet

        if self._window is None:
            self._window = _find_window()
            look = self.camera()
            pybullet.configureDebugVisualizer(pybullet.COV_ENABLE_GUI, 0, physicsClientId=self._window)
            pybullet.resetDebugVisualizerCamera(1.5, 50.0, -22.0, look.lookat, physicsClientId=self._window)
        if pybullet.isConnected(self._window):
            pybullet.addUserDebugPoints(
                [poses[-1, :3].tolist()],
                [[0.85, 0.1, 0.1]],
                pointSize=20,
                lifeTime=0.2,  # s; a mark that lives on cannot be moved without flicker
                physicsClientId=self._window,
            )
        self.wait()


def _find_window() -> int:
    """PyBullet's handle of its window, of which a process has one at most."""
    import pybullet

    connected = (client for client in range(1024) if pybullet.isConnected(client))
    shown = pybullet.GUI
    return next(one for one in connected if pybullet.getConnectionInfo(one)["connectionMethod"] == shown)


def _made(engine: str, render_mode: str | None, num_envs: int = 1) -> tuple[ArmEnv, Screen]:
    gui = engine == "bullet" and render_mode == "human"
    screen = (BulletScreen if gui else SeedScreen)(SEED_REACH, render_mode)
    return make_seed_env(num_envs, engine=engine, gui=gui), screen


class RobotArmReachEnv(SingleAdapter):
    """One arm, as in the sketch; see above."""

    def __init__(self, *, engine: str = "bullet", render_mode: str | None = None) -> None:
        """render_mode: None, "rgb_array" or "human", which opens PyBullet's window."""
        super().__init__(*_made(engine, render_mode))


class RobotArmReachVectorEnv(VectorAdapter):
    """N arms, as in the sketch; see above."""

    def __init__(
        self,
        num_envs: int = 1,
        *,
        engine: str = "bullet",
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    ) -> None:
        """With render_mode "human" the first copy is shown."""
        super().__init__(*_made(engine, render_mode, num_envs), max_episode_steps, autoreset_mode)
