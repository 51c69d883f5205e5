"""For whatever watches over the process: a container's probes, a proxy, a supervisor. No facts about runs."""

from __future__ import annotations

from fastapi import APIRouter, Response

from armchair.web.context import EntranceDep

router = APIRouter(include_in_schema=False)


@router.api_route("/healthz", methods=["GET", "HEAD"])
async def healthy() -> Response:
    """The process listens and answers."""
    return Response("ok\n", media_type="text/plain")


@router.api_route("/readyz", methods=["GET", "HEAD"])
async def ready(context: EntranceDep) -> Response:
    """The store can be read: 200, or 503."""
    if await context.ready.now():
        return Response("ready\n", media_type="text/plain")
    return Response("not ready\n", 503, media_type="text/plain", headers={"Retry-After": "5"})
