"""The viewer: what one view hides, what two show, and how often it errs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.feedback.composition import usual_view
from armchair.feedback.projection import PANE
from armchair.feedback.styles import style_score, style_sum
from armchair.feedback.teachers import Teacher, answer_pending, make_teacher
from armchair.feedback.viewer import SLIPS, Eyesight, Sight, difference, error_rate
from armchair.ids import new_id
from armchair.maths import generator
from armchair.store.store import Store
from armchair.tasks import TASKS
from armchair.types import Clip, Question

REACH = Sight(TASKS["reach"].points, TASKS["reach"].cues)
GOAL = torch.tensor([0.55, 0.0, 0.2])
STEPS = 20
USUAL = usual_view(GOAL.view(1, 1, 3), GOAL.view(1, 1, 3))
ONE, TWO = Eyesight(views=1), Eyesight(views=2)


@pytest.fixture(autouse=True)
def looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a pair looks like is the same each time; only what is made of it has chance in it."""
    seen: dict[tuple[object, ...], Tensor] = {}

    def once(sight: Sight, left: Tensor, right: Tensor, eyes: Eyesight) -> Tensor:
        key = (sight, eyes, left.numpy().tobytes(), right.numpy().tobytes())
        if key not in seen:
            seen[key] = difference(sight, left, right, eyes)
        return seen[key]

    monkeypatch.setattr("armchair.feedback.viewer.difference", once)


def tool_at(offset: Sequence[float]) -> Tensor:
    """A clip in which the tool stays at an offset (m) from the goal. -> (L, 6)."""
    return torch.cat((GOAL + torch.tensor(offset), GOAL)).repeat(STEPS, 1)


def clip(visible: Tensor) -> Clip:
    steps = len(visible)
    return Clip(new_id(), visible, torch.zeros(steps, 1), torch.zeros(steps), None, None, 0, 0, 0)


def told(left: Tensor, right: Tensor, eyes: Eyesight, sight: Sight = REACH) -> float:
    return float(difference(sight, left.unsqueeze(0), right.unsqueeze(0), eyes))


def viewer(**params: float) -> Teacher:
    return make_teacher("viewer", params, generator(0, "viewer"), sight=REACH)


def share(teacher: Teacher, left: Tensor, right: Tensor, choice: str, n: int = 300) -> float:
    pair = clip(left), clip(right)
    return sum(teacher.answer(*pair) == choice for _ in range(n)) / n


def depth(metres: float) -> Tensor:
    """The tool that far behind the goal, as the page's camera sees it."""
    ray = GOAL - USUAL.eye[0].float()
    return tool_at((metres * ray / ray.norm()).tolist())


def test_who_looks_errs_as_often_as_the_viewer_does_and_never_more_than_by_chance() -> None:
    near, far = tool_at((0.02, 0.0, 0.0)), tool_at((0.05, 0.0, 0.0))
    pairs = ((near, near), (near, far), (far, near), (near, tool_at((0.4, 0.0, 0.0))))
    left, right = (torch.stack(side) for side in zip(*pairs, strict=True))
    error = error_rate(REACH, left, right)
    assert error[0] == pytest.approx(0.5)
    assert error[1] == pytest.approx(error[2].item())
    assert error[3] == pytest.approx(SLIPS / 2, abs=1e-3)
    wrong, right_one = (share(viewer(), near, far, choice, 2000) for choice in ("right", "left"))
    ties = 1.0 - wrong - right_one  # a tie is half an error
    assert error[1] == pytest.approx(wrong + ties / 2, abs=0.04)
    nothing = error_rate(Sight((), ()), left, right)
    assert nothing.tolist() == pytest.approx([SLIPS / 2] * 4)


def test_depth_is_not_seen_in_one_view_and_is_told_by_two() -> None:
    beside, far = depth(0.0), depth(0.20)
    assert abs(told(far, beside, ONE)) < 0.3
    assert told(far, beside, TWO) > 4.0
    assert told(beside, far, TWO) == pytest.approx(-told(far, beside, TWO))
    one = viewer(views=1)
    right, left = share(one, far, beside, "right"), share(one, far, beside, "left")
    assert abs(right - left) < 0.2
    assert share(viewer(), far, beside, "right") > 0.95


def test_a_just_noticeable_difference_is_told_in_three_of_four_cases() -> None:
    """About 10 px across the picture, from either of two distances; no tie is possible with such a noise."""
    metre = float(USUAL.zoom(PANE[1]))
    eyes = Eyesight(views=1, jnd=10.0, weber=0.0)
    near, far = (tool_at((px / metre * USUAL.right[0]).tolist()) for px in (50.0, 60.0))
    assert torch.special.ndtr(torch.tensor(-told(far, near, eyes))).item() == pytest.approx(0.25, abs=0.02)


def test_weber_hides_the_same_difference_far_from_the_goal() -> None:
    exact = [
        told(tool_at((0, d + 0.03, 0)), tool_at((0, d, 0)), replace(ONE, weber=0.0)) for d in (0.05, 0.3)
    ]
    seen = [told(tool_at((0, d + 0.03, 0)), tool_at((0, d, 0)), ONE) for d in (0.05, 0.3)]
    assert exact[1] == pytest.approx(exact[0], rel=0.25)
    assert seen[1] < 0.8 * seen[0]


def test_the_closer_the_better_and_the_more_so_the_surer() -> None:
    at = [told(tool_at((0, 0, 0.3)), tool_at((0, 0, z)), TWO) for z in (0.3, 0.25, 0.15, 0.05, 0.0)]
    assert at == sorted(at) and at[0] == pytest.approx(0.0)


def test_it_is_the_whole_clip_that_counts_unless_the_end_is_to() -> None:
    comes, goes = torch.cat((tool_at((0, 0.3, 0))[:14], tool_at((0, 0, 0))[:6])), tool_at((0, 0.2, 0))
    assert told(goes, comes, TWO) < 0 < told(goes, comes, replace(TWO, end=0.6))


def test_the_small_view_says_less_than_it_does_in_full_size() -> None:
    far, near = depth(0.15), depth(0.12)
    assert told(far, near, replace(TWO, swap=1.0)) > 1.2 * told(far, near, TWO)


def test_alike_clips_are_a_tie_as_often_as_the_band_says() -> None:
    same = tool_at((0.0, 0.1, 0.0))
    teacher = viewer(lapse=0.0)
    ties = share(teacher, same, same, "tie", 800)
    band = math.erf(0.6745 / 2 / math.sqrt(2.0))  # half a JND, of a normal difference
    assert ties == pytest.approx(band, abs=4 * math.sqrt(band * (1 - band) / 800))


def test_lapses_come_at_their_rate_whatever_is_seen() -> None:
    far, near = tool_at((0.0, 0.3, 0.2)), tool_at((0.0, 0.0, 0.0))
    assert share(viewer(lapse=0.0), far, near, "right", 50) == 1.0
    wrong = share(viewer(lapse=0.2), far, near, "left", 800)
    assert wrong == pytest.approx(0.1, abs=4 * math.sqrt(0.1 * 0.9 / 800))
    both = share(viewer(lapse=0.0, mistake=0.3), far, near, "left", 800)
    assert both == pytest.approx(0.3, abs=4 * math.sqrt(0.3 * 0.7 / 800))


def test_without_noise_every_difference_in_the_picture_is_seen() -> None:
    sharp = viewer(views=1, jnd=0.0, weber=0.0, lapse=0.0)
    assert share(sharp, tool_at((0, 0.102, 0)), tool_at((0, 0.1, 0)), "right", 20) == 1.0


def test_a_cue_may_be_above_the_point_that_names_its_place() -> None:
    stack = TASKS["stack"]
    sight = Sight(stack.points, stack.cues)
    row = dict.fromkeys(stack.points, torch.tensor([0.6, 0.0, 0.025]))

    def at(block_a: tuple[float, float, float]) -> Tensor:
        places = row | {"block_a": torch.tensor(block_a), "tool": torch.tensor(block_a)}
        return torch.cat([places[name] for name in stack.points]).repeat(STEPS, 1)

    assert told(at((0.6, 0.0, 0.025)), at((0.6, 0.0, 0.075)), TWO, sight) > 1.0


def test_it_goes_on_from_its_state_exactly() -> None:
    pairs = [(clip(tool_at((0, a, 0))), clip(tool_at((0, 0, b)))) for a, b in torch.rand(60, 2).tolist()]
    teacher = viewer(jnd=60.0)
    for pair in pairs[:20]:
        teacher.answer(*pair)
    state = teacher.state()
    expected = [teacher.answer(*pair) for pair in pairs[20:]]
    again = make_teacher("viewer", {"jnd": 60.0}, generator(9), sight=REACH)
    again.load_state(state)
    assert [again.answer(*pair) for pair in pairs[20:]] == expected
    assert len(set(expected)) == 3


def test_it_answers_about_clips_whose_reward_nobody_knows(store: Store) -> None:
    left, right = clip(tool_at((0.0, 0.3, 0.2))), clip(tool_at((0.0, 0.0, 0.0)))
    store.add_clips([left, right], reward_known=False)
    store.ask([Question(new_id(), left.id, right.id, "uniform", 0)])
    assert answer_pending(store, viewer(lapse=0.0)) == 1
    assert store.preferences().target.tolist() == [1.0]


def wish(style: str) -> Sight:
    return replace(REACH, worth=style_sum(style, REACH.points))


def test_a_wish_is_judged_by_what_is_seen_of_it() -> None:
    above, beside = tool_at((0.0, 0.0, 0.2)), tool_at((0.0, 0.2, 0.0))
    assert told(beside, above, TWO, wish("from_above")) > 3
    assert told(above, beside, TWO, wish("from_above")) < -3
    slow, fast = (tool_at((0, 0, 0)).clone() for _ in range(2))
    for moving, pace in ((slow, 0.002), (fast, 0.02)):
        moving[:, 1] += pace * torch.arange(STEPS) - pace * STEPS / 2
    assert told(fast, slow, TWO, wish("slow_near_goal")) > 2
    assert abs(told(slow, slow, TWO, wish("slow_near_goal"))) < 0.5
    hidden = make_teacher("viewer", {"views": 1}, generator(0), sight=wish("from_above"))
    assert share(hidden, beside, above, "right", 50) > 0.8


def test_one_view_takes_farther_for_higher() -> None:
    """The camera looks down on it: behind the ball and a little below looks like above it."""
    behind = tool_at((0.2 * USUAL.forward[0] + 0.05 * USUAL.up[0]).tolist())
    level = tool_at((0.1 * USUAL.right[0]).tolist())
    assert behind[0, 2] < GOAL[2] < behind[0, 2] + 0.2
    assert told(level, behind, ONE, wish("from_above")) > 1 > told(level, behind, TWO, wish("from_above"))


def test_of_environments_of_others_it_does_not_matter_where_their_places_are() -> None:
    """An arm that stands elsewhere is not behind the camera; lengths are seen as they are."""
    near, far = tool_at((0.05, 0.05, 0.0)), tool_at((0.2, 0.1, 0.0))
    own = replace(REACH, centred=True)
    away = torch.tensor([30.0, -20.0, 5.0]).repeat(2)
    assert told(far, near, TWO, own) == pytest.approx(told(far + away, near + away, TWO, own), rel=1e-3)
    assert told(far, near, TWO, own) == pytest.approx(told(far, near, TWO), rel=0.3)
    assert told(far + away, near + away, TWO) > 2 * told(far, near, TWO), "too near to a camera, else"


def test_what_cannot_be_judged_is_said_in_a_line() -> None:
    rng = generator(0)
    with pytest.raises(InvalidInput, match="names none"):
        make_teacher("viewer", {}, rng)
    with pytest.raises(InvalidInput, match="sees no scores"):
        make_teacher("viewer", {}, rng, sight=REACH, scorer=style_score("from_above", REACH.points))
    for params in (
        {"skip": 0.1},
        {"beta": 1.0},
        {"equal": 0.1},
        {"views": 1.5},
        {"views": 3.0},
        {"views": 0.0},
        {"swap": 0.5},
        {"lapse": 1.1},
        {"jnd": -1.0},
    ):
        with pytest.raises(InvalidInput, match=next(iter(params))):
            make_teacher("viewer", params, rng, sight=REACH)
    with pytest.raises(InvalidInput, match="clips show 3"):
        viewer().answer(clip(torch.zeros(STEPS, 3)), clip(torch.zeros(STEPS, 3)))
