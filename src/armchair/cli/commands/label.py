"""`armchair label`: the labelling page over a run that is there, also while no trainer runs."""

from __future__ import annotations

import dataclasses
import sqlite3
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from armchair.cli.flags import DatasetFlags, JsonFlag, PageFlags, TrustFlag
from armchair.cli.locate import find_store
from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput, StoreError
from armchair.runs.unwritable import copy_readable, is_writable

if TYPE_CHECKING:
    from armchair.cli.locate import Place

EXAMPLES = (
    "armchair label runs/reach-001",
    "armchair label runs/reach-001 --host 0.0.0.0 --invite ann bob",
    "armchair label runs/reach-001 --streamlit",
    "armchair label postgresql://user@host/reach --host 0.0.0.0 --invite ann",
    "armchair label dataset:recorded --question 'In which one is the cup held more steadily?' --write",
)
PLAIN = "?to=answer"


@dataclasses.dataclass(frozen=True)
class Args(PageFlags, DatasetFlags, TrustFlag, JsonFlag):
    """Serve the labelling page of a run: answer what waits there, look at answers, charts and settings.

    No trainer is needed; one that runs learns from the answers, and `armchair resume` takes them up later. A
    run that cannot be written is shown, and takes no answers.

    With dataset:DIR, a LeRobotDataset v3 with films, people compare parts of recorded episodes, no simulator
    needed: a reward model learns from their answers and leaves each frame's progress in the run's folder.
    """

    run: tyro.conf.Positional[str]
    """The run's folder; or the URL of its database, on a host that has no such folder; or dataset:DIR."""
    streamlit: bool = False
    """Lead the owner to the plain page instead, of two videos and a row of buttons, in the dashboard."""


def main(argv: Sequence[str]) -> int:
    """Serves until it is asked to end."""
    args = parse(Args, "label", argv, EXAMPLES)
    report = Report("label", args.json)
    from armchair.cli.links import check_page
    from armchair.offers.extras import need

    if is_dataset(args.run):
        from armchair.cli.labelling.recorded import label_dataset

        if args.streamlit:
            raise InvalidInput("the plain page is for runs of `armchair teach`: leave --streamlit out")
        return label_dataset(args.run, args, args, report)
    check_no_dataset_flags(args)
    place = find_store(args.run, trust=args.trust)
    if isinstance(place.store, Path) and not is_writable(place.store):
        return look_at(place, args, report)
    if args.streamlit:
        need("dashboard", "the plain page")
    check_page(args, place.store)
    return serve_page(place, args, report, PLAIN if args.streamlit else "")


def is_dataset(where: str) -> bool:
    """Whether this is recorded data, or a run that labels some."""
    from armchair.runs.folder import RunDir

    if where.startswith("dataset:"):
        return True
    path = Path(where)
    return (path / "config.yaml").is_file() and "dataset" in RunDir.open(path).config()


def check_no_dataset_flags(args: Args) -> None:
    """InvalidInput where a flag was given that only recorded data have a use for."""
    for field in dataclasses.fields(DatasetFlags):
        if getattr(args, field.name) != field.default:
            raise InvalidInput(f"--{field.name.replace('_', '-')} goes with dataset:DIR")


def look_at(place: Place, args: Args, report: Report) -> int:
    """The page over a copy of a store that cannot be written, which takes no answers."""
    assert isinstance(place.store, Path)
    if args.streamlit:
        raise InvalidInput(
            f"{place.shown} is read-only, and the plain page is for answering: leave --streamlit out"
        )
    if args.invite:
        raise InvalidInput(f"{place.shown} is read-only, so nobody can answer: leave --invite out")
    report.log(f"{place.shown} is read-only: the page shows it, and takes no answers")
    with tempfile.TemporaryDirectory(prefix="armchair-reads-") as folder:
        copy = Path(folder) / place.store.name
        try:
            copy_readable(place.store, copy)
        except sqlite3.Error as error:
            raise StoreError(f"the store {place.store} cannot be read: {error}") from None
        return serve_page(place._replace(store=copy), args, report, read_only=True)


def serve_page(
    place: Place, flags: PageFlags, report: Report, page: str = "", *, read_only: bool = False
) -> int:
    """The page in this process, until it is asked to end. page: the owner's first one, see `Shown`."""
    from armchair.cli.draw import command_of
    from armchair.cli.endings.signals import calmly
    from armchair.cli.endings.told import leaving
    from armchair.cli.links import Shown, invite, show_links
    from armchair.runs.folder import RunDir
    from armchair.store.store import Store
    from armchair.web.films import films_by
    from armchair.web.options import Options
    from armchair.web.processes.launcher import PATIENCE, Launcher
    from armchair.web.serve import serve

    database = str(place.store)
    films = films_by(command_of(database))
    launcher = Launcher()
    options = Options(
        place.name,
        place.folder,
        flags.host,
        flags.port,
        hosts=flags.allow_host,
        https=flags.https,
        films=films,
        cookie_name=flags.cookie,
        base_path=flags.base_path,
    )
    if read_only:
        options = dataclasses.replace(options, read_only=True, dashboard=False)  # which has settings
    elif place.folder is not None:
        options = dataclasses.replace(options, resume=partial(launcher.resume, RunDir(place.folder)))
    kept = "nothing was changed" if read_only else "answers are kept"
    again = f"{kept}, `armchair label {place.shown}` serves the page again"
    with Store.open(database, create=False) as store, leaving(lambda: again):
        invited = invite(store, flags)

        def ready(where: str) -> None:
            show_links(store, invited, flags, Shown(where, report, page))

        with calmly() as asked:
            serve(database, options, ready=ready, until=asked)
        if launcher.live():
            report.log("stopping the trainer that the page started; `armchair resume` goes on from there")
            launcher.close(PATIENCE)
        report.finish({"run": place.shown, "answers": store.counts().asked})
    return 0
