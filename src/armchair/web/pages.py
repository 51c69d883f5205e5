"""Our own pages and the files they are made of, as bundled at build time."""

from __future__ import annotations

import gzip
import hashlib
import threading
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import Headers

from armchair.web.api.errors import refuse
from armchair.web.context import Here

STATIC = Path(__file__).parent / "static"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
PACKED = (".css", ".html", ".js", ".json", ".svg", ".txt", ".webmanifest")
NOT_BUILT = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>armchair: the page was not built</title>"
    "<h1>The page was not built</h1><p>The server runs, but its page was left out when armchair was "
    "installed, because Node.js was missing. Install Node.js 20 or newer, then run <code>pip install</code> "
    "again, or <code>make page</code> in a checkout. Nothing is lost: questions and answers are in the run's "
    "store.</p></html>"
)

router = APIRouter(include_in_schema=False)


class Asset(NamedTuple):
    """A file as it is sent."""

    data: bytes
    packed: bytes | None  # gzip, where that helps
    tag: str  # ETag
    media_type: str


class Assets:
    """The bundle's files by name. A name is looked up among those there are and never joined to a path."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._read: dict[str, tuple[int, Asset]] = {}  # by name, with the time of the last change

    def find(self, name: str) -> Asset | None:
        """The file of that name, read again when it has changed; None when there is none."""
        there = {file.name: file for file in self._folder.iterdir()} if self._folder.is_dir() else {}
        file = there.get(name)
        if file is None or file.suffix not in MEDIA_TYPES or not file.is_file():
            return None
        changed = file.stat().st_mtime_ns
        with self._lock:
            known = self._read.get(name)
            if known is None or known[0] != changed:
                known = self._read[name] = (changed, _load(file))
            return known[1]


def _load(file: Path) -> Asset:
    data = file.read_bytes()
    packed = gzip.compress(data, 9, mtime=0) if file.suffix in PACKED else None
    tag = f'"{hashlib.sha256(data).hexdigest()[:20]}"'
    return Asset(data, packed, tag, MEDIA_TYPES[file.suffix])


def send_asset(asset: Asset, headers: Headers, status: int = 200) -> Response:
    """The file; nothing but "unchanged" where the browser has it already."""
    about = {"ETag": asset.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if status == 200 and headers.get("if-none-match") == asset.tag:
        return Response(status_code=304, headers=about)
    if asset.packed is not None and "gzip" in headers.get("accept-encoding", ""):
        about["Content-Encoding"] = "gzip"
        return Response(asset.packed, status, about, asset.media_type)
    return Response(asset.data, status, about, asset.media_type)


def send_page(assets: Assets, name: str, headers: Headers, status: int = 200) -> Response:
    """One of our pages, or the word that it was not built."""
    asset = assets.find(name)
    if asset is None:
        return Response(NOT_BUILT, 503 if status == 200 else status, media_type="text/html")
    return send_asset(asset, headers, status)


def ask_to_log_in(assets: Assets) -> Response:
    """The login page in place of one that needs a session."""
    return send_page(assets, "login.html", Headers({}), status=401)


@router.get("/")
def label_page(request: Request, here: Here) -> Response:
    """The labelling page."""
    return send_page(here.assets, "index.html", request.headers)


@router.get("/login")
def login_page(request: Request, here: Here) -> Response:
    """Reads the token from the link and exchanges it for a session."""
    return send_page(here.assets, "login.html", request.headers)


@router.get("/play")
def play_page(request: Request, here: Here) -> Response:
    """The live viewer, where the server was given something to play."""
    if here.options.player is None:
        refuse(404, "not_found", "nothing plays live here: start it with `armchair play RUN`")
    return send_page(here.assets, "play.html", request.headers)


@router.get("/dashboard")
def to_dashboard(here: Here) -> Response:
    """The dashboard's files lie below its address, which therefore ends in a slash."""
    if not here.options.dashboard:
        refuse(404, "not_found", "this server has no dashboard")
    return RedirectResponse("/dashboard/", 307)


@router.get("/assets/{name}")
def asset(name: str, request: Request, here: Here) -> Response:
    """A script, a style sheet or a picture of our pages."""
    found = None if name.endswith(".html") else here.assets.find(name)
    if found is None:
        refuse(404, "not_found", "there is no such file")
    return send_asset(found, request.headers)


@router.get("/favicon.ico")
def icon(request: Request, here: Here) -> Response:
    """Browsers ask for it unbidden."""
    found = here.assets.find("favicon.ico")
    return Response(status_code=204) if found is None else send_asset(found, request.headers)
