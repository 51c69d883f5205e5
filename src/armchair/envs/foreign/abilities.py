"""Environments of others that MuJoCo simulates in this process: they can do nearly all that ours can.

Which of these an environment becomes `import_env` decides: nothing is claimed that was not tried.
"""

from __future__ import annotations

from collections.abc import Mapping

import gymnasium
import numpy as np
import torch
from torch import Tensor

from armchair.engines.base import check_finite
from armchair.envs.base import PoseDrawing, PoseWindow
from armchair.envs.foreign.env import DrawnForeignEnv, ForeignEnv
from armchair.envs.foreign.mujoco.copy_state import keep_copy, put_back
from armchair.envs.foreign.mujoco.model import find_model
from armchair.envs.foreign.mujoco.recorder import Recorder, poses_of
from armchair.envs.foreign.mujoco.scene import Scene
from armchair.envs.foreign.mujoco.view import hand_of
from armchair.errors import InvalidInput
from armchair.types import Step

Foreign = gymnasium.Env[object, object]

SHOVE = 10.0  # m/s², times the arm's mass


class PutBackEnv(ForeignEnv):
    """It can be kept and put back to the bit, so episodes can begin alike."""

    def snapshot(self) -> dict[str, Tensor]:
        """Everything that the future depends on, by name, each copy in a row of bytes."""
        kept = {f"copy.{i}": keep_copy(env) for i, env in enumerate(self.envs())}
        told = torch.tensor(self.tells_success)
        now = {"obs": self.obs.clone(), "success": self._success.clone(), "tells_success": told}
        return {**kept, **now, "steps": torch.from_numpy(self._steps.copy())}

    def restore(self, snapshot: Mapping[str, Tensor]) -> Tensor:
        """Go back to a snapshot of an environment of the same make. -> (N, D) observations."""
        if self._seed is not None:
            self.reset()  # some of what is put back is made by a first one
        for i, env in enumerate(self.envs()):
            put_back(env, snapshot[f"copy.{i}"])
        self.obs, self._success = snapshot["obs"].clone(), snapshot["success"].clone()
        self.tells_success = bool(snapshot["tells_success"])
        self._steps[:] = snapshot["steps"].numpy()
        self._seed = None
        return self.obs.clone()

    def new_goal(self, rng: torch.Generator) -> Tensor | None:
        """Where goals are drawn nobody knows: None, so a new goal is a new episode."""
        return None

    def reset_alike(self, groups: Tensor, rng: torch.Generator) -> Tensor:
        """Begin an episode in every copy, in one state within each group (N,); what ran is given up.

        What each copy draws later is its own.
        """
        obs = self.reset(int(torch.randint(0, 2**31 - 1, (), generator=rng)))
        envs = self.envs()
        for group in groups.unique().tolist():
            first, *others = (groups == group).nonzero().squeeze(1).tolist()
            kept = keep_copy(envs[first]) if others else None
            for other in others:
                assert kept is not None
                put_back(envs[other], kept, generators=False)
                obs[other] = obs[first]
        self.obs = obs.clone()
        return obs


class DrawnPutBackEnv(PutBackEnv, DrawnForeignEnv):
    """The same with pictures."""


class PosedEnv(ForeignEnv):
    """Its bodies are shown in 3D and can be pushed; steps have their poses where its copies record them."""

    shove_dim = 3  # along x, y and z
    _scene: Scene | None = None
    _last: Tensor | None = None  # (N, A), the last action

    def scene_asset(self) -> bytes:
        """The scene for the player in the browser."""
        return self._shown().asset()

    @property
    def body_names(self) -> tuple[str, ...]:
        """Of the bodies and sites, in the order of their poses; none before the first reset."""
        return () if self._seed is not None else self._shown().rows.names

    def poses(self) -> Tensor:
        """Poses of all bodies and sites and, last, of the goal. -> (N, B + 1, 7)."""
        scene = self._shown()
        return torch.from_numpy(np.stack([poses_of(scene, env) for env in self.envs()]))

    def renderer(self, width: int, height: int) -> PoseDrawing:
        """What draws poses, in pixels. Raises MissingDependency where there is no OpenGL to draw with."""
        from armchair.engines.display.scene_picture import SceneRenderer

        return SceneRenderer(self.scene_asset(), width, height)

    def window(self) -> PoseWindow:
        """What shows poses in a window. Raises MissingDependency where there is no display."""
        from armchair.engines.display.scene_picture import SceneWindow

        return SceneWindow(self.scene_asset())

    def step(self, action: Tensor) -> Step:
        """See `ForeignEnv.step`; with poses where copies record them."""
        step = super().step(action)
        self._last = action
        recorders = [env for env in self.envs() if isinstance(env, Recorder)]
        if not recorders:
            return step
        reached = [poses_of(self._shown(), env) if env.reached is None else env.reached for env in recorders]
        return step._replace(poses=torch.from_numpy(np.stack(reached)))

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        """Begin an episode in every copy, a seed each; they cannot be staggered. -> (N, D) observations."""
        obs = super().reset(seed, stagger=stagger)
        if any(isinstance(env, Recorder) for env in self.envs()):
            self._shown()
        return obs

    def visible(self) -> Tensor:
        """What a person sees now. -> (N, F)."""
        return self.seen.clone()

    def shove(self, direction: Tensor) -> Tensor:
        """Push the hand along x, y and z by shares (N, 3) of the arm's weight, for a step of the last action.

        -> (N, D) observations.
        """
        check_finite("direction", direction, (self.num_envs, self.shove_dim))
        for env, share in zip(self.envs(), direction.numpy(), strict=True):
            _push(env, SHOVE * share)
        action = torch.zeros(self.num_envs, self.action_dim) if self._last is None else self._last
        obs = self.step(action).obs
        for env in self.envs():
            _push(env, np.zeros(3))
        return obs

    def _shown(self) -> Scene:
        """The scene, made when it is first asked for. Raises InvalidInput before the first reset."""
        if self._scene is None:
            if self._seed is not None:
                raise InvalidInput("reset the environment first: before that its bodies are nowhere")
            env = self.envs()[0]
            found = find_model(env)
            assert found is not None, "import_env has looked"
            self._scene = Scene(env, *found)
            for copy in self.envs():
                if isinstance(copy, Recorder):
                    copy.scene = self._scene
        return self._scene


class PosedPutBackEnv(PutBackEnv, PosedEnv):
    """Both."""


def _push(env: Foreign, acceleration: np.ndarray) -> None:
    found = find_model(env)
    assert found is not None, "import_env has looked"
    model, data = found
    hand = hand_of(model)
    mass = float(model.body_subtreemass[int(model.body_rootid[hand])])
    data.xfrc_applied[hand, :3] = mass * acceleration
