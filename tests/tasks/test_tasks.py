"""Tasks on made-up states, no simulator involved."""

from __future__ import annotations

import itertools

import pytest
import torch

from armchair.arms import IIWA
from armchair.arms.iiwa import HOME, SPACE
from armchair.engines.state import arm_state
from armchair.errors import InvalidChoice
from armchair.maths import generator
from armchair.tasks import TASKS, Task, get_task, pick_place, push, stack
from armchair.tasks.scripting import grasped
from armchair.types import ArmState
from armchair.world import BLOCK_SIZE, MAX_OPENING

HALF = BLOCK_SIZE / 2


def made_up(
    tool: tuple[float, float, float],
    blocks: list[tuple[float, float, float]],
    opening: float = 0.0,
    target: float | None = None,
) -> ArmState:
    """One arm at home whose tool and blocks are said to be somewhere else."""
    rows = torch.tensor([[*b, 1.0, 0.0, 0.0, 0.0] for b in blocks]).reshape(1, len(blocks), 7)
    gap = torch.tensor([opening])
    wish = gap if target is None else torch.tensor([target])
    state = arm_state(
        IIWA, torch.tensor([HOME]), torch.zeros(1, 7), gap, wish, rows, torch.zeros(1, len(blocks), 3)
    )
    return state._replace(tool_pos=torch.tensor([tool]))


def value(task: Task, state: ArmState, goal: tuple[float, float, float]) -> float:
    return float(task.reward(state, torch.tensor([goal]), torch.zeros(1, 4)))


def done(task: Task, state: ArmState, goal: tuple[float, float, float]) -> bool:
    return bool(task.success(state, torch.tensor([goal])))


def assert_rising(values: list[float]) -> None:
    assert all(0.0 <= v <= 1.0 for v in values)
    assert all(b > a + 0.01 for a, b in itertools.pairwise(values)), values


@pytest.fixture(params=list(TASKS))
def task(request: pytest.FixtureRequest) -> Task:
    return TASKS[request.param]


def test_layouts_are_seeded_and_differ(task: Task) -> None:
    a, b, c = (task.layout(generator(s, "layout"), 50) for s in (1, 1, 2))
    assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
    assert not torch.equal(a.goal, c.goal)
    assert a.goal.std(0)[:2].min() > 0.02  # random in each episode, not around one place


def test_layouts_start_unsolved_and_on_the_table(task: Task) -> None:
    layout = task.layout(generator(0, "layout"), 500)
    low, high = torch.tensor(SPACE.spawn_low), torch.tensor(SPACE.spawn_high)
    assert ((layout.block_pos[..., :2] >= low) & (layout.block_pos[..., :2] <= high)).all()
    assert layout.block_pos[..., 2].eq(HALF).all()
    state = arm_state(
        IIWA,
        layout.joint_pos,
        torch.zeros(500, 7),
        layout.opening,
        layout.opening,
        torch.cat((layout.block_pos, layout.block_quat), -1),
        torch.zeros(500, task.num_blocks, 3),
    )
    assert task.success(state, layout.goal).float().mean() < 0.02
    assert not task.lost(state).any()


def test_shapes_of_what_a_task_tells(task: Task) -> None:
    layout = task.layout(generator(0, "layout"), 4)
    blocks = torch.cat((layout.block_pos, layout.block_quat), -1)
    gap = torch.full((4,), 0.02)
    state = arm_state(
        IIWA, layout.joint_pos, torch.zeros(4, 7), gap, gap, blocks, torch.zeros(4, task.num_blocks, 3)
    )
    seen = task.visible(state, layout.goal)
    assert seen.shape == (4, 3 * len(task.points) + len(task.scalars))
    for i, point in enumerate(task.points):
        where = {"tool": state.tool_pos, "goal": layout.goal}.get(point)
        if where is None:
            where = state.block_pos[:, ord(point[-1]) - ord("a")]
        torch.testing.assert_close(seen[:, 3 * i : 3 * i + 3], where)
    if task.uses_gripper:
        torch.testing.assert_close(seen[:, 3 * len(task.points)], gap / MAX_OPENING)
    assert task.observe(state, layout.goal).isfinite().all()
    assert task.script(state, layout.goal).shape == (4, 4)
    assert task.reward(state, layout.goal, torch.zeros(4, 4)).shape == (4,)


def test_speeds_come_last_and_only_where_they_are_asked_for() -> None:
    task = get_task("stack", motion=True)
    layout = task.layout(generator(0, "layout"), 3)
    blocks, gap = torch.cat((layout.block_pos, layout.block_quat), -1), torch.full((3,), 0.02)
    velocity = torch.tensor([[0.3, 0.0, -0.4], [0.0, 0.1, 0.0]]).expand(3, 2, 3)
    still = arm_state(IIWA, layout.joint_pos, torch.zeros(3, 7), gap, gap, blocks, velocity)
    moving = arm_state(IIWA, layout.joint_pos, torch.ones(3, 7), gap, gap, blocks, velocity)
    assert task.scalars[-3:] == ("tool_speed", "block_a_speed", "block_b_speed")
    expected = torch.tensor([[0.0, 0.5, 0.1]]).expand(3, 3)
    torch.testing.assert_close(task.visible(still, layout.goal)[:, -3:], expected)
    speed = task.visible(moving, layout.goal)[:, -3]
    torch.testing.assert_close(speed, moving.tool_vel.norm(dim=1))
    assert (speed > 0.1).all()
    plain = get_task("stack")
    torch.testing.assert_close(plain.visible(moving, layout.goal), task.visible(moving, layout.goal)[:, :-3])


def test_visible_of_a_turned_block_is_that_of_a_quarter_turn_more() -> None:
    task = TASKS["push"]
    state = made_up((0.5, 0.0, 0.1), [(0.5, 0.1, HALF)])
    seen = []
    for yaw in (0.3, 0.3 + torch.pi / 2):
        half = torch.tensor(yaw / 2)
        quat = torch.tensor([[[float(torch.cos(half)), 0.0, 0.0, float(torch.sin(half))]]])
        seen.append(task.visible(state._replace(block_quat=quat), torch.zeros(1, 3)))
    torch.testing.assert_close(seen[0], seen[1], atol=1e-5, rtol=0)


def test_a_block_off_the_table_is_lost() -> None:
    task = TASKS["stack"]
    on, off = (0.5, 0.1, HALF), (0.5, 0.65, HALF)
    assert not task.lost(made_up((0.5, 0.0, 0.2), [on, on]))
    assert task.lost(made_up((0.5, 0.0, 0.2), [on, off]))


def test_reach_is_a_matter_of_distance() -> None:
    task, goal = TASKS["reach"], (0.5, 0.1, 0.3)
    values = [value(task, made_up((0.5, 0.1, 0.3 - d), []), goal) for d in (0.25, 0.1, 0.05, 0.02, 0.0)]
    assert_rising(values)
    assert values[-1] == pytest.approx(1.0)
    assert done(task, made_up((0.5, 0.1, 0.276), []), goal)
    assert not done(task, made_up((0.5, 0.1, 0.274), []), goal)


def test_push_rises_with_each_stage() -> None:
    task, goal, block = TASKS["push"], (0.6, 0.1, HALF), (0.5, 0.1, HALF)
    far = made_up((0.5, -0.2, 0.3), [block])
    behind = made_up((0.5 - push.behind_room(IIWA.tip), 0.1, HALF), [block])
    half_way = made_up((0.55 - push.behind_room(IIWA.tip), 0.1, HALF), [(0.55, 0.1, HALF)])
    there = made_up((0.5, -0.2, 0.3), [goal])
    assert_rising([value(task, s, goal) for s in (far, behind, half_way, there)])
    assert value(task, there, goal) == pytest.approx(1.0)
    # the far side of the block is the wrong side
    wrong = made_up((0.5 + push.behind_room(IIWA.tip), 0.1, HALF), [block])
    assert value(task, wrong, goal) < value(task, behind, goal)
    assert done(task, made_up((0, 0, 0), [(0.6, 0.149, HALF)]), goal)
    assert not done(task, made_up((0, 0, 0), [(0.6, 0.151, HALF)]), goal)


def test_grasped_needs_width_nearness_and_the_will_to_shut() -> None:
    block = (0.5, 0.0, 0.1)
    assert grasped(made_up(block, [block], BLOCK_SIZE, 0.0), 0)
    assert not grasped(made_up(block, [block], BLOCK_SIZE, MAX_OPENING), 0)  # passing by while opening
    assert not grasped(made_up(block, [block], 0.03, 0.0), 0)  # shut on nothing
    assert not grasped(made_up((0.5, 0.04, 0.1), [block], BLOCK_SIZE, 0.0), 0)


def test_pick_place_rises_with_each_stage() -> None:
    task, goal, block = TASKS["pick_place"], (0.6, 0.1, 0.15), (0.5, 0.0, HALF)
    far = made_up((0.5, 0.0, 0.3), [block], MAX_OPENING)
    near = made_up((0.5, 0.0, 0.04), [block], MAX_OPENING)
    held = made_up(block, [block], BLOCK_SIZE, 0.0)
    lifted = made_up((0.5, 0.0, 0.12), [(0.5, 0.0, 0.12)], BLOCK_SIZE, 0.0)
    there = made_up(goal, [goal], BLOCK_SIZE, 0.0)
    assert_rising([value(task, s, goal) for s in (far, near, held, lifted, there)])
    assert done(task, there, goal)
    table = (0.6, 0.1, HALF)  # a goal on the table: letting go there costs nothing
    let_go = made_up((0.6, 0.1, 0.15), [table], MAX_OPENING)
    assert value(task, let_go, table) == pytest.approx(
        value(task, made_up(table, [table], BLOCK_SIZE, 0.0), table)
    )
    assert pick_place.RADIUS == 0.025


def test_stack_rises_with_each_stage_and_wants_the_block_let_go() -> None:
    task, a, b = TASKS["stack"], (0.5, 0.0, HALF), (0.6, 0.1, HALF)
    goal = (0.6, 0.1, 3 * HALF)
    shut, gap = 0.0, BLOCK_SIZE
    stages = [
        made_up((0.5, 0.0, 0.3), [a, b], MAX_OPENING),  # far
        made_up((0.5, 0.0, 0.05), [a, b], MAX_OPENING),  # near
        made_up(a, [a, b], gap, shut),  # held
        made_up((0.5, 0.0, 0.115), [(0.5, 0.0, 0.115), b], gap, shut),  # lifted
        made_up((0.6, 0.1, 0.085), [(0.6, 0.1, 0.085), b], gap, shut),  # over B
        made_up(goal, [goal, b], gap, shut),  # set down
        made_up(goal, [goal, b], 0.058, MAX_OPENING),  # letting go
        made_up((0.6, 0.1, 0.2), [goal, b], MAX_OPENING),  # done
    ]
    assert_rising([value(task, s, goal) for s in stages])
    assert [done(task, s, goal) for s in stages] == [False] * 7 + [True]


def test_stack_does_not_reward_pushing_a_against_b() -> None:
    """Held low beside B is worth less than held high at the same distance."""
    task, b = TASKS["stack"], (0.6, 0.1, HALF)
    low, high = (0.6, 0.045, HALF), (0.6, 0.045, 0.115)
    values = [value(task, made_up(a, [a, b], BLOCK_SIZE, 0.0), (0, 0, 0)) for a in (low, high)]
    assert values[1] > values[0] + 0.1


def test_stack_follows_b_when_it_moves() -> None:
    task, b = TASKS["stack"], (0.7, -0.1, HALF)
    a = (0.7, -0.1, 3 * HALF)
    assert done(task, made_up((0.7, -0.1, 0.2), [a, b], MAX_OPENING), (0.0, 0.0, 0.0))
    assert not stack.placed(made_up((0.7, -0.1, 0.2), [(0.725, -0.1, 3 * HALF), b]))


def test_an_unknown_task_names_the_nearest() -> None:
    with pytest.raises(InvalidChoice, match=r"'stack'"):
        get_task("stak")
