"""Two clips in 3D as a page of their own, for a frame in the dashboard."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache

from fastapi import APIRouter, Response

from armchair.jsonable import Json
from armchair.playback.page import filled, packed
from armchair.web.api.types import Id
from armchair.web.caches import assets
from armchair.web.context import Context, ContextDep, Viewer
from armchair.web.errors import refuse

STEP = 0.05  # s, where the trainer has not said how long a step is
SIDES = ("Left", "Right")

router = APIRouter(include_in_schema=False)


@router.get("/replay")
def replay(left: Id, right: Id, context: ContextDep, viewer: Viewer) -> Response:
    """The two clips side by side; the page carries all it needs and asks for nothing."""
    if viewer.role != "owner":
        refuse(403, "forbidden", "the replay is for the run's owner")
    page = assets.find("replay.html")
    scene = context.clips.asset("scene")
    if page is None or scene is None:
        refuse(404, "not_found", "this run has no 3D scene, or the page was not built")
    template = page.data.decode()
    data: dict[str, Json] = {
        "title": "",
        "task": context.options.run,
        "dt": _step(context),
        "caption": "",
        "scene": packed(scene.data),
        "clips": [_clip(context, label, name) for label, name in zip(SIDES, (left, right), strict=True)],
    }
    about = {"Content-Security-Policy": policy(template), "X-Frame-Options": "SAMEORIGIN"}
    return Response(filled(template, data), headers=about, media_type="text/html")


def _clip(context: Context, label: str, name: str) -> dict[str, Json]:
    clip = context.store.replay(name)
    if clip.poses is None:
        refuse(404, "not_found", "this clip is a film")
    return {"label": label, "steps": clip.steps, "bodies": clip.bodies, "poses": packed(clip.poses)}


def _step(context: Context) -> float:
    status = context.store.board.status()
    step = status.value.get("control_dt") if status else None
    return float(step) if isinstance(step, int | float) and step > 0 else STEP


@lru_cache(maxsize=2)
def policy(template: str) -> str:
    """Only the template's own scripts and styles, by their hashes; framed by our own pages alone."""
    scripts, styles = (
        " ".join(f"'sha256-{_hash(text)}'" for text in re.findall(rf"<{tag}>(.*?)</{tag}>", template, re.S))
        for tag in ("script", "style")
    )
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'"
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
