"""The replay's page with something to play in it."""

from __future__ import annotations

import base64
import json

from armchair.jsonable import Json

PLACE = "@REPLAY_JSON@"  # in the template, once


def filled(template: str, data: dict[str, Json]) -> str:
    """The template with what it is to play."""
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")  # no tag can end the script
    return template.replace(PLACE, text)


def packed(data: bytes) -> str:
    """Bytes as the page reads them."""
    return base64.b64encode(data).decode("ascii")
