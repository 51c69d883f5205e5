"""An `ArmEnv` behind Gymnasium's two interfaces: one arm (`gymnasium.Env`) and many (`VectorEnv`).

Numpy outside, tensors inside. Pictures are drawn from recorded body poses, so that the last picture of an
episode shows the state that ended it, although the arm has by then begun the next one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from operator import index
from typing import TYPE_CHECKING, cast

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box, Space
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray
from torch import Tensor

from armchair.envs.arm_env import OBS_LIMIT, ArmEnv
from armchair.envs.base import PoseDrawing, PoseWindow
from armchair.envs.gym.autoreset import NextStep, horizon_of, mode_of
from armchair.envs.scene import renderer_of, window_of
from armchair.errors import InvalidInput, check_choice
from armchair.tasks import Task

if TYPE_CHECKING:
    from armchair.engines.display.camera import Camera

RENDER_MODES = ("human", "rgb_array")
SIDE = 480  # pixels, of a picture
FPS = 20  # control steps in a second
VISIBLE = "visible"  # in infos: what a person sees

Info = dict[str, object]
Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]  # (height, width, 3) RGB


class Screen:
    """Where an environment is seen; OpenGL is needed only once something is drawn."""

    def __init__(self, task: Task, mode: str | None) -> None:
        """`mode` is one of RENDER_MODES, or None to draw nothing."""
        self.mode = None if mode is None else check_choice("render_mode", mode, RENDER_MODES)
        self._task = task
        self._renderer: PoseDrawing | None = None
        self._viewer: PoseWindow | None = None
        self._poses: Tensor | None = None  # (N, B + 1, 7)
        self._next = 0.0  # s, when the next step may be shown

    def reached(self, poses: Tensor) -> None:
        """Take note of the states (N, B + 1, 7) that the copies reached; "human" shows the first."""
        self._poses = poses
        if self.mode == "human":
            self.show(poses[0])

    def draw(self) -> tuple[Picture, ...] | None:
        """A picture of the state that each copy last reached; None unless the mode is "rgb_array"."""
        if self.mode != "rgb_array":
            return None
        if self._poses is None:
            raise InvalidInput("nothing to draw yet: call reset() before render()")
        if self._renderer is None:
            self._renderer = renderer_of(self._task, SIDE, SIDE, self.camera())
        return tuple(self._renderer.render(row) for row in self._poses)

    def show(self, poses: Tensor) -> None:
        """Show `poses` (B + 1, 7) in a window, no faster than in real time."""
        if self._viewer is None:
            self._viewer = window_of(self._task, self.camera())
        self._viewer.show(poses)
        self.wait()

    def camera(self) -> Camera:
        """Where the scene is seen from."""
        from armchair.engines.display.camera import DEFAULT_CAMERA

        return DEFAULT_CAMERA

    def wait(self) -> None:
        """Sleep for what is left of the control step."""
        now = time.monotonic()
        time.sleep(max(0.0, self._next - now))
        self._next = max(now, self._next) + 1.0 / FPS

    def close(self) -> None:
        """Free the window and the OpenGL context; calling it twice is harmless."""
        for thing in (self._renderer, self._viewer):
            if thing is not None:
                thing.close()
        self._renderer = self._viewer = None


def spaces(arm: ArmEnv) -> tuple[Space[Floats], Space[Floats]]:
    """The observation and the action space of one copy: boxes, finite and float32."""
    seen = Box(-OBS_LIMIT, OBS_LIMIT, (arm.obs_dim,), np.float32)
    done = Box(-1.0, 1.0, (arm.action_dim,), np.float32)
    return cast("Space[Floats]", seen), cast("Space[Floats]", done)


def _checked(action: object, shape: tuple[int, ...]) -> Tensor:
    """The action as a tensor of its own, or InvalidInput where its shape is another."""
    array = np.asarray(action, dtype=np.float32)
    if array.shape != shape:
        raise InvalidInput(f"action must have shape {shape}, got {array.shape}")
    return torch.tensor(array)


class SingleAdapter(gymnasium.Env[Floats, Floats]):
    """An `ArmEnv` of one copy as a Gymnasium environment.

    `reset()` after the end of an episode begins the next one of the seeded stream, exactly the one that a
    vector environment of one copy goes on with. `info["is_success"]` tells after every step whether the
    task's criterion holds; it ends nothing. `info["visible"]` (F,) is what a person sees of the state that
    the action led to, see `Task.visible`.
    """

    metadata: dict[str, object] = {"render_modes": list(RENDER_MODES), "render_fps": FPS}  # noqa: RUF012

    def __init__(self, arm: ArmEnv, screen: Screen) -> None:
        if arm.num_envs != 1:
            raise InvalidInput(f"a single environment needs an ArmEnv of 1 copy, got {arm.num_envs}")
        self.arm = arm
        self.render_mode = screen.mode
        arm.record_poses = screen.mode is not None
        self.observation_space, self.action_space = spaces(arm)
        self._screen = screen
        self._seeded = False
        self._running = False
        self._ended = False  # the arm has begun the next episode, nobody has seen it yet

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, object] | None = None
    ) -> tuple[Floats, Info]:
        """Begin an episode. -> observation (D,), info with what is seen. `options` are ignored."""
        super().reset(seed=seed)
        if seed is None and not self._seeded:  # Gymnasium's custom: unseeded means unpredictable
            seed = int(self.np_random.integers(2**31))
        if seed is not None or not self._ended:
            self.arm.reset(seed)
        self._seeded, self._running, self._ended = True, True, False
        if self.arm.record_poses:
            self._screen.reached(self.arm.poses())
        return self.arm.observe()[0].numpy(), {VISIBLE: self.arm.visible()[0].numpy()}

    def step(self, action: Floats) -> tuple[Floats, float, bool, bool, Info]:
        """Act for 50 ms. -> observation (D,), reward, terminated, truncated, info.

        Raises InvalidInput for an action of the wrong shape or not finite, and when no episode is running.
        """
        if not self._running:
            raise InvalidInput("no episode is running: call reset() before step()")
        step = self.arm.step(_checked(action, (self.arm.action_dim,)).unsqueeze(0))
        self._ended = bool(step.done[0])
        self._running = not self._ended
        if step.poses is not None:
            self._screen.reached(step.poses)
        info: Info = {"is_success": bool(step.success[0]), VISIBLE: step.visible[0].numpy()}
        terminated, truncated = bool(step.terminated[0]), bool(step.truncated[0])
        return step.final_obs[0].numpy(), float(step.reward[0]), terminated, truncated, info

    def render(self) -> Picture | None:
        """A picture (480, 480, 3) of the state last reached; None unless render_mode is "rgb_array"."""
        pictures = self._screen.draw()
        return None if pictures is None else pictures[0]

    def close(self) -> None:
        """Close the picture, the window and the simulation; twice is harmless."""
        self._screen.close()
        self.arm.close()


class VectorAdapter(gymnasium.vector.VectorEnv[Floats, Floats, NDArray[np.generic]]):
    """An `ArmEnv` as a Gymnasium vector environment, without a loop over its copies.

    An ended episode is followed by the next one within the same step (`AutoresetMode.SAME_STEP`): `obs`
    is then the first observation of the new episode, `info["final_obs"]` and `info["final_info"]` speak of
    the old one. Or, with `AutoresetMode.NEXT_STEP`, in the step after, whose action and reward do not count
    there. `info["is_success"]` (N,) and `info["visible"]` (N, F) always speak of the state that the action
    led to, like rewards.
    """

    def __init__(
        self,
        arm: ArmEnv,
        screen: Screen,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    ) -> None:
        """`max_episode_steps` makes episodes shorter than the task's horizon; longer ones there are not.

        Raises InvalidInput for fewer steps than 1 and for another mode.
        """
        self.arm, self._screen = arm, screen  # first: where the rest is refused, Gymnasium may close this
        self.num_envs = arm.num_envs
        self.render_mode = screen.mode
        arm.record_poses = screen.mode is not None
        arm.horizon = horizon_of(arm.horizon, max_episode_steps)
        self._mode = mode_of(autoreset_mode)
        self._next = NextStep(arm)
        self.metadata = {**SingleAdapter.metadata, "autoreset_mode": self._mode}
        self.single_observation_space, self.single_action_space = spaces(arm)
        self.observation_space = batch_space(self.single_observation_space, arm.num_envs)
        self.action_space = batch_space(self.single_action_space, arm.num_envs)
        self._seeded = False

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, object] | None = None
    ) -> tuple[Floats, Info]:
        """Begin an episode in every copy. -> observations (N, D), info with what is seen (N, F).

        One seed serves all copies: they draw their layouts from one stream, in order.
        """
        try:
            seed = None if seed is None else index(seed)
        except TypeError as error:
            raise InvalidInput(f"seed must be one whole number for all copies, got {seed!r}") from error
        if options and "reset_mask" in options:
            raise InvalidInput("copies reset themselves at the end of an episode: there is no reset_mask")
        super().reset(seed=seed)
        if seed is None and not self._seeded:
            seed = int(self.np_random.integers(2**31))
        self._seeded = True
        obs = self.arm.reset(seed)
        self._next.over[:] = False
        if self.arm.record_poses:
            self._screen.reached(self.arm.poses())
        return obs.numpy(), self._seen(self.arm.visible())

    def step(
        self, actions: Floats
    ) -> tuple[Floats, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Info]:
        """Act for 50 ms. -> observations (N, D), rewards, terminations, truncations (N,), info.

        Raises InvalidInput for actions of the wrong shape or not finite, and before the first `reset()`.
        """
        if not self._seeded:
            raise InvalidInput("no episode is running: call reset() before step()")
        same = self._mode is AutoresetMode.SAME_STEP
        step = (self.arm if same else self._next).step(
            _checked(actions, (self.num_envs, self.arm.action_dim))
        )
        if step.poses is not None:
            self._screen.reached(step.poses)
        success, done = step.success.numpy(), step.done.numpy()
        info: Info = {"is_success": success, "_is_success": np.ones(self.num_envs, dtype=np.bool_)}
        info |= self._seen(step.visible)
        if done.any() and same:
            info |= _final(step.final_obs.numpy(), success, done, step.visible.numpy())
        reward = step.reward.double().numpy()
        return step.obs.numpy(), reward, step.terminated.numpy(), step.truncated.numpy(), info

    def _seen(self, visible: Tensor) -> Info:
        return {VISIBLE: visible.numpy(), f"_{VISIBLE}": np.ones(self.num_envs, dtype=np.bool_)}

    def render(self) -> tuple[Picture, ...] | None:
        """A picture of the state that each copy last reached; None unless render_mode is "rgb_array"."""
        return self._screen.draw()

    def close_extras(self, **kwargs: object) -> None:
        """Close the pictures, the window and the simulation; `close()` calls it once."""
        del kwargs  # Gymnasium passes on what `close()` was given
        self._screen.close()
        self.arm.close()


def _final(last: Floats, success: NDArray[np.bool_], done: NDArray[np.bool_], visible: Floats) -> Info:
    """What Gymnasium's own vector environments tell of episodes that ended within the step."""
    rows = np.full(len(done), None, dtype=object)
    for i in done.nonzero()[0]:
        rows[i] = last[i]
    final_info: Info = {"is_success": success & done, "_is_success": done.copy()}
    final_info |= {VISIBLE: np.where(done[:, None], visible, 0.0), f"_{VISIBLE}": done.copy()}
    final: Info = {"final_obs": rows, "_final_obs": done.copy()}
    return final | {"final_info": final_info, "_final_info": done.copy()}
