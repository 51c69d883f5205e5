"""`armchair` alone: who types nothing else begins a run, answers, and goes on when its trainer is gone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.store.trainer_lock import trainer_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AXE = Path(__file__).parents[2] / "src/armchair/web/frontend/node_modules/axe-core/axe.min.js"


@pytest.fixture
def serving(
    tmp_path: Path, list_of_runs: Callable[..., Any]
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """-> the command, the link that it printed."""
    with list_of_runs(tmp_path) as (process, link):
        yield process, link


@pytest.fixture
def page(serving: Any, launch: Callable[..., Any]) -> Iterator[Any]:
    """The list, opened with the link; in the end nothing was asked of anybody else."""
    context = launch().new_context(viewport={"width": 1024, "height": 768})
    context.set_default_timeout(90_000)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.add_init_script(
        "if (location.protocol === 'http:') localStorage.setItem('armchair.guide', 'seen')"
    )
    page = context.new_page()
    page.goto(serving[1])
    yield page
    context.close()
    assert asked and not [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))]


def begin(page: Any, runs: Path) -> Any:
    """Begin a run from the form, after a mistake in it. -> its row."""
    from playwright.sync_api import expect

    expect(page.locator("#none")).to_contain_text("No runs yet")
    page.get_by_label("Answers you will give").fill("0")
    expect(page.locator("#begin")).to_be_enabled()
    page.locator("#begin").click()
    expect(page.locator("#trouble")).to_have_text("labels must be at least 1 and at most 1,000,000, got 0")
    assert not list(runs.glob("*/config.yaml"))
    page.get_by_label("Answers you will give").fill("20")
    page.locator("#begin").click()
    row = page.locator('[data-run="reach-001"]')
    expect(row).to_contain_text("0 of 20 answers")
    expect(page.locator("#new")).to_be_hidden()
    return row


def answer(page: Any, row: Any, run: RunDir, until: Callable[..., None]) -> None:
    """Give one answer on the run's page, and come back."""
    from playwright.sync_api import expect

    row.get_by_role("button", name="Label").click()
    expect(page.locator("#stage[data-question][data-left]")).to_be_attached()
    page.keyboard.press("ArrowLeft")
    with Store.open(run.store_file, create=False) as store:
        until(lambda: store.counts().asked == 1)
    page.get_by_title("All runs").click()
    expect(row).to_contain_text("1 of 20 answers")
    row.get_by_role("button", name="Dashboard").click()
    expect(page).to_have_url(re.compile(r"/dashboard/$"))
    expect(page.get_by_role("heading", name="Training").first).to_be_visible()
    page.go_back()
    expect(row).to_contain_text("1 of 20 answers")


def test_a_run_from_the_first_button_to_the_last(
    serving: Any, page: Any, tmp_path: Path, until: Callable[..., None]
) -> None:
    from playwright.sync_api import expect

    row, run = begin(page, tmp_path / "runs"), RunDir(tmp_path / "runs" / "reach-001")
    answer(page, row, run, until)
    trainer = trainer_of(run)
    assert trainer is not None
    os.kill(trainer, signal.SIGKILL)
    expect(row).to_contain_text("Stopped unexpectedly")

    row.get_by_role("button", name="Teach on").click()
    expect(row.get_by_role("button", name="Stop")).to_be_visible()
    assert trainer_of(run) not in (None, trainer)
    row.get_by_role("button", name="Stop").click()
    expect(row).to_have_attribute("data-state", "stopped")
    assert trainer_of(run) is None and "unexpectedly" not in row.inner_text()

    row.get_by_role("button", name="Teach on").click()
    expect(row.get_by_role("button", name="Stop")).to_be_visible()
    serving[0].send_signal(signal.SIGINT)
    assert serving[0].wait(90) == 130
    assert "stopping what was started here, at a checkpoint: reach-001" in (tmp_path / "told.txt").read_text()
    assert trainer_of(run) is None
    expect(page.locator("#away")).to_be_visible()


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desk", "phone"])
def test_the_list_is_within_everybodys_reach(page: Any, size: tuple[int, int]) -> None:
    from playwright.sync_api import expect

    page.set_viewport_size({"width": size[0], "height": size[1]})
    expect(page.locator("#begin")).to_be_enabled()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    page.locator("#presets input:checked").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#presets input:checked")).to_have_attribute("value", "push")
    expect(page.locator("#labels")).to_have_attribute("placeholder", re.compile(r"^\d+$"))
    if not AXE.exists():
        pytest.skip("no axe-core: npm ci in src/armchair/web/frontend")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert not [one["id"] for one in found if one["impact"] in ("serious", "critical")]
