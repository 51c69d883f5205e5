"""`armchair serve`, or `armchair` alone: the list of runs, from which everything else is a button."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from armchair.cli.flags import JsonFlag, ProxyFlags
from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.store.store import Store
    from armchair.web.processes.launcher import Launcher

EXAMPLES = ("armchair", "armchair serve --runs my-runs --port 9000", "armchair serve --no-open")
PEOPLE = ".serve.db"  # in the folder of runs: who may see the list


@dataclasses.dataclass(frozen=True)
class Args(ProxyFlags, JsonFlag):
    """Open a page with all runs of a folder: begin one, answer, go on, stop. No other command is needed.

    It is for you alone, on this machine; `armchair teach TASK --host 0.0.0.0 --invite NAME` lets others
    answer. Ctrl-C ends the page and, at a checkpoint, the trainers that were started from it.
    """

    runs: Path = Path("runs")
    """The folder of the runs; it is made if there is none."""
    host: str = "127.0.0.1"
    """Where the page listens, on this machine."""
    port: int = 8642
    """The page's port."""
    cookie: str = ""
    """The name of the session's cookie, where the port does not tell servers on one host apart."""
    no_open: bool = False
    """Leave the browser alone: the link is printed in any case."""


def main(argv: Sequence[str]) -> int:
    """Serves until it is asked to end."""
    args = parse(Args, "serve", argv, EXAMPLES)
    report = Report("serve", args.json)
    from armchair.cli.endings.told import leaving
    from armchair.store.store import Store
    from armchair.web.options import check_cookie, is_loopback
    from armchair.web.processes.launcher import PATIENCE, Launcher
    from armchair.web.serve import check_port

    if not is_loopback(args.host):
        raise InvalidInput(
            f"the list of runs is for this machine alone, and others can reach {args.host}; to let others "
            f"answer: armchair teach TASK --host {args.host} --invite NAME"
        )
    check_cookie(args.cookie)
    check_port(args.host, args.port)
    try:
        args.runs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"{args.runs} cannot be the folder of the runs: {error.strerror}") from None
    launcher = Launcher()
    live: list[str] = []
    with Store.open(args.runs / PEOPLE) as store, leaving(lambda: f"`armchair` opens {args.runs} again"):
        try:
            _serve(store, args, launcher, report)
        finally:
            if live := launcher.live():
                report.say(
                    f"stopping what was started here, at a checkpoint: {', '.join(live)}; "
                    "`armchair` goes on with them at the press of a button"
                )
                launcher.close(PATIENCE)
    report.finish({"runs": str(args.runs), "stopped": list(live)})
    return 0


def _serve(store: Store, args: Args, launcher: Launcher, report: Report) -> None:
    from fastapi import FastAPI

    from armchair.cli.draw import command_of
    from armchair.cli.endings.signals import calmly
    from armchair.cli.links import OWNER, open_browser
    from armchair.web.options import Options
    from armchair.web.processes.pages import PageServers
    from armchair.web.processes.presets import Presets
    from armchair.web.runs.app import create_app
    from armchair.web.runs.listing import Listing
    from armchair.web.serve import listen

    where: list[str] = []

    def create(options: Options) -> FastAPI:
        pages = PageServers(command_of, lambda: f"{where[0]}/")
        return create_app(store, options, Listing(args.runs), launcher, pages, Presets())

    def ready(address: str) -> None:
        where.append(address)
        report.say(f"your runs: {address}/login#{store.people.invite(OWNER, 'owner')}")
        if not args.no_open:
            open_browser(f"{address}/login#{store.people.invite(OWNER, 'owner')}")

    options = Options(
        "runs",
        host=args.host,
        port=args.port,
        hosts=args.allow_host,
        https=args.https,
        dashboard=False,
        cookie_name=args.cookie,
    )
    with calmly() as asked:
        listen(create, options, ready=ready, until=asked)
