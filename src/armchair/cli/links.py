"""The way to a page: links to print, a QR code for the phone, the browser opened."""

from __future__ import annotations

import io
import os
import sys
import threading
import webbrowser
from collections.abc import Sequence
from typing import NamedTuple

from armchair.cli.report import Report
from armchair.errors import InvalidInput
from armchair.store.store import Store
from armchair.web.options import is_loopback

OWNER = "owner"  # the name under which whoever starts a run answers


class Door(NamedTuple):
    """How a page is to be reached, as the command line has it."""

    host: str
    port: int
    browser: bool  # open one
    invite: tuple[str, ...] = ()  # names of further people


def check_door(door: Door, invited: bool) -> None:
    """InvalidInput for a page that others can reach while nobody is invited.

    invited: whether somebody was already invited to this run.
    """
    if not is_loopback(door.host) and not door.invite and not invited:
        raise InvalidInput(
            f"{door.host} can be reached by others, so say who may answer: --host {door.host} --invite NAME"
        )
    if OWNER in door.invite:
        raise InvalidInput(f"{OWNER} is the name of whoever started the run: choose another for --invite")


class Invitation(NamedTuple):
    """A way in for one browser, once."""

    name: str
    token: str


def invite(store: Store, door: Door) -> list[Invitation]:
    """Invite whoever started the run and the others; off loopback the server wants that before it starts.

    The owner gets two: the link that is printed, and last the one that the browser is opened with.
    """
    others = [Invitation(name, store.people.invite(name)) for name in door.invite]
    first, *last = (
        Invitation(OWNER, store.people.invite(OWNER, "owner")) for _ in range(1 + int(door.browser))
    )
    return [first, *others, *last]


def show_links(invited: Sequence[Invitation], door: Door, where: str, report: Report) -> None:
    """Print the links to the page, with QR codes for phones; open the browser if wanted.

    where: the page's address.
    """
    printed = invited[: len(invited) - int(door.browser)]
    for name, token in printed:
        link = f"{where}/login#{token}"
        report.say(f"answer here: {link}" if name == OWNER else f"for {name}: {link}")
        _show_code(link, door, report)
    if not is_loopback(door.host):
        report.say("links work once each and speak plain HTTP: use them in a network that you trust")
    if door.browser:
        open_browser(f"{where}/login#{invited[-1].token}")


def _show_code(link: str, door: Door, report: Report) -> None:
    """A QR code, where a person looks at a terminal and a phone could follow it."""
    if is_loopback(door.host) or not sys.stdout.isatty():
        return
    import segno

    drawn = io.StringIO()
    segno.make(link, error="l").terminal(drawn, compact=True)
    report.say(drawn.getvalue())


def open_browser(link: str) -> None:
    """Open a link where there is a display; a browser in the terminal would only be in the way."""
    seen = sys.platform != "linux" or any(os.environ.get(key) for key in ("DISPLAY", "WAYLAND_DISPLAY"))
    if seen:
        threading.Thread(target=webbrowser.open, args=[link], daemon=True).start()


def watched(names: Sequence[str] = ("stdin", "stdout")) -> bool:
    """Whether a person sits at the terminal."""
    return all(getattr(sys, name).isatty() for name in names)
