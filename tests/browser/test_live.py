"""The live viewer and the replay in one file, as a browser shows them."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from armchair.agents.choosing import weights_of
from armchair.agents.ppo import PPOConfig
from armchair.agents.saved import PolicyInfo, save_policy
from armchair.envs.arm_env import make_env
from armchair.playback.replay_html import Episode, write_replay
from armchair.runs.folder import RunDir
from armchair.store.trainer_lock import trainer_lock
from armchair.training.fixed_reward import new_agent

pytestmark = pytest.mark.browser
SIZES = {"desk": 1440, "phone": 390}  # px wide


class Live(NamedTuple):
    """Where the live view is served, for one browser."""

    origin: str
    link: str


@contextlib.contextmanager
def played(what: str, tmp_path: Path) -> Iterator[Live]:
    """`armchair play` at work."""
    command = [sys.executable, "-u", "-m", "armchair.cli", "play", what, "--no-open", "--port", "0"]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=env) as process:
        assert process.stdout is not None
        found = None
        while found is None:
            line = process.stdout.readline()
            assert line, "it ended"
            found = re.search(r"(http://[^/]+)(/\S+)", line)
        try:
            yield Live(found[1], found[2])
        finally:
            process.terminate()


@pytest.fixture(params=["light", "dark"])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Live, str]]:
    with played("reach", tmp_path) as where:
        yield where, request.param


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


@pytest.fixture
def wished(tmp_path: Path, give_wishes: Callable[..., None]) -> RunDir:
    """A run with two wishes, both at 0.6, that has learned nothing."""
    env = make_env("reach")
    run = RunDir.create(tmp_path, "lift", {"task": "reach"})
    config = PPOConfig()
    about = PolicyInfo("reach", "mujoco", "tool", env.obs_dim, env.action_dim, config.hidden, 1000)
    save_policy(run, new_agent(env, config, 1), about)
    env.close()
    give_wishes(run, ("carry_high", "smooth"))
    return run


@pytest.fixture
def lift(wished: RunDir, tmp_path: Path) -> Iterator[Live]:
    with played(str(wished.path), tmp_path) as where:
        yield where


def opened(person: Any, place: Any, lift: Live) -> Any:
    from playwright.sync_api import expect

    person.place = place._replace(origin=lift.origin)
    page = person.open(lift.link)
    expect(page.locator("#state")).to_be_hidden(timeout=30_000)
    return page


@pytest.mark.slow
@pytest.mark.parametrize(("size", "scheme"), [("desk", "light"), ("phone", "dark")])
def test_sliders_of_wishes_move_the_policy_and_tell_what_it_costs(
    wished: RunDir, lift: Live, meet: Any, place: Any, size: str, scheme: str
) -> None:
    from playwright.sync_api import expect

    ann = meet(color_scheme=scheme, size=size)
    page = opened(ann, place, lift)
    high, words = page.get_by_role("slider", name="How much: carry high"), page.locator(".words").first
    expect(high).to_have_value("0.6")
    expect(words).to_have_text("Task done in 90 % of tries; 77 % of what this wish can bring")
    expect(page.locator(".plot circle.now")).to_have_count(2)
    before = page.locator(".plot circle.now").first.get_attribute("cx")
    assert ann.axe() == []
    high.focus()
    page.keyboard.press("ArrowLeft")
    expect(high).to_have_value("0.59")
    page.keyboard.press("End")
    expect(words).to_have_text("Task done in 50 % of tries; 100 % of what this wish can bring")
    assert (high.get_attribute("aria-valuetext") or "").startswith("1.00: task done in 50 %")
    assert page.locator(".plot circle.now").first.get_attribute("cx") != before
    expect(page.locator(".said")).to_have_text("The run uses carry high 0.60, smooth 0.60.")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]
    page.wait_for_timeout(1500)  # the server tells the weights all the while
    expect(high).to_have_value("1")
    page.get_by_role("button", name="Back").click()
    expect(high).to_have_value("0.6")
    assert weights_of(wished) == {"carry_high": 0.6, "smooth": 0.6}, "nothing is kept until it is asked for"


@pytest.mark.slow
def test_the_owner_keeps_a_place_by_keyboard(wished: RunDir, lift: Live, meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    page = opened(meet(), place, lift)
    use, said = page.get_by_role("button", name="Use this"), page.locator(".said")
    expect(said).to_have_text("This is what the run uses.")
    expect(use).to_be_disabled()
    smooth = page.get_by_role("slider", name="How much: smooth")
    smooth.focus()
    page.keyboard.press("Home")
    with trainer_lock(wished):
        page.keyboard.press("Tab")
        expect(use).to_be_focused()
        page.keyboard.press("Enter")
        expect(said).to_contain_text("is being trained already")
    page.keyboard.press("Enter")
    expect(said).to_have_text("Kept: play, evaluate and export take it from now on.")
    assert weights_of(wished) == {"carry_high": 0.6, "smooth": 0.0}
    expect(use).to_be_disabled()
    page.reload()
    expect(smooth).to_have_value("0")


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
