"""An arm from an MJCF of one's own, which hides from MuJoCo what an environment may hide."""

from __future__ import annotations

from collections import deque

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box
from gymnasium.wrappers import TimeLimit

MJCF = """
<mujoco model="bench">
  <option timestep="0.01"/>
  <asset>
    <texture name="tiles" type="2d" builtin="checker" rgb1="1 0 0" rgb2="0 0 1" width="32" height="32"/>
    <material name="tiles" texture="tiles"/>
    <mesh name="wedge" vertex="0 0 0  .1 0 0  0 .1 0  0 0 .1"/>
  </asset>
  <worldbody>
    <geom name="floor" type="plane" size="0 0 .1" material="tiles"/>
    <body name="upper" pos="0 0 .4">
      <joint name="shoulder" axis="0 1 0" damping=".3"/>
      <geom type="capsule" fromto="0 0 0  .3 0 0" size=".03" rgba=".9 .9 .9 1"/>
      <geom type="box" size=".2 .2 .2" group="3"/>
      <body name="lower" pos=".3 0 0">
        <joint name="elbow" axis="0 1 0" damping=".3"/>
        <geom type="cylinder" fromto="0 0 0  .25 0 0" size=".02" rgba="0 .5 1 1"/>
        <site name="grip" pos=".25 0 0" size=".015" rgba="0 1 0 1"/>
      </body>
    </body>
    <body name="block" pos=".4 0 .1">
      <freejoint/>
      <geom type="box" size=".04 .04 .04" rgba="1 .8 0 1"/>
      <geom type="mesh" mesh="wedge" contype="0" conaffinity="0" rgba="1 .8 0 1"/>
      <site name="top" pos="0 0 .04" group="4"/>
    </body>
    <site name="target" pos=".5 0 .5" size=".02" rgba="1 0 0 1"/>
  </worldbody>
  <tendon>
    <spatial name="string" width=".004" rgba=".2 .2 .2 1"><site site="grip"/><site site="top"/></spatial>
  </tendon>
  <actuator><motor joint="shoulder" gear="4"/><motor joint="elbow" gear="2"/></actuator>
</mujoco>
"""


class Memory:
    """Something of Python's own below the environment."""

    def __init__(self) -> None:
        self.seen: deque[float] = deque(maxlen=3)
        self.offset = 0.0


class Bench(gymnasium.Env):
    """Each number that it remembers comes back in what it observes; so does the model, which it changes."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012

    def __init__(self, render_mode: str | None = None) -> None:
        import mujoco  # here: it reads its choice of OpenGL when it is imported, see tests/conftest.py

        self.mujoco = mujoco
        self.model = mujoco.MjModel.from_xml_string(MJCF)
        self.data = mujoco.MjData(self.model)
        self.render_mode = render_mode
        self.action_space = Box(-1.0, 1.0, (2,), np.float64)
        self.observation_space = Box(-np.inf, np.inf, (12,), np.float64)
        self.memory, self.count, self.goal = Memory(), 0, np.zeros(3)

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[np.ndarray, dict]:
        super().reset(seed=seed)
        self.mujoco.mj_resetData(self.model, self.data)
        self.goal = self.np_random.uniform((0.3, -0.1, 0.3), (0.5, 0.1, 0.6))
        self.model.site("target").pos[:] = self.goal
        self.model.body("block").mass[:] = self.np_random.uniform(0.1, 0.5)
        self.memory.offset, self.count = float(self.np_random.normal()), self.count + 1
        self.mujoco.mj_forward(self.model, self.data)
        return self.observe(), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict]:
        before = self.data.site("grip").xpos.copy()  # where it was a step before: MuJoCo is one behind
        self.data.ctrl[:] = action + 0.1 * self.np_random.normal(size=2)
        self.mujoco.mj_step(self.model, self.data, 5)
        self.memory.seen.append(float(np.linalg.norm(self.data.site("grip").xpos - before)))
        distance = float(np.linalg.norm(self.data.site("grip").xpos - self.goal))
        return self.observe(), sum(self.memory.seen) - distance, False, False, {"is_success": distance < 0.1}

    def observe(self) -> np.ndarray:
        own = [self.memory.offset, float(self.count), float(self.model.body("block").mass[0])]
        return np.concatenate(
            (self.data.qpos[:2], self.data.site("grip").xpos, self.data.xpos[3], own, [0.0])
        )

    def render(self) -> np.ndarray:
        return np.zeros((48, 64, 3), np.uint8)


def bench(render_mode: str | None = None) -> gymnasium.Env:
    return TimeLimit(Bench(render_mode), 30)


@pytest.fixture
def make_bench() -> object:
    return bench
