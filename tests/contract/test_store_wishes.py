"""Wishes in a store: their questions, answers and weights beside the skill's, in any database."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import pytest
import sqlalchemy as sa
import torch

from armchair.errors import InvalidChoice, InvalidInput, StoreError
from armchair.ids import new_id
from armchair.store.copies.transfer import copy_store
from armchair.store.integrity import check_store
from armchair.store.rows.wishes import EVERY
from armchair.store.store import Store
from armchair.types import Answer, Choice, Clip, Question, Wish

HIGH, SOFT = "carry_high", "place gently"


@pytest.fixture
def wished(store: Store) -> Iterator[Store]:
    """A store with two wishes and no repeats."""
    store.board.set_setting("repeat_share", 0.0)
    store.add_wish(HIGH, "Which one carries the block higher?")
    store.add_wish(SOFT, "Which one puts it down more gently?")
    yield store


def put(store: Store, n: int, wish: str | None, policy_step: int = 0) -> list[Question]:
    clips = [
        Clip(new_id(), torch.rand(4, 3), torch.ones(4, 2), torch.zeros(4), None, None, 0, 0, 0)
        for _ in range(2 * n)
    ]
    # which of them give way to a repeat hangs on their ids, so these are the same each time
    asked = [
        Question(new_id(torch.default_generator), left.id, right.id, "uniform", policy_step, wish=wish)
        for left, right in zip(clips[::2], clips[1::2], strict=True)
    ]
    store.ask(asked, clips)
    return asked


def give(store: Store, choice: Choice = "left", who: str = "ann") -> Question:
    """Claim one question and answer it."""
    (question,) = store.claim(who)
    assert store.submit(Answer(new_id(), question.id, who, choice, 1.0, 1.5, 12.0))
    return question


def answer(store: Store, question: Question, choice: Choice, who: str = "ann") -> Answer:
    """Answer this question, whichever would be given out first."""
    while question.id not in [held.id for held in store.held(who)]:
        assert store.claim(who)
    given = Answer(new_id(), question.id, who, choice, 1.0, 1.5, 12.0)
    assert store.submit(given)
    return given


def execute(url: str, statement: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        conn.exec_driver_sql(statement)
    engine.dispose()


# ---- wishes


def test_wishes_are_told_in_the_order_they_came_and_can_be_reworded(store: Store, url: str) -> None:
    assert store.wishes() == []
    store.add_wish(SOFT, "Which is gentler?")
    store.add_wish(HIGH, "Which is higher?")
    store.weigh(SOFT, 0.25)
    store.add_wish(SOFT, "Which one puts it down more gently?")
    expected = [Wish(SOFT, "Which one puts it down more gently?", 0.25), Wish(HIGH, "Which is higher?", None)]
    with Store.open(url) as other:
        assert sorted(other.wishes()) == sorted(expected)
    store.weigh(SOFT, None)
    store.weigh(HIGH, 1)
    assert {wish.name: wish.weight for wish in store.wishes()} == {SOFT: None, HIGH: 1.0}


def test_the_first_wish_stays_the_first(store: Store, clock: object) -> None:
    store.add_wish("z", "?")
    clock.now += 1  # pyright: ignore[reportAttributeAccessIssue]
    store.add_wish("a", "?")
    store.add_wish("z", "Reworded?")
    assert [wish.name for wish in store.wishes()] == ["z", "a"]


@pytest.mark.parametrize(
    ("name", "question"),
    [("", "?"), ("x" * 65, "?"), (" x", "?"), ("a\nb", "?"), ("x", ""), ("x", " "), ("x", "a\nb")],
)
def test_a_wish_needs_a_name_and_a_question(store: Store, name: str, question: str) -> None:
    with pytest.raises(InvalidInput, match="a wish needs a"):
        store.add_wish(name, question)
    with pytest.raises(InvalidInput, match="200"):
        store.add_wish("x", "y" * 201)
    assert store.wishes() == []


def test_a_weight_is_a_share_of_a_wish_that_is_there(wished: Store) -> None:
    for weight in (-0.1, 1.1, float("nan"), float("inf")):
        with pytest.raises(InvalidInput, match="from 0 to 1"):
            wished.weigh(HIGH, weight)
    with pytest.raises(InvalidChoice, match="did you mean 'carry_high'"):
        wished.weigh("cary_high", 0.5)
    assert [wish.weight for wish in wished.wishes()] == [None, None]


def test_an_unknown_wish_is_an_error_wherever_it_is_named(store: Store) -> None:
    with pytest.raises(InvalidInput, match="no wishes in the store"):
        put(store, 1, HIGH)
    store.add_wish(HIGH, "?")
    for ask in (
        lambda: put(store, 1, "high"),
        lambda: store.preferences(wish="high"),
        lambda: store.counts("high"),
        lambda: store.records(wish="high"),
    ):
        with pytest.raises(InvalidChoice, match="unknown wish 'high'"):
            ask()
    assert store.counts().questions == 0


# ---- answers


def test_answers_are_told_apart_by_the_wish_that_was_asked_about(wished: Store) -> None:
    for wish, choice in ((None, "left"), (HIGH, "right"), (SOFT, "tie")):
        (question,) = put(wished, 1, wish)
        assert wished.question(question.id) == question
        answer(wished, question, choice)
    put(wished, 2, HIGH)
    assert wished.preferences().target.tolist() == [0.0], "the skill sees nothing of wishes"
    assert wished.preferences(wish=HIGH).target.tolist() == [1.0]
    assert wished.preferences(wish=SOFT).target.tolist() == [0.5]
    assert wished.preferences(wish=EVERY).target.tolist() == [0.0, 1.0, 0.5]
    assert wished.preferences(since=1, wish=None).target.tolist() == []
    assert [record.question.wish for record in wished.records()] == [None, HIGH, SOFT]
    assert [record.question.wish for record in wished.records(wish=SOFT)] == [SOFT]
    assert [record.question.wish for record in wished.history("ann")] == [SOFT, HIGH, None]


def test_what_is_counted_can_be_asked_by_wish(wished: Store) -> None:
    answer(wished, put(wished, 1, None)[0], "left")
    first = put(wished, 3, HIGH)
    answer(wished, first[0], "right")
    answer(wished, first[1], "cant_tell")
    answer(wished, put(wished, 1, SOFT)[0], "tie")
    high = wished.counts(HIGH)
    assert (high.questions, high.open, high.asked, high.answers, high.changed_at) == (3, 1, 2, 1, 3)
    assert high.by_choice == {"left": 0, "right": 1, "tie": 0, "both_bad": 0, "cant_tell": 1}
    skill = wished.counts(None)
    assert (skill.questions, skill.open, skill.asked, skill.changed_at) == (1, 0, 1, 1)
    everything = wished.counts()
    assert (everything.questions, everything.open, everything.asked, everything.changed_at) == (5, 1, 4, 4)
    wished.undo("ann")
    assert wished.counts(SOFT).asked == 0 and wished.counts(SOFT).changed_at == 5
    assert wished.counts(HIGH) == high
    wished.people.exclude("ann")
    assert wished.counts(HIGH).asked == 0 and wished.counts(HIGH).changed_at == 6


def test_a_question_that_is_put_again_keeps_its_wish(wished: Store) -> None:
    wished.board.set_setting("repeat_share", 0.5)
    put(wished, 40, HIGH)
    for _ in range(40):
        give(wished)
    repeated = [record.question for record in wished.records() if record.question.repeat_of]
    assert repeated and {question.wish for question in repeated} == {HIGH}
    assert wished.counts(HIGH).repeats == len(repeated) and wished.counts(None).repeats == 0


def test_one_id_stands_for_one_wish(wished: Store) -> None:
    (question,) = put(wished, 1, HIGH)
    wished.ask([question])
    with pytest.raises(StoreError, match="already has the id"):
        wished.ask([question._replace(wish=SOFT)])


# ---- what is kept of them


@pytest.mark.parametrize("to", ["NULL", f"'{SOFT}'"])
def test_an_answer_cannot_be_given_to_another_wish_unnoticed(wished: Store, url: str, to: str) -> None:
    (question,) = put(wished, 1, HIGH)
    given = answer(wished, question, "left")
    assert all(finding.ok for finding in check_store(url))
    execute(url, f"UPDATE questions SET wish = {to}")
    wrong = [finding.found for finding in check_store(url) if not finding.ok]
    assert f"answer {given.id} of ann, change 1, is not what was recorded" in wrong[-1]
    assert len(wrong) == 2 and "is kept as" in wrong[0], "the running counts give it away, too"


def test_the_skills_answer_cannot_be_given_to_a_wish_unnoticed(wished: Store, url: str) -> None:
    answer(wished, put(wished, 1, None)[0], "left")
    execute(url, f"UPDATE questions SET wish = '{HIGH}'")
    assert [finding.name for finding in check_store(url) if not finding.ok] == ["answers", "audit chain"]


def test_a_wish_that_is_lost_is_found(wished: Store, url: str) -> None:
    (question,) = put(wished, 1, HIGH)
    execute(url, f"DELETE FROM wishes WHERE name = '{HIGH}'")
    wrong = [finding.found for finding in check_store(url) if not finding.ok]
    assert wrong == [f"question {question.id} is of the wish 'carry_high', which is not there"]


def test_a_wish_that_armchair_never_made_is_refused(wished: Store, url: str) -> None:
    execute(url, f"UPDATE wishes SET weight = 7 WHERE name = '{HIGH}'")
    with pytest.raises(StoreError, match=r"a wish that armchair never makes.*from 0 to 1, got 7"):
        wished.wishes()


def test_a_copy_has_the_wishes(wished: Store, url: str, tmp_path: Path) -> None:
    answer(wished, put(wished, 1, HIGH)[0], "right")
    wished.weigh(HIGH, 0.5)
    copy = tmp_path / "copy.db"
    copy_store(url, copy)
    with Store.open(copy) as other:
        assert other.wishes() == wished.wishes() and other.records() == wished.records()
    assert all(finding.ok for finding in check_store(copy))


# ---- blocks


def mixed(store: Store, n: int) -> None:
    """Questions of the skill and of both wishes in turn, the latest of the newest behaviour."""
    for k in range(n):
        for wish in (None, HIGH, SOFT):
            put(store, 1, wish, policy_step=k)


def runs(wishes: list[str | None]) -> list[tuple[str | None, int]]:
    """How many of which wish come in a row."""
    return [(wish, len(list(same))) for wish, same in groupby(wishes)]


def test_people_are_asked_about_one_wish_in_blocks(wished: Store) -> None:
    mixed(wished, 20)
    given = [give(wished) for _ in range(40)]
    assert runs([question.wish for question in given]) == [(None, 10), (HIGH, 10), (SOFT, 10), (None, 10)]
    assert [question.policy_step for question in given[:10]] == list(range(19, 9, -1)), "the newest first"
    assert runs([give(wished, who="bob").wish for _ in range(11)]) == [(HIGH, 10), (SOFT, 1)]


def test_a_page_that_holds_pairs_ahead_gets_blocks_too(wished: Store) -> None:
    mixed(wished, 20)
    answered: list[str | None] = []
    ahead: list[Question] = []
    for k in range(36):
        if k % 3 == 0:  # opened anew: the order is the store's
            ahead = wished.held("ann")
        if len(ahead) < 4:
            ahead += wished.claim("ann", n=8 - len(ahead))
        question = ahead.pop(0)
        wished.submit(Answer(new_id(), question.id, "ann", "left", 1.0, 1.5, 12.0))
        answered.append(question.wish)
    assert runs(answered) == [(None, 10), (HIGH, 10), (SOFT, 10), (None, 6)]


def test_a_block_ends_sooner_where_nothing_is_left_of_it(wished: Store) -> None:
    put(wished, 3, None)
    put(wished, 14, SOFT)
    taken = wished.claim("ann", n=99)
    assert runs([question.wish for question in taken]) == [(None, 3), (SOFT, 14)]
    put(wished, 2, HIGH)
    assert [question.wish for question in wished.claim("bob", n=99)] == [HIGH, HIGH]


def test_what_was_asked_the_longest_time_ago_comes_next(wished: Store) -> None:
    for wish in (SOFT, HIGH, None):
        put(wished, 10, wish)
        assert {give(wished).wish for _ in range(10)} == {wish}
    mixed(wished, 10)
    assert runs([give(wished).wish for _ in range(25)]) == [(SOFT, 10), (HIGH, 10), (None, 5)]


def test_a_simulated_teacher_needs_no_blocks(wished: Store) -> None:
    wished.register("teacher", "simulated")
    mixed(wished, 2)
    taken = wished.claim("teacher", n=2**31 - 1)
    assert [question.wish for question in taken] == [None, HIGH, SOFT] * 2


def test_a_repeat_is_of_the_wish_that_is_asked_about(wished: Store) -> None:
    wished.board.set_setting("repeat_share", 0.5)
    mixed(wished, 40)
    for _ in range(80):
        give(wished)
    records = wished.records()
    again = [record.question for record in records if record.question.repeat_of]
    assert len(again) > 5 and {question.wish for question in again} == {None, HIGH, SOFT}
    assert all(wished.question(str(question.repeat_of)).wish == question.wish for question in again)
    assert {size for _, size in runs([record.question.wish for record in records])} == {10}


def test_with_overlap_blocks_hold_for_the_second_annotator(wished: Store) -> None:
    wished.board.set_setting("overlap", 2)
    mixed(wished, 12)
    for who in ("ann", "bob"):
        assert runs([give(wished, who=who).wish for _ in range(30)]) == [(None, 10), (HIGH, 10), (SOFT, 10)]


def test_many_people_at_once_get_every_question_once(wished: Store, url: str) -> None:
    mixed(wished, 20)

    def work(who: str) -> list[str]:
        with Store.open(url) as own:
            done: list[str] = []
            while taken := own.claim(who, n=3):
                for question in taken:
                    own.submit(Answer(new_id(), question.id, who, "left", 1.0, 0.0, 0.0))
                    done.append(question.id)
            return done

    with ThreadPoolExecutor(4) as pool:
        done = [name for names in pool.map(work, ("ann", "bob", "eve", "joe")) for name in names]
    assert len(done) == len(set(done)) == 60 and wished.counts().open == 0
