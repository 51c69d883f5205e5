"""`armchair teach` to its end, taught by someone who sees nothing but the page."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from armchair.runs.folder import RunDir
from armchair.store.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOOK = (Path(__file__).parent / "person.js").read_text(encoding="utf-8")
LABELS = 40


@pytest.fixture
def teaching(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """-> the command, the link that it printed."""
    command = [sys.executable, "-m", "armchair.cli", "teach", "reach", "--labels", str(LABELS)]
    err = tmp_path / "err.txt"
    with err.open("w") as told:
        process = subprocess.Popen(
            [*command, "--no-open", "--port", "0", "--json"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    found, end = None, time.monotonic() + 90
    while found is None:
        assert process.poll() is None and time.monotonic() < end, err.read_text()
        found = re.search(r"^answer here: (\S+)$", err.read_text(), re.MULTILINE)
        time.sleep(0.05)
    yield process, found[1]
    process.kill()
    process.communicate()


def test_forty_key_presses_teach_the_arm_to_reach(teaching: Any, launch: Any, tmp_path: Path) -> None:
    from playwright.sync_api import Error

    process, link = teaching
    context = launch().new_context(viewport={"width": 1024, "height": 768})
    context.add_init_script(
        "if (location.protocol === 'http:') localStorage.setItem('armchair.guide', 'seen')"
    )
    page = context.new_page()
    page.goto(link)
    phases: set[str] = set()
    pressed: dict[str, str] = {}
    with contextlib.suppress(Error):  # the run ends, and the page's server with it
        while process.poll() is None:
            phases.add(page.locator("#arm-text").inner_text())
            if page.locator("#stage[data-question]").count() == 0:
                page.wait_for_timeout(100)
                continue
            seen = page.evaluate(LOOK)
            pressed[seen["question"]] = "left" if seen["left"] < seen["right"] else "right"
            page.keyboard.press("ArrowLeft" if seen["left"] < seen["right"] else "ArrowRight")
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, (tmp_path / "err.txt").read_text()
    summary = json.loads(out.splitlines()[-1])
    run = RunDir.open(tmp_path / "runs" / "reach-001")
    with Store.open(run.path / "armchair.db", create=False) as store:
        stored = {record.question.id: record.answer.choice for record in store.records()}
    assert stored == pressed
    assert LABELS <= len(stored) <= LABELS + 6, "repeated questions come on top"
    curve = [float(str(line["eval_success"])) for line in run.metrics() if "eval_success" in line]
    assert curve[0] < 0.4
    assert summary["success"] >= 0.6
    assert {"The arm is practising", "Training is done"} <= phases
