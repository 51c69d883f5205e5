"""Makes the pictures of the pages for the documentation: `make screenshots`.

Teaches reach with somebody who looks at the page's clips and presses keys, and takes the pictures on the
way, so that all figures in them are of a real run.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import which

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
LOOK = Path(__file__).parents[1] / "tests" / "browser" / "person.js"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--enable-unsafe-swiftshader"]
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
MOST = 240_000  # bytes of a picture
LABELS, PAUSE_AT = 60, 34  # answers in all, and after how many the pictures of the labelling page are taken
BEFORE = "if (location.protocol === 'http:') Object.assign(localStorage, {choices})"


@contextlib.contextmanager
def command(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """An armchair command that serves a page. -> the process, the link that it prints."""
    told = folder / "told.txt"
    with told.open("wb") as out:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        argv = [sys.executable, "-m", "armchair.cli", *words, "--no-open", "--port", "0"]
        process = subprocess.Popen(argv, cwd=folder, stdout=out, stderr=out, env=environment)
    try:
        link = None
        while link is None:
            if process.poll() is not None:
                raise SystemExit(told.read_text())
            link = re.search(r"http://\S+#\S+", told.read_text())
            time.sleep(0.1)
        yield process, link[0]
    finally:
        process.terminate()
        process.wait(30)


def context_of(browser: Browser, size: str, theme: str) -> BrowserContext:
    """A browser of this size that has been here before."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2 if size == "phone" else 1,
        color_scheme="dark" if theme == "dark" else "light",
        has_touch=size == "phone",
    )
    choices = f"{{'armchair.guide': 'seen', 'armchair.quality': 'high', 'armchair.theme': '{theme}'}}"
    context.add_init_script(BEFORE.format(choices=choices))
    return context


def keep(page: Page, name: str) -> None:
    """The page as a PNG, of few colours where all of them would make it large."""
    path = IMAGES / f"page-{name}.png"
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.save(path, optimize=True)
    if path.stat().st_size > MOST:
        palette = picture.quantize(256, method=Image.Quantize.MEDIANCUT)
        picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def answer(page: Page, run: subprocess.Popen[bytes], until: int = LABELS * 2) -> None:
    """Look and press, until there are that many answers or the run is over."""
    look = LOOK.read_text(encoding="utf-8")
    given = 0
    with contextlib.suppress(Error):  # the run is over and its server gone
        while given < until and run.poll() is None:
            if page.locator("#stage[data-question]").count() == 0:
                page.wait_for_timeout(200)
                continue
            seen = page.evaluate(look)
            page.keyboard.press("ArrowLeft" if seen["left"] < seen["right"] else "ArrowRight")
            given += 1


def still(page: Page) -> None:
    """Both clips in their later half, standing."""
    page.locator("#stage[data-left]").wait_for(timeout=60_000)
    page.keyboard.press("Space")
    page.locator("#scrub").fill(str(int(0.6 * float(page.locator("#scrub").get_attribute("max") or 0))))
    page.locator("#scrub").blur()
    page.wait_for_timeout(4000)


def label_pages(browser: Browser, folder: Path) -> None:
    """The labelling page at both sizes and in both themes, and the history, from the midst of a run."""
    words = ("teach", "reach", "--labels", str(LABELS), "--json")
    with command(folder, *words) as (process, link):
        desk = context_of(browser, "desk", "light")
        page = desk.new_page()
        page.goto(link)
        answer(page, process, PAUSE_AT)
        origin, cookies = link.split("/login")[0], desk.cookies()
        still(page)
        keep(page, "label")
        page.keyboard.press("h")
        page.locator("#history-rows li").first.wait_for()
        page.wait_for_timeout(500)
        keep(page, "history")
        page.keyboard.press("Escape")
        for name, size, theme in (("label-dark", "desk", "dark"), ("label-phone", "phone", "light")):
            other = context_of(browser, size, theme)
            other.add_cookies([dict(cookie) for cookie in cookies])  # type: ignore[arg-type]
            visit = other.new_page()
            visit.goto(origin)
            still(visit)
            keep(visit, name)
            other.close()
        answer(page, process)
        process.wait(120)
        desk.close()


def dashboard_pages(browser: Browser, folder: Path) -> None:
    """The dashboard of the finished run."""
    with command(folder, "label", "runs/reach-001") as (_, link):
        context = context_of(browser, "desk", "light")
        page = context.new_page()
        page.goto(link)
        page.locator("#who").wait_for()
        for name, path in (("training", ""), ("labels", "labels")):
            page.goto(f"{link.split('/login')[0]}/dashboard/{path}")
            page.locator("canvas.marks, svg.marks").first.wait_for(timeout=60_000)
            page.wait_for_timeout(4000)
            keep(page, f"dashboard-{name}")
        context.close()


def live_page(browser: Browser, folder: Path) -> None:
    """The live view of what was taught."""
    with command(folder, "play", "runs/reach-001") as (_, link):
        context = context_of(browser, "desk", "light")
        page = context.new_page()
        page.goto(link)
        page.locator("#success[data-on=true]").wait_for(timeout=60_000)
        page.keyboard.press("t")
        page.get_by_role("button", name="New goal").click()
        page.wait_for_timeout(5000)
        keep(page, "play")
        context.close()


def main() -> None:
    """All of them."""
    IMAGES.mkdir(exist_ok=True)
    names = ("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        executable = next(filter(None, map(which, names)), None)
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        for make in (label_pages, dashboard_pages, live_page):
            make(browser, Path(name))
        browser.close()


if __name__ == "__main__":
    main()
