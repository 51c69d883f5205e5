"""The live viewer and the replay in one file, as a browser shows them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from armchair.envs.arm_env import make_env
from armchair.playback.replay_html import Episode, write_replay

pytestmark = pytest.mark.browser


class Live(NamedTuple):
    """Where the live view is served, for one browser."""

    origin: str
    link: str


@pytest.fixture(params=["light", "dark"])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Live, str]]:
    command = [sys.executable, "-u", "-m", "armchair.cli", "play", "reach", "--no-open", "--port", "0"]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=env) as process:
        assert process.stdout is not None
        found = None
        while found is None:
            line = process.stdout.readline()
            assert line, "it ended"
            found = re.search(r"(http://[^/]+)(/\S+)", line)
        yield Live(found[1], found[2]), request.param
        process.terminate()


@pytest.mark.slow
def test_the_arm_moves_and_can_be_disturbed(live: Any, meet: Any, place: Any, until: Any) -> None:
    from playwright.sync_api import expect

    (origin, link), scheme = live
    ann = meet(color_scheme=scheme)
    ann.place = place._replace(origin=origin)
    page = ann.open(link)
    expect(page.locator("#state")).to_be_hidden(timeout=30_000)
    expect(page.locator("#task")).to_have_text("reach")
    expect(page.locator("#success")).to_have_text("Success")
    assert ann.axe() == []
    page.get_by_role("button", name="New goal").click()
    expect(page.locator("#toast")).to_have_text("A new goal")
    expect(page.locator("#success")).to_have_text("On its way")
    expect(page.locator("#success")).to_have_text("Success")
    page.get_by_role("button", name="Pause").click()
    told = [""]

    def stands() -> bool:
        page.wait_for_timeout(700)
        told.append(page.locator("#episode").inner_text())
        return told[-1] == told[-2]

    until(stands)
    still = told[-1]
    page.keyboard.press("Space")
    page.keyboard.press("p")
    expect(page.locator("#toast")).to_have_text("Pushed")
    expect(page.locator("#episode")).not_to_have_text(still)


def test_the_replay_file_opens_from_disk_and_asks_nobody(
    pool: Any, chromium: Any, tmp_path: Path, until: Any
) -> None:
    from playwright.sync_api import expect

    env = make_env("reach", record_poses=True)
    poses = [clip.poses for clip in pool if clip.poses is not None]
    episodes = [Episode(poses[0], False), Episode(poses[-1], True)]
    file = tmp_path / "replay.html"
    write_replay(file, env, episodes, task="reach", title="Before and after", caption="Two episodes.")
    env.close()
    asked: list[str] = []
    wrong: list[str] = []
    context = chromium.new_context(viewport={"width": 900, "height": 600})
    context.on("request", lambda request: asked.append(request.url))
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    page = context.new_page()
    page.goto(file.as_uri())
    expect(page.get_by_role("heading", name="Before and after")).to_be_visible()
    expect(page.locator("#stage canvas")).to_have_count(1)
    page.keyboard.press("Space")
    page.locator("#scrub").fill("20")
    shot = page.locator("#stage").screenshot()
    page.locator("#scrub").fill("2")
    until(lambda: page.locator("#stage").screenshot() != shot)
    context.close()
    assert not wrong
    assert len(asked) == 1 and asked[0].startswith("file:")
