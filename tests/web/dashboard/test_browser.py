"""The dashboard as a browser gets it: behind the login, with the server's content security policy."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from armchair.store.store import Store

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
]
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


@pytest.fixture
def served(own: Any) -> Iterator[tuple[str, str]]:
    """Where the page is served, and an owner's token."""
    with Store.open(own.store) as store:
        token = store.people.invite("olga", "owner")
    command = [sys.executable, "-m", "armchair.web", "--store", own.store, "--run", "reach-001"]
    command += ["--run-path", own.run, "--port", "0", "--stop-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None and server.stdout is not None
        yield json.loads(server.stdout.readline())["listening"], token
        server.stdin.close()
        server.wait(60)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(("size", "scheme"), [("desk", "light"), ("phone", "dark")])
def test_every_page_draws_and_nothing_leaves_the_host(
    served: tuple[str, str], size: str, scheme: Any
) -> None:
    from playwright.sync_api import expect, sync_playwright

    origin, token = served
    width, height = SIZES[size]
    asked: list[str] = []
    wrong: list[str] = []
    with sync_playwright() as playwright:
        executable = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        login = context.request.post(
            f"{origin}/api/login", data={"token": token}, headers={"X-Armchair": "1"}
        )
        assert login.status == 204
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if "Policy" in message.text else None)
        for path, title in (("", "Training"), ("labels", "Labels"), ("compare", "Compare")):
            page.goto(f"{origin}/dashboard/{path}")
            expect(page.get_by_role("heading", name=title)).to_be_visible(timeout=60_000)
            expect(page.locator("canvas.marks, svg.marks").first).to_be_attached(timeout=60_000)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        expect(page.locator("a.way-back")).to_have_attribute("href", "/")
        page.goto(f"{origin}/dashboard/settings")
        page.get_by_label("Name of the annotator").fill("carla")
        page.get_by_role("button", name="Make a link").click()
        expect(page.get_by_text(f"{origin}/login#")).to_be_visible()
        browser.close()
    assert not wrong
    inside = (origin, origin.replace("http", "ws"), "data:", "blob:")
    assert asked and not [url for url in asked if not url.startswith(inside)]
