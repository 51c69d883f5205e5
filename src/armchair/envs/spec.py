"""Tasks by name, resolved once: what is known of one before there is an environment, and how to make some.

Names are those of armchair's own tasks ("reach"), `gymnasium:ID` and `module:factory`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import gymnasium
from pydantic import Field

from armchair.arms import load_arm
from armchair.engines import EngineChoice, check_engine, cpu_engine
from armchair.envs.arm_check import check_arm
from armchair.envs.arm_env import make_env
from armchair.envs.base import (
    Demonstrable,
    Env,
    Goals,
    Points,
    Poses,
    Pushable,
    Snapshots,
    TellsSuccess,
)
from armchair.envs.foreign.env import ForeignEnv, Running
from armchair.envs.foreign.importing import able, import_env, why_no_pictures
from armchair.envs.foreign.pace import Paced
from armchair.envs.foreign.packages import owner
from armchair.envs.foreign.points.declaration import Declared
from armchair.envs.foreign.points.settle import settle_points
from armchair.envs.foreign.trial import COPIES, try_out
from armchair.envs.scene import scene_of
from armchair.errors import InvalidInput, nearest
from armchair.offers.catalogue import ANY_TASK
from armchair.tasks import TASKS, Task, get_task
from armchair.tasks.cues import Cue
from armchair.types import VisibleLayout

FORMS = ("gymnasium:ID", "module:factory")
SERIAL_COPIES = 16  # of an environment of others, at most, in an evaluation: they run one after the other
OWN_ABILITIES = (Snapshots, Poses, Points, Goals, Demonstrable, TellsSuccess, Pushable)  # of `ArmEnv`


@dataclass(frozen=True)
class EnvConfig:
    """How environments are made; of those of others `motion` and what follows it is heeded."""

    engine: str = "mujoco"
    """The simulator."""
    control: str = "tool"
    """What actions move: "tool" or "joint"."""
    arm: str = ""
    """A file that describes an arm of your own, see `armchair.arms`; "" for the built-in one."""
    threads: Annotated[int, Field(ge=0, le=1024)] = 1
    """Simulation threads; 0 for one a core."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where the policy practises and learns: cuda is an NVIDIA GPU, with the engine warp. Clips and
    evaluations are made on the CPU in any case."""
    deterministic: bool = True
    """Whether equal runs on a GPU are equal to the bit, which costs speed there."""
    motion: bool = False
    """Whether the reward model sees the speeds of the tool and of the blocks, for wishes about how fast."""
    frames: bool = True
    """Whether clips of an environment of others get pictures, for people; a simulated teacher needs none."""
    after_end: Literal["nothing", "stays"] = "nothing"
    """What follows where the environment itself ends an episode, in clips and for the policy: nothing that is
    worth anything, or its last state for ever."""
    points: dict[str, int | str] = field(default_factory=dict[str, int | str])
    """Where the points of an environment of others are, by name, such as {hand: 0, goal: site:target}: the
    reward then sees how they lie to each other. See `armchair.envs.foreign.points.declaration`."""
    scalars: dict[str, int | str] = field(default_factory=dict[str, int | str])
    """The same of single numbers, such as {gripper: 3}."""
    differences: bool = False
    """Whether policies in an environment of others get the ways between its points besides."""
    horizon: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Decisions in an episode of an environment of others; 0: as long as its own limit allows."""
    repeat: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Steps of an environment of others that each action is held for: its rewards are summed, success is that
    of the last of these steps."""
    workers: Annotated[int, Field(ge=0, le=64)] = 0
    """Processes that the copies of an environment of others are shared among; 0: none of their own."""
    time_limit: Annotated[float, Field(gt=0.0)] = 120.0
    """s that a copy of an environment of others may take for a reset or a step."""
    ray: str = ""
    """The address of a Ray cluster, on which the copies of an environment of others run in as many processes
    as `workers` says: auto, HOST:PORT, ray://HOST:PORT; "": this machine."""

    poses: bool = True
    """Whether clips of an environment of others show its bodies in 3D in place of its own pictures, where
    MuJoCo simulates it in this process."""

    def on_cpu(self) -> EnvConfig:
        """The same on the CPU, on the engine that does there what this one does."""
        return replace(self, engine=cpu_engine(self.engine), device="cpu")

    @property
    def running(self) -> Running:
        """How copies of an environment of others are run."""
        return Running(self.workers, self.time_limit, self.ray)


class TaskSpec:
    """A task whose environment is somebody else's: little is known before one is made."""

    foreign = True
    horizon: int | None = None  # control steps in an episode, where that is known
    question = ANY_TASK  # what a person is asked about two clips
    cues: tuple[Cue, ...] = ()  # what to look at in them, where that is known

    def __init__(self, name: str) -> None:
        """name: by which the environment is found; see `import_env`."""
        self.name = name

    @property
    def slug(self) -> str:
        """The name as part of a folder's."""
        return self.name.replace(":", "-").replace("/", "-")

    def settle(self, config: EnvConfig, *, find: bool = True) -> EnvConfig:
        """`config` with the points that the environment tells by itself, where none are declared.

        find: whether to look for them. Raises InvalidInput where no environment can be made, or a point is
        not where it was said to be, before anything is begun; standard error is told what seems wrong.
        """
        if config.arm:
            raise InvalidInput(f"env.arm is for armchair's own tasks: {self.name} has its own")
        found = settle_points(self._source(config), _declared(config), find=find)
        return replace(config, points=dict(found.points), scalars=dict(found.scalars))

    def check(self, config: EnvConfig | None = None, *, rewarded: bool = True) -> int:
        """Try the environment before anything is begun. -> steps in an episode.

        rewarded: whether anything will go by its reward. Raises InvalidInput or ForeignError where it cannot
        be made, or does not do as it should, or has nothing to learn from.
        """
        config = config or EnvConfig()
        if config.device != "cpu":
            raise InvalidInput(f"{self.name} runs on the CPU: leave out env.device, it is for tasks of ours")
        env = self.make(COPIES, config)
        try:
            if isinstance(env, ForeignEnv):
                try_out(env, rewarded=rewarded)
            return env.horizon
        finally:
            env.close()

    def offers(self, ability: type) -> bool:
        """Whether environments have one of the abilities of `armchair.envs.base`.

        Of those of others one is made, once, where that has to be found out.
        """
        if ability in (Snapshots, Goals):
            return able(self.name).can_be_put_back
        return ability in (Poses, Pushable) and able(self.name).simulated

    def layout(self, config: EnvConfig) -> VisibleLayout | None:
        """What the visible numbers will mean; None where only an environment can tell."""
        declared = _declared(config)
        return declared.layout if declared else None

    def scene_asset(self, config: EnvConfig) -> bytes | None:
        """The 3D scene, see `Poses`; None where there is none, or only an environment can tell."""
        return None

    def copies_for(self, episodes: int) -> int:
        """How many copies to evaluate so many episodes with."""
        return min(episodes, SERIAL_COPIES)

    def shows_poses(self, config: EnvConfig) -> bool:
        """Whether clips show bodies in 3D; else they have the environment's own pictures."""
        return config.poses and not config.workers and not config.ray and self.offers(Poses)

    def why_no_pictures(self, config: EnvConfig) -> str | None:
        """Why a clip can show nothing, in a line; None where it can."""
        return None if self.shows_poses(config) else why_no_pictures(self._source(config))

    def make(
        self, num_envs: int = 1, config: EnvConfig | None = None, *, seed: int = 0, record: bool = False
    ) -> Env:
        """Copies of the environment; record: with what clips show, poses or pictures.

        Raises InvalidInput where it cannot be made, MissingDependency where something must be installed.
        """
        config = config or EnvConfig()
        return import_env(
            self._source(config),
            num_envs=num_envs,
            seed=seed,
            running=config.running,
            render="poses" if record and config.poses else record,
            declared=_declared(config),
        )

    def _source(self, config: EnvConfig | None) -> str | Paced:
        """What makes it at the pace that is wanted."""
        if config is None or (config.horizon, config.repeat) == (0, 1):
            return self.name
        return Paced(self.name, config.horizon, config.repeat)


class BuiltinTask(TaskSpec):
    """A task of armchair's own."""

    foreign = False

    def __init__(self, task: Task) -> None:
        super().__init__(task.name)
        self.horizon, self.question, self.cues = task.horizon, task.question, task.cues
        self._task = task

    def settle(self, config: EnvConfig, *, find: bool = True) -> EnvConfig:
        """It is sound, and its points are known; an arm's file is found from every folder.

        Raises InvalidInput where points are declared, and for an arm that cannot be read.
        """
        given = {"points": config.points, "scalars": config.scalars, "differences": config.differences}
        for key in (name for name, value in given.items() if value):
            raise InvalidInput(
                f"env.{key} is for environments of others: the points of {self.name} are known"
            )
        if not config.arm:
            return config
        load_arm(config.arm)
        return replace(config, arm=str(Path(config.arm).resolve()))

    def check(self, config: EnvConfig | None = None, *, rewarded: bool = True) -> int:
        """It is sound; its simulator must be there. -> steps in an episode. Raises MissingDependency."""
        config = config or EnvConfig()
        check_engine(config.engine, config.device)
        if config.arm:
            check_arm(get_task(self.name, arm=load_arm(config.arm)), config.engine)
        return self._task.horizon

    def offers(self, ability: type) -> bool:
        """All that an `ArmEnv` can do."""
        return ability in OWN_ABILITIES

    def layout(self, config: EnvConfig) -> VisibleLayout:
        """Points and scalars; with speeds where motion is wanted."""
        return get_task(self.name, motion=config.motion, arm=load_arm(config.arm)).visible_layout

    def scene_asset(self, config: EnvConfig) -> bytes:
        """Arm, table, blocks and the goal's marker."""
        return scene_of(get_task(self.name, arm=load_arm(config.arm)))

    def copies_for(self, episodes: int) -> int:
        """All at once."""
        return episodes

    def shows_poses(self, config: EnvConfig) -> bool:
        """They have poses."""
        return True

    def why_no_pictures(self, config: EnvConfig) -> None:
        """They have poses."""

    def make(
        self, num_envs: int = 1, config: EnvConfig | None = None, *, seed: int = 0, record: bool = False
    ) -> Env:
        """See `make_env`."""
        config = config or EnvConfig()
        return make_env(
            get_task(self.name, motion=config.motion, arm=load_arm(config.arm)),
            num_envs=num_envs,
            engine=EngineChoice(config.engine, config.device, config.deterministic),
            control=config.control,
            seed=seed,
            threads=config.threads,
            record_poses=record,
        )


def _declared(config: EnvConfig) -> Declared:
    return Declared(config.points, config.scalars, config.motion, config.differences)


def is_foreign(name: str) -> bool:
    """Whether a name is of the form that environments of others have."""
    return ":" in name


def resolve_task(name: str) -> TaskSpec:
    """The task of this name. Raises InvalidInput, with the valid and the nearest ones, for an unknown one."""
    if is_foreign(name):
        return TaskSpec(name)
    if name in TASKS:
        return BuiltinTask(TASKS[name])
    valid = [*TASKS, *FORMS]
    module = "gymnasium" if name in gymnasium.registry else owner(name)
    near = nearest(name, valid) if module is None else f"{module}:{name}"
    hint = f"did you mean {near!r}? " if near else ""
    raise InvalidInput(f"unknown task {name!r}: {hint}valid: {', '.join(valid)}")
