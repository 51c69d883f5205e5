"""`armchair import`: answers given elsewhere, as a run of their own."""  # noqa: N999 (the command's name)

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path

import tyro

from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import ArmchairError

EXAMPLES = (
    "armchair import . --runs runs",
    "armchair import recorded/data --length 20 --json",
)


@dataclasses.dataclass(frozen=True)
class Args:
    """Read preferences.json, clips/*.mp4 and trajectories/*.npz into the store of a new run.

    The folder holds them itself or below `data`; docs/data.md describes them. All is read or nothing is.
    """

    folder: tyro.conf.Positional[Path]
    """The folder to read."""
    length: int | None = None
    """Steps that every clip is brought to, where the trajectories differ in length."""
    runs: Path = Path("runs")
    """Folder in which the run's folder is made."""
    json: bool = False
    """End the output with one JSON object; the other lines go to standard error."""


def main(argv: Sequence[str]) -> int:
    """Reads the folder and returns 0."""
    args = parse(Args, "import", argv, EXAMPLES)
    report = Report("import", args.json)
    from armchair.feedback.seed_layout import import_seed_layout
    from armchair.feedback.store import Store
    from armchair.rundir import RunDir
    from armchair.training.teach import STORE

    was_there = args.runs.exists()
    about = {"command": "import", "folder": str(args.folder), "length": args.length}
    run = RunDir.create(args.runs, "imported", about)
    try:
        with Store.open(run.path / STORE) as store:
            found = import_seed_layout(store, args.folder, length=args.length)
            choices = {choice: count for choice, count in store.counts().by_choice.items() if count}
    except (ArmchairError, KeyboardInterrupt):
        shutil.rmtree(run.path)
        if not was_there:
            with contextlib.suppress(OSError):  # somebody else made a run there meanwhile
                args.runs.rmdir()
        raise
    told = ", ".join(f"{count} {choice}" for choice, count in choices.items())
    report.say(f"{found.answers} answers ({told}) about {found.clips} clips; saved in {run.path}")
    report.finish(
        {
            "folder": str(args.folder),
            "answers": found.answers,
            "clips": found.clips,
            "by_choice": choices,
            "run": str(run.path),
        }
    )
    return 0
