"""Logging in: a link works once, wrong ones are counted, the cookie is kept from scripts and strangers."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from armchair.web.app import create_app
from armchair.web.caches.throttle import TRIES_PER_CLIENT, WINDOW, Throttle
from armchair.web.options import Options

PAGE = {"X-Armchair": "1"}


def test_a_link_works_once(place: Any, stranger: TestClient, app: FastAPI) -> None:
    token = place.store.people.invite("ann")
    assert stranger.post("/api/login", json={"token": token}).status_code == 204
    assert stranger.get("/api/state").json()["annotator"] == "ann"
    second = TestClient(app, "http://localhost", headers=PAGE)
    refused = second.post("/api/login", json={"token": token})
    assert (refused.status_code, refused.json()["code"]) == (401, "login")
    assert second.get("/api/state").status_code == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(place: Any, stranger: TestClient) -> None:
    response = stranger.post("/api/login", json={"token": place.store.people.invite("ann")})
    cookie = response.headers["set-cookie"].lower()
    assert cookie.startswith("armchair_session_8642=")
    for part in ("httponly", "samesite=strict", "path=/", "max-age="):
        assert part in cookie
    assert "secure" not in cookie and "domain" not in cookie


def test_behind_https_the_cookie_is_secure(place: Any) -> None:
    app = create_app(place.path, Options(run="x", dashboard=False, https=True, hosts=("labels.example.org",)))
    with TestClient(app, "http://labels.example.org", headers=PAGE) as client:
        response = client.post("/api/login", json={"token": place.store.people.invite("ann")})
        assert "secure" in response.headers["set-cookie"].lower()


def test_the_store_holds_no_token(place: Any, stranger: TestClient) -> None:
    token = place.store.people.invite("ann")
    stranger.post("/api/login", json={"token": token})
    session = stranger.cookies["armchair_session_8642"]
    place.store.close()
    with sqlite3.connect(place.path) as database:
        text = "\n".join(database.iterdump())
    for secret in (token, session):
        assert secret not in text
        assert hashlib.sha256(secret.encode()).hexdigest() in text


def test_guessing_is_slowed_down_and_then_goes_on(place: Any, app: FastAPI, stranger: TestClient) -> None:
    now = [0.0]
    app.state.context = app.state.context._replace(throttle=Throttle(lambda: now[0]))
    for _ in range(TRIES_PER_CLIENT):
        assert stranger.post("/api/login", json={"token": "wrong"}).status_code == 401
    refused = stranger.post("/api/login", json={"token": "wrong"})
    assert (refused.status_code, refused.json()["code"]) == (429, "too_often")
    now[0] = WINDOW + 1
    assert stranger.post("/api/login", json={"token": "wrong"}).status_code == 401


def test_those_who_have_the_right_link_are_not_counted(place: Any, stranger: TestClient) -> None:
    for number in range(TRIES_PER_CLIENT + 3):
        token = place.store.people.invite(f"person {number}")
        assert stranger.post("/api/login", json={"token": token}).status_code == 204


def test_a_token_that_is_none_is_refused(stranger: TestClient) -> None:
    for token in ("", "x" * 201, None, 3, ["x"]):
        assert stranger.post("/api/login", json={"token": token}).status_code == 422
    lone = {"content": b'{"token": "\\ud800"}', "headers": {"Content-Type": "application/json"}}
    assert stranger.post("/api/login", **lone).status_code in (401, 422)
