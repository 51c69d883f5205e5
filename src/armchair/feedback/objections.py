"""What follows when somebody says "no, not that" to what was understood of a wish.

The answers were meant as they were given; wrong is what the model made of few of them. So none of them is
taken away, and nothing is concluded from the objection itself. It is followed by questions: the clips that
were shown as most and as least like the wish are put against each other at once, and the trainer adds pairs
that differ most, chosen as in the beginning, when there was no model that could choose wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence

from armchair.ids import new_id
from armchair.store.store import Store
from armchair.types import Question

STRATEGY = "misunderstood"  # of all questions that are put because of it
MORE = 10  # of them, for each time that it is said
SOON = 1e6  # their priority: before all of that wish that waits


def objected(store: Store, wish: str, best: Sequence[str], worst: Sequence[str], policy_step: int) -> int:
    """Take an objection in. best, worst: the clips (ids) that were shown as most and least like the wish.

    policy_step: of the trainer, as it told last. -> how often it was said of this wish. Raises InvalidInput
    for an unknown wish, StoreError for an unknown clip; then nothing is taken in.
    """
    store.clip_info([*best, *worst])
    count = store.board.misunderstand(wish)
    questions: list[Question] = []
    for pair in zip(best, worst, strict=True):
        left, right = (
            pair if len(questions) % 2 else pair[::-1]
        )  # by turns, so that no side is the better one
        questions.append(Question(new_id(), left, right, STRATEGY, policy_step, wish=wish))
    store.ask(questions, priority=SOON)
    return count


def more_of(store: Store, wish: str) -> int:
    """Questions about a wish that are asked beyond the budget that the run began with."""
    return MORE * store.board.misunderstood().get(wish, 0)


def owed(store: Store) -> dict[str, int]:
    """How many questions the trainer has yet to put, by wish; nothing where nobody objected."""
    said = store.board.misunderstood()
    if not said:
        return {}
    put = [question.wish for question in store.put() if question.strategy == STRATEGY]
    left = {wish: MORE * count - put.count(wish) for wish, count in said.items()}
    return {wish: number for wish, number in left.items() if number > 0}


def settled(store: Store, wish: str) -> bool:
    """Whether all is answered that was asked because of objections to this wish."""
    more = more_of(store, wish)
    if not more:
        return True
    answered = store.records(strategy=STRATEGY, wish=wish)
    return len({record.question.id for record in answered if record.question.repeat_of is None}) >= more
