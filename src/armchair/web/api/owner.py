"""What only the run's owner may do: settings, weights of wishes, invitations, people."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Response

from armchair.errors import StoreError
from armchair.feedback import objections
from armchair.store.board import MAX_LABELS
from armchair.store.store import Store
from armchair.web.api.types import (
    Excluded,
    Invitation,
    Invited,
    Misunderstood,
    NowSet,
    Pass,
    People,
    PersonRow,
    Said,
    Setting,
    Weighed,
    Wishes,
)
from armchair.web.caches.snapshots import budget_of
from armchair.web.context import ContextDep, Viewer
from armchair.web.errors import refuse, unusable
from armchair.web.understanding import Understood, understanding, version_of


async def owner(viewer: Viewer) -> None:
    """Refuses everybody else."""
    if viewer.role != "owner":
        refuse(403, "forbidden", "this is for the run's owner")


Name = Annotated[str, Path(max_length=200, pattern=r"^[^\x00]*$")]

router = APIRouter(dependencies=[Depends(owner)])


@router.post("/api/settings")
def set_setting(given: Setting, context: ContextDep) -> NowSet:
    """Change one setting."""
    with context.writing:
        return {"settings": context.store.board.set_setting(given.key, given.value)}


@router.get("/api/wishes")
def wishes(context: ContextDep) -> Wishes:
    """What is wanted of how the skill is done, and how much of it."""
    return _wishes(context.store)


@router.post("/api/wishes")
def weigh(given: Weighed, context: ContextDep) -> Wishes:
    """Say how much is wanted of a wish. -> all of them."""
    with context.writing:
        context.store.weigh(given.name, given.weight)
    return _wishes(context.store)


def _wishes(store: Store) -> Wishes:
    asked = store.asked_of_wishes()
    rows = ((wish, asked.get(wish.name, 0)) for wish in store.wishes())
    return {
        "wishes": [
            {"name": wish.name, "question": wish.question, "weight": wish.weight, "answers": answers}
            for wish, answers in rows
        ]
    }


@router.get("/api/understood")
def understood(context: ContextDep) -> Understood:
    """What the trainer has understood of a wish, as it told last."""
    found = understanding(context.store.board.status())
    asked = {wish.name: wish.question for wish in context.store.wishes()}
    if found is None or found.wish not in asked:
        refuse(404, "not_found", "nothing is told yet of what was understood")
    try:
        refs = context.clips.refs_of([*found.best, *found.worst])
    except StoreError as error:
        if unusable(error):
            raise
        refuse(404, "not_found", str(error))
    return {
        "wish": found.wish,
        "version": version_of(found),
        "asks": asked[found.wish],
        "best": [refs[name] for name in found.best],
        "worst": [refs[name] for name in found.worst],
        "relations": [{"words": words, "share": share} for words, share in found.relations],
    }


@router.post("/api/misunderstood")
def misunderstood(given: Misunderstood, context: ContextDep) -> Said:
    """Say that something else was meant by a wish than what was understood: more is asked about it."""
    board = context.store.board
    with context.writing:
        status = board.status()
        at = None if status is None else status.value.get("env_steps")
        step = at if isinstance(at, int) else 0
        try:
            count = objections.objected(context.store, given.wish, given.best, given.worst, step)
        except StoreError as error:
            if unusable(error):
                raise
            refuse(404, "not_found", str(error))
        if (budget := budget_of(board.settings(), status)) is not None:
            board.set_setting("labels", min(budget + objections.MORE, MAX_LABELS))
    return {"count": count, "more": objections.MORE}


@router.post("/api/invites")
def invite(given: Invited, context: ContextDep) -> Invitation:
    """Make a link that lets one browser in, once."""
    with context.writing:
        token = context.store.people.invite(given.annotator, given.role)
    return {"path": f"{context.options.base_path}/login#{token}"}


@router.get("/api/people")
def people(context: ContextDep) -> People:
    """Everyone who may answer or has answered, who is logged in, and which links wait to be used."""
    people = context.store.people
    return {
        "people": [cast(PersonRow, person._asdict()) for person in people.people()],
        "sessions": [cast(Pass, session._asdict()) for session in people.sessions()],
        "links": [cast(Pass, link._asdict()) for link in people.invited()],
    }


@router.post("/api/people/{name:path}/sign-out", status_code=204)
def sign_out(name: Name, context: ContextDep) -> Response:
    """End all sessions of somebody, with what they have open."""
    with context.writing:
        context.store.people.sign_out(name)
        context.sessions.clear()
    return Response(status_code=204)


@router.post("/api/people/{name:path}/withdraw", status_code=204)
def withdraw(name: Name, context: ContextDep) -> Response:
    """Have the links that were made for somebody, and not used yet, let nobody in."""
    with context.writing:
        context.store.people.withdraw(name)
    return Response(status_code=204)


@router.post("/api/people/{name:path}/exclude", status_code=204)
def exclude(name: Name, given: Excluded, context: ContextDep) -> Response:
    """Leave someone's answers out, or take them in again; the trainer fits anew."""
    try:
        with context.writing:
            context.store.people.exclude(name, given.excluded)
            context.sessions.clear()
    except StoreError as error:
        if unusable(error):
            raise
        refuse(404, "not_found", str(error))
    return Response(status_code=204)
