"""Whether a wish is met: blind comparisons of the wish's policy with the skill alone, in a run of people."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import torch

from armchair.agents.saved import load_policy
from armchair.cli import main
from armchair.config.on_skill import on_skill
from armchair.config.read import as_yaml, from_run, with_flags
from armchair.feedback.progress_test import STRATEGY, scores_of, wish_test
from armchair.feedback.settling import settled
from armchair.feedback.styles import style_score
from armchair.ids import new_id
from armchair.runs.curve import read_curve
from armchair.runs.folder import RunDir
from armchair.runs.older import use_older
from armchair.store import settling
from armchair.store.rows.records import Record
from armchair.store.store import Store
from armchair.training import trainer as loop
from armchair.training.asking.querying import Newest, Querier
from armchair.training.setup import teach
from armchair.types import Answer, Clip, Question, Wish

STYLE = "left_of_goal"
ASKED = {STYLE: "Which one is on the left?"}
POINTS = ("tool", "goal")
SMALL = {
    "queries.labels": 24,
    "queries.first": 12,
    "queries.progress_share": 0.5,
    "schedule.updates": 8,
    "schedule.session_every": 2,
    "schedule.patience": 3,
    "evaluation.every": 100,
    "evaluation.episodes": 8,
}


def answer(store: Store, worth: Callable[[Clip], float]) -> int:
    """Answer what waits. -> how many."""
    number = 0
    while taken := store.claim("ann", n=1):
        (question,) = taken
        left, right = store.clips([question.left, question.right])
        choice = "left" if worth(left) > worth(right) else "right"
        store.submit(Answer(new_id(), question.id, "ann", choice, 1.0, 1.0, time.time()))
        number += 1
    return number


WEIGHTS: list[float] = []  # at which the newest policy acts in the comparisons after the budget
SETTLE = Querier.settle


def remember(querier: Querier, newest: Newest, useful: int) -> object:
    """`Querier.settle`, and at which weights."""
    WEIGHTS[:] = newest.net.weights.tolist()
    return SETTLE(querier, newest, useful)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A run of a wish that somebody taught to the end of its budget."""
    torch.set_num_threads(1)
    runs = tmp_path_factory.mktemp("runs")
    assert main(["teach", "--config", "smoke", "--teacher", "oracle", "--runs", str(runs)]) == 0
    skill = runs / "reach-001"
    config = with_flags(on_skill(from_run(RunDir(skill).config()), ASKED, {}, str(skill)), SMALL)
    run = RunDir.create(runs, "reach", {**as_yaml(config), "teacher": {"name": "person"}})
    worth = style_score(STYLE, POINTS)
    with Store.open(run.store) as store, pytest.MonkeyPatch.context() as patch:
        store.board.set_setting("repeat_share", 0.0)
        patch.setattr(loop.time, "sleep", lambda seconds: answer(store, worth))
        patch.setattr(Querier, "settle", remember)
        list(teach(config, run, None))
    return run


@pytest.mark.slow
def test_some_questions_compare_with_the_skill_by_the_wishs_own(taught: RunDir) -> None:
    """One clip is of the skill, which has been trained for no step, the other of the newest policy."""
    with Store.open(taught.store) as store:
        records = store.records(strategy=STRATEGY)
        assert records and {record.question.wish for record in records} == {STYLE}
        for record in records:
            assert min(record.left_step, record.right_step) == 0 < max(record.left_step, record.right_step)
        assert len(scores_of(records)) == len(records)


def test_after_the_budget_the_arm_at_its_chosen_weight_is_compared(taught: RunDir) -> None:
    """Twice as many comparisons wait; somebody who likes the wish, or dislikes it, settles it by them."""
    with Store.open(taught.store) as store:
        offer, curve = settling.read(store.board), read_curve(taught)
        assert offer is not None and curve is not None and len(offer.questions) == 40
        assert offer.older == 0 and pytest.approx(curve.chosen) == WEIGHTS
        put = [store.question(name) for name in offer.questions]
        assert {question.wish for question in put} == {STYLE}
        settling.begin(store, offer)
        assert answer(store, lambda clip: -float(clip.policy_step)) == 40, "who likes the skill alone"
        assert settled(store.records(), offer.questions).outcome == "older"
    use_older(taught)
    net = load_policy(taught)[0].net
    seen = torch.randn(5, net.obs_dim)
    skill = load_policy(RunDir(taught.path / "skill"))[0].net
    torch.testing.assert_close(net.best(seen), skill.best(seen))


# ---- the test itself


def comparisons(said: str, wish: str) -> list[Record]:
    """Of a wish's policy with the skill: + the wish was preferred, - the skill, = a tie."""
    choices = {"+": "right", "-": "left", "=": "tie"}
    return [
        Record(
            Answer(f"{wish}{k}", f"{wish}{k}", "ann", choices[sign], 1.0, 1.0, 0.0),  # type: ignore[arg-type]
            Question(f"{wish}{k}", "a", "b", STRATEGY, 1000, wish=wish),
            k + 1,
            0,
            1000,
        )
        for k, sign in enumerate(said)
    ]


HIGH, SOFT = Wish("high", "Which one is higher?", None), Wish("soft", "Which one is softer?", None)


@pytest.mark.parametrize(
    ("said", "verdict", "done", "words"),
    [
        ("", "unknown", False, "Too early to say"),
        ("+++++++", "improving", True, "it does what you wish. You may be done."),
        ("=" * 15, "settled", False, "no clear difference yet"),
        ("--=-==-", "settled", False, "no clear difference yet"),
    ],
)
def test_a_wish_is_met_where_the_skill_alone_loses(said: str, verdict: str, done: bool, words: str) -> None:
    """The other way round than for a skill: "better than before" is the end, "no better" is not."""
    found = wish_test(comparisons(said, "high"), [HIGH])
    assert (found.verdict, found.done) == (verdict, done) and words in found.text


def test_of_several_wishes_the_one_farthest_from_being_met_is_told() -> None:
    """Each by its own comparisons."""
    both = comparisons("+++++++", "high") + comparisons("+-", "soft")
    found = wish_test(both, [HIGH, SOFT])
    assert found.verdict == "unknown" and found.text.startswith("“Which one is softer?” Too early")
    assert wish_test(both + comparisons("=" * 15, "soft"), [HIGH, SOFT]).verdict == "settled"
    assert wish_test(comparisons("+" * 7, "high") + comparisons("+" * 7, "soft"), [HIGH, SOFT]).done
