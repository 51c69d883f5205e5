"""`armchair resume`: go on with a run of teaching or training where it stopped."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import tyro

from armchair.cli.parse import parse
from armchair.cli.report import Report

EXAMPLES = ("armchair resume runs/reach-001", "armchair resume runs/reach-001 --port 9000 --no-open")


@dataclasses.dataclass(frozen=True)
class Args:
    """Go on with a run of `teach` or `train` from its last checkpoint; the folder is all that is needed.

    Where people teach, the page is served again; the flags about it mean what they mean in `armchair teach`.
    """

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    host: str = "127.0.0.1"
    """Where the page listens: 0.0.0.0 lets others in, who must be invited."""
    port: int = 8642
    """The page's port."""
    invite: tuple[str, ...] = ()
    """Names of further people who answer; a link is printed for each."""
    no_open: bool = False
    """Leave the browser alone: the link is printed in any case."""
    json: bool = False
    """End the output with one JSON object; the other lines go to standard error."""


def main(argv: Sequence[str]) -> int:
    """Resumes; returns 0, or 130 on Ctrl-C."""
    args = parse(Args, "resume", argv, EXAMPLES)
    report = Report("resume", args.json)
    from armchair.cli.commands.teach import open_door, open_run
    from armchair.cli.runs import find_run
    from armchair.cli.teaching import go_through, with_people
    from armchair.cli.training import go_on
    from armchair.store.trainer_lock import check_free

    run = find_run(args.run)
    if run.config().get("command") == "train":
        return go_on(run, report)
    config, teacher = open_run(run)
    check_free(run)
    if teacher is not None:
        return go_through(run, config, teacher, report, resume=True)
    door = open_door(args.host, args.port, args.invite, browser=not args.no_open, run=run)
    return with_people(run, config, door, report, {}, resume=True)
