"""Small environments of one's own: a hand that moves, an object that it pushes, a goal placed at random."""

from __future__ import annotations

import gymnasium
import mujoco
import numpy as np
from gymnasium.spaces import Box, Dict
from gymnasium.wrappers import TimeLimit
from numpy.typing import NDArray

LENGTH = 8
MJCF = """
<mujoco>
  <option timestep="0.02" gravity="0 0 0"/>
  <worldbody>
    <light pos="0 0 3"/>
    <geom name="floor" type="plane" size="2 2 .1"/>
    <body name="slider" pos="0 0 .5">
      <joint name="x" type="slide" axis="1 0 0" damping="5"/>
      <joint name="y" type="slide" axis="0 1 0" damping="5"/>
      <geom name="ball" size=".05" mass="1"/>
      <site name="grip" pos="0 0 .1"/>
    </body>
    <body name="target" mocap="true" pos=".3 .3 .5"><site name="goal"/></body>
  </worldbody>
  <actuator><motor joint="x" gear="20"/><motor joint="y" gear="20"/></actuator>
</mujoco>
"""


class Hand(gymnasium.Env[NDArray[np.float64], NDArray[np.float64]]):
    """Observes hand (0-2), a gripper (3), the object (4-6) and the goal (7-9); the hand moves as told."""

    metadata = {"render_modes": [], "render_fps": 10}  # noqa: RUF012
    action_space = Box(-1, 1, (4,), np.float64)
    observation_space = Box(-np.inf, np.inf, (10,), np.float64)

    def reset(self, *, seed: int | None = None, options: object = None) -> tuple[NDArray[np.float64], dict]:
        super().reset(seed=seed)
        self.hand, self.gripper = np.zeros(3), 0.0
        self.object, self.goal = self.np_random.uniform(0.6, 0.9, (2, 3))
        return self.observe(), {}

    def step(self, action: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, bool, bool, dict]:
        self.hand, self.gripper = self.hand + 0.1 * action[:3], float(action[3])
        if np.linalg.norm(self.hand - self.object) < 0.3:
            self.object = self.object + 0.1 * action[:3]
        distance = float(np.linalg.norm(self.object - self.goal))
        return self.observe(), -distance, False, False, {"is_success": distance < 0.1}

    def observe(self) -> NDArray[np.float64]:
        return np.array([*self.hand, self.gripper, *self.object, *self.goal])


class Hidden(Hand):
    """The same, but the goal cannot be seen."""

    def observe(self) -> NDArray[np.float64]:
        return np.concatenate((super().observe()[:7], np.zeros(3)))


class Goals(Hand):
    """The same as a goal environment."""

    observation_space = Dict(
        {
            "observation": Box(-np.inf, np.inf, (7,), np.float64),
            "achieved_goal": Box(-np.inf, np.inf, (3,), np.float64),
            "desired_goal": Box(-np.inf, np.inf, (3,), np.float64),
        }
    )

    def observe(self) -> dict[str, NDArray[np.float64]]:  # type: ignore[override]
        whole = super().observe()
        return {"observation": whole[:7], "achieved_goal": self.brought(), "desired_goal": whole[7:]}

    def brought(self) -> NDArray[np.float64]:
        return self.hand.copy()


class Brings(Goals):
    """Where what is to be brought is the object, which random actions hardly ever meet."""

    def brought(self) -> NDArray[np.float64]:
        return self.object + 2.0


class Late(Hand):
    """What a reset observes of object and goal is old; the last observation comes along, and a constant."""

    observation_space = Box(-np.inf, np.inf, (13,), np.float64)
    old = np.zeros(3)

    def reset(self, *, seed: int | None = None, options: object = None) -> tuple[NDArray[np.float64], dict]:
        obs, info = super().reset(seed=seed)
        obs[4:7] = 9.0
        return obs, info

    def observe(self) -> NDArray[np.float64]:
        whole = super().observe()
        before, self.old = self.old, self.hand.copy()
        return np.concatenate((whole[:7], before, whole[7:]))


class Gripper(Hand):
    """Two fingers that open alike, their speed, a counter, and what the points say already, besides."""

    observation_space = Box(-np.inf, np.inf, (17,), np.float64)
    age, opening, speed = 0, 0.0, 0.0

    def reset(self, *, seed: int | None = None, options: object = None) -> tuple[NDArray[np.float64], dict]:
        self.age, self.opening, self.speed = 0, 0.0, 0.0
        return super().reset(seed=seed)

    def step(self, action: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, bool, bool, dict]:
        self.age, self.speed = self.age + 1, 0.01 * float(action[3])
        self.opening += self.speed
        return super().step(action)

    def observe(self) -> NDArray[np.float64]:
        whole = super().observe()
        way = self.object - self.hand
        whole[3] = self.age
        return np.array(
            [*whole, *way, np.linalg.norm(way), self.opening, self.opening + 1e-4 * self.hand[0], self.speed]
        )


class Says(Hand):
    """The same with points in its metadata."""

    metadata = {**Hand.metadata, "armchair": {"points": {"tip": 0, "aim": 7}, "scalars": {"gap": 3}}}  # noqa: RUF012


class Tells(Hand):
    """The same with a method that tells points and a scalar, one of them in no observation."""

    def armchair_points(self) -> dict[str, object]:
        return {"hand": self.hand, "above": self.hand + np.array([0.0, 0.0, 1.0]), "gripper": self.gripper}


class Mjcf(gymnasium.Env[NDArray[np.float64], NDArray[np.float64]]):
    """A bare MuJoCo model that observes its joints alone; a new model for every episode where asked."""

    metadata = {"render_modes": [], "render_fps": 10}  # noqa: RUF012
    action_space = Box(-1, 1, (2,), np.float64)
    observation_space = Box(-np.inf, np.inf, (4,), np.float64)

    def __init__(self, *, anew: bool = False) -> None:
        self.anew = anew
        self.model = mujoco.MjModel.from_xml_string(MJCF)
        self.data = mujoco.MjData(self.model)

    def reset(self, *, seed: int | None = None, options: object = None) -> tuple[NDArray[np.float64], dict]:
        super().reset(seed=seed)
        if self.anew:
            self.model = mujoco.MjModel.from_xml_string(MJCF)
            self.data = mujoco.MjData(self.model)
        mujoco.mj_resetData(self.model, self.data)
        self.data.mocap_pos[0] = [*self.np_random.uniform(-0.5, 0.5, 2), 0.5]
        mujoco.mj_forward(self.model, self.data)
        return self.observe(), {}

    def step(self, action: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, bool, bool, dict]:
        self.data.ctrl[:] = action
        mujoco.mj_step(self.model, self.data, 5)
        mujoco.mj_forward(self.model, self.data)
        way = self.data.site("grip").xpos - self.data.site("goal").xpos
        return self.observe(), -float(np.linalg.norm(way)), False, False, {}

    def observe(self) -> NDArray[np.float64]:
        return np.concatenate((self.data.qpos, self.data.qvel))


def hand() -> gymnasium.Env:
    return TimeLimit(Hand(), LENGTH)


class Drawn(Hand):
    """The same with a picture."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode

    def render(self) -> NDArray[np.uint8]:
        return np.full((64, 64, 3), 90, np.uint8)


def drawn(render_mode: str | None = None) -> gymnasium.Env:
    return TimeLimit(Drawn(render_mode), LENGTH)


def hidden() -> gymnasium.Env:
    return TimeLimit(Hidden(), LENGTH)


def goals() -> gymnasium.Env:
    return TimeLimit(Goals(), LENGTH)


def brings() -> gymnasium.Env:
    return TimeLimit(Brings(), LENGTH)


def late() -> gymnasium.Env:
    return TimeLimit(Late(), LENGTH)


def gripper() -> gymnasium.Env:
    return TimeLimit(Gripper(), 40)


def says() -> gymnasium.Env:
    return TimeLimit(Says(), LENGTH)


def tells() -> gymnasium.Env:
    return TimeLimit(Tells(), LENGTH)


def mjcf() -> gymnasium.Env:
    return TimeLimit(Mjcf(), LENGTH)


def mjcf_anew() -> gymnasium.Env:
    return TimeLimit(Mjcf(anew=True), LENGTH)
