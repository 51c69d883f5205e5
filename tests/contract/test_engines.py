"""The contract of `armchair.engines.base.Engine`, run over every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from armchair.arms import IIWA
from armchair.arms.iiwa import HOME
from armchair.arms.inverse import posture_for
from armchair.engines import ENGINES, Engine, make_engine
from armchair.engines.base import home_layout
from armchair.engines.iiwa import make_scene
from armchair.errors import InvalidInput
from armchair.offers.extras import EXTRAS, missing
from armchair.types import Layout
from armchair.world import BLOCK_SIZE, MAX_OPENING

N = 3
Make = Callable[..., Engine]


SLOW = {"warp": [pytest.mark.slow]}  # its kernels are compiled once a machine, and loaded in every process


@pytest.fixture(params=[pytest.param(name, marks=SLOW.get(name, [])) for name in ENGINES])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """A function (blocks, num_envs, threads) -> engine; what it made is closed at the end."""
    if absent := missing(request.param) if request.param in EXTRAS else []:
        pytest.skip(f"not installed: {', '.join(absent)}")
    made: list[Engine] = []

    def make_one(blocks: int = 2, num_envs: int = N, threads: int = 1, fingers: bool = True) -> Engine:
        scene = make_scene(blocks, fingers=fingers)
        made.append(make_engine(request.param, scene, num_envs, threads))
        return made[-1]

    yield make_one
    for engine in made:
        engine.close()
        engine.close()  # harmless


def layout(n: int, blocks: int, seed: int = 0) -> Layout:
    """Blocks apart from each other, arms near home, each row different."""
    rng = torch.Generator().manual_seed(seed)
    base = home_layout(make_scene(blocks, fingers=False), n)
    joints = base.joint_pos + 0.1 * (torch.rand(n, 7, generator=rng) - 0.5)
    return base._replace(joint_pos=joints, block_pos=base.block_pos + torch.tensor([0.0, 0.05, 0.0]))


def targets(n: int, step: int, seed: int = 1) -> Tensor:
    """Joint targets that sweep about home, the gripper opening and shutting."""
    rng = torch.Generator().manual_seed(seed)
    phase = 6.28 * torch.rand(n, 7, generator=rng)
    joints = torch.tensor([HOME]) + 0.15 * torch.sin(0.4 * step + phase)
    opening = torch.full((n, 1), MAX_OPENING if (step // 8) % 2 else 0.0)
    return torch.cat((joints, opening), dim=1)


def run(engine: Engine, steps: int, start: int = 0) -> list[Tensor]:
    """All numbers of the state after each step, (steps,) of (N, D)."""
    seen: list[Tensor] = []
    for i in range(start, start + steps):
        engine.step(targets(engine.num_envs, i))
        seen.append(numbers(engine))
    return seen


def numbers(engine: Engine) -> Tensor:
    """The whole state as one row a copy."""
    return torch.cat([field.flatten(1) if field.ndim > 1 else field[:, None] for field in engine.state()], 1)


def test_shapes_and_dtypes(make: Make) -> None:
    engine = make(blocks=2)
    state = engine.state()
    expected = {
        "joint_pos": (N, 7),
        "joint_vel": (N, 7),
        "tool_pos": (N, 3),
        "tool_rot": (N, 3, 3),
        "tool_vel": (N, 3),
        "tool_jac": (N, 6, 7),
        "opening": (N,),
        "opening_target": (N,),
        "block_pos": (N, 2, 3),
        "block_quat": (N, 2, 4),
        "block_vel": (N, 2, 3),
    }
    for name, shape in expected.items():
        field = getattr(state, name)
        assert field.shape == shape, name
        assert field.dtype == torch.float32, name


def test_no_blocks_and_no_fingers(make: Make) -> None:
    engine = make(blocks=0, fingers=False)
    engine.step(targets(N, 0))
    state = engine.state()
    assert state.block_pos.shape == (N, 0, 3)
    assert state.opening.eq(0).all()


def test_reset_puts_everything_where_the_layout_says(make: Make) -> None:
    engine = make(blocks=2)
    wanted = layout(N, 2)._replace(opening=torch.tensor([0.0, 0.03, 0.08]))
    wanted.block_quat[1, 0] = torch.tensor([0.5**0.5, 0.0, 0.0, 0.5**0.5])  # a quarter turn, w first
    engine.reset(torch.arange(N), wanted)
    state = engine.state()
    torch.testing.assert_close(state.joint_pos, wanted.joint_pos)
    torch.testing.assert_close(state.block_pos, wanted.block_pos)
    torch.testing.assert_close(state.block_quat, wanted.block_quat)
    torch.testing.assert_close(state.opening, wanted.opening)
    torch.testing.assert_close(state.opening_target, wanted.opening)
    assert state.joint_vel.abs().max() == 0
    assert state.block_vel.abs().max() == 0


def test_reset_of_a_subset_leaves_the_others_alone(make: Make) -> None:
    engine = make(blocks=1)
    engine.reset(torch.arange(N), layout(N, 1))
    run(engine, 5)
    before = numbers(engine)
    engine.reset(torch.tensor([1]), layout(1, 1, seed=9))
    after = numbers(engine)
    assert torch.equal(before[[0, 2]], after[[0, 2]])
    torch.testing.assert_close(engine.state().joint_pos[1], layout(1, 1, seed=9).joint_pos[0])


def test_a_held_target_is_reached(make: Make) -> None:
    engine = make(blocks=0, fingers=False)
    goal = torch.cat((torch.tensor([HOME]) + 0.2, torch.zeros(1, 1)), 1).repeat(N, 1)
    for _ in range(30):
        engine.step(goal)
    state = engine.state()
    torch.testing.assert_close(state.joint_pos, goal[:, :7], atol=2e-3, rtol=0)
    assert state.joint_vel.abs().max() < 0.01


def test_velocities_are_per_second(make: Make) -> None:
    """In steady motion the velocities agree with the change of position over time.

    Within a step the servo runs up and slows down, so that they agree to half, not to a percent.
    """
    engine = make(blocks=0, fingers=False)
    engine.reset(torch.arange(N), home_layout(make_scene(0, fingers=False), N))
    joints = torch.tensor([HOME]).repeat(N, 1)
    before = engine.state()
    for _ in range(8):
        before = engine.state()
        joints[:, 0] += 0.03
        engine.step(torch.cat((joints, torch.zeros(N, 1)), 1))
    after = engine.state()
    turned = (after.joint_pos - before.joint_pos)[:, 0] / engine.dt
    moved = (after.tool_pos - before.tool_pos)[:, 1] / engine.dt
    torch.testing.assert_close(after.joint_vel[:, 0] / turned, torch.ones(N), rtol=0, atol=0.5)
    torch.testing.assert_close(after.tool_vel[:, 1] / moved, torch.ones(N), rtol=0, atol=0.5)


def test_a_block_falls_and_comes_to_rest_on_the_table(make: Make) -> None:
    engine = make(blocks=1)
    high = home_layout(make_scene(1, fingers=False), N)
    high.block_pos[..., 2] = 0.10
    engine.reset(torch.arange(N), high)
    still = torch.cat((high.joint_pos, torch.zeros(N, 1)), 1)
    engine.step(still)
    falling = engine.state()
    # v = g·t and h = g·t²/2 after one step of 50 ms
    torch.testing.assert_close(falling.block_vel[:, 0, 2], torch.full((N,), -9.81 * 0.05), rtol=0.02, atol=0)
    torch.testing.assert_close(falling.block_pos[:, 0, 2], torch.full((N,), 0.10 - 0.0123), atol=3e-3, rtol=0)
    for _ in range(30):
        engine.step(still)
    rest = engine.state()
    torch.testing.assert_close(rest.block_pos[:, 0, 2], torch.full((N,), BLOCK_SIZE / 2), atol=1e-3, rtol=0)
    assert rest.block_vel.abs().max() < 0.02


def test_the_gripper_opens_and_shuts(make: Make) -> None:
    engine = make(blocks=0)
    joints = torch.tensor([HOME]).repeat(N, 1)
    for gap in (0.06, 0.0, 1.0):  # the last one is clipped to the stroke
        for _ in range(25):
            engine.step(torch.cat((joints, torch.full((N, 1), gap)), 1))
        reached = min(gap, MAX_OPENING)
        torch.testing.assert_close(engine.state().opening, torch.full((N,), reached), atol=2e-3, rtol=0)
        torch.testing.assert_close(engine.state().opening_target, torch.full((N,), reached))


def test_joints_stop_at_their_limits(make: Make) -> None:
    engine = make(blocks=0, fingers=False)
    far = torch.full((N, 8), 10.0)
    far[:, 1:7] = torch.tensor(HOME[1:])
    for _ in range(60):
        engine.step(far)
    torch.testing.assert_close(engine.state().joint_pos[:, 0], torch.full((N,), 2.967), atol=0.02, rtol=0)


def test_same_calls_same_numbers(make: Make) -> None:
    runs: list[list[Tensor]] = []
    for _ in range(2):
        engine = make(blocks=1)
        engine.reset(torch.arange(N), layout(N, 1))
        runs.append(run(engine, 20))
    assert all(torch.equal(a, b) for a, b in zip(*runs, strict=True))


def test_the_first_episode_is_like_a_later_one(make: Make) -> None:
    engine = make(blocks=2)
    runs: list[list[Tensor]] = []
    for _ in range(3):
        engine.reset(torch.arange(N), layout(N, 2))
        runs.append(run(engine, 10))
    for later in runs[1:]:
        assert all(torch.equal(a, b) for a, b in zip(runs[0], later, strict=True))


def test_two_threads_give_the_numbers_of_one(make: Make) -> None:
    one, two = make(blocks=1, threads=1), make(blocks=1, threads=2)
    for engine in (one, two):
        engine.reset(torch.arange(N), layout(N, 1))
    assert all(torch.equal(a, b) for a, b in zip(run(one, 20), run(two, 20), strict=True))


def grasp_layout(n: int) -> Layout:
    """A block between the open fingers, so that a run is full of contacts."""
    start = home_layout(make_scene(1, fingers=False), n)
    q = start.joint_pos
    low = posture_for(IIWA, (0.5, 0.0, 0.03), q[0]).float()
    start = start._replace(joint_pos=low.repeat(n, 1), opening=torch.full((n,), 0.08))
    start.block_pos[:, 0] = torch.tensor([0.5, 0.0, 0.025])
    return start


def test_snapshot_and_restore_replay_bit_for_bit(make: Make) -> None:
    engine = make(blocks=1)
    engine.reset(torch.arange(N), grasp_layout(N))
    run(engine, 12)  # shuts on the block within these
    saved = engine.snapshot()
    first = run(engine, 15, start=12)
    engine.restore(torch.arange(N), saved)
    again = run(engine, 15, start=12)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_a_snapshot_row_can_go_to_another_copy_and_another_engine(make: Make) -> None:
    engine = make(blocks=1)
    engine.reset(torch.arange(N), grasp_layout(N))
    run(engine, 12)
    row = engine.snapshot()[:1].repeat(N, 1)
    other = make(blocks=1)
    for one in (engine, other):
        one.restore(torch.arange(N), row)
    still = torch.cat((engine.state().joint_pos[:1], torch.zeros(1, 1)), 1).repeat(N, 1)
    for one in (engine, other):
        for _ in range(10):
            one.step(still)
    assert torch.equal(numbers(engine), numbers(other))
    assert torch.equal(numbers(engine)[0], numbers(engine)[2])


def test_restore_of_a_subset_leaves_the_others_alone(make: Make) -> None:
    engine = make(blocks=1)
    engine.reset(torch.arange(N), layout(N, 1))
    saved = engine.snapshot()
    run(engine, 5)
    before = numbers(engine)
    engine.restore(torch.tensor([2]), saved[2:])
    after = numbers(engine)
    assert torch.equal(before[:2], after[:2])
    assert not torch.equal(before[2], after[2])


def test_a_state_is_not_changed_by_later_steps(make: Make) -> None:
    engine = make(blocks=1)
    state = engine.state()
    copies = [field.clone() for field in state]
    run(engine, 3)
    engine.reset(torch.arange(N), layout(N, 1))
    assert all(torch.equal(a, b) for a, b in zip(state, copies, strict=True))


@pytest.mark.parametrize("ids", [[-1], [N], [0, 0], [[0]], [0.5], [True]])
def test_bad_ids_are_refused(make: Make, ids: list[object]) -> None:
    engine = make(blocks=0)
    before = numbers(engine)
    with pytest.raises(InvalidInput, match="ids must"):
        engine.reset(torch.tensor(ids), home_layout(make_scene(0, fingers=False), 1))
    assert torch.equal(before, numbers(engine))


def test_bad_targets_are_refused_and_name_the_row(make: Make) -> None:
    engine = make(blocks=0)
    before = numbers(engine)
    with pytest.raises(InvalidInput, match=r"targets must have shape \(3, 8\), got \(3, 7\)"):
        engine.step(torch.zeros(N, 7))
    bad = targets(N, 0)
    bad[1, 4] = float("nan")
    with pytest.raises(InvalidInput, match="targets must be finite, row 1"):
        engine.step(bad)
    assert torch.equal(before, numbers(engine))


def test_a_bad_layout_is_refused(make: Make) -> None:
    engine = make(blocks=1)
    with pytest.raises(InvalidInput, match=r"layout\.block_pos must have shape \(1, 1, 3\)"):
        engine.reset(torch.tensor([0]), home_layout(make_scene(2, fingers=False)))
    nan = home_layout(make_scene(1, fingers=False))
    nan.block_pos[0, 0, 1] = float("nan")
    with pytest.raises(InvalidInput, match=r"layout\.block_pos must be finite"):
        engine.reset(torch.tensor([0]), nan)


def test_a_diverging_copy_is_reported_and_reset_alone(make: Make) -> None:
    """A block dropped from the stars moves faster than anything real."""
    engine, calm = make(blocks=1), make(blocks=1)
    start = layout(N, 1)
    for one in (engine, calm):
        one.reset(torch.arange(N), start)
    engine.reset(torch.tensor([1]), start.select(torch.tensor([1])))
    run(engine, 2)
    run(calm, 2)
    sabotage(engine, 1)
    diverged = engine.step(targets(N, 2))
    calm.step(targets(N, 2))
    assert diverged.tolist() == [False, True, False]
    assert torch.equal(numbers(engine)[[0, 2]], numbers(calm)[[0, 2]])
    torch.testing.assert_close(engine.state().joint_pos[1], start.joint_pos[1])
    torch.testing.assert_close(engine.state().block_pos[1], start.block_pos[1])
    assert not engine.step(targets(N, 3)).any()


def sabotage(engine: Engine, copy: int) -> None:
    """Make one copy's simulation run away, by the means of each engine."""
    kind = type(engine).__name__
    if kind == "MujocoEngine":
        engine._v[copy, -6] = 1e6  # type: ignore[attr-defined]
    elif kind == "WarpEngine":
        engine._arrays.v[copy, -6] = 1e6  # type: ignore[attr-defined]
    else:
        import pybullet

        world = engine._worlds[copy]  # type: ignore[attr-defined]
        pybullet.resetBaseVelocity(world.blocks[0], (1e6, 0.0, 0.0), physicsClientId=world.client)
