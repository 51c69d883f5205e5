from __future__ import annotations

import dataclasses

import pytest
import tyro

from armchair.cli.parse import UsageError, flags_of, one_line, parse


@dataclasses.dataclass(frozen=True)
class Args:
    """Do a thing."""

    task: tyro.conf.Positional[str]
    """Which one."""
    episodes: int = 3
    """How many."""
    dry_run: bool = False
    """Do nothing."""


def read(*argv: str) -> Args:
    return parse(Args, "thing", argv, ("armchair thing reach",))


def test_flags_come_from_the_dataclass() -> None:
    assert read("reach", "--episodes", "7", "--dry-run") == Args("reach", 7, True)
    assert read("reach") == Args("reach", 3, False)


@pytest.mark.parametrize(
    ("argv", "parts"),
    [
        (["reach", "--episodes", "many"], ["--episodes", "many", "see armchair thing --help"]),
        (["reach", "--episodes"], ["--episodes"]),
        ([], ["armchair thing"]),
        (["reach", "--episode", "3"], ["unknown flag '--episode': did you mean --episodes?"]),
        (["reach", "--dry_rn"], ["did you mean --dry-run?"]),
        (["reach", "push"], ["unexpected argument 'push'"]),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(
    argv: list[str], parts: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError) as caught:
        read(*argv)
    message = str(caught.value)
    assert "\n" not in message
    assert not set(message) & set("│╭╮╰╯─")
    assert all(part in message for part in parts)
    assert capsys.readouterr() == ("", "")


def test_the_first_paragraph_of_a_box_becomes_a_line() -> None:
    box = "╭─ Value error ─╮\n│ Error parsing   │\n│ --n: no number │\n│ ────── │\n│ More help │\n╰────╯\n"
    assert one_line(box) == "Error parsing --n: no number"


def test_a_frame_of_plain_characters_is_left_out_too() -> None:
    box = "+- Parsing error -+\n| ------- |\n| Missing from it: |\n| STR |\n| ---- |\n| More |\n+---+\n"
    assert one_line(box) == "Missing from it: STR"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no type matching {None}|FLOAT could be instantiated from ['x'].", "--n takes a number, got 'x'"),
        (
            "no type matching {None}|INT could be instantiated from ['1e9'].",
            "--n takes a whole number, got '1e9'",
        ),
        ("invalid literal for int() with base 10: '22x'", "--n takes a whole number, got '22x'"),
        ("could not convert string to float: 'x'", "--n takes a number, got 'x'"),
    ],
)
def test_a_word_in_the_place_of_a_number_is_said_plainly(said: str, told: str) -> None:
    assert one_line(f"╭─ Parsing error ─╮\n│ Error parsing --n: {said} │\n╰────╯\n") == told


def test_positional_arguments_are_no_flags() -> None:
    assert flags_of(Args) == ["--episodes", "--dry-run", "--help"]


def test_help_ends_with_the_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        read("--help")
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert "Do a thing." in out
    assert out.endswith("examples:\n  armchair thing reach\n")
