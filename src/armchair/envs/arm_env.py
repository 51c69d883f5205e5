"""N arms at a task: an engine, a task and a control mode put together, with episodes of one fixed length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.engines import Engine, make_engine
from armchair.engines.base import check_finite, check_ids
from armchair.engines.iiwa import make_scene
from armchair.engines.kinematics import body_poses
from armchair.envs.control import CONTROLS, Control
from armchair.envs.demonstrations import Demo, record_script
from armchair.envs.start_states import SKILL_RATE, Starts, scripted_episodes, starts_along
from armchair.errors import InvalidInput, check_choice
from armchair.maths import generator
from armchair.tasks import Task, get_task
from armchair.types import ArmState, Layout, Step

SCRIPTED = 32  # copies in which the script plays, to make start states
OBS_LIMIT = 10.0  # observations are clipped to ± this, far beyond what they reach in sane motion


class EnvSnapshot(NamedTuple):
    """All that the future of an `ArmEnv` depends on, as tensors."""

    engine: Tensor  # (N, S) the engine's own
    memory: Tensor  # (N, M) the control mode's targets
    goal: Tensor  # (N, 3)
    clock: Tensor  # (N,) int64, steps since the episodes began
    rng: Tensor  # uint8, the layout generator's state
    along: Tensor  # (N,) bool, whether the episode began along a solution
    skill: Tensor  # () share of ordinary episodes that succeeded of late


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
        self.task = task
        self.engine = engine
        self.control = control
        self.num_envs = engine.num_envs
        self.device = engine.device
        self.horizon = task.horizon
        self.action_dim = control.action_dim(task.uses_gripper)
        self.record_poses = record_poses
        self.goal = torch.zeros(self.num_envs, 3)
        self.diverged = 0  # how many episodes were lost to the simulation so far
        self.starts: Starts | None = None  # states along demonstrations; see `armchair.envs.start_states`
        self.start_share = 0.0  # of the episodes that begin there, while no ordinary one succeeds
        self.paced = True  # whether fewer begin there as ordinary ones succeed
        self.skill = torch.zeros(())
        self._along = torch.zeros(self.num_envs, dtype=torch.bool)
        self._all = torch.arange(self.num_envs)
        self._clock = torch.zeros(self.num_envs, dtype=torch.int64)
        self._rng = generator(seed, "layout")
        self._begin(self._all)
        self.state: ArmState = engine.state()
        self._memory = control.start(self.state)
        self.obs_dim = self.observe().shape[1]
        self.visible_dim = self.visible().shape[1]

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        """Begin an episode in every copy. -> (N, D) observations.

        seed: start the stream of layouts anew from here. stagger: put the copies' clocks at random phases,
        so that they do not all end together; their first episodes are shorter.
        """
        if seed is not None:
            self._rng = generator(seed, "layout")
        self._begin(self._all)
        self.state = self.engine.state()
        self._memory = self.control.start(self.state)
        if stagger:
            self._clock = torch.randint(0, self.horizon, (self.num_envs,), generator=self._rng)
        return self.observe()

    def place(self, ids: Tensor, layout: Layout) -> None:
        """Begin an episode of the copies `ids` (n,) in a given layout, goal included."""
        ids = check_ids(ids, self.num_envs)
        self.engine.reset(ids, layout)
        self.goal = self.goal.index_copy(0, ids, layout.goal)
        self._clock[ids] = 0
        self._along[ids] = False
        self._refresh(ids)

    def place_along(self, ids: Tensor, rows: Tensor) -> None:
        """Begin an episode of the copies `ids` (n,) in the states `rows` (n,) of `starts`."""
        assert self.starts is not None
        self._put_along(self.starts, check_ids(ids, self.num_envs), rows)
        self._clock[ids] = 0
        self._along[ids] = True
        self._refresh(ids)

    @property
    def along_share(self) -> float:
        """Share of the episodes that begin along a solution now: fewer, the more ordinary ones succeed."""
        return self.start_share * (1.0 - float(self.skill)) if self.starts is not None else 0.0

    def step(self, action: Tensor) -> Step:
        """Act for one control step; `action` (N, A) is clipped to [-1, 1]. See `Step`.

        Raises InvalidInput for a wrong shape or a number that is not finite, before anything moves.
        """
        check_finite("action", action, (self.num_envs, self.action_dim))
        action = action.clamp(-1.0, 1.0)
        targets, self._memory = self.control.move(self.state, self._memory, action, self.engine.dt)
        diverged = self.engine.step(targets)
        self.state = self.engine.state()
        self._clock += 1
        terminated = diverged | self.task.lost(self.state)
        truncated = (self._clock >= self.horizon) & ~terminated
        reward = self.task.reward(self.state, self.goal, action)
        obs = self.observe()
        step = Step(
            obs=obs,
            reward=torch.where(diverged, 0.0, reward),
            terminated=terminated,
            truncated=truncated,
            final_obs=obs,
            success=self.task.success(self.state, self.goal) & ~diverged,
            visible=self.visible(),
            poses=self.poses() if self.record_poses else None,
        )
        self.diverged += int(diverged.sum())
        return self._next_episodes(step)

    def _next_episodes(self, step: Step) -> Step:
        """Begin the next episode where one ended."""
        ended = step.done.nonzero().squeeze(1)
        if not len(ended):
            return step
        if self.starts is not None and self.paced:
            self._judge(step.success[ended[~self._along[ended]]])
        self._begin(ended)
        self._refresh(ended)
        return step._replace(obs=self.observe())

    def _begin(self, ids: Tensor) -> None:
        layout = self.task.layout(self._rng, len(ids))
        self.engine.reset(ids, layout)
        # out of place: whoever keeps a goal or a clock of an earlier step keeps what it was
        self.goal = self.goal.index_copy(0, ids, layout.goal)
        self._clock = self._clock.index_fill(0, ids, 0)
        if self.starts is not None:
            self._begin_along(self.starts, ids)

    def _begin_along(self, starts: Starts, ids: Tensor) -> None:
        """Put a share of the copies `ids`, which have just begun, into states along a solution."""
        along = torch.rand(len(ids), generator=self._rng) < self.along_share
        self._along = self._along.index_copy(0, ids, along)
        self._put_along(starts, ids[along], starts.draw(int(along.sum()), self._rng))

    def _put_along(self, starts: Starts, ids: Tensor, rows: Tensor) -> None:
        if len(ids):
            self.engine.restore(ids, starts.engine[rows])
            self.goal = self.goal.index_copy(0, ids, starts.goal[rows])

    def _judge(self, success: Tensor) -> None:
        """Take in how ordinary episodes ended, (n,) bool."""
        if len(success):
            weight = 1.0 - (1.0 - SKILL_RATE) ** len(success)
            self.skill = self.skill + weight * (success.float().mean() - self.skill)

    def _refresh(self, ids: Tensor) -> None:
        """Read the state again after the copies `ids` were put elsewhere, and start their control anew."""
        self.state = self.engine.state()
        self._memory = self._memory.index_copy(0, ids, self.control.start(self.state)[ids])

    def observe(self) -> Tensor:
        """What the policy sees now. -> (N, D)."""
        task = self.task.observe(self.state, self.goal)
        extra = self.control.observe(self.state, self._memory)
        return torch.cat((task, extra), dim=1).clamp(-OBS_LIMIT, OBS_LIMIT)

    def visible(self) -> Tensor:
        """What a person sees now, the reward model's input. -> (N, F); see `Task.visible`."""
        return self.task.visible(self.state, self.goal)

    def poses(self) -> Tensor:
        """Poses of all bodies and, last, of the goal's marker. -> (N, B + 1, 7)."""
        upright = torch.tensor([1.0, 0.0, 0.0, 0.0]).expand(self.num_envs, 4)
        goal = torch.cat((self.goal, upright), dim=1).unsqueeze(1)
        return torch.cat((body_poses(self.state), goal), dim=1)

    def script(self) -> Tensor:
        """What the task's scripted solver would do now. -> (N, A); only in the `tool` control mode."""
        if self.control is not CONTROLS["tool"]:
            raise InvalidInput("the scripted solvers drive the tool: use control 'tool'")
        return self.task.script(self.state, self.goal)

    @property
    def clock(self) -> Tensor:
        """Steps since each copy's episode began. -> (N,) int64."""
        return self._clock

    def snapshot(self) -> EnvSnapshot:
        """Everything that the future depends on; copies of it stay valid."""
        rng = self._rng.get_state()
        return EnvSnapshot(
            engine=self.engine.snapshot(),
            memory=self._memory.clone(),
            goal=self.goal.clone(),
            clock=self._clock.clone(),
            rng=rng,
            along=self._along.clone(),
            skill=self.skill.clone(),
        )

    def restore(self, snapshot: EnvSnapshot) -> Tensor:
        """Go back to a snapshot of an environment of the same make. -> (N, D) observations."""
        self.engine.restore(self._all, snapshot.engine)
        self._memory, self.goal = snapshot.memory.clone(), snapshot.goal.clone()
        self._clock = snapshot.clock.clone()
        self._along, self.skill = snapshot.along.clone(), snapshot.skill.clone()
        self._rng.set_state(snapshot.rng)
        self.state = self.engine.state()
        return self.observe()

    def close(self) -> None:
        """Close the engine; twice is harmless."""
        self.engine.close()


def make_env(
    task: str,
    *,
    num_envs: int = 1,
    engine: str = "mujoco",
    control: str = "tool",
    seed: int = 0,
    threads: int = 1,
    record_poses: bool = False,
    motion: bool = False,
) -> ArmEnv:
    """`num_envs` copies of the named task.

    engine: see `armchair.engines.ENGINES`. control: "tool" or "joint". threads: simulation threads, 0 for
    one a core. record_poses: fill `Step.poses`, which a replay needs and training does not. motion: have
    speeds among `Step.visible`.
    Raises InvalidChoice for an unknown name, MissingDependency for an engine that is not installed.
    """
    chosen = get_task(task, motion=motion)
    if num_envs < 1:
        raise InvalidInput(f"num_envs must be at least 1, got {num_envs}")
    scene = make_scene(chosen.num_blocks, fingers=chosen.uses_gripper)
    made = make_engine(engine, scene, num_envs, threads)
    mode = CONTROLS[check_choice("control", control, CONTROLS)]
    return ArmEnv(chosen, made, mode, seed=seed, record_poses=record_poses)


def begin_along(env: ArmEnv, share: float, demos: Sequence[Demo]) -> None:
    """Let a share of the episodes to come begin along demonstrations; never for evaluation.

    See `armchair.envs.start_states`. Raises InvalidInput where the share is none.
    """
    if not 0.0 <= share <= 1.0:
        raise InvalidInput(f"starts, a share of the episodes, must be in [0, 1], got {share}")
    env.starts, env.start_share = starts_along(demos, len(env.task.points)), share


def scripted_demos(
    task: str, engine: str, episodes: int | None, seed: int, *, motion: bool = False
) -> list[Demo]:
    """Demonstrations by the task's script; episodes: None for as many as start states want."""
    env = make_env(task, num_envs=SCRIPTED, engine=engine, seed=seed, record_poses=True, motion=motion)
    try:
        row = env.engine.snapshot()[0]
        wanted = episodes or scripted_episodes(row.numel() * row.element_size(), env.horizon)
        return record_script(env, wanted, seed)
    finally:
        env.close()
