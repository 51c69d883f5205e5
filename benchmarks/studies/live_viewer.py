"""Teach reach through the page: a scripted browser answers a live run with the eyes of the simulated person.

It looks at which clips the page shows, judges them as the teacher `viewer` does, and presses the key; the run
knows of nobody but a person at the page. Needs Chromium and the extra `test`.

    python benchmarks/studies/live_viewer.py --seeds 1
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from armchair.feedback.teachers import make_teacher
from armchair.feedback.viewer import Sight
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.tasks import TASKS

KEYS = {"left": "ArrowLeft", "right": "ArrowRight", "tie": "ArrowDown", "cant_tell": "ArrowUp"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-background-networking"]
LONGEST = 1200.0  # s, for a run


def teach(seed: int, folder: Path, pause: float) -> dict[str, Any]:
    """One run; pause: s between a pair's arrival and the key. -> answers, success by evaluation, seconds."""
    words = ["-u", "-m", "armchair.cli", "teach", "reach", "--no-open", "--port", "0", "--exit-when-done"]
    words += ["--seed", str(seed), "--runs", str(folder)]
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        assert run.stdout is not None
        try:
            link = next(found[0] for line in run.stdout if (found := re.search(r"http://\S+", line)))
            answer(link, next(folder.glob("reach-*")), seed, pause, began + LONGEST, run)
            told = run.stdout.read()
        finally:
            run.terminate()
    lines = [
        json.loads(line) for line in (next(folder.glob("reach-*")) / "metrics.jsonl").read_text().splitlines()
    ]
    success = [line["eval_success"] for line in lines if "eval_success" in line]
    return {
        "seed": seed,
        "success": success,
        "seconds": time.monotonic() - began,
        "said": told.splitlines()[-1:],
    }


def answer(
    link: str, run: Path, seed: int, pause: float, until: float, process: subprocess.Popen[str]
) -> None:
    """Answer whatever the page shows until the run has ended."""
    task = TASKS["reach"]
    sight = Sight(task.points, task.cues)
    teacher = make_teacher("viewer", {}, generator(seed, "live"), sight=sight)
    with sync_playwright() as tool, Store.open(RunDir.open(run).store, create=False) as store:
        browser = tool.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(link)
        page.locator("#stage[data-question][data-left]").wait_for(timeout=120_000)
        page.keyboard.press("Escape")  # the guide
        page.locator("#guide").wait_for(state="hidden")
        last = None
        while process.poll() is None and time.monotonic() < until:
            shown = page.evaluate("({...(document.getElementById('stage')?.dataset ?? {})})")
            if "left" not in shown or shown.get("question") in (None, last):
                time.sleep(0.05)
                continue
            time.sleep(pause)
            last = shown["question"]
            left, right = store.clips([shown["left"], shown["right"]])
            page.keyboard.press(KEYS[teacher.answer(left, right)])
        browser.close()


def main() -> None:
    """Teach once for every seed; a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--pause", type=float, default=1.0, help="s from seeing a pair to the key")
    args = parser.parse_args()
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(teach(seed, Path(folder), args.pause)), flush=True)


if __name__ == "__main__":
    main()
