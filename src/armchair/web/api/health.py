"""For whatever watches over the process: a container's probes, a proxy, a supervisor; figures for Prometheus.

Probes tell no facts about runs. Figures do: they are for who knows the token of ARMCHAIR_METRICS_TOKEN.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Response

from armchair.errors import StoreError
from armchair.web.context import Context, ContextDep, EntranceDep
from armchair.web.errors import refuse
from armchair.web.outer.meters import MEDIA, Gauge

_MEMORY = Path("/proc/self/statm")  # not on every system
_PAGE = 4096  # bytes, of the numbers in it

router = APIRouter(include_in_schema=False)
figures = APIRouter(include_in_schema=False)


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


@figures.get("/metrics")
def metrics(context: ContextDep, authorization: Annotated[str, Header()] = "") -> Response:
    """Figures of this server and its run as Prometheus reads them."""
    token = context.options.metrics_token
    if not token:
        refuse(404, "not_found", "there are no figures here: the server was started without a token for them")
    if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
        refuse(401, "login", "figures are for who has the token")
    return Response(context.meters.text(_gauges(context)), media_type=MEDIA)


def _gauges(context: Context) -> Iterator[Gauge]:
    yield Gauge(
        "armchair_start_time_seconds", "When this server began, since the epoch.", context.meters.begun
    )
    cpu = "Seconds of a core that this server has taken."
    yield Gauge("armchair_cpu_seconds_total", cpu, time.process_time(), "counter")
    if _MEMORY.exists():
        pages = int(_MEMORY.read_text(encoding="ascii").split()[1])
        yield Gauge("armchair_resident_bytes", "Memory that this server takes.", pages * _PAGE)
    yield Gauge("armchair_streams", "Open streams of events.", context.hub.watchers)
    yield Gauge("armchair_waiting_writes", "Requests that wait to write.", context.places.writes.waiting)
    yield Gauge("armchair_waiting_reads", "Requests that wait to read.", context.places.reads.waiting)
    try:
        snapshot, counts = context.snapshots.latest(), context.store.counts()
    except StoreError:
        yield Gauge("armchair_store_up", "Whether the store can be read.", 0)
        return
    yield Gauge("armchair_store_up", "Whether the store can be read.", 1)
    yield Gauge("armchair_answers", "Answers that count and are charged to the budget.", counts.asked)
    yield Gauge("armchair_repeats", "Answers to questions that were put again.", counts.repeats)
    yield Gauge("armchair_questions_waiting", "Questions without an answer.", counts.open)
    yield Gauge("armchair_questions_held", "Of these, those in somebody's hands.", counts.leased)
    people = sum(mine.count > 0 for mine in snapshot.mine.values())
    yield Gauge("armchair_annotators", "People and others who have answered.", people)
    if snapshot.budget is not None:
        yield Gauge("armchair_budget", "Answers wanted in all.", snapshot.budget)
    alive = "Whether the trainer reports, or has reported that it is done."
    yield Gauge("armchair_trainer_up", alive, snapshot.alive(time.time()))
