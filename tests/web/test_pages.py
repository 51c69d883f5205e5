"""Pages and their files: sent packed, unchanged ones not again, and a clear word when they were not built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from armchair.web.app import create_app
from armchair.web.caches import assets
from armchair.web.options import Options

PAGE = {"X-Armchair": "1"}


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small bundle in place of the real one."""
    folder = tmp_path / "static"
    folder.mkdir()
    for name in ("index.html", "login.html", "play.html"):
        (folder / name).write_text(f"<title>{name}</title>")
    (folder / "label.js").write_text("export const version = 1;" * 100)
    (folder / "notes.secret").write_text("not to be sent")
    (folder / "more").mkdir()
    monkeypatch.setattr(assets, "STATIC", folder)
    return folder


def test_the_pages(static: Path, ann: TestClient) -> None:
    assert "index.html" in ann.get("/").text
    assert "login.html" in ann.get("/login").text
    assert ann.get("/play").status_code == 404  # nothing was given to play
    assert ann.get("/").headers["cache-control"] == "no-cache"


def test_the_play_page_where_something_plays(place: Any) -> None:
    async def player(socket: Any) -> None:
        await socket.close()

    app = create_app(place.path, Options(run="x", dashboard=False, player=player))
    with TestClient(app, "http://localhost", headers=PAGE) as ann:
        ann.post("/api/login", json={"token": place.store.people.invite("ann")})
        assert ann.get("/play").status_code in (200, 503)  # 503: not built here


def test_a_file_is_packed_and_not_sent_again(static: Path, stranger: TestClient) -> None:
    first = stranger.get("/assets/label.js")
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.text.startswith("export const version = 1;")
    tag = {"If-None-Match": first.headers["etag"]}
    assert stranger.get("/assets/label.js", headers=tag).status_code == 304
    (static / "label.js").write_text("export const version = 2;")
    again = stranger.get("/assets/label.js", headers=tag)
    assert (again.status_code, again.text) == (200, "export const version = 2;")


@pytest.mark.parametrize("name", ["notes.secret", "more", "index.html", "nothing.js", ".", "label.js."])
def test_only_the_bundles_files_are_sent(static: Path, stranger: TestClient, name: str) -> None:
    assert stranger.get(f"/assets/{name}").status_code in (401, 404)


def test_a_page_that_was_not_built_says_how_to_build_it(
    ann: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "STATIC", tmp_path / "nowhere")
    response = ann.get("/")
    assert response.status_code == 503
    for words in ("page was not built", "Node.js 20", "pip install", "make page"):
        assert words in response.text
