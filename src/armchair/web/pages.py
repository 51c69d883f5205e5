"""The pages and the files they load."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import Headers

from armchair.web.caches import assets
from armchair.web.context import ContextDep
from armchair.web.errors import refuse
from armchair.web.outer.base_path import base_of

NOT_BUILT = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>armchair: the page was not built</title>"
    "<h1>The page was not built</h1><p>The server runs, but its page was left out when armchair was "
    "installed, because Node.js was missing. Install Node.js 20 or newer, then run <code>pip install</code> "
    "again, or <code>make page</code> in a checkout. Nothing is lost: questions and answers are in the run's "
    "store.</p></html>"
)

router = APIRouter(include_in_schema=False)
files = APIRouter(include_in_schema=False)  # of any of our servers


def send_page(name: str, headers: Headers, status: int = 200, base: str = "") -> Response:
    """One of our pages, or the word that it was not built. base: the path below which its links lead."""
    asset = assets.find(name, base)
    if asset is None:
        return Response(NOT_BUILT, 503 if status == 200 else status, media_type="text/html")
    return asset.response(headers, status)


@router.get("/")
def label_page(request: Request) -> Response:
    """The labelling page."""
    return send_page("index.html", request.headers, base=base_of(request.scope))


@files.get("/login")
def login_page(request: Request) -> Response:
    """Reads the token from the link and exchanges it for a session."""
    return send_page("login.html", request.headers, base=base_of(request.scope))


@router.get("/play")
def play_page(request: Request, context: ContextDep) -> Response:
    """The live viewer, where the server was given something to play."""
    if context.options.player is None:
        refuse(404, "not_found", "nothing plays live here: start it with `armchair play RUN`")
    return send_page("play.html", request.headers, base=base_of(request.scope))


@router.get("/dashboard")
def to_dashboard(request: Request, context: ContextDep) -> Response:
    """The dashboard's files lie below its address, which therefore ends in a slash."""
    if not context.options.dashboard:
        refuse(404, "not_found", "this server has no dashboard")
    return RedirectResponse(f"{base_of(request.scope)}/dashboard/", 307)


@files.get("/assets/{name}")
def asset(name: str, request: Request) -> Response:
    """A script, a style sheet or a picture of our pages."""
    found = None if name.endswith(".html") else assets.find(name)
    if found is None:
        refuse(404, "not_found", "there is no such file")
    return found.response(request.headers)


@files.get("/favicon.ico")
def icon(request: Request) -> Response:
    """Browsers ask for it unbidden."""
    found = assets.find("favicon.ico")
    return Response(status_code=204) if found is None else found.response(request.headers)
