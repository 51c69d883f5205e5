"""Files that are sent as they are: those that our pages were bundled into, and the 3D scene."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.responses import Response

from armchair.web.outer.base_path import moved

STATIC = Path(__file__).parents[1] / "static"
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
MOST = 100  # files that are kept in memory


class Asset(NamedTuple):
    """A file as it is sent."""

    data: bytes
    packed: bytes | None  # gzip, where that helps
    tag: str  # ETag
    media_type: str

    def response(self, headers: Headers, status: int = 200) -> Response:
        """The file; nothing but "unchanged" where the browser has it already. headers: of the request."""
        about = {"ETag": self.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if status == 200 and headers.get("if-none-match") == self.tag:
            return Response(status_code=304, headers=about)
        if self.packed is not None and "gzip" in headers.get("accept-encoding", ""):
            about["Content-Encoding"] = "gzip"
            return Response(self.packed, status, about, self.media_type)
        return Response(self.data, status, about, self.media_type)


def find(name: str, base: str = "") -> Asset | None:
    """The bundle's file of that name, read again when it has changed; None when there is none.

    base: the path below which a page's links lead. The name is looked up among those there are and never
    joined to a path.
    """
    files = {file.name: file for file in STATIC.iterdir()} if STATIC.is_dir() else {}
    file = files.get(name)
    if file is None or file.suffix not in MEDIA_TYPES or not file.is_file():
        return None
    return _load(file, file.stat().st_mtime_ns, base)


@lru_cache(maxsize=MOST)
def _load(file: Path, changed: int, base: str) -> Asset:
    data = file.read_bytes()
    if file.suffix == ".html":
        data = moved(data.decode(), base).encode()
    packed = gzip.compress(data, 9, mtime=0) if file.suffix in PACKED else None
    tag = f'"{hashlib.sha256(data).hexdigest()[:20]}"'
    return Asset(data, packed, tag, MEDIA_TYPES[file.suffix])
