"""What only the run's owner may do: settings, invitations, people."""

from __future__ import annotations

import dataclasses
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Response

from armchair.errors import StoreError
from armchair.web.api.errors import refuse, unusable
from armchair.web.api.types import (
    Excluded,
    Invitation,
    Invited,
    NowSet,
    People,
    Setting,
    SettingsRow,
)
from armchair.web.context import Here, Viewer


async def owner(viewer: Viewer) -> None:
    """Refuses everybody else."""
    if viewer.role != "owner":
        refuse(403, "forbidden", "this is for the run's owner")


router = APIRouter(dependencies=[Depends(owner)])


@router.post("/api/settings")
def set_setting(given: Setting, here: Here) -> NowSet:
    """Change one setting."""
    with here.writing:
        settings = here.store.board.set_setting(given.key, given.value)
    return {"settings": cast(SettingsRow, dataclasses.asdict(settings))}


@router.post("/api/invites")
def invite(given: Invited, here: Here) -> Invitation:
    """Make a link that lets one browser in, once."""
    with here.writing:
        token = here.store.people.invite(given.annotator, given.role)
    return {"path": f"/login#{token}"}


@router.get("/api/people")
def people(here: Here) -> People:
    """Everyone who may answer or has answered."""
    return {
        "people": [
            {
                "name": person.name,
                "kind": person.kind,
                "role": person.role,
                "excluded": person.excluded,
                "created": person.created,
                "answers": person.answers,
            }
            for person in here.store.people.people()
        ]
    }


@router.post("/api/people/{name:path}/exclude", status_code=204)
def exclude(name: Annotated[str, Path(max_length=200)], given: Excluded, here: Here) -> Response:
    """Leave someone's answers out, or take them in again; the trainer fits anew."""
    try:
        with here.writing:
            here.store.people.exclude(name, given.excluded)
            here.visitors.forget()
    except StoreError as error:
        if unusable(error):
            raise
        refuse(404, "not_found", str(error))
    return Response(status_code=204)
