from __future__ import annotations

import copy

import pytest

from armchair import errors
from armchair.errors import (
    ArmchairError,
    InvalidChoice,
    InvalidInput,
    MissingDependency,
    check_choice,
    nearest,
)

TASKS = ("reach", "push", "pick_place", "stack")


def test_the_message_names_the_nearest_and_all_valid_names() -> None:
    message = str(InvalidChoice("task", "reahc", TASKS))
    assert message == "unknown task 'reahc': did you mean 'reach'? valid: reach, push, pick_place, stack"


def test_nothing_is_suggested_when_nothing_comes_near() -> None:
    assert (
        str(InvalidChoice("task", "xyz", TASKS))
        == "unknown task 'xyz': valid: reach, push, pick_place, stack"
    )


def test_nearest_ignores_case_but_keeps_the_name_as_it_is() -> None:
    assert nearest("kukareach-V0", ["KukaReach-v0", "KukaPush-v0"]) == "KukaReach-v0"


def test_check_choice_returns_a_valid_value_and_refuses_others() -> None:
    assert check_choice("task", "push", TASKS) == "push"
    with pytest.raises(InvalidChoice, match="'pick_place'"):
        check_choice("task", "pick-place", iter(TASKS))


@pytest.mark.parametrize(
    "error", [InvalidChoice("task", "reahc", TASKS), MissingDependency("no GL", "apt-get install libegl1")]
)
def test_errors_survive_the_way_between_processes(error: ArmchairError) -> None:
    # copying rebuilds an exception from its args, as sending it to another process does
    assert str(copy.copy(error)) == str(error)


def test_callers_can_catch_the_builtin_kinds() -> None:
    assert issubclass(InvalidInput, ValueError)
    assert issubclass(MissingDependency, ImportError)


def test_a_missing_dependency_says_how_to_mend_it() -> None:
    assert (
        str(MissingDependency("no GL", "apt-get install libegl1"))
        == "no GL; mend it with: apt-get install libegl1"
    )


def test_every_error_stands_in_the_tree_at_the_top_of_the_module() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) == 9
    for kind in kinds:
        assert issubclass(kind, ArmchairError)
        assert kind.__name__ in (errors.__doc__ or "")
