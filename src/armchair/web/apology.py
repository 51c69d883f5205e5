"""An error as a page, for whoever opened an address in a browser: what is wrong, and a way on."""

from __future__ import annotations

from html import escape

from armchair.web.outer.base_path import moved

TITLES = {
    401: "You are not signed in",
    403: "This page is not for you",
    404: "There is nothing here",
    429: "Too many tries",
    501: "This is not installed",
    503: "This cannot be shown now",
}
OTHER = "Something went wrong"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>armchair: {title}</title><link rel="icon" href="data:,"><script src="/assets/theme.js"></script>
<link rel="stylesheet" href="/assets/login.css"></head>
<body class="login"><main class="card"><div class="brand"><span>armchair</span></div>
<h1>{title}</h1><p>{text}</p><p class="ways"><a class="primary" href="{where}">{way}</a></p></main>
</body></html>
"""


def apology(status: int, text: str, base: str = "") -> str:
    """The page. text: one sentence, which may be written by others. base: as in `moved`."""
    where, way = ("/login", "Sign in") if status == 401 else ("/", "Back to the first page")
    sentence = text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
    page = moved(PAGE, base).replace("{where}", f"{base}{where}")  # not what others wrote
    return page.format(title=TITLES.get(status, OTHER), text=escape(sentence), way=way)


def wants_page(method: str, path: str, accept: str) -> bool:
    """Whether a browser went there itself: calls of the API get JSON, whatever they accept."""
    return method == "GET" and "text/html" in accept and not path.startswith("/api/")
