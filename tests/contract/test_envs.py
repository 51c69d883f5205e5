"""The contract of `armchair.envs.base.Env`, run over our tasks and over imported environments."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from armchair.envs.arm_env import ArmEnv, make_env
from armchair.envs.base import Env
from armchair.envs.control import MODES
from armchair.envs.foreign.importing import import_env
from armchair.envs.gym.sketch import make_seed_env
from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.tasks import TASKS
from armchair.types import Step

N = 3
Make = Callable[[], Env]


def arm(task: str, control: str, engine: str = "mujoco") -> Make:
    return lambda: make_env(task, num_envs=N, control=control, engine=engine)


MAKERS: dict[str, Make] = {f"{task}-{control}": arm(task, control) for task in TASKS for control in MODES}
MAKERS["reach-tool-bullet"] = arm("reach", "tool", "bullet")
MAKERS["sketch"] = lambda: make_seed_env(N, engine="mujoco")
MAKERS["pendulum"] = lambda: import_env("Pendulum-v1", num_envs=N, horizon=40)


@pytest.fixture(params=list(MAKERS))
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """A function that makes the environment anew; what it made is closed at the end."""
    if "bullet" in request.param and importlib.util.find_spec("pybullet") is None:
        pytest.skip("pybullet is not installed")
    made: list[Env] = []

    def make_one() -> Env:
        made.append(MAKERS[request.param]())
        return made[-1]

    yield make_one
    for env in made:
        env.close()
        env.close()  # harmless


def actions(env: Env, steps: int, seed: int = 0) -> list[Tensor]:
    """Gentle random actions, so that no block is thrown off the table."""
    rng = generator(seed, "test")
    return [0.3 * (2 * torch.rand(N, env.action_dim, generator=rng) - 1) for _ in range(steps)]


def play(env: Env, steps: int, seed: int = 0) -> list[Step]:
    return [env.step(action) for action in actions(env, steps, seed)]


def equal(a: Step, b: Step) -> bool:
    return all(
        torch.equal(x, y) if isinstance(x, Tensor) and isinstance(y, Tensor) else x is y
        for x, y in zip(a, b, strict=True)
    )


def test_shapes_and_dtypes(make: Make) -> None:
    env = make()
    obs = env.reset(seed=0)
    assert (obs.shape, obs.dtype) == ((N, env.obs_dim), torch.float32)
    assert env.num_envs == N
    assert env.device == torch.device("cpu")
    step = play(env, 1)[0]
    expected = {
        "obs": ((N, env.obs_dim), torch.float32),
        "reward": ((N,), torch.float32),
        "terminated": ((N,), torch.bool),
        "truncated": ((N,), torch.bool),
        "final_obs": ((N, env.obs_dim), torch.float32),
        "success": ((N,), torch.bool),
        "visible": ((N, env.layout.size), torch.float32),
    }
    for name, (shape, dtype) in expected.items():
        field = getattr(step, name)
        assert (tuple(field.shape), field.dtype) == (shape, dtype), name
        assert torch.isfinite(field).all(), name


def test_episodes_have_exactly_the_length_of_the_horizon(make: Make) -> None:
    env = make()
    env.reset(seed=0)
    steps = play(env, 2 * env.horizon + 1)
    assert not any(step.terminated.any() for step in steps)
    ends = [i + 1 for i, step in enumerate(steps) if step.truncated.any()]
    assert ends == [env.horizon, 2 * env.horizon]
    assert all(steps[end - 1].truncated.all() for end in ends)


def test_the_end_and_the_next_beginning_are_kept_apart(make: Make) -> None:
    env = make()
    env.reset(seed=0)
    still = torch.zeros(N, env.action_dim)
    *before, last = [env.step(still) for _ in range(env.horizon)]
    assert all(torch.equal(step.obs, step.final_obs) for step in before)
    assert (last.obs != last.final_obs).any(1).all()
    # the end is one step from the last but one observation, the beginning is somewhere else
    near = (last.final_obs - before[-1].obs).norm(dim=1)
    far = (last.obs - before[-1].obs).norm(dim=1)
    assert (near < far).all()


def test_what_is_visible_is_the_state_reached(make: Make) -> None:
    """At the end of an episode too: it changes by a step's motion, not by the jump to the next beginning."""
    env = make()
    env.reset(seed=0)
    seen = torch.stack([step.visible for step in play(env, env.horizon + 1)])
    moved = (seen[1:] - seen[:-1]).norm(dim=2)
    assert (moved[-1] > moved[-2]).all()  # the jump comes one step after the end


def test_a_seed_makes_everything_repeatable(make: Make) -> None:
    one, two = make(), make()
    two.reset(seed=9)
    play(two, 3, seed=5)  # what happened before does not matter
    assert torch.equal(one.reset(seed=4), two.reset(seed=4))
    steps = one.horizon + 5
    assert all(equal(a, b) for a, b in zip(play(one, steps), play(two, steps), strict=True))
    assert not torch.equal(one.reset(seed=4), one.reset(seed=5))


def test_copies_differ_and_so_do_episodes(make: Make) -> None:
    env = make()
    first, second = env.reset(seed=0), env.reset()
    assert not torch.equal(first[0], first[1])
    assert (first != second).any(1).all()


def test_actions_are_clipped(make: Make) -> None:
    env, same = make(), make()
    for one in (env, same):
        one.reset(seed=0)
    big = torch.full((N, env.action_dim), 7.0)
    assert equal(env.step(big), same.step(big.clamp(-1, 1)))


def test_bad_actions_are_refused_before_anything_moves(make: Make) -> None:
    env, untouched = make(), make()
    for one in (env, untouched):
        one.reset(seed=0)
    width = env.action_dim
    with pytest.raises(
        InvalidInput, match=rf"action must have shape \({N}, {width}\), got \({N}, {width + 1}\)"
    ):
        env.step(torch.zeros(N, width + 1))
    with pytest.raises(InvalidInput, match=rf"action must have shape .*, got \({width},\)"):
        env.step(torch.zeros(width))
    for value in (float("nan"), float("inf")):
        bad = torch.zeros(N, width)
        bad[1, 0] = value
        with pytest.raises(InvalidInput, match="action must be finite, row 1"):
            env.step(bad)
    assert equal(env.step(torch.zeros(N, width)), untouched.step(torch.zeros(N, width)))


def test_what_was_given_out_does_not_change(make: Make) -> None:
    env = make()
    obs = env.reset(seed=0)
    step = play(env, 1)[0]
    kept = [obs.clone()] + [field.clone() for field in step if field is not None]
    play(env, 3, seed=1)
    env.reset()
    given = [obs] + [field for field in step if field is not None]
    assert all(torch.equal(a, b) for a, b in zip(given, kept, strict=True))


@pytest.mark.parametrize("task", list(TASKS))
def test_success_ends_nothing(task: str) -> None:
    env = make_env(task, num_envs=4, seed=1)
    steps = [env.step(env.script()) for _ in range(env.horizon)]
    success = torch.stack([step.success for step in steps])
    assert success.any(1).any()
    assert not success[0].any()
    assert not any(step.terminated.any() for step in steps)
    assert [bool(step.truncated.all()) for step in steps] == [False] * (env.horizon - 1) + [True]


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "pendulum"])
def test_a_snapshot_replays_into_the_next_episode(name: str) -> None:
    if "bullet" in name and importlib.util.find_spec("pybullet") is None:
        pytest.skip("pybullet is not installed")
    env = MAKERS[name]()
    assert isinstance(env, ArmEnv)
    env.reset(seed=0)
    play(env, env.horizon - 4)
    saved = env.snapshot()
    first = play(env, 10, seed=2)
    assert first[3].truncated.all()
    play(env, 5, seed=3)
    env.restore(saved)
    assert all(equal(a, b) for a, b in zip(first, play(env, 10, seed=2), strict=True))
    env.close()
