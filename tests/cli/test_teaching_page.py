"""docs/teaching.md says what there is: flags, teachers, presets, the summary's keys."""

from __future__ import annotations

import re
from pathlib import Path

from armchair.cli.commands.teach import Args
from armchair.cli.parse import flags_of
from armchair.config.read import load_config, presets
from armchair.feedback.teachers import TEACHERS
from armchair.reports.summary import summarise
from armchair.runs.folder import RunDir

PAGE = (Path(__file__).parents[2] / "docs" / "teaching.md").read_text(encoding="utf-8")


def table(heading: str) -> str:
    """The rows of the table under a heading, without its first two lines."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return "\n".join(re.findall(r"^\|.*$", section, re.MULTILINE)[2:])


def test_every_flag_is_on_the_page_and_no_other() -> None:
    told = re.findall(
        r"`(--[a-z-]+)", "\n".join(row.split("|")[1] for row in table("The command").splitlines())
    )
    assert sorted([*told, "--help"]) == sorted(flags_of(Args))


def test_the_teachers_are_told_with_their_traits() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.*?)`)? *\|", table("Simulated teachers"), re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(TEACHERS)
    for name, told in rows:
        traits = {key: number for key, number in vars(TEACHERS[name]).items() if number}
        assert traits == {key: float(value) for key, value in re.findall(r"--(\w+) ([\d.]+)", told)}


def test_the_presets_are_told_with_their_answers() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", table("Presets and files"), re.MULTILINE)
    assert sorted(name for name, _ in rows) == presets()
    for name, text in rows:
        answers = re.search(r"(\d+) answers", text)
        assert answers is None or int(answers[1]) == load_config(name).queries.labels


def test_the_summary_is_told_key_by_key(tmp_path: Path) -> None:
    keys = summarise(RunDir.create(tmp_path, "run", {}), load_config("smoke"), 0.0)
    rows = table("What the numbers mean").splitlines()
    told = [key for row in rows for key in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(told) == sorted([*keys, "run"])
