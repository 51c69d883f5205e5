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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shutil import which
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
LOOK = Path(__file__).parents[1] / "tests" / "browser" / "person.js"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--enable-unsafe-swiftshader"]
RUN = "runs/reach-001"
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
    context.set_default_timeout(120_000)
    return context


def keep(page: Page, name: str, width: int = 0) -> None:
    """The page as a PNG, of few colours where all of them would make it large; width: in pixels, if given."""
    path = IMAGES / f"page-{name}.png"
    picture = Image.open(io.BytesIO(page.screenshot(timeout=120_000))).convert("RGB")
    if width:
        picture = picture.resize(
            (width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS
        )
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


def sizes_of(browser: Browser, cookies: Sequence[Mapping[str, Any]] = ()) -> Iterator[tuple[Page, str]]:
    """A page on the desk, then one on a phone, for somebody with these cookies.

    -> the page, the end of its pictures' names
    """
    for size in SIZES:
        context = context_of(browser, size, "light")
        context.add_cookies([dict(cookie) for cookie in cookies])  # type: ignore[arg-type]
        yield context.new_page(), "" if size == "desk" else f"-{size}"
        context.close()


def label_pages(browser: Browser, folder: Path) -> None:
    """The labelling page at both sizes and in both themes, history and guide, from the midst of a run."""
    words = ("teach", "reach", "--labels", str(LABELS), "--json")
    with command(folder, *words) as (process, link):
        desk = context_of(browser, "desk", "light")
        page = desk.new_page()
        page.goto(link)
        answer(page, process, PAUSE_AT)
        origin, cookies = link.split("/login")[0], desk.cookies()
        for visit, end in sizes_of(browser, cookies):
            visit.goto(origin)
            still(visit)
            keep(visit, f"label{end}")
            visit.locator("#open-history").click()
            visit.locator("#history-rows li").first.wait_for()
            visit.wait_for_timeout(1000)
            keep(visit, f"history{end}")
            visit.keyboard.press("Escape")
            visit.locator("#open-guide").click()
            visit.wait_for_timeout(1000)
            keep(visit, f"guide{end}")
        dark = context_of(browser, "desk", "dark")
        dark.add_cookies([dict(cookie) for cookie in cookies])  # type: ignore[arg-type]
        visit = dark.new_page()
        visit.goto(origin)
        still(visit)
        keep(visit, "label-dark")
        dark.close()
        page.bring_to_front()
        answer(page, process)
        process.wait(300)
        desk.close()


def pages_of_a_run(browser: Browser, folder: Path) -> None:
    """Login and dashboard, over the finished run."""
    with command(folder, "label", RUN) as (_, link):
        origin = link.split("/login")[0]
        context = context_of(browser, "desk", "light")
        page = context.new_page()
        page.goto(link)
        page.locator("#who").wait_for()
        for visit, end in sizes_of(browser):
            visit.goto(f"{origin}/login")
            visit.locator("#card").wait_for()
            keep(visit, f"login{end}")
        for visit, end in sizes_of(browser, context.cookies()):
            for name, path in (
                ("training", ""),
                *((name, name) for name in ("labels", "compare", "settings")),
            ):
                visit.goto(f"{origin}/dashboard/{path}")
                visit.get_by_role("heading", name=name.capitalize(), exact=True).first.wait_for(
                    timeout=120_000
                )
                visit.wait_for_timeout(8000)
                keep(visit, f"dashboard-{name}{end}")
        context.close()


def list_of_runs(browser: Browser, folder: Path) -> None:
    """The list: the finished run, and one about a wish that is begun from the form."""
    with command(folder, "serve") as (_, link):
        context = context_of(browser, "desk", "light")
        page = context.new_page()
        page.goto(link)
        page.locator("#open-new").click()
        page.locator("#presets input").first.wait_for(state="attached")
        page.locator("#wish").fill("Which one comes to the ball from above?")
        page.locator("#begin").click()
        page.locator('[data-state="waiting"]').wait_for()
        for visit, end in sizes_of(browser, context.cookies()):
            visit.goto(f"{link.split('/login')[0]}/")
            visit.locator("[data-run]").first.wait_for()
            keep(visit, f"runs{end}")
            visit.locator("#open-new").click()
            visit.wait_for_timeout(1000)
            keep(visit, f"runs-new{end}")
        context.close()


def live_page(browser: Browser, folder: Path) -> None:
    """The live view of what was taught."""
    with command(folder, "play", RUN) as (_, link):
        first = context_of(browser, "desk", "light")
        page = first.new_page()
        page.goto(link)
        page.locator("#success").wait_for()
        for visit, end in sizes_of(browser, first.cookies()):
            visit.goto(link.split("#")[0])
            visit.locator("#success[data-on=true]").wait_for(timeout=120_000)
            visit.keyboard.press("t")
            visit.get_by_role("button", name="New goal").click()
            visit.wait_for_timeout(5000)
            keep(visit, f"play{end}")
        first.close()


def replay_page(browser: Browser, folder: Path) -> None:
    """The replay in one file, opened from disk."""
    argv = [sys.executable, "-m", "armchair.cli", "play", RUN, "--html", "replay.html", "--episodes", "4"]
    subprocess.run(argv, cwd=folder, check=True)
    for visit, end in sizes_of(browser):
        visit.goto((folder / "replay.html").as_uri())
        visit.locator("#stage canvas").wait_for()
        visit.keyboard.press("Space")
        visit.wait_for_timeout(4000)
        keep(visit, f"replay{end}")


def main() -> None:
    """All of them."""
    IMAGES.mkdir(exist_ok=True)
    names = ("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        executable = next(filter(None, map(which, names)), None)
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        for make in (label_pages, pages_of_a_run, list_of_runs, live_page, replay_page):
            make(browser, Path(name))
        browser.close()


if __name__ == "__main__":
    main()
