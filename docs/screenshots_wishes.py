"""Makes the pictures of docs/wishes.md: `make screenshots`, or `python docs/screenshots_wishes.py` for these.

Teaches reach, and a wish on top of it with somebody who answers on the page as who likes the wish would, so
that all figures in them are of a real run.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which

from playwright.sync_api import Browser, Error, Page, sync_playwright
from screenshots import FLAGS, command, context_of, keep, still

from armchair.feedback.styles import style_sum
from armchair.store.store import Store
from armchair.tasks import TASKS

WISH, STYLE = "Which one keeps more to the left?", "left_of_goal"
WIDTH = 960  # pixels of the pictures
EVER = 10_000  # answers, more than are asked for


def wish_pages(browser: Browser, folder: Path) -> None:
    """A wish on top of a skill: its question, what was understood of it, how much of it at what cost."""
    skill = [
        sys.executable,
        "-m",
        "armchair.cli",
        "teach",
        "reach",
        "--teacher",
        "oracle",
        "--runs",
        "skills",
    ]
    subprocess.run(skill, cwd=folder, check=True)
    words = ("teach", "--policy", "skills/reach-001", "--wish", WISH, "--runs", "wishes", "--json")
    with command(folder, *words) as (process, link):
        context = context_of(browser, "desk", "light")
        page = context.new_page()
        page.goto(link)
        wish(page, process, folder, 8)
        still(page)
        keep(page, "wish-question", WIDTH)
        page.keyboard.press("Space")
        looked = page.locator("#banner").get_by_role("button", name="Look")
        while process.poll() is None and not looked.is_visible():
            wish(page, process, folder, 1)
        looked.click()
        page.locator("#understood canvas").first.wait_for()
        page.wait_for_timeout(4000)
        keep(page, "wish-understood", WIDTH)
        page.locator("#understood-yes").click()
        wish(page, process, folder)
        process.wait(600)
        context.close()
    with command(folder, "play", "wishes/reach-001") as (_, link):
        context = context_of(browser, "desk", "light")
        page = context.new_page()
        page.goto(link)
        page.locator("#wishes svg").first.wait_for()
        page.wait_for_timeout(5000)
        keep(page, "wish-curve", WIDTH)
        context.close()


def wish(page: Page, run: subprocess.Popen[bytes], folder: Path, until: int = EVER) -> None:
    """Answer as who likes the wish, by the clips themselves, until there are that many or the run is over."""
    worth, given = style_sum(STYLE, TASKS["reach"].points), 0
    with Store.open(folder / "wishes" / "reach-001" / "armchair.db") as store, contextlib.suppress(Error):
        while given < until and run.poll() is None:
            if page.locator("#stage[data-left]").count() == 0:
                page.wait_for_timeout(200)
                continue
            sides = page.evaluate("({...document.getElementById('stage').dataset})")
            left, right = (worth(clip.visible) for clip in store.clips([sides["left"], sides["right"]]))
            page.keyboard.press("ArrowLeft" if left > right else "ArrowRight")
            page.wait_for_timeout(150)
            given += 1


def main() -> None:
    """All of them."""
    names = ("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        executable = next(filter(None, map(which, names)), None)
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        wish_pages(browser, Path(name))
        browser.close()


if __name__ == "__main__":
    main()
