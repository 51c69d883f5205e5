"""What is shown: clips by id, and the scene in which they play."""

from __future__ import annotations

import gzip
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from armchair.store.board import CHANGE
from armchair.web.api.types import Id
from armchair.web.context import ContextDep, Viewer
from armchair.web.errors import refuse

FOREVER = "private, max-age=31536000, immutable"
BINARY = "application/octet-stream"

router = APIRouter()


@router.get("/api/clips/{clip}", response_class=Response, responses={200: {"content": {BINARY: {}}}})
async def poses(
    clip: Id, context: ContextDep, viewer: Viewer, accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    """A clip's poses: float32 little-endian (steps, bodies, 7), position in m and quaternion w x y z."""
    packed = context.clips.kept(clip) or await run_in_threadpool(context.clips.poses, clip)
    about = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if "gzip" in accept_encoding:
        return Response(packed, headers=about | {"Content-Encoding": "gzip"}, media_type=BINARY)
    return Response(gzip.decompress(packed), headers=about, media_type=BINARY)


@router.get(
    "/api/clips/{clip}/film", response_class=Response, responses={200: {"content": {"video/mp4": {}}}}
)
async def film(clip: Id, request: Request, context: ContextDep, viewer: Viewer) -> Response:
    """A clip as MP4, stored or drawn now."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    async with context.places.reads.turn(viewer.annotator, gone):
        found = await run_in_threadpool(context.clips.film, clip)
    if found is None:
        found = await context.drawing.film(clip, viewer.annotator, gone)
    return Response(found, headers={"Cache-Control": FOREVER}, media_type="video/mp4")


@router.get("/api/scene", response_class=Response, responses={200: {"content": {BINARY: {}}}})
def scene(request: Request, context: ContextDep, viewer: Viewer) -> Response:
    """The bodies that move in the clips, and what stands around them."""
    found = context.clips.asset("scene")
    if found is None:
        refuse(404, "not_found", "this run has no 3D scene")
    return found.response(request.headers)


@router.get("/api/change", response_class=Response, responses={200: {"content": {BINARY: {}}}})
def change(request: Request, context: ContextDep, viewer: Viewer) -> Response:
    """What the arm did before and does now, on the same goals: a header in JSON and the poses of both."""
    found = context.clips.asset(CHANGE)
    if found is None:
        refuse(404, "not_found", "there is nothing to see yet of what has changed")
    return found.response(request.headers)
