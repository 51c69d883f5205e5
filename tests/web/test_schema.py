"""Whatever is sent to the API, within its schema or not, it never fails with an error of its own."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

SKIPPED = {"/api/events", "/api/logout", "/api/login"}  # endless, ends the session, begins another one


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_request_makes_the_server_fail(place: Any, owner: Any, app: Any) -> None:
    place.ask(40)
    schema = schemathesis.openapi.from_dict(app.openapi())
    owner.get("/api/state").raise_for_status()
    visited = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path in SKIPPED:
            continue
        visited += 1
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            send(operation, mode, owner, place)
    assert visited >= 14


def send(operation: Any, mode: GenerationMode, owner: Any, place: Any) -> None:
    """Send requests that the schema allows, or (negative) that it does not."""
    strategy = operation.as_strategy(generation_mode=mode)

    @given(case=strategy)
    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def once(case: Any) -> None:
        place.store.people.exclude("olga", False)  # in case that was the last request
        kwargs = case.as_transport_kwargs(base_url="http://localhost")
        kwargs["headers"] = dict(kwargs.get("headers") or {}) | {"X-Armchair": "1"}
        kwargs.pop("cookies", None)
        response = owner.request(follow_redirects=False, **kwargs)
        assert response.status_code < 500, (operation.path, kwargs, response.text)
        if response.status_code >= 400 and response.headers["content-type"] == "application/json":
            assert set(response.json()) == {"error", "code"}, response.text

    if mode is GenerationMode.POSITIVE:
        once()
    else:
        with contextlib.suppress(Unsatisfiable):  # where nothing can be wrong
            once()


@pytest.mark.slow
@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_no_body_makes_the_server_fail(app: Any, owner: Any, body: bytes) -> None:
    for path in ("/api/answers", "/api/pairs", "/api/undo", "/api/settings"):
        response = owner.post(path, content=body, headers={"Content-Type": "application/json"})
        assert response.status_code < 500
