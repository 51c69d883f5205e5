"""An arm that plays live: one copy of a task, a policy that may be replaced meanwhile, and wishes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from armchair.agents.choosing import check_weights
from armchair.agents.saved import load_policy
from armchair.agents.weighted import weigh
from armchair.envs.base import Env, Goals, Points, Poses, Pushable, TellsSuccess
from armchair.errors import ArmchairError, InvalidInput
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.saved import REWARD_MODEL, read_reward
from armchair.runs.folder import RunDir

LONG = 4  # times the usual length: time enough for new goals and pushes
PUSH_STEPS = 5  # control steps that a push lasts, a quarter of a second
STATUS_EVERY = 5  # control steps
LOOK_EVERY = 1.0  # s between two looks for a newer policy
IDLE = 0.05  # s between two looks for someone who watches


@runtime_checkable
class LiveEnv(Env, Poses, Points, Pushable, TellsSuccess, Protocol):
    """An environment that can be watched live: seen between steps, pushed."""


def check_live(task: str, env: Env) -> LiveEnv:
    """The environment itself where it can be watched live; else it is closed, and InvalidInput raised."""
    if not isinstance(env, LiveEnv):
        env.close()
        raise InvalidInput(f"{task} cannot be watched live: use --video")
    return env


class Shown(NamedTuple):
    """The state after a control step."""

    poses: Tensor  # (B, 7), the last row the goal's
    status: dict[str, Json]


class Actor(Protocol):
    """Who moves the arm."""

    def act(self, env: LiveEnv, obs: Tensor) -> Tensor:
        """The next action (1, A); obs (1, D)."""
        ...

    def reward(self, visible: Tensor) -> float | None:
        """The learned reward of what a person sees (1, F), if there is one."""
        ...

    @property
    def policy_step(self) -> int:
        """Environment steps that the policy was trained for."""
        ...

    def told(self) -> dict[str, Json]:
        """What else there is to tell of it beside how it goes."""
        ...


class Function:
    """An actor that neither learns nor knows a reward: the task's script, or chance."""

    policy_step = 0

    def __init__(self, act: Callable[[LiveEnv, Tensor], Tensor]) -> None:
        self._act = act

    def act(self, env: LiveEnv, obs: Tensor) -> Tensor:
        """What the function gives."""
        return self._act(env, obs)

    def reward(self, visible: Tensor) -> float | None:
        """Not known."""
        return None

    def told(self) -> dict[str, Json]:
        """Nothing."""
        return {}


class Newest:
    """A run's policy, best actions, read again whenever a newer one has been saved.

    It acts by the weights that it was given last, if its policy has wishes, else by those that are chosen.
    """

    def __init__(
        self,
        run: RunDir,
        weights: Mapping[str, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """weights: of wishes, to begin with. Raises RunError where the run has no policy."""
        self._run, self._clock = run, clock
        self._given = dict(weights or {})
        self._read()
        self._saved, self._looked = self._changed(), clock()

    @property
    def policy_step(self) -> int:
        """Environment steps that the policy was trained for."""
        return self._info.env_steps

    @property
    def wishes(self) -> tuple[str, ...]:
        """Whose weights the policy has as inputs."""
        return self._info.wishes

    def act(self, env: LiveEnv, obs: Tensor) -> Tensor:
        """The most likely action of the newest policy."""
        if self._clock() - self._looked >= LOOK_EVERY:
            self.look()
        return self._agent.net.best(obs)

    def reward(self, visible: Tensor) -> float | None:
        """What the run's reward model makes of it."""
        return None if self._model is None else float(self._model.mean(visible))

    def weigh(self, weights: Mapping[str, float]) -> None:
        """Act by these weights from now on; wishes that are not named keep theirs."""
        check_weights(weights, self.wishes, self._run.path)
        self._given |= weights
        weigh(self._agent.net, self.wishes, weights)

    def told(self) -> dict[str, Json]:
        """By which weights it acts, and which are chosen; nothing of a policy without wishes."""
        if not self.wishes:
            return {}
        return {"weights": self._weights(), "chosen": dict(self._chosen)}

    def look(self) -> None:
        """Read the policy again if another one was saved."""
        self._looked = self._clock()
        if (saved := self._changed()) != self._saved:
            try:
                self._read()
            except ArmchairError:
                return  # it is just being replaced; the next look will do
            self._saved = saved

    def _read(self) -> None:
        (self._agent, self._info), self._model = load_policy(self._run), self._reward_model()
        self._chosen = self._weights()
        weigh(self._agent.net, self.wishes, self._given)

    def _weights(self) -> dict[str, float]:
        values = self._agent.net.weights.tolist()
        return {name: round(value, 6) for name, value in zip(self.wishes, values, strict=True)}

    def _changed(self) -> int:
        file: Path = self._run.checkpoints / "policy.safetensors"
        return file.stat().st_mtime_ns if file.exists() else 0

    def _reward_model(self) -> RewardEnsemble | None:
        file = self._run.checkpoints / REWARD_MODEL
        return read_reward(file) if file.is_file() else None


class Stage:
    """One arm at its task, moved by an actor, step by step; `Showing` gives it a pace of its own."""

    def __init__(self, env: LiveEnv, actor: Actor, seed: int = 0, *, tells: bool = True) -> None:
        """env: a single copy; its episodes become longer. tells: whether success is told."""
        self.env, self.actor, self._tells = env, actor, tells
        env.horizon *= LONG
        self._rng = generator(seed, "stage")
        self._obs = env.reset(seed)
        self._shoves: list[Tensor] = []  # (1, K) each, still to come
        self._episode, self._step = 1, 0

    def step(self) -> Shown:
        """One control step: the actor's, or one of a push."""
        with torch.no_grad():  # no inference tensors: the engine goes on with them outside of this
            if self._shoves:  # whatever the policy wants
                self._obs = self.env.shove(self._shoves.pop())
                self._step += 1
                return self.now()
            step = self.env.step(self.actor.act(self.env, self._obs))
            self._obs = step.obs
            self._step += 1
            if bool(step.done):
                self._step, self._episode = 0, self._episode + 1
            return self.now()

    def now(self) -> Shown:
        """The state as it is."""
        env = self.env
        status: dict[str, Json] = {"episode": self._episode, "step": self._step}
        success = bool(env.success()) if self._tells else None
        status |= {"success": success, "reward": self.actor.reward(env.visible())}
        status |= {"policy_step": self.actor.policy_step, **self.actor.told()}
        return Shown(env.poses()[0], status)

    def new_goal(self) -> None:
        """Another goal for the arm where it is; a new episode where none can be set apart from that."""
        obs = self.env.new_goal(self._rng) if isinstance(self.env, Goals) else None
        if obs is None:
            self.reset()
        else:
            self._obs = obs

    def push(self) -> None:
        """Shove the arm this way and that for a moment."""
        signs = torch.randint(0, 2, (1, self.env.shove_dim), generator=self._rng) * 2.0 - 1.0
        self._shoves = [signs] * PUSH_STEPS

    def reset(self) -> None:
        """A new episode."""
        self._obs = self.env.reset()
        self._shoves, self._step, self._episode = [], 0, self._episode + 1


class Showing:
    """A stage in a thread of its own, in real time, for those who watch; it rests while nobody does."""

    def __init__(self, stage: Stage, tell: Callable[[bytes, dict[str, Json] | None], None]) -> None:
        """tell: is given every moment's poses (float32, little-endian) and, at times, how it goes."""
        self._stage, self._tell = stage, tell
        self._lock = threading.Lock()
        self._wishes: list[Callable[[], None]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.rate, self.paused, self.watched = 1.0, False, 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End, and wait for the end."""
        self._ended.set()
        self._thread.join()

    def soon(self, wish: Callable[[], None]) -> None:
        """Do something between two steps, in the stage's own thread."""
        with self._lock:
            self._wishes.append(wish)

    def _run(self) -> None:
        torch.set_num_threads(1)
        due, steps = time.perf_counter(), 0
        while not self._ended.is_set():
            changed = self._heed()
            if not self.watched or (self.paused and not changed):
                time.sleep(IDLE)
                due = time.perf_counter()
                continue
            shown = self._stage.now() if self.paused else self._stage.step()
            told = {**shown.status, "paused": self.paused, "rate": self.rate}
            due_to_tell = changed or steps % STATUS_EVERY == 0
            self._tell(shown.poses.numpy().astype("<f4").tobytes(), told if due_to_tell else None)
            steps += 1
            due += self._stage.env.dt / self.rate
            time.sleep(max(0.0, due - time.perf_counter()))
            due = max(due, time.perf_counter() - 1.0)  # a machine that was held up does not race to catch up

    def _heed(self) -> bool:
        with self._lock:
            wishes, self._wishes = self._wishes, []
        for wish in wishes:
            wish()
        return bool(wishes)
