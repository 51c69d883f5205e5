"""`armchair label`: the labelling page over a run that is there, also while no trainer runs."""

from __future__ import annotations

import dataclasses
import shlex
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from armchair.cli.flags import JsonFlag, PageFlags
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
)
CLASSIC = Path(__file__).parents[2] / "web" / "dashboard" / "classic.py"


@dataclasses.dataclass(frozen=True)
class Args(PageFlags, JsonFlag):
    """Serve the labelling page of a run: answer what waits there, look at answers, charts and settings.

    No trainer is needed; one that runs learns from the answers, and `armchair resume` takes them up later. A
    run that cannot be written is shown, and takes no answers.
    """

    run: tyro.conf.Positional[str]
    """The run's folder; or the URL of its database, on a host that has no such folder."""
    streamlit: bool = False
    """Serve the plain page of two videos and a row of buttons instead, on this machine only."""


def main(argv: Sequence[str]) -> int:
    """Serves until it is asked to end."""
    args = parse(Args, "label", argv, EXAMPLES)
    report = Report("label", args.json)
    from armchair.cli.links import check_page

    place = find_store(args.run)
    if isinstance(place.store, Path) and not is_writable(place.store):
        return look_at(place, args, report)
    if args.streamlit:
        return serve_classic(place, args, report)
    check_page(args, place.store)
    return serve_page(place, args, report)


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


def serve_page(place: Place, flags: PageFlags, report: Report, *, read_only: bool = False) -> int:
    """The page in this process, until it is asked to end."""
    from armchair.cli.draw import command_of
    from armchair.cli.endings.signals import calmly
    from armchair.cli.endings.told import leaving
    from armchair.cli.links import invite, show_links
    from armchair.runs.folder import RunDir
    from armchair.store.store import Store
    from armchair.web.films import films_by
    from armchair.web.options import Options
    from armchair.web.processes.launcher import PATIENCE, Launcher
    from armchair.web.serve import serve

    database = str(place.store)
    films = films_by(command_of(database))
    launcher = Launcher()
    options = Options(place.name, place.folder, flags.host, flags.port, films=films, cookie_name=flags.cookie)
    if read_only:
        options = dataclasses.replace(options, read_only=True, dashboard=False)  # which has settings
    elif place.folder is not None:
        options = dataclasses.replace(options, resume=partial(launcher.resume, RunDir(place.folder)))
    kept = "nothing was changed" if read_only else "answers are kept"
    again = f"{kept}, `armchair label {place.shown}` serves the page again"
    with Store.open(database, create=False) as store, leaving(lambda: again):
        invited = invite(store, flags)
        with calmly() as asked:
            ready = partial(show_links, invited, flags, report=report)
            serve(database, options, ready=ready, until=asked)
        if launcher.live():
            report.log("stopping the trainer that the page started; `armchair resume` goes on from there")
            launcher.close(PATIENCE)
        report.finish({"run": place.shown, "answers": store.counts().asked})
    return 0


def serve_classic(place: Place, flags: PageFlags, report: Report) -> int:
    """Streamlit's page of two videos and buttons, as a process; it can be reached from this machine only."""
    from armchair.cli.draw import command_of
    from armchair.cli.links import OWNER, open_browser
    from armchair.offers.extras import need
    from armchair.web.dashboard.source import OPTIONS
    from armchair.web.serve import check_port

    need("dashboard", "the plain page")
    check_port("127.0.0.1", flags.port)
    server = {**OPTIONS, "server.address": "127.0.0.1", "server.port": flags.port}
    words = [f"--{name}={str(value).lower()}" for name, value in server.items()]
    database = str(place.store)
    films = shlex.join(command_of(database))
    script = [str(CLASSIC), "--", database, "--annotator", OWNER, "--films", films]
    script += [] if place.folder is None else ["--run", str(place.folder)]
    address = f"http://127.0.0.1:{flags.port}"
    report.say(f"answer here: {address}")
    if not flags.no_open:
        open_browser(address)
    command = [sys.executable, "-m", "streamlit", "run", *words, *script]
    try:
        status = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    except KeyboardInterrupt:
        status = 0
    report.finish({"run": place.shown})
    return 0 if status in (0, 130, -2) else 1
