"""What asks for an ability works for any environment that has it: ours, others', stand-ins with one each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from armchair.agents.ppo import PPOConfig
from armchair.envs.arm_env import make_env
from armchair.envs.base import (
    Demonstrable,
    Env,
    Frames,
    Goals,
    Picture,
    Points,
    Poses,
    Pushable,
    Snapshots,
    StartSampler,
    StartState,
    TellsSuccess,
    tells_success,
)
from armchair.envs.demonstrations import record_script
from armchair.envs.foreign.importing import import_env
from armchair.envs.spec import OWN_ABILITIES, EnvConfig, resolve_task
from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.playback.live import check_live
from armchair.rollout.collect import NotFinite, Running, collect
from armchair.runs.folder import RunDir
from armchair.training.asking.filming import episodes_of, film
from armchair.training.environments import begin_along
from armchair.training.fixed_reward import TrainConfig, Training
from armchair.training.guard import Good, Guard
from armchair.training.status import about
from armchair.types import Step, VisibleLayout

ABILITIES = (Snapshots, Poses, Frames, Points, Goals, Demonstrable, TellsSuccess, Pushable)
N, HORIZON = 4, 12


class Line:
    """A point goes up to 0.1 a step along a line and should stand at its goal; no ability at all."""

    num_envs, obs_dim, action_dim, horizon, dt, diverged = N, 2, 1, HORIZON, 0.1, 0
    device = torch.device("cpu")
    layout = VisibleLayout((), ("place", "goal"), ("m", "m"))

    def __init__(self) -> None:
        self.rng = generator(0, "line")
        self.place, self.goal, self.clock = torch.zeros(N), torch.zeros(N), 0

    def draw(self, n: int = N) -> Tensor:
        return 2.0 * torch.rand(n, generator=self.rng) - 1.0

    def observe(self) -> Tensor:
        return torch.stack((self.place, self.goal), 1)

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        self.rng = self.rng if seed is None else generator(seed, "line")
        self.place, self.goal, self.clock = self.draw(), self.draw(), 0
        return self.observe()

    def step(self, action: Tensor) -> Step:
        self.place = self.place + 0.1 * action[:, 0].clamp(-1.0, 1.0)
        self.clock += 1
        reached, near = self.observe(), (self.place - self.goal).abs()
        over = torch.full((N,), self.clock == HORIZON)
        poses = self.pose() if isinstance(self, LineWithPoses) else None
        obs = self.reset() if self.clock == HORIZON else reached
        no = torch.zeros(N, dtype=torch.bool)
        return Step(obs, 1.0 - near, no, over, reached, near < 0.05, reached, poses)

    def pose(self) -> Tensor:
        rows = torch.zeros(N, 2, 7)
        rows[:, 0, 0], rows[:, 1, 0], rows[..., 3] = self.place, self.goal, 1.0
        return rows

    def close(self) -> None: ...


class LineWithSnapshots(Line):
    def snapshot(self) -> dict[str, Tensor]:
        clock = torch.tensor(self.clock)
        return {"place": self.place, "goal": self.goal, "clock": clock, "rng": self.rng.get_state()}

    def restore(self, snapshot: Mapping[str, Tensor]) -> Tensor:
        self.place, self.goal, self.clock = snapshot["place"], snapshot["goal"], int(snapshot["clock"])
        self.rng.set_state(snapshot["rng"])
        return self.observe()


class LineWithPoses(Line):
    body_names = ("point",)

    def scene_asset(self) -> bytes:
        return b"a scene"

    def poses(self) -> Tensor:
        return self.pose()

    def renderer(self, width: int, height: int) -> None:
        raise NotImplementedError

    def window(self) -> None:
        raise NotImplementedError


class LineWithFrames(Line):
    def frames(self) -> list[Picture]:
        return [np.full((16, 16, 3), 100 + 10 * k, dtype=np.uint8) for k in range(N)]


class LineWithPoints(Line):
    def visible(self) -> Tensor:
        return self.observe()


class LineWithGoals(Line):
    def new_goal(self, rng: torch.Generator) -> Tensor | None:
        self.goal = torch.rand(N, generator=rng)
        return self.observe()

    def reset_alike(self, groups: Tensor, rng: torch.Generator) -> Tensor:
        self.place, self.goal = (torch.rand(int(groups.max()) + 1, generator=rng)[groups] for _ in range(2))
        self.clock = 0
        return self.observe()


class LineWithScript(Line):
    starts: StartSampler | None = None

    def script(self) -> Tensor:
        return (10.0 * (self.goal - self.place)).unsqueeze(1)

    def start_state(self) -> StartState:
        return StartState(self.place.unsqueeze(1), torch.stack([self.goal] * 3, 1))


class LineThatTells(Line):
    tells_success = True

    def success(self) -> Tensor:
        return (self.place - self.goal).abs() < 0.05


class LineToPush(Line):
    shove_dim = 1

    def shove(self, direction: Tensor) -> Tensor:
        self.place = self.place + 0.2 * direction[:, 0]
        return self.observe()


WITH_ONE: dict[type, type[Line]] = {
    Snapshots: LineWithSnapshots,
    Poses: LineWithPoses,
    Frames: LineWithFrames,
    Points: LineWithPoints,
    Goals: LineWithGoals,
    Demonstrable: LineWithScript,
    TellsSuccess: LineThatTells,
    Pushable: LineToPush,
}


def still(obs: Tensor) -> Tensor:
    return torch.zeros(len(obs), 1)


def abilities_of(env: Env) -> set[type]:
    return {ability for ability in ABILITIES if isinstance(env, ability)}


@pytest.mark.parametrize("ability", ABILITIES)
def test_a_stand_in_has_its_ability_alone(ability: type) -> None:
    assert abilities_of(WITH_ONE[ability]()) == {ability}
    assert abilities_of(Line()) == set()


def test_what_a_task_offers_its_environments_have() -> None:
    env = make_env("push", num_envs=1)
    assert abilities_of(env) == set(OWN_ABILITIES)
    spec = resolve_task("push")
    assert {ability for ability in ABILITIES if spec.offers(ability)} == set(OWN_ABILITIES)
    assert env.layout == spec.layout(EnvConfig()) and env.visible().shape == (1, env.layout.size)
    env.close()


def test_an_environment_of_others_tells_of_success_and_of_pictures_where_they_were_asked_for() -> None:
    spec = resolve_task("gymnasium:Pendulum-v1")
    plain, drawn = spec.make(2), import_env("Pendulum-v1", render=True)
    assert not any(spec.offers(ability) for ability in ABILITIES), "it shows once one is made"
    assert abilities_of(plain) == {TellsSuccess} and not tells_success(plain)
    assert abilities_of(drawn) == {TellsSuccess, Frames}
    assert plain.layout == VisibleLayout((), ("obs_0", "obs_1", "obs_2"))
    plain.close()
    drawn.close()


def parameters(training: Training) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in training.tensors().items() if name.startswith("agent.")}


@pytest.mark.parametrize("made", [Line, LineWithSnapshots])
def test_training_goes_on_to_the_bit_where_the_environment_can_be_put_back(made: type[Line]) -> None:
    plan = TrainConfig(6 * 5 * N, 5, PPOConfig(hidden=(8,), minibatch=10))  # a rollout ends within an episode
    whole = Training(made(), plan)
    list(whole.run())
    cut = Training(made(), plan)
    going = cut.run()
    for _ in range(3):
        next(going)
    kept = {name: value.clone() for name, value in cut.tensors().items()}
    again = Training(made(), plan)
    again.load_tensors(kept)
    list(again.run())
    one, two = parameters(whole), parameters(again)
    assert all(torch.equal(one[name], two[name]) for name in one) == (made is LineWithSnapshots)


def test_a_dump_has_the_state_that_the_fault_began_from(tmp_path: Path) -> None:
    guard, env = Guard(tell=lambda line: None), LineWithSnapshots()
    guard.keep_dumps_in(RunDir(tmp_path))
    good = Good({}, None, [], 3)
    guard.keep(good)
    place = env.reset(1)[:, 0]
    guard.look(env)
    running = Running(env.reset())
    found, _ = collect(env, lambda obs: (still(obs), torch.zeros(N)), 2, running)
    back: list[Good] = []
    guard.go_back(NotFinite("reward", found), good, {"updates": 3}, back.append)
    (file,) = (tmp_path / "dumps").glob("*.safetensors")
    tensors, facts = RunDir(tmp_path, file.parent).load(file.stem)
    assert torch.equal(tensors["env.place"], place) and facts["not_finite"] == "reward" and back == [good]


@pytest.mark.parametrize("made", [Line, LineWithGoals])
def test_clips_begin_alike_where_episodes_can(made: type[Line]) -> None:
    env = made()
    env.reset(3)
    episodes = episodes_of(env)
    film(env, episodes, still, generator(0, "film"), same_start=True)
    found = episodes.propose(20, 5, generator(0, "ask"), same_start=True, min_motion=0.0, min_difference=0.0)
    if made is Line:
        assert not len(found.left), "none begin alike"
    else:
        assert len(found.left) and torch.equal(found.left, found.right), "the same place, and nobody moved"


@pytest.mark.parametrize("made", [Line, LineWithFrames, LineWithPoses])
def test_clips_have_pictures_or_poses_where_there_are_some(made: type[Line]) -> None:
    env = made()
    env.reset(3)
    episodes = episodes_of(env)
    film(env, episodes, still, generator(0, "film"), same_start=False)
    (clip,) = episodes.cut(1, 5, generator(0, "cut"))
    assert (clip.frames is not None) == (made is LineWithFrames)
    assert (clip.poses is not None) == (made is LineWithPoses)


def test_the_page_is_told_of_the_bodies_where_there_are_some() -> None:
    spec = resolve_task("gymnasium:Pendulum-v1")
    assert about(spec, LineWithPoses(), people=True)["bodies"] == ["point"]
    assert about(spec, Line(), people=True)["bodies"] == []
    assert about(spec, Line(), people=True)["control_dt"] == 0.1


def test_a_script_is_recorded_and_episodes_begin_along_it() -> None:
    env = LineWithScript()
    demos = record_script(env, 3, seed=0, noise=0.0)
    assert len(demos) == 3 and all(demo.poses.shape == (HORIZON, 0, 7) for demo in demos)
    for demo in demos:
        assert abs(float(demo.visible[-1, 0] - demo.visible[-1, 1])) < 0.05, "it was solved"
        assert torch.equal(demo.engine[1:, 0], demo.visible[:-1, 0]), "a row is the state before its action"
    begin_along([env], demos, 1.0)
    assert env.starts is not None
    ids, state = env.starts.begin(torch.arange(N), generator(0, "starts"))
    places = torch.cat([demo.engine for demo in demos])
    assert ids.tolist() == list(range(N)) and all(bool((row == places).any()) for row in state.engine)


def test_whoever_has_not_all_that_a_live_view_needs_is_refused_in_a_line() -> None:
    with pytest.raises(InvalidInput, match="cannot be watched live"):
        check_live("line", LineToPush())
    env = make_env("reach")
    assert check_live("reach", env) is env and env.shove_dim == 4
    env.close()


def test_pushing_moves_the_arm_whatever_its_policy_wants() -> None:
    for env in (LineToPush(), make_env("reach", num_envs=N)):
        before = env.reset(0).clone()
        after = env.shove(torch.ones(N, env.shove_dim))
        assert bool(((after - before).abs().amax(1) > 1e-3).all())
        env.close()
