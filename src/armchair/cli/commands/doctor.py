"""`armchair doctor`: what is wrong on this machine, or with a run, and how to mend it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import tyro

from armchair.cli import checks
from armchair.cli.checks import Check
from armchair.cli.flags import JsonFlag, TrustFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.jsonable import Json

EXAMPLES = ("armchair doctor", "armchair doctor runs/reach-001", "armchair doctor --json")


@dataclasses.dataclass(frozen=True)
class Args(TrustFlag, JsonFlag):
    """Check this machine: Python, engines, server, OpenGL, video, threads, disk. Or, with RUN, that run.

    Of a run: what code it names, its database, the clips in it, its answers, the audit chain that shows
    whether anything was altered, who may come in, and its checkpoints; it may be in use. Exit status 0 unless
    something is missing without which nothing works, or something is wrong with the run.
    """

    run: tyro.conf.Positional[str | None] = None
    """The folder of a run to check, in place of the machine; or the URL of a database that holds one."""


def main(argv: Sequence[str]) -> int:
    """Prints a line for each check; returns 1 when something essential is broken, else 0."""
    args = parse(Args, "doctor", argv, EXAMPLES)
    report = Report("doctor", args.json)
    from armchair.cli.locate import admit_run
    from armchair.runs.folder import RunDir
    from armchair.store.database import shown

    if args.run is not None and args.trust and "://" not in args.run:
        admit_run(RunDir.open(Path(args.run)), trust=True)
    done: list[Check] = []
    for check in run_checks() if args.run is None else checks.check_run(args.run):
        report.say(line_of(check))
        done.append(check)
    broken = [check.name for check in done if not check.ok and check.essential]
    wrong = [check.name for check in done if not check.ok]
    report.say("all is well" if not wrong else f"to mend: {', '.join(wrong)}")
    about: dict[str, Json] = {} if args.run is None else {"run": shown(args.run)}
    report.finish({**about, "success": not broken, "checks": [check._asdict() for check in done]})
    return 1 if broken else 0


def run_checks() -> Iterator[Check]:
    """All checks, one after the other, yielded as soon as each is done."""
    several: tuple[Callable[[], Check | list[Check]], ...] = (
        checks.check_python,
        checks.check_packages,
        checks.check_mujoco,
        checks.check_bullet,
        checks.check_warp,
        checks.check_server,
        checks.check_extras,
        checks.check_gl,
        checks.check_codec,
        checks.check_threads,
        checks.check_ports,
        lambda: checks.check_disk(Path.cwd()),
    )
    for run in several:
        found = run()
        yield from [found] if isinstance(found, Check) else found


def line_of(check: Check) -> str:
    """`ok  name  what was found`, or `!!  name  what was found; mend: how`."""
    mend = "" if check.ok else f"; mend: {check.mend}"
    return f"{'ok' if check.ok else '!!'}  {check.name:<14} {check.found}{mend}"
