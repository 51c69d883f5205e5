"""Where the dashboard reads and writes. Streamlit runs its script in threads of the server's process, so
whoever starts it says data, once, which store it shows.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import NamedTuple

from armchair.errors import StoreError
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.web.options import Films

OPTIONS: dict[str, str | bool | int] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "type",  # no paths of this machine
    "client.showErrorLinks": False,
    "client.showSidebarNavigation": False,
    "client.toolbarMode": "minimal",
    "runner.magicEnabled": False,
    "server.enableStaticServing": False,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxUploadSize": 1,  # MB; the gate allows less
    "server.runOnSave": False,
    "theme.light.primaryColor": "#ad4409",
    "theme.dark.primaryColor": "#c25a1a",
}
"""Options of Streamlit that the dashboard needs. Colours are set for light and dark alike, because one colour
for both would fix the theme: left alone, it follows the browser's."""


class Source(NamedTuple):
    """The store that is shown, and what lies around it."""

    store: Store
    run: RunDir | None  # the run's folder; None for a store on its own
    films: Films | None  # clip id -> MP4; ArmchairError where it cannot be drawn
    cookie: str = ""  # that holds a visitor's session
    base: str = ""  # the path below which the page is


class _Shown:
    """What `use` named, and the store once it is open."""

    lock = Lock()
    where: str | Path | None = None
    run: Path | None = None
    films: Films | None = None
    cookie = base = ""
    source: Source | None = None


def use(
    url_or_path: str | Path,
    run_path: Path | None = None,
    *,
    films: Films | None = None,
    cookie: str = "",
    base: str = "",
) -> None:
    """Say which store is to be shown; it is opened at the first look. It must exist.

    run_path: the run's folder, beside whose siblings it is shown. films: draws a clip that has no film.
    cookie: the name of that which holds a visitor's session. base: the path below which the page is.
    """
    close()
    with _Shown.lock:
        _Shown.where, _Shown.run, _Shown.films = url_or_path, run_path, films
        _Shown.cookie, _Shown.base = cookie, base


def current() -> Source:
    """The store to show. Raises StoreError when `use` was not called, or the store cannot be opened."""
    with _Shown.lock:
        if _Shown.source is None:
            if _Shown.where is None:
                raise StoreError("no store was named: call armchair.web.dashboard.source.use first")
            run = RunDir(_Shown.run) if _Shown.run is not None else None
            store = Store.open(_Shown.where, create=False)
            _Shown.source = Source(store, run, _Shown.films, _Shown.cookie, _Shown.base)
        return _Shown.source


def base() -> str:
    """The path below which the page is; empty for none."""
    return _Shown.base


def close() -> None:
    """Close the store if it is open, and show none from now on."""
    with _Shown.lock:
        if _Shown.source is not None:
            _Shown.source.store.close()
        _Shown.where = _Shown.run = _Shown.films = _Shown.source = None
