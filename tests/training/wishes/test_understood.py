"""Relations in words."""

from __future__ import annotations

from armchair.rewards.motion import moving_layout
from armchair.rewards.relations import Relations
from armchair.tasks import TASKS
from armchair.training.wishes.understood import in_words


def test_every_relation_of_every_task_can_be_said() -> None:
    """No name of a relation is shown as it is, and none is said like another."""
    for task in TASKS.values():
        names = Relations(moving_layout(task.visible_layout)).names
        said = [in_words(name) for name in names]
        assert len(set(said)) == len(names), task.name
        assert not any(mark in words for words in said for mark in ":~_-"), said


def test_the_words() -> None:
    """As a person would say it."""
    assert in_words("block_a:height") == "the height of block a"
    assert in_words("tool-goal:distance") == "the distance of the tool and the goal"
    assert in_words("tool~speed") == "how fast the tool moves"
