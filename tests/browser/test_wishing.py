"""A wish from the list of runs: words, five pairs of the skill, a time to judge over, and a real trainer."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from armchair.cli import main
from armchair.config.read import from_run
from armchair.runs.folder import RunDir
from armchair.store.trainer_lock import trainer_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AXE = Path(__file__).parents[2] / "src/armchair/web/frontend/node_modules/axe-core/axe.min.js"
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
WISH = "Which one moves more smoothly?"


@pytest.fixture(scope="module")
def serving(
    tmp_path_factory: pytest.TempPathFactory, list_of_runs: Callable[..., Any]
) -> Iterator[tuple[Path, str]]:
    """A folder of runs with a small skill, and its list. -> the folder, the link that was printed."""
    folder = tmp_path_factory.mktemp("wishing")
    runs = folder / "runs"
    assert main(["teach", "--config", "smoke", "--teacher", "oracle", "--runs", str(runs)]) == 0
    with list_of_runs(folder, "serve") as (_, link):
        yield runs, link


@pytest.fixture(scope="module")
def cookies(serving: tuple[Path, str], launch: Callable[..., Any]) -> Any:
    """Those of the owner, who has used the link."""
    context = launch().new_context()
    page = context.new_page()
    page.goto(serving[1])
    page.locator("[data-run]").first.wait_for()
    kept = context.cookies()
    context.close()
    return kept


@pytest.fixture(params=SIZES)
def page(
    serving: tuple[Path, str], cookies: Any, launch: Callable[..., Any], request: pytest.FixtureRequest
) -> Iterator[Any]:
    """The list, at one of two sizes; in the end nothing went wrong in any script."""
    width, height = SIZES[request.param]
    context = launch().new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(90_000)
    context.add_cookies(cookies)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(serving[1].split("/login")[0])
    yield page
    context.close()
    assert not errors


def fill(page: Any) -> None:
    """Put the wish into words after a mistake, look at two pairs, choose the short clips."""
    from playwright.sync_api import expect

    expect(page.locator("#which")).to_have_text(re.compile(r"Pair 1 of \d"))
    expect(page.locator("#place canvas")).to_have_count(1)
    page.locator("#begin").click()
    expect(page.locator("#trouble")).to_contain_text("First put your wish into a question")
    page.get_by_role("button", name=WISH).click()
    expect(page.locator("#asked")).to_have_text(WISH)
    page.get_by_role("button", name="Next pair").click()
    expect(page.locator("#which")).to_have_text(re.compile(r"Pair 2 of \d"))
    expect(page.locator("#place canvas")).to_have_count(1)
    page.locator("label.preset", has_text="A short moment").click()


def look(page: Any, name: str) -> None:
    """Nothing sticks out, nothing keeps anybody out; a picture, where a folder for them is named."""
    page.wait_for_timeout(2500)
    width = page.viewport_size["width"]
    if folder := os.environ.get("ARMCHAIR_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then((found) => found.violations.map((one) => one.id))")
    assert not found, found


def test_a_wish_is_begun_from_the_list(serving: Any, page: Any, until: Callable[..., None]) -> None:
    from playwright.sync_api import expect

    runs: Path = serving[0]
    page.locator('[data-run="reach-001"]').get_by_role("button", name="Teach a wish").click()
    expect(page.get_by_role("heading", name="Teach a wish")).to_be_visible()
    expect(page.locator("#skill")).to_have_text("reach-001")
    fill(page)
    look(page, "wish")

    known = set(runs.glob("reach-*"))
    page.locator("#begin").click()
    expect(page).to_have_url(re.compile(r"/#reach-\d+$"))
    (new,) = set(runs.glob("reach-*")) - known
    row, run = page.locator(f'[data-run="{new.name}"]'), RunDir(new)
    expect(row).to_contain_text(WISH)
    expect(row).to_contain_text("0 of 40 answers")
    look(page, "wished")
    made, usual = (from_run(one.config()) for one in (run, RunDir(runs / "reach-001")))
    assert made.wishes.asked == {"moves_more_smoothly": WISH}
    assert made.queries.clip_length == max(4, usual.queries.clip_length // 2)
    row.get_by_role("button", name="Stop").click()
    until(lambda: trainer_of(run) is None)
