"""`armchair import`: answers given elsewhere, as a run of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from armchair.cli.flags import RunsFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.exchange.pairs import Imported
    from armchair.runs.folder import RunDir

EXAMPLES = (
    "armchair import . --runs runs",
    "armchair import recorded/data --length 20 --json",
    "armchair import data/reward_training_data.pt",
    "armchair import postgresql://user@host/reach",
    "armchair import pairs.npz",
    "armchair import export_walker.zip --data walker.npz",
)


@dataclasses.dataclass(frozen=True)
class Args(RunsFlag):
    """Read preferences.json, clips/*.mp4 and trajectories/*.npz into the store of a new run.

    The folder holds them itself or below `data`; docs/data.md describes them. A file NAME.pt of the same
    sketch holds clips and answers without films. The URL of a database that `armchair export --to` filled
    brings the whole run back. A LeRobotDataset that `armchair export` wrote brings answers and their clips,
    NAME.npz and NAME.parquet pairs as plain arrays, NAME.zip what Uni-RLHF's platform exported. All is read
    or nothing is; other archives must be unpacked first.
    """

    folder: tyro.conf.Positional[str]
    """The folder or file to read, or the URL of a database."""
    data: Path | None = None
    """With NAME.zip: where the steps are that it names, an npz with observations and actions, or a
    LeRobotDataset."""
    length: int | None = None
    """Steps that every clip is brought to, where the trajectories differ in length."""


def main(argv: Sequence[str]) -> int:
    """Reads the folder and returns 0."""
    args = parse(Args, "import", argv, EXAMPLES)
    report = Report("import", args.json)
    from armchair.runs.folder import RunDir
    from armchair.store.database import shown
    from armchair.store.store import Store

    if args.data is not None and Path(args.folder).suffix != ".zip":
        raise InvalidInput("--data goes with NAME.zip, an export of Uni-RLHF's platform")
    source = shown(args.folder)
    about = {"command": "import", "folder": source, "length": args.length}
    read = _from_database if "://" in args.folder else _from_files
    run, found = RunDir.fill(args.runs, "imported", about, lambda into: read(args, into))
    with Store.open(run.store_file, create=False) as store:
        choices = {choice: count for choice, count in store.counts().by_choice.items() if count}
    by_choice = ", ".join(f"{count} {choice}" for choice, count in choices.items())
    report.say(f"{found.answers} answers ({by_choice}) about {found.clips} clips; saved in {run.path}")
    summary = {"folder": source, "answers": found.answers, "clips": found.clips, "by_choice": choices}
    report.finish({**summary, "run": str(run.path)})
    return 0


def _from_files(args: Args, run: RunDir) -> Imported:
    """Answers in files, by what they are called and what is in the folder."""
    from armchair.exchange.lerobot.answers import import_dataset
    from armchair.exchange.lerobot.schema import INFO
    from armchair.exchange.pair_files import import_pair_file
    from armchair.exchange.sketch_layout import import_sketch_layout
    from armchair.exchange.sketch_tensors import import_sketch_tensors
    from armchair.exchange.unirlhf.reading import import_unirlhf
    from armchair.store.store import Store

    path = Path(args.folder)
    by_suffix = {".pt": import_sketch_tensors, ".npz": import_pair_file, ".parquet": import_pair_file}
    usual = import_dataset if (path / INFO).is_file() else import_sketch_layout
    with Store.open(run.store_file) as store:
        if path.suffix == ".zip":
            return import_unirlhf(store, path, args.data, length=args.length)
        return by_suffix.get(path.suffix, usual)(store, path, length=args.length)


def _from_database(args: Args, run: RunDir) -> Imported:
    """A whole run; its configuration takes the place of the one that says it was imported."""
    from armchair.exchange.pairs import Imported
    from armchair.store.copies.backup import copy_from_database
    from armchair.store.store import Store

    copy_from_database(args.folder, run.path)
    with Store.open(run.store_file, create=False) as store:
        records = store.records()
        clips = {name for record in records for name in (record.question.left, record.question.right)}
        return Imported(len(clips), len(records), len(records))
