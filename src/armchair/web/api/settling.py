"""After the budget: comparing the newest policy with an older one, blind, and going back to the older one."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from typing_extensions import TypedDict

from armchair.errors import ArmchairError
from armchair.feedback.settling import Outcome
from armchair.runs.folder import RunDir
from armchair.runs.older import can_go_back, use_newest, use_older
from armchair.store import settling
from armchair.store.settling import Offer
from armchair.store.trainer_lock import trainer_of
from armchair.web.api.owner import owner
from armchair.web.api.types import Settle, UseOlder
from armchair.web.caches.snapshots import Snapshot
from armchair.web.context import Context, ContextDep
from armchair.web.errors import refuse

router = APIRouter(dependencies=[Depends(owner)])


class SettlingState(TypedDict):
    """The round of comparisons after the budget."""

    on: bool
    given: int
    of: int
    """Pairs there are."""
    outcome: Outcome
    wins: int
    """Of the newest policy."""
    ties: int
    losses: int
    older: int
    """Answers after which the older policy was as it is in the clips; newest: the same of the other."""
    newest: int
    older_success: float | None
    used: bool
    """Whether the older one is the run's policy now."""
    can_use: bool


def settling_state(snapshot: Snapshot, context: Context, *, shown: bool) -> SettlingState | None:
    """As the page has it; None where there is nothing to compare. shown: whether success is told."""
    offer, found = snapshot.offer, snapshot.settled
    if offer is None or snapshot.phase != "done":
        return None
    given = found.wins + found.ties + found.losses
    return {
        "on": goes_on(snapshot),
        "given": given,
        "of": len(offer.questions),
        "outcome": found.outcome,
        "wins": found.wins,
        "ties": found.ties,
        "losses": found.losses,
        "older": offer.older,
        "newest": offer.newest,
        "older_success": offer.older_success if shown else None,
        "used": offer.used,
        "can_use": context.options.run_path is not None and can_go_back(RunDir(context.options.run_path)),
    }


def goes_on(snapshot: Snapshot) -> bool:
    """Whether the round is under way: wanted, and undecided. When its pairs run out it is over, too."""
    offer = snapshot.offer
    if offer is None or not offer.on or snapshot.phase != "done" or snapshot.settled.outcome != "unknown":
        return False
    return snapshot.counts.settling < len(offer.questions)


@router.post("/api/run/settle", status_code=204)
def settle(given: Settle, context: ContextDep) -> Response:
    """Begin with the comparisons, or end them."""
    with context.writing:
        offer = _offer(context)
        (settling.begin if given.on else settling.end)(context.store, offer)
    return Response(status_code=204)


@router.post("/api/run/policy", status_code=204)
def choose_policy(given: UseOlder, context: ContextDep) -> Response:
    """Make the older policy the run's, or the newest again."""
    path = context.options.run_path
    if path is None:
        refuse(409, "no_folder", "the run's folder is not on this machine")
    run = RunDir(path)
    with context.writing:
        offer = _offer(context)
        if trainer_of(run) is not None:
            refuse(409, "busy", "training goes on: wait until it is done")
        try:
            (use_older if given.older else use_newest)(run)
        except ArmchairError as error:
            refuse(409, "no_policy", str(error))
        settling.write(context.store.board, offer._replace(used=given.older))
    return Response(status_code=204)


def _offer(context: Context) -> Offer:
    offer = settling.read(context.store.board)
    if offer is None:
        refuse(409, "nothing", "there is nothing to compare in this run")
    return offer
