"""How people get to a page: links to print, a QR code for the phone, the browser opened."""

from __future__ import annotations

import io
import os
import sys
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from armchair.cli.flags import PageFlags
from armchair.cli.report import Report
from armchair.errors import InvalidInput
from armchair.store.store import Store
from armchair.web.options import check_cookie, is_loopback
from armchair.web.serve import anyone_invited, check_port

OWNER = "owner"  # the name under which whoever starts a run answers


def check_page(flags: PageFlags, store: Path | str | None = None) -> None:
    """Whether the page can be served so, before anything is made. store: that of a run that exists.

    Raises InvalidInput for a page that others can reach while nobody is invited, PortTaken.
    """
    if store is None or (isinstance(store, Path) and not store.is_file()):
        invited = False
    else:
        invited = anyone_invited(store)
    if not (is_loopback(flags.host) or flags.invite or invited):
        host = flags.host
        raise InvalidInput(
            f"{host} can be reached by others, so say who may answer: --host {host} --invite NAME"
        )
    check_cookie(flags.cookie)
    if OWNER in flags.invite:
        raise InvalidInput(f"{OWNER} is the name of whoever started the run: choose another for --invite")
    check_port(flags.host, flags.port)


class Invitation(NamedTuple):
    """A way in for one browser, once."""

    name: str
    token: str


def invite(store: Store, flags: PageFlags) -> list[Invitation]:
    """Invite whoever started the run and the others; off loopback the server wants that before it starts.

    The owner gets two: the link that is printed, and last the one that the browser is opened with.
    """
    others = [Invitation(name, store.people.invite(name)) for name in flags.invite]
    count = 1 if flags.no_open else 2
    first, *last = (Invitation(OWNER, store.people.invite(OWNER, "owner")) for _ in range(count))
    return [first, *others, *last]


def show_links(invited: Sequence[Invitation], flags: PageFlags, where: str, report: Report) -> None:
    """Print the links to the page, with QR codes for phones; open the browser if wanted.

    where: the page's address.
    """
    for name, token in invited if flags.no_open else invited[:-1]:
        link = f"{where}/login#{token}"
        report.say(f"answer here: {link}" if name == OWNER else f"for {name}: {link}")
        _show_code(link, flags, report)
    if not is_loopback(flags.host):
        report.say("links work once each and speak plain HTTP: use them in a network that you trust")
    if not flags.no_open:
        open_browser(f"{where}/login#{invited[-1].token}")


def _show_code(link: str, flags: PageFlags, report: Report) -> None:
    """A QR code, where a person looks at a terminal and a phone could follow it."""
    if is_loopback(flags.host) or not sys.stdout.isatty():
        return
    import segno

    drawn = io.StringIO()
    segno.make(link, error="l").terminal(drawn, compact=True)
    report.say(drawn.getvalue())


def open_browser(link: str) -> None:
    """Open a link where there is a display; a browser in the terminal would only be in the way."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        threading.Thread(target=webbrowser.open, args=[link], daemon=True).start()
