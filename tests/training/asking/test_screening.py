"""Who errs is not asked twice about the same, nor about what cannot be told apart; an oracle is."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from armchair.config.read import as_yaml, load_config, with_flags
from armchair.envs.spec import TaskSpec, resolve_task
from armchair.feedback.styles import style_sum
from armchair.feedback.teachers import Teacher, make_teacher
from armchair.feedback.viewer import QUARTILE, Eyesight, Sight, difference
from armchair.ids import new_id
from armchair.maths import generator
from armchair.rollout.clips import CandidatePairs
from armchair.rollout.windows import Windows
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.tasks import TASKS
from armchair.training.asking.screening import Screening
from armchair.training.setup import teach
from armchair.types import Clip, Question

REACH = Sight(TASKS["reach"].points, TASKS["reach"].cues)
LAYOUT = TASKS["reach"].visible_layout
STEPS = 20


def viewer(**params: float) -> Teacher:
    return make_teacher("viewer", params, generator(0, "teacher"), sight=REACH)


def asked_by(teacher: Teacher, root: Path, labels: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The clips of all questions of a short run, left and right, (Q, L, F) each."""
    few: dict[str, float] = {
        "queries.first": 6,
        "schedule.session": 4,
        "schedule.session_every": 1,
        "schedule.updates": 8,
    }
    few |= {"queries.labels": labels, "queries.least_jnd": 1.0, "evaluation.every": 100}
    config = with_flags(load_config("smoke"), few)
    run = RunDir.create(root, "run", as_yaml(config))
    list(teach(config, run, teacher))
    with Store.open(run.store_file, create=False) as store:
        found = store.put()
        clips = store.clips([name for question in found for name in (question.left, question.right)])
    visible = torch.stack([clip.visible for clip in clips])
    assert len(visible) == 2 * labels
    return visible[0::2], visible[1::2]


def test_a_run_asks_nothing_twice_and_nothing_that_cannot_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    short: list[int] = []
    unseen: list[int] = []
    sift = Screening.sift

    def watched(screening: Screening, pairs: CandidatePairs, count: int) -> CandidatePairs:
        found = sift(screening, pairs, count)
        told = difference(REACH, pairs.left, pairs.right, Eyesight()).abs()
        unseen.append(int((told < QUARTILE).sum()))
        if len(found.left) == count < len(pairs.left):
            short.append(count)
        return found

    monkeypatch.setattr(Screening, "sift", watched)
    left, right = asked_by(viewer(), tmp_path, 30)
    apart = torch.stack(
        [(a[:, None] - b).abs().flatten(2).amax(2) for a, b in ((left, left), (right, right))]
    )
    turned = torch.stack(
        [(a[:, None] - b).abs().flatten(2).amax(2) for a, b in ((left, right), (right, left))]
    )
    nearest = torch.minimum(apart.amax(0), turned.amax(0)) + torch.eye(30)
    told = difference(REACH, left, right, Eyesight()).abs()
    assert not short, "there are others to ask about"
    assert min(unseen) > 0, "in each film there are pairs to leave out"
    assert nearest.min() > 0.01
    assert told.min() >= QUARTILE


def pairs(*ends: tuple[float, float]) -> CandidatePairs:
    """The tool of either clip stands still at a distance (m) from the ball."""
    goal = torch.tensor([0.55, 0.0, 0.2])
    tool = torch.tensor(ends).unsqueeze(-1) * torch.tensor([0.0, 1.0, 0.0]) + goal  # (P, 2, 3)
    clips = torch.cat((tool, goal.expand_as(tool)), -1).unsqueeze(2).expand(-1, -1, STEPS, -1)
    none = torch.zeros(len(ends), dtype=torch.int64)
    at = Windows(*[none] * len(Windows._fields))
    return CandidatePairs(clips[:, 0], clips[:, 1], none, at, at)


GIVEN = pairs((0.0, 0.3), (0.0, 0.001), (0.0, -0.2), (0.2, -0.201))


def kept(store: Store, teacher: Teacher | None, spec: TaskSpec | None = None) -> list[int]:
    found = Screening(spec or resolve_task("reach"), LAYOUT, store, teacher).sift(GIVEN, 1)
    return [
        row
        for row in range(len(GIVEN.left))
        if any(torch.equal(GIVEN.right[row], one) for one in found.right)
    ]


def put(store: Store, left: torch.Tensor, right: torch.Tensor, again: str | None = None) -> Question:
    clips = [
        Clip(new_id(), one, torch.zeros(STEPS, 1), torch.zeros(STEPS), None, None, 0, 0, 0)
        for one in (left, right)
    ]
    question = Question(new_id(), clips[0].id, clips[1].id, "uniform", 0, repeat_of=again)
    store.ask([question], clips)
    return question


def test_an_oracle_is_asked_anything(store: Store) -> None:
    put(store, GIVEN.left[0], GIVEN.right[0])
    for name in ("oracle", "skip", "equal"):
        assert kept(store, make_teacher(name, {}, generator(0))) == [0, 1, 2, 3]
    for teacher in (None, viewer(), make_teacher("mistake", {}, generator(0))):
        assert kept(store, teacher) == [2]


def test_by_how_much_clips_must_differ_is_a_setting(store: Store) -> None:
    task = resolve_task("reach")
    for least, rows in ((0.0, 4), (1.0, 2), (1000.0, 1)):
        assert len(Screening(task, LAYOUT, store, None, least).sift(GIVEN, 1).left) == rows


def test_what_nobody_answered_may_be_asked_again(store: Store) -> None:
    put(store, GIVEN.right[0], GIVEN.left[0])
    assert kept(store, None) == [2]
    store.retire(2**31)
    assert kept(store, None) == [0, 2]


def test_another_wish_is_not_judged_by_what_the_task_is_about(store: Store) -> None:
    styled = Sight(REACH.points, REACH.cues, style_sum("from_above", REACH.points))
    teacher = make_teacher("viewer", {}, generator(0), sight=styled)
    assert kept(store, None) == [0, 2]
    assert kept(store, teacher) == kept(store, None, TaskSpec("gymnasium:Some-v0")) == [0, 1, 2, 3]
    store.board.set_setting("question", "Which one moves more softly?")
    assert kept(store, None) == [0, 1, 2, 3]
    store.board.set_setting("question", TASKS["reach"].question)
    assert kept(store, None) == [0, 2]
