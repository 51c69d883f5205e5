"""Makes the film of the documentation: `make film`.

Teaches reach with somebody who looks at the page's clips and presses keys, as `screenshots.py` does. Films
the labelling page at a few of the questions, then what was learned, as `armchair play --html` keeps it. Each
picture is one that the page drew; the line below it and the frame round the chosen clip are added.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from shutil import which

import av
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Error, Page, sync_playwright
from screenshots import BEFORE, FLAGS, IMAGES, LABELS, LOOK, RUN, command

STATIC = Path(__file__).parent / "_static"

WIDTH, HEIGHT, BAR = 960, 600, 44  # pixels of the page, and of the line below it
SIZE = (800, 536)  # of the film
FPS = 10
FILMED = (1, 2, 20, 50)  # questions
MOST = 400_000  # bytes of a file
CHOICES = "{'armchair.guide': 'seen', 'armchair.quality': 'high', 'armchair.theme': 'light'}"
DARK, PALE, GREEN = "#1d2733", "#f4f6f8", "#1f9d57"


def framed(shot: bytes, words: str, pane: dict[str, float] | None = None) -> Image.Image:
    """A picture of the page with the line below it. pane: the chosen clip's place, to be marked."""
    page = Image.open(io.BytesIO(shot)).convert("RGB")
    whole = Image.new("RGB", (WIDTH, HEIGHT + BAR), DARK)
    whole.paste(page, (0, 0))
    draw = ImageDraw.Draw(whole)
    if pane:
        x, y = pane["x"], pane["y"]
        draw.rounded_rectangle((x, y, x + pane["width"], y + pane["height"]), 10, outline=GREEN, width=6)
    draw.text((16, HEIGHT + BAR / 2), words, PALE, ImageFont.load_default(22), anchor="lm")
    return whole.resize(SIZE, Image.Resampling.LANCZOS)


def steps(page: Page, words: str, every: int) -> Iterator[Image.Image]:
    """The clips on the page, step by step; they are standing when this begins."""
    last = int(page.locator("#scrub").get_attribute("max") or 0)
    for step in range(0, last + 1, every):
        page.locator("#scrub").fill(str(step))
        page.locator("#scrub").blur()
        page.wait_for_timeout(400)
        yield framed(page.screenshot(), words)


def pair(page: Page, chosen: str, words: str) -> list[Image.Image]:
    """The two clips of a question, and which of them is chosen."""
    page.keyboard.press("Space")
    pictures = list(steps(page, words, 2))
    mark = framed(page.screenshot(), words, page.locator(f"#pane-{chosen}").bounding_box())
    page.keyboard.press("Space")
    return pictures + [mark] * 6


def questions(browser: Browser, folder: Path) -> list[Image.Image]:
    """Answer all of a run's questions, and film some of them."""
    look, pictures = LOOK.read_text(encoding="utf-8"), []
    with command(folder, "teach", "reach", "--labels", str(LABELS), "--json") as (process, link):
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        context.add_init_script(BEFORE.format(choices=CHOICES))
        context.set_default_timeout(120_000)
        page = context.new_page()
        page.goto(link)
        given, last = 0, None
        try:
            while process.poll() is None:
                if page.locator("#again[open]").count():  # a second look, which nobody has to take
                    page.keyboard.press("Escape")
                if page.locator("#stage[data-question]").count() == 0:
                    page.wait_for_timeout(200)
                    continue
                seen = page.evaluate(look)
                chosen = "left" if seen["left"] < seen["right"] else "right"
                if seen["question"] != last:
                    given, last = given + 1, seen["question"]
                    if given in FILMED:
                        pictures += pair(page, chosen, f"Question {given}: which one is better?")
                page.keyboard.press("ArrowLeft" if chosen == "left" else "ArrowRight")
                page.wait_for_timeout(100)
        except Error:  # where the run is over its server is gone
            process.wait(60)
        process.wait(300)
        context.close()
    return pictures


def learned(browser: Browser, folder: Path) -> list[Image.Image]:
    """Two episodes of the finished policy, with the success that the run's summary tells."""
    argv = [sys.executable, "-m", "armchair.cli", "play", RUN, "--html", "replay.html", "--episodes", "2"]
    subprocess.run(argv, cwd=folder, check=True)
    told = json.loads((folder / RUN / "summary.json").read_text(encoding="utf-8"))
    words = (
        f"After {told['answers']} answers: success in {told['success']:.0%} of {told['episodes']} episodes"
    )
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    page.goto((folder / "replay.html").as_uri())
    page.locator("#stage canvas").wait_for()
    page.keyboard.press("Space")
    pictures = list(steps(page, words, 2))
    context.close()
    print(words)
    return pictures + [pictures[-1]] * 12


def save(pictures: list[Image.Image]) -> None:
    """As an animated picture for the README, and as a film with a first picture for the site."""
    for quality in (60, 45, 30, 20):
        path = IMAGES / "film.webp"
        pictures[0].save(
            path,
            save_all=True,
            append_images=pictures[1:],
            duration=1000 // FPS,
            loop=0,
            quality=quality,
            method=6,
        )
        if path.stat().st_size < MOST:
            break
    pictures[0].save(STATIC / "film.jpg", quality=80, optimize=True)
    with av.open(str(STATIC / "film.mp4"), "w", options={"movflags": "faststart"}) as film:
        stream = film.add_stream("libx264", rate=Fraction(FPS), options={"crf": "27", "preset": "veryslow"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for picture in pictures:
            film.mux(stream.encode(av.VideoFrame.from_image(picture)))
        film.mux(stream.encode(None))
    for path in (IMAGES / "film.webp", STATIC / "film.mp4", STATIC / "film.jpg"):
        size = path.stat().st_size
        print(f"{path.name}: {size / 1000:.0f} kB")
        if size >= MOST:
            raise SystemExit(f"{path.name} is too large: fewer questions, please")


def main() -> None:
    """All of it."""
    names = ("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        executable = next(filter(None, map(which, names)), None)
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        browser_pictures = questions(browser, Path(name))
        save(browser_pictures + learned(browser, Path(name)))
        browser.close()


if __name__ == "__main__":
    main()
