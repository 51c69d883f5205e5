"""`armchair label`: the labelling page over a run that is there, also while no trainer runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import tyro

from armchair.cli.flags import JsonFlag, PageFlags, TrustFlag
from armchair.cli.locate import find_store
from armchair.cli.parse import parse
from armchair.cli.report import Report

if TYPE_CHECKING:
    from armchair.cli.locate import Place

EXAMPLES = (
    "armchair label runs/reach-001",
    "armchair label runs/reach-001 --host 0.0.0.0 --invite ann bob",
    "armchair label runs/reach-001 --streamlit",
    "armchair label postgresql://user@host/reach --host 0.0.0.0 --invite ann",
)
PLAIN = "?to=answer"


@dataclasses.dataclass(frozen=True)
class Args(PageFlags, TrustFlag, JsonFlag):
    """Serve the labelling page of a run: answer what waits there, look at answers, charts and settings.

    No trainer is needed; one that runs learns from the answers, and `armchair resume` takes them up later.
    """

    run: tyro.conf.Positional[str]
    """The run's folder; or the URL of its database, on a host that has no such folder."""
    streamlit: bool = False
    """Lead the owner to the plain page instead, of two videos and a row of buttons, in the dashboard."""


def main(argv: Sequence[str]) -> int:
    """Serves until Ctrl-C; returns 0."""
    args = parse(Args, "label", argv, EXAMPLES)
    report = Report("label", args.json)
    from armchair.cli.links import check_page
    from armchair.offers.extras import need

    if args.streamlit:
        need("dashboard", "the plain page")
    place = find_store(args.run, trust=args.trust)
    check_page(args, place.store)
    return serve_page(place, args, report, PLAIN if args.streamlit else "")


def serve_page(place: Place, flags: PageFlags, report: Report, page: str = "") -> int:
    """The page in this process, until Ctrl-C. page: the owner's first one, see `Shown`."""
    from armchair.cli.draw import command_of
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
    )
    if place.folder is not None:
        options = dataclasses.replace(options, resume=partial(launcher.resume, RunDir(place.folder)))
    with Store.open(database, create=False) as store:
        invited = invite(store, flags)

        def ready(where: str) -> None:
            show_links(store, invited, flags, Shown(where, report, page))

        serve(database, options, ready=ready)
        if launcher.live():
            report.log("stopping the trainer that the page started; `armchair resume` goes on from there")
            launcher.close(PATIENCE)
        report.finish({"run": place.shown, "answers": store.counts().asked})
    return 0
