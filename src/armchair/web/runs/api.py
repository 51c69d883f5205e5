"""The endpoints behind the list: looking, beginning, opening, going on, stopping."""

from __future__ import annotations

from functools import partial
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.requests import HTTPConnection

from armchair.errors import ArmchairError, InvalidInput
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.web.api.owner import owner
from armchair.web.api.training import go_on
from armchair.web.api.types import TaughtOn, TeachOn
from armchair.web.errors import refuse
from armchair.web.pages import send_page
from armchair.web.processes.launcher import stop
from armchair.web.runs.context import RunsContext
from armchair.web.runs.listing import printable
from armchair.web.runs.types import Begun, NewRun, Opened, PresetList, Runs, Wanted

OWNER = "owner"
SECONDS = 60.0  # that a link to a run's page can be used
PATHS = {"label": "/login", "dashboard": "/login?to=dashboard"}

page = APIRouter(include_in_schema=False)
router = APIRouter(prefix="/api", dependencies=[Depends(owner)])


async def get_context(connection: HTTPConnection) -> RunsContext:
    """The server's parts."""
    return cast(RunsContext, connection.app.state.context)


Parts = Annotated[RunsContext, Depends(get_context)]


async def find_run(name: Annotated[str, Path(max_length=255)], parts: Parts) -> RunDir:
    """The run that a request is about."""
    run = parts.listing.find(name)
    if run is None:
        refuse(404, "not_found", f"there is no run {name} any more")
    return run


Run = Annotated[RunDir, Depends(find_run)]


@page.get("/")
def runs_page(request: Request) -> Response:
    """The list."""
    return send_page("runs.html", request.headers)


@router.get("/runs")
def runs(parts: Parts) -> Runs:
    """How all of them stand."""
    return {"folder": printable(str(parts.listing.root)), "runs": parts.listing.rows()}


@router.get("/presets")
def presets(parts: Parts) -> PresetList:
    """What a new run may begin with."""
    try:
        return {"presets": parts.presets.found()}
    except ArmchairError as error:
        refuse(503, "store", str(error))


@router.post("/runs")
def begin(given: NewRun, parts: Parts) -> Begun:
    """Begin a run; answered once its trainer is at work, or with why there is none."""
    words = ["--config", given.preset]
    for flag in ("labels", "seed"):
        value = cast("int | None", getattr(given, flag))
        words += [] if value is None else [f"--{flag}={value}"]
    if question := " ".join(given.question.split()):
        words.append(f"--question={question}")
    if given.preset not in {preset["name"] for preset in presets(parts)["presets"]}:
        raise InvalidInput(f"there is no preset {given.preset!r}")  # a file's path is not for the browser
    try:
        return {"name": parts.launcher.teach(words, parts.listing.root).name}
    except ArmchairError as error:
        refuse(422, "bad", str(error).removeprefix("the command line: "))


@router.post("/runs/{name}/open")
def open_run(given: Wanted, run: Run, parts: Parts) -> Opened:
    """Serve a run's page, where it is not served yet, and let the browser in."""
    try:
        address = parts.pages.open(run)
        with Store.open(run.store, create=False) as store:
            token = store.people.invite(OWNER, "owner", seconds=SECONDS)
    except ArmchairError as error:
        refuse(409, "conflict", str(error))
    return {"url": f"{address}{PATHS[given.page]}#{token}"}


@router.post("/runs/{name}/teach-on")
def teach_on(given: TeachOn, run: Run, parts: Parts) -> TaughtOn:
    """Raise a run's budget if need be, and see to it that a trainer is at work."""
    start = partial(parts.launcher.resume, run)
    try:
        if run.config().get("command") == "train":
            return {"labels": None, "started": start()}
        with Store.open(run.store, create=False) as store:
            return go_on(store, given.labels, start, parts.writing)
    except ArmchairError as error:
        refuse(409, "conflict", str(error))


@router.post("/runs/{name}/stop", status_code=204)
def stop_run(run: Run) -> Response:
    """Ask the trainer to leave a checkpoint and end."""
    stop(run)
    return Response(status_code=204)
