"""How people get to a page: links to print, a QR code for the phone, the browser opened."""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import secrets
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from armchair.cli.flags import PageFlags
from armchair.cli.report import Report
from armchair.errors import InvalidInput, RunError
from armchair.runs.home import write_private
from armchair.store.rows.names import folded
from armchair.store.store import Store
from armchair.web.options import Options, check_base_path, check_cookie, is_loopback
from armchair.web.serve import anyone_invited, check_port

REDIRECTS, REDIRECT_SECONDS = "open", 60.0  # where such files are, and for how long
REDIRECT = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0; url={0}">
<title>armchair</title><p><a href="{0}">Open the page</a></p></html>
"""
OWNER = "owner"  # the name under which whoever starts a run answers


def check_page(flags: PageFlags, store: Path | str | None = None) -> None:
    """Whether the page can be served so, before anything is made. store: that of a run that exists.

    Raises InvalidInput for a page that others can reach while nobody is invited, PortTaken.
    """
    if store is None or (isinstance(store, Path) and not store.is_file()):
        invited = False
    else:
        invited = anyone_invited(store)
    if not (is_private(flags) or flags.invite or invited):
        host = next(iter(flags.allow_host), flags.host)
        raise InvalidInput(f"{host} can be reached by others, so say who may answer: add --invite NAME")
    check_cookie(flags.cookie)
    check_base_path(flags.base_path)
    if any(folded(name) == OWNER for name in flags.invite):
        raise InvalidInput(f"{OWNER} is the name of whoever started the run: choose another for --invite")
    check_port(flags.host, flags.port)


class Invitation(NamedTuple):
    """A way in for one browser, once."""

    name: str
    token: str


class Shown(NamedTuple):
    """Where links lead, and where they are told of."""

    where: str  # the page's address
    report: Report
    page: str = ""  # the part of an address that names the owner's first page


def invite(store: Store, flags: PageFlags) -> list[Invitation]:
    """Invite whoever started the run and the others; off loopback the server wants that before it starts.

    The owner gets two: the link that is printed, and last the one that the browser is opened with.
    """
    others = [Invitation(name, store.people.invite(name)) for name in flags.invite]
    count = 1 if flags.no_open else 2
    first, *last = (Invitation(OWNER, store.people.invite(OWNER, "owner")) for _ in range(count))
    return [first, *others, *last]


def show_links(store: Store, invited: Sequence[Invitation], flags: PageFlags, to: Shown) -> None:
    """Print the links to the page, with QR codes for phones; open the browser if wanted.

    Where others can reach it, also who owns the run: they see everything and let others in.
    """
    report = to.report
    for name, token in invited if flags.no_open else invited[:-1]:
        link = f"{to.where}/login{to.page if name == OWNER else ''}#{token}"
        report.say(f"answer here: {link}" if name == OWNER else f"for {name}: {link}")
        _show_code(link, flags, report)
    if not is_private(flags):
        report.say(f"owners of this run, who may do everything on its page: {', '.join(owners(store))}")
        if not flags.https:
            report.say("links work once each and speak plain HTTP: use them in a network that you trust")
    if any(person.excluded and person.name == OWNER for person in store.people.people()):
        report.say(f"{OWNER} is excluded and sees nothing: `armchair annotators RUN --include {OWNER}`")
    if not flags.no_open:
        open_browser(f"{to.where}/login{to.page}#{invited[-1].token}")


def owners(store: Store) -> list[str]:
    """Who owns the run, or has a link that makes them its owner."""
    people = store.people
    there = [person.name for person in people.people() if person.role == "owner"]
    there += [link.name for link in people.invited() if link.role == "owner"]
    return sorted(dict.fromkeys(there))


def is_private(flags: PageFlags) -> bool:
    """Whether only this machine can reach the page."""
    return Options("", host=flags.host, https=flags.https, hosts=flags.allow_host).private


def _show_code(link: str, flags: PageFlags, report: Report) -> None:
    """A QR code, where a person looks at a terminal and a phone could follow it."""
    if is_loopback(flags.host) or not sys.stdout.isatty():
        return
    import segno

    drawn = io.StringIO()
    segno.make(link, error="l").terminal(drawn, compact=True)
    report.say(drawn.getvalue())


def open_browser(link: str) -> None:
    """Open a link where there is a display; a browser in the terminal would only be in the way.

    The browser is started with the name of a file that leads there, which nobody else can read: other users
    of the machine see what programs are started with. Where there can be no such file, none is opened.
    """
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    with contextlib.suppress(RunError):  # the link is printed in any case
        file = write_private(
            f"{REDIRECTS}/{secrets.token_hex(8)}.html", REDIRECT.format(escape(link)).encode()
        )
        atexit.register(file.unlink, missing_ok=True)
        threading.Thread(target=_open, args=[file], daemon=True).start()


def _open(file: Path) -> None:
    webbrowser.open(file.as_uri())
    time.sleep(REDIRECT_SECONDS)
    file.unlink(missing_ok=True)
