"""Where a model is and how it is asked; nothing is imported for it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from armchair.errors import InvalidInput


@dataclass(frozen=True)
class Service:
    """Where the model is and how it is asked."""

    model: str
    """What the server calls it."""
    url: str
    """Its base, such as http://127.0.0.1:8000/v1."""
    timeout: float = 60.0
    """s that one try of a request may take."""
    reply: int = 1000
    """Tokens that a reply may have; a model that thinks aloud needs more."""
    temperature: float | None = None
    """None: the server's own."""


def check_url(url: str) -> None:
    """Raises InvalidInput for what is no http or https URL, and for one with a password in it."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable, parts = False, urlsplit("")
    if not usable:
        raise InvalidInput(
            "--base-url takes the http or https address of a server's API, such as http://127.0.0.1:8000/v1, "
            f"got {url!r}"
        )
    if parts.username or parts.password:
        raise InvalidInput("leave name and password out of --base-url: a key goes into OPENAI_API_KEY")
