"""N arms at a task: an engine, a task and a control mode put together, with episodes of one fixed length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from armchair.engines import Engine, EngineChoice, make_engine
from armchair.engines.base import Unwatched, check_finite, check_shape
from armchair.engines.iiwa import make_scene
from armchair.envs.base import PoseDrawing, PoseWindow, StartSampler, StartState
from armchair.envs.control import Control, make_control
from armchair.envs.ready import Ready
from armchair.envs.scene import renderer_of, scene_of, window_of
from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.reading.limits import COPIES
from armchair.runs.tensors import part, prefixed
from armchair.tasks import Task, get_task
from armchair.types import ArmState, Layout, Step

SHOVED = 4  # the joints that a shove turns: those nearest the base
OBS_LIMIT = 10.0  # observations are clipped to ± this, far beyond what they reach in sane motion


class ArmEnv:
    """N copies of a task, stepped together.

    An episode ends after `task.horizon` steps (truncated) or when a block is lost or the simulation
    diverges (terminated), and the next one begins within the same step; see `Step`. Success ends nothing.

    >>> env = make_env("reach", num_envs=4, seed=0)
    >>> obs = env.reset()
    >>> env.step(torch.zeros(4, env.action_dim)).reward.shape
    torch.Size([4])
    """

    def __init__(
        self, task: Task, engine: Engine, control: Control, *, seed: int = 0, record_poses: bool = False
    ) -> None:
        self.task, self.engine, self.control = task, engine, control
        self.num_envs, self.device, self.dt = engine.num_envs, engine.device, engine.dt
        self.horizon, self.layout = task.horizon, task.visible_layout
        self.tells_success = True
        self.shove_dim = min(SHOVED, task.arm.num_joints)
        self.action_dim = control.action_dim(task.uses_gripper)
        self.record_poses = record_poses
        self.goal = torch.zeros(self.num_envs, 3, device=self.device)
        self.diverged = 0  # how many episodes were lost to the simulation so far
        self.starts: StartSampler | None = None  # lets some episodes begin elsewhere than the task says
        self._ready = Ready(task, engine) if isinstance(engine, Unwatched) and engine.unwatched else None
        self._all = torch.arange(self.num_envs, device=self.device)
        self._clock = torch.zeros(self.num_envs, dtype=torch.int64, device=self.device)
        self._rng = generator(seed, "layout")
        self._begin(self._all)
        self.state: ArmState = engine.state()
        self._memory = control.start(self.state)
        self.obs_dim = self.observe().shape[1]

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        """Begin an episode in every copy. -> (N, D) observations.

        seed: start the stream of layouts anew from here. stagger: put the copies' clocks at random phases,
        so that they do not all end together; their first episodes are shorter.
        """
        if seed is not None:
            self._rng = generator(seed, "layout")
        self._begin(self._all)
        self._refresh(self._all)
        if stagger:
            clock = torch.randint(0, self.horizon, (self.num_envs,), generator=self._rng)
            self._clock = clock.to(self.device)
        return self.observe()

    def reset_alike(self, groups: Tensor, rng: torch.Generator) -> Tensor:
        """Begin an episode in every copy, in one state within each group (N,); what ran is given up."""
        self._put(self._all, self.task.layout(rng, int(groups.max()) + 1).select(groups))
        if self.starts is not None:
            self._move(*self.starts.begin_alike(groups, rng))
        self._refresh(self._all)
        return self.observe()

    def new_goal(self, rng: torch.Generator) -> Tensor | None:
        """Another goal for every copy where it is. -> (N, D); None where the task marks no goal."""
        if self.task.goal_marker == "none":
            return None
        self.goal = self.task.layout(rng, self.num_envs).goal.to(self.device)
        return self.observe()

    def step(self, action: Tensor) -> Step:
        """Act for one control step; `action` (N, A) is clipped to [-1, 1]. See `Step`.

        Raises InvalidInput for a wrong shape or a number that is not finite, before anything moves.
        """
        check = check_finite if self._ready is None else check_shape  # else nothing is waited for
        check("action", action, (self.num_envs, self.action_dim))
        action = action.clamp(-1.0, 1.0)
        targets, self._memory = self.control.move(self.state, self._memory, action, self.dt)
        diverged = self.engine.step(targets)
        self.state = self.engine.state()
        self._clock += 1
        terminated = diverged | self.task.lost(self.state)
        truncated = (self._clock >= self.horizon) & ~terminated
        reward = torch.where(diverged, 0.0, self.task.reward(self.state, self.goal, action))
        obs, success = self.observe(), self.success() & ~diverged
        poses = self.poses() if self.record_poses else None
        step = Step(obs, reward, terminated, truncated, obs, success, self.visible(), poses)
        if self._ready is not None:
            return self._take_next(self._ready, step, diverged)
        self.diverged += int(diverged.sum())
        return self._next_episodes(step)

    def _next_episodes(self, step: Step) -> Step:
        """Begin the next episode where one ended."""
        ended = step.done.nonzero().squeeze(1)
        if not len(ended):
            return step
        if self.starts is not None:
            self.starts.ended(ended, step.success[ended])
        self._begin(ended)
        self._refresh(ended)
        return step._replace(obs=self.observe())

    def _take_next(self, ready: Ready, step: Step, diverged: Tensor) -> Step:
        """The same without asking where one ended; episodes lost are counted when all are drawn anew."""
        done, goal = step.done, ready.take(step, diverged, self._rng, self.starts)
        self.diverged = ready.diverged
        self.goal = torch.where(done.unsqueeze(1), goal, self.goal)
        self._clock = self._clock.masked_fill(done, 0)
        self.state = self.engine.state()
        self._memory = torch.where(done.unsqueeze(1), self.control.start(self.state), self._memory)
        return step._replace(obs=self.observe())

    def _begin(self, ids: Tensor) -> None:
        self._put(ids, self.task.layout(self._rng, len(ids)))
        if self.starts is not None:
            self._move(*(begun := self.starts.begin(ids.cpu(), self._rng)))  # whoever draws is on the CPU
            if self._ready is not None:
                self._ready.begun(begun[0])

    def _put(self, ids: Tensor, layout: Layout) -> None:
        """Put the copies `ids` into a layout (n rows), at the beginning of an episode."""
        if self._ready is not None:
            self._ready.forget()
        self.engine.reset(ids, layout)
        # out of place: whoever keeps a goal or a clock of an earlier step keeps what it was
        self.goal = self.goal.index_copy(0, ids, layout.goal.to(self.device))
        self._clock = self._clock.index_fill(0, ids, 0)

    def _move(self, ids: Tensor, state: StartState) -> None:
        """Put copies that have just begun elsewhere."""
        if len(ids):
            self.engine.restore(ids, state.engine)
            self.goal = self.goal.index_copy(0, ids.to(self.device), state.goal.to(self.device))

    def _refresh(self, ids: Tensor) -> None:
        """Read the state again after the copies `ids` were put elsewhere, and start their control anew."""
        self.state = self.engine.state()
        self._memory = self._memory.index_copy(0, ids, self.control.start(self.state)[ids])

    def shove(self, direction: Tensor) -> Tensor:
        """Turn the joints nearest the base by these shares (N, 4) of their speed limits for a control step.

        It goes to the engine itself, past the control. -> (N, D) observations.
        """
        speeds, first = torch.tensor(self.task.arm.speeds, device=self.device), self.shove_dim
        turn = torch.zeros(self.num_envs, len(speeds), device=self.device)
        turn[:, :first] = direction * speeds[:first] * self.dt
        opening = self.state.opening_target.unsqueeze(1)
        self.engine.step(torch.cat((self.state.joint_pos + turn, opening), dim=1))
        self.state = self.engine.state()
        return self.observe()

    def observe(self) -> Tensor:
        """What the policy sees now. -> (N, D)."""
        task = self.task.observe(self.state, self.goal)
        extra = self.control.observe(self.state, self._memory)
        return torch.cat((task, extra), dim=1).clamp(-OBS_LIMIT, OBS_LIMIT)

    def visible(self) -> Tensor:
        """What a person sees now, the reward model's input. -> (N, F); see `Task.visible`."""
        return self.task.visible(self.state, self.goal)

    def watch_motion(self) -> None:
        """Have speeds among what is seen from now on, as of `make_env(motion=True)`."""
        self.task = replace(self.task, motion=True)
        self.layout = self.task.visible_layout

    def success(self) -> Tensor:
        """Whether the task's criterion holds now. -> (N,) bool."""
        return self.task.success(self.state, self.goal)

    @property
    def body_names(self) -> tuple[str, ...]:
        """Of the bodies, in the order of their poses."""
        return tuple(self.engine.body_names())

    def scene_asset(self) -> bytes:
        """The scene for the player in the browser."""
        return scene_of(self.task)

    def poses(self) -> Tensor:
        """Poses of all bodies and, last, of the goal's marker. -> (N, B + 1, 7)."""
        upright = torch.tensor([1.0, 0.0, 0.0, 0.0], device=self.device).expand(self.num_envs, 4)
        goal = torch.cat((self.goal, upright), dim=1).unsqueeze(1)
        return torch.cat((self.engine.poses(), goal), dim=1)

    def renderer(self, width: int, height: int) -> PoseDrawing:
        """What draws poses, in pixels. Raises MissingDependency where there is no OpenGL to draw with."""
        return renderer_of(self.task, width, height)

    def window(self) -> PoseWindow:
        """What shows poses in a window. Raises MissingDependency where there is no display."""
        return window_of(self.task)

    def script(self) -> Tensor:
        """What the task's scripted solver would do now. -> (N, A); only in the `tool` control mode."""
        if self.control.name != "tool":
            raise InvalidInput("the scripted solvers drive the tool: use control 'tool'")
        return self.task.script(self.state, self.goal)

    @property
    def clock(self) -> Tensor:
        """Steps since each copy's episode began. -> (N,) int64."""
        return self._clock

    def start_state(self) -> StartState:
        """Where every copy stands now, for an episode to begin there."""
        return StartState(self.engine.snapshot(), self.goal)

    def snapshot(self) -> dict[str, Tensor]:
        """Everything that the future depends on, by name, on the CPU: (N, …) but the generator's."""
        own = {"memory": self._memory, "goal": self.goal, "clock": self._clock}
        kept = {name: value.to("cpu", copy=True) for name, value in own.items()}
        kept |= {"engine": self.engine.snapshot().cpu(), "rng": self._rng.get_state()}
        kept |= {} if self._ready is None else prefixed("ready", self._ready.tensors())
        return kept | ({} if self.starts is None else self.starts.tensors())

    def restore(self, snapshot: Mapping[str, Tensor]) -> Tensor:
        """Go back to a snapshot of an environment of the same make. -> (N, D) observations."""
        self.engine.restore(self._all, snapshot["engine"])
        own = (snapshot[name].to(self.device, copy=True) for name in ("memory", "goal", "clock"))
        self._memory, self.goal, self._clock = own
        self._rng.set_state(snapshot["rng"])
        if self._ready is not None:
            self._ready.load_tensors(part(snapshot, "ready"))
        if self.starts is not None:
            self.starts.load_tensors(snapshot)
        self.state = self.engine.state()
        return self.observe()

    def put_back(self, ids: Tensor, snapshot: Mapping[str, Tensor]) -> None:
        """Bring the copies `ids` alone back to a snapshot; the stream of layouts goes on."""
        self.engine.restore(ids, snapshot["engine"][ids])
        self._memory = self._memory.index_copy(0, ids, snapshot["memory"][ids])
        self.goal = self.goal.index_copy(0, ids, snapshot["goal"][ids])
        self._clock = self._clock.index_copy(0, ids, snapshot["clock"][ids])
        self.state = self.engine.state()

    def __reduce__(self) -> str:
        """Neither copied nor pickled: two copies would move one simulation."""
        raise InvalidInput(
            "a simulation cannot be copied: make another environment, reset it, and give its ArmEnv what "
            "this one's snapshot() returns: other.unwrapped.arm.restore(env.unwrapped.arm.snapshot())"
        )

    def close(self) -> None:
        """Close the engine; twice is harmless."""
        self.engine.close()


def make_env(
    task: str | Task,
    *,
    num_envs: int = 1,
    engine: str | EngineChoice = "mujoco",
    control: str = "tool",
    seed: int = 0,
    threads: int = 1,
    record_poses: bool = False,
    motion: bool = False,
) -> ArmEnv:
    """`num_envs` copies of a task: of its name, or as `get_task` makes it for an arm of somebody's.

    engine: see `armchair.engines.ENGINES`, and `EngineChoice` for a GPU. control: "tool" or "joint". threads:
    simulation threads, 0 for one a core. record_poses: fill `Step.poses`, which a replay needs and training
    does not. motion: have speeds among `Step.visible`.
    Raises InvalidChoice for an unknown name, MissingDependency for an engine that is not installed.
    """
    chosen = get_task(task) if isinstance(task, str) else task
    chosen = replace(chosen, motion=motion or chosen.motion)
    if not 1 <= num_envs <= COPIES:
        raise InvalidInput(f"num_envs must be at least 1 and at most {COPIES}, got {num_envs}")
    mode = make_control(control, chosen.arm)
    scene = make_scene(chosen.num_blocks, fingers=chosen.uses_gripper, arm=chosen.arm)
    made = make_engine(engine, scene, num_envs, threads)
    return ArmEnv(chosen, made, mode, seed=seed, record_poses=record_poses)
