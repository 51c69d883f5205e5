"""Teaching a wish on a finished skill, from the list: its own clips to look at, and the run's beginning."""

from __future__ import annotations

import gzip
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Request, Response

from armchair.config.clip import EPISODE, MOMENT, USUAL, clip_length
from armchair.errors import ArmchairError
from armchair.offers.catalogue import TASK_OUTLINES
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.types import Question
from armchair.web.api.clips import BINARY, FOREVER
from armchair.web.api.owner import owner
from armchair.web.api.types import Id
from armchair.web.caches.clips import ClipRef, Clips
from armchair.web.errors import refuse
from armchair.web.pages import send_page
from armchair.web.runs.api import Parts, Run
from armchair.web.runs.types import Begun, Judged, NewWish, Skill

EXAMPLES = 5  # pairs of the skill's own clips,
LATEST = 40  # of so many that were put last
STEP = 0.05  # s, where a run does not say how long a control step is
CLIP_LENGTH = 20  # control steps, where it does not say that

page = APIRouter(include_in_schema=False)
router = APIRouter(prefix="/api/runs/{name}", dependencies=[Depends(owner)])


@page.get("/wish")
def wish_page(request: Request) -> Response:
    """The page on which a wish is put into words; which run's is behind the question mark."""
    return send_page("wish.html", request.headers)


@router.get("/skill")
def skill(run: Run) -> Skill:
    """What there is to see of a finished skill before a wish is taught on top of it."""
    with _store(run) as store:
        try:
            config, status, pairs = run.config(), store.board.status(), _examples(store)
            refs = _refs(run, store, pairs)
        except ArmchairError as error:
            refuse(409, "conflict", str(error))
        scene = store.board.asset_version("scene") is not None
    told = None if status is None else status.value.get("control_dt")
    step = float(told) if isinstance(told, int | float) and told > 0 else STEP
    task, queries = str(config.get("task", "")), config.get("queries")
    usual = queries.get("clip_length") if isinstance(queries, dict) else None
    return {
        "name": run.name,
        "task": task,
        "control_dt": step,
        "scene": scene,
        "pairs": [{"left": refs[pair.left], "right": refs[pair.right]} for pair in pairs],
        "judged": _judged(task, usual if isinstance(usual, int) else CLIP_LENGTH, step),
    }


def _examples(store: Store) -> list[Question]:
    """Of the pairs that were asked about last those that begin earliest, where most is yet to happen."""
    latest = store.put()[-LATEST:]
    begins = {name: store.replay(name).start for pair in latest for name in (pair.left, pair.right)}
    found: list[Question] = []
    seen: set[str] = set()  # each clip only once
    for question in sorted(latest, key=lambda pair: begins[pair.left] + begins[pair.right]):
        if not seen & {question.left, question.right}:
            found.append(question)
            seen |= {question.left, question.right}
        if len(found) == EXAMPLES:
            break
    return found


def _refs(run: RunDir, store: Store, pairs: list[Question]) -> dict[str, ClipRef]:
    """The clips, at the addresses that they have here."""
    at = f"/api/runs/{quote(run.name, safe='')}"
    return {
        name: {**ref, "url": f"{at}/clips/{name}", "film": f"{at}/clips/{name}/film"}
        for name, ref in Clips(store).refs(pairs).items()
    }


def _judged(task: str, usual: int, step: float) -> list[Judged]:
    """Over which times one may judge, and how long they are."""
    outline = TASK_OUTLINES.get(task)
    words = (MOMENT, USUAL) if outline is None else (MOMENT, USUAL, EPISODE)
    horizon = None if outline is None else outline.horizon
    return [{"clip": word, "seconds": round(step * clip_length(word, usual, horizon), 3)} for word in words]


@router.post("/wish")
def begin_wish(given: NewWish, run: Run, parts: Parts) -> Begun:
    """Begin a run of a wish on top of this skill; answered once its trainer is at work, or with why not."""
    question = " ".join(given.question.split())
    words = ["--policy", str(run.path), f"--wish={question}", f"--clip={given.clip}"]
    try:
        return {"name": parts.launcher.teach(words, parts.listing.root).name}
    except ArmchairError as error:
        refuse(422, "bad", str(error).removeprefix("the command line: "))


# ---- what is shown of it


@router.get("/clips/{clip}", response_class=Response, responses={200: {"content": {BINARY: {}}}})
def poses(clip: Id, run: Run, accept_encoding: Annotated[str, Header()] = "") -> Response:
    """A clip's poses, as the run's own page has them."""
    with _store(run) as store:
        packed = Clips(store).poses(clip)
    about = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if "gzip" in accept_encoding:
        return Response(packed, headers=about | {"Content-Encoding": "gzip"}, media_type=BINARY)
    return Response(gzip.decompress(packed), headers=about, media_type=BINARY)


@router.get("/clips/{clip}/film", response_class=Response, responses={200: {"content": {"video/mp4": {}}}})
def film(clip: Id, run: Run) -> Response:
    """The film that was stored with a clip; none is drawn here."""
    with _store(run) as store:
        found = Clips(store).film(clip)
    if found is None:
        refuse(404, "not_found", "no film is stored with this clip")
    return Response(found, headers={"Cache-Control": FOREVER}, media_type="video/mp4")


@router.get("/scene", response_class=Response, responses={200: {"content": {BINARY: {}}}})
def scene(request: Request, run: Run) -> Response:
    """The bodies that move in the clips, and what stands around them."""
    with _store(run) as store:
        found = Clips(store).asset("scene")
    if found is None:
        refuse(404, "not_found", "this run has no 3D scene")
    return found.response(request.headers)


@contextmanager
def _store(run: RunDir) -> Generator[Store]:
    """The run's answers and clips; refuses where they cannot be read."""
    try:
        store = Store.open(run.store, create=False)
    except ArmchairError as error:
        refuse(409, "conflict", str(error))
    with store:
        yield store
