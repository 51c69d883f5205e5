"""Styles on paths drawn by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from armchair.errors import InvalidChoice, InvalidInput
from armchair.feedback.styles import STYLES, Points, style_score, weighted
from armchair.feedback.teachers import make_teacher, true_return
from armchair.maths import generator
from armchair.tasks import TASKS
from armchair.types import Clip

MakeClip = Callable[[float], Clip]
NAMES = ("tool", "goal")


def path(make_clip: MakeClip, tool: list[tuple[float, float, float]]) -> Clip:
    """A clip in which the tool goes through these places and the goal is at the origin."""
    places = torch.tensor(tool)
    return make_clip(0.0)._replace(visible=torch.cat((places, torch.zeros(len(places), 3)), 1))


def test_points_are_found_by_name() -> None:
    visible = torch.arange(8.0).expand(2, 8)
    points = Points(visible, NAMES)
    assert points["tool"].tolist() == [[0, 1, 2]] * 2 and points["goal"].tolist() == [[3, 4, 5]] * 2
    with pytest.raises(InvalidChoice, match="valid: tool, goal"):
        points["gaol"]
    with pytest.raises(InvalidInput, match="9 numbers"):
        Points(visible, ("tool", "block_a", "goal"))


def test_from_above_likes_to_come_down_on_the_goal(make_clip: MakeClip) -> None:
    score = style_score("from_above", NAMES)
    assert score(path(make_clip, [(0, 0, 0.3), (0, 0, 0.2), (0, 0, 0.1), (0, 0, 0)])) == pytest.approx(4.0)
    assert score(path(make_clip, [(0.3, 0, 0), (0.2, 0, 0), (0.1, 0, 0), (0, 0, 0)])) == pytest.approx(1.0)
    assert score(path(make_clip, [(0, 0, -0.1)] * 4)) == pytest.approx(-4.0)


def test_slow_near_goal_minds_speed_only_there(make_clip: MakeClip) -> None:
    score = style_score("slow_near_goal", NAMES)
    slow = path(make_clip, [(0.02, 0, 0), (0.01, 0, 0), (0.0, 0, 0), (0.0, 0, 0)])
    fast = path(make_clip, [(0.1, 0, 0), (0.0, 0, 0), (0.1, 0, 0), (0.0, 0, 0)])
    far = path(make_clip, [(0.9, 0, 0), (0.8, 0, 0), (0.7, 0, 0), (0.6, 0, 0)])
    assert score(fast) == pytest.approx(-(100 + 100 * float(torch.tensor(-1.0).exp()) + 100), rel=1e-4)
    assert score(fast) < score(slow) < score(far) < 0
    # the same way in twice the steps costs half
    slower = path(make_clip, [(0.005 * k, 0, 0) for k in range(5)])
    quick = path(make_clip, [(0.01 * k, 0, 0) for k in range(3)])
    assert score(slower) == pytest.approx(0.5 * score(quick), rel=0.02)


def carried(make_clip: MakeClip, block: list[tuple[float, float, float]]) -> Clip:
    """A clip in which the tool stays, a block goes through these places and the goal is at (0, 0, 0.025)."""
    places = torch.tensor(block)
    still = torch.zeros(len(places), 3)
    goal = torch.tensor([0.0, 0.0, 0.025]).expand(len(places), 3)
    return make_clip(0.0)._replace(visible=torch.cat((still, places, goal), 1))


def test_carry_high_counts_height_until_the_block_is_over_its_place(make_clip: MakeClip) -> None:
    score = style_score("carry_high", ("tool", "block_a", "goal"))
    # heights above the table of 0, 7.5 and 30 cm on the way, then 7.5 cm over the place
    clip = carried(make_clip, [(0.3, 0, 0.025), (0.2, 0, 0.10), (0.1, 0, 0.325), (0.02, 0, 0.10)])
    assert score(clip) == pytest.approx(0.0 + 0.5 + 1.0 + 0.0, abs=1e-5)
    stacked = style_score("carry_high", ("tool", "block_a", "block_b"))
    assert stacked(clip) == score(clip), "without a goal the second block is the place"


def test_place_gently_minds_the_blocks_speed_only_at_its_place(make_clip: MakeClip) -> None:
    score = style_score("place_gently", ("tool", "block_a", "goal"))
    slow = carried(make_clip, [(0.9, 0, 0.025), (0.6, 0, 0.025), (0.01, 0, 0.025), (0.0, 0, 0.025)])
    fast = carried(make_clip, [(0.9, 0, 0.025), (0.6, 0, 0.025), (0.05, 0, 0.025), (0.0, 0, 0.025)])
    # 30 cm far away, 59 cm into the last centimetre and 1 more, against 55 cm to the fifth and 5 more
    near = [float(torch.tensor(-((d / 0.1) ** 2)).exp()) for d in (0.01, 0.05)]
    assert score(slow) == pytest.approx(-(59**2 * near[0] + 1), rel=1e-3)
    assert score(fast) == pytest.approx(-(55**2 * near[1] + 25), rel=1e-3)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("style", STYLES)
def test_styles_judge_every_task_that_has_a_goal(make_clip: MakeClip, task: str, style: str) -> None:
    points = TASKS[task].points
    clip = make_clip(0.0)._replace(visible=torch.rand(4, 3 * len(points)))
    of_blocks = style in ("carry_high", "place_gently", "lift_straight")
    anywhere = style in ("smooth", "keep_away", "low_over_table", "slow_start", "left_of_goal")
    if anywhere or ("block_a" if of_blocks else "goal") in points:
        assert math.isfinite(style_score(style, points)(clip))
    else:
        with pytest.raises(InvalidInput, match=f"the style {style} .* there is tool"):
            style_score(style, points)


def test_a_teacher_of_a_style_weighs_it_against_the_task(make_clip: MakeClip) -> None:
    above = path(make_clip, [(0, 0, 0.1)] * 4)
    beside = path(make_clip, [(0.1, 0, 0)] * 4)._replace(reward=torch.ones(4))
    style = style_score("from_above", NAMES)
    for weight, choice in ((0.5, "right"), (2.0, "left")):
        scorer = weighted((true_return, 1.0), (style, weight))
        assert make_teacher("oracle", {}, generator(0), scorer=scorer).answer(above, beside) == choice
    own = style_score(lambda points: -points["tool"][:, 2], NAMES)
    assert make_teacher("oracle", {}, generator(0), scorer=own).answer(above, beside) == "right"
    with pytest.raises(InvalidChoice, match="did you mean 'from_above'"):
        style_score("form_above", NAMES)


def test_smooth_minds_how_steps_differ(make_clip: MakeClip) -> None:
    score = style_score("smooth", NAMES)
    even = path(make_clip, [(0.01 * k, 0, 0.1) for k in range(5)])
    jerky = path(make_clip, [(0, 0, 0.1), (0.01, 0, 0.1), (0.03, 0, 0.1), (0.03, 0, 0.1)])
    assert score(even) == pytest.approx(0.0, abs=1e-6)
    assert score(jerky) == pytest.approx(-(1 + 4), rel=1e-4), "1 to 2 cm, then to none"


def test_lift_straight_minds_the_way_along_the_table_below_six_centimetres(make_clip: MakeClip) -> None:
    score = style_score("lift_straight", ("tool", "block_a", "goal"))
    # 2 cm along the table on it, straight up, 5 cm along above 6 cm
    block = [(0.30, 0, 0.025), (0.28, 0, 0.025), (0.28, 0, 0.10), (0.23, 0, 0.10)]
    assert score(carried(make_clip, block)) == pytest.approx(-2.0, rel=1e-4)


def test_where_the_arm_should_be(make_clip: MakeClip) -> None:
    def worth(style: str, place: tuple[float, float, float]) -> float:
        return style_score(style, NAMES)(path(make_clip, [place] * 2))

    assert worth("left_of_goal", (0, 0.05, 0)) == pytest.approx(1.0) == -worth("left_of_goal", (0, -0.05, 0))
    assert worth("low_over_table", (0, 0, 0.3)) == pytest.approx(-4.0)
    assert worth("keep_away", (0.55, 0, 0.3)) == pytest.approx(-2.0)
    assert worth("keep_away", (0.55, 0.15, 0.3)) == pytest.approx(0.0, abs=1e-5)
    assert worth("from_the_side", (0.1, 0, 0)) == pytest.approx(0.0)
    assert worth("from_the_side", (0, 0, 0.1)) == pytest.approx(-2.0)


def test_slow_start_minds_speed_far_from_the_place_only(make_clip: MakeClip) -> None:
    score = style_score("slow_start", NAMES)
    assert score(path(make_clip, [(0.5, 0, 0), (0.47, 0, 0)])) == pytest.approx(-9.0, rel=1e-4)
    assert score(path(make_clip, [(0.05, 0, 0), (0.02, 0, 0)])) == pytest.approx(0.0)


def test_motion_stops_at_the_end_of_an_episode() -> None:
    """Where the next one begins the tool has jumped, and nobody moved."""
    visible = torch.tensor([[0.0], [0.01], [0.9], [0.91]]).repeat(1, 6)
    begins = torch.tensor([True, False, True, False])
    points = Points(visible, NAMES, begins)
    assert points.way(points["tool"])[:, 0].tolist() == pytest.approx([0, 1, 0, 1], abs=1e-4)
    assert STYLES["smooth"](points).tolist() == pytest.approx([0, 0, 0, 0], abs=1e-4)
