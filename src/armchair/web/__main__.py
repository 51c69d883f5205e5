"""`python -m armchair.web`: the page's server as a process of its own, beside a trainer."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from armchair.console import printable
from armchair.errors import ArmchairError
from armchair.runs.folder import RunDir
from armchair.web.films import films_by
from armchair.web.options import DEFAULT_PORT, Options
from armchair.web.processes.launcher import Launcher
from armchair.web.serve import serve


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop. -> the exit code: 2, after one line on stderr, when that cannot be."""
    args = _parser().parse_args(argv)
    launcher = Launcher()
    ended = threading.Event()
    if args.stop_with_stdin:
        threading.Thread(target=_wait_for_end, args=[ended], daemon=True).start()

    def ready(address: str) -> None:
        print(json.dumps({"listening": address}), flush=True)

    try:
        serve(args.store, _options(args, launcher), ready=ready, until=ended.is_set)
    except ArmchairError as error:
        print(f"armchair: {printable(str(error))}", file=sys.stderr)
        return 2
    finally:
        launcher.close()
    return 0


def _options(args: argparse.Namespace, launcher: Launcher) -> Options:
    folder = args.run_path
    return Options(
        run=args.run,
        run_path=folder,
        host=args.host,
        port=args.port,
        hosts=tuple(args.allow_host),
        https=args.https,
        dashboard=not args.no_dashboard,
        films=films_by(shlex.split(args.films)) if args.films else None,
        runs_at=args.runs_at,
        cookie_name=args.cookie,
        base_path=args.base_path,
        resume=partial(launcher.resume, RunDir(folder)) if args.may_start and folder else None,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m armchair.web", description=__doc__)
    parser.add_argument("--store", required=True, help="the run's store: a file, or a database's URL")
    parser.add_argument("--run", required=True, help="the run's name, for the page")
    parser.add_argument("--run-path", type=Path, help="the run's folder, for the dashboard")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes any free one")
    parser.add_argument("--allow-host", action="append", default=[], help="a further name of this server")
    parser.add_argument("--https", action="store_true", help="a proxy in front speaks HTTPS")
    parser.add_argument(
        "--films", help="a command that gets a clip's id and writes its MP4 to standard output"
    )
    parser.add_argument("--no-dashboard", action="store_true")
    parser.add_argument("--runs-at", default="", help="the address of the list of all runs")
    parser.add_argument("--base-path", default="", help="the path below which the page is")
    parser.add_argument("--cookie", default="", help="the name of the session's cookie")
    parser.add_argument(
        "--may-start", action="store_true", help="the run's owner may start its trainer from the page"
    )
    parser.add_argument("--stop-with-stdin", action="store_true", help="stop when stdin is closed")
    return parser


def _wait_for_end(ended: threading.Event) -> None:
    """Stdin is a pipe from the process that started this one, and ends with it, however that ends."""
    while os.read(sys.stdin.fileno(), 1024):  # a buffered read would hold a lock that the end needs
        pass
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
