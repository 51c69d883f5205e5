"""`armchair resume`: go on with a run of teaching where it stopped."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import tyro

from armchair.cli.parse import parse
from armchair.cli.report import Report

EXAMPLES = ("armchair resume runs/reach-001",)


@dataclasses.dataclass(frozen=True)
class Args:
    """Go on with a run where its last checkpoint was taken; the folder is all that is needed."""

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    json: bool = False
    """End the output with one JSON object; the other lines go to standard error."""


def main(argv: Sequence[str]) -> int:
    """Resumes; returns 0."""
    args = parse(Args, "resume", argv, EXAMPLES)
    report = Report("resume", args.json)
    from armchair.cli.teach import open_run
    from armchair.cli.teaching import go_through

    run, config, teacher = open_run(args.run)
    return go_through(run, config, teacher, report, resume=True)
