"""The labelling page as a person feels it: key press to next pair, page open to moving clips, sizes, memory.

Chromium draws with the processor (SwiftShader), at 1440x900. Key presses are timed by the page itself, from
the event until the next pair is drawn, before the browser paints it. What the idle server costs training is
measured in CPU time: a policy trains with and without the server and an open page beside it, in turns.

`--against FOLDER` times key presses alone, of this checkout's page and of another's, in turns; both have been
built with `make page`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx
import psutil
import torch
from _timing import finish

from armchair.engines.display.scene_asset import SCENE, SCENE_TYPE
from armchair.envs.arm_env import make_env
from armchair.envs.scene import scene_of
from armchair.ids import new_id
from armchair.store.store import Store
from armchair.tasks import TASKS
from armchair.types import Clip, Question

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PRESSES, OPENINGS, ROUNDS = 80, 5, 4
STEPS, CLIPS, QUESTIONS = 50, 32, 600
TRAINING_STEPS = 300  # control steps of 64 copies, about 3 s
SIZE = {"width": 1440, "height": 900}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
FLAGS += ["--enable-unsafe-swiftshader"]
MOVING = """() => document.querySelector("#stage[data-left]")
  && Number(document.getElementById("scrub").value) > 0 ? performance.now() : 0"""


class Figures(NamedTuple):
    """What was seen of the page."""

    presses: list[float]  # ms from key press until the next pair is drawn
    openings: list[float]  # ms from opening until both clips move
    first: int  # bytes of the first load, as they came over the wire
    clip: float  # bytes of a clip, gzip
    memory: float  # MB of the server


def fill(store: Store) -> None:
    """A run of reach with clips of an arm that hits and misses."""
    rng = torch.Generator().manual_seed(0)
    env = make_env("reach", num_envs=CLIPS, seed=3, record_poses=True)
    env.reset()
    skill, found = torch.linspace(0.0, 1.0, CLIPS)[:, None], []
    for _ in range(STEPS):
        chance = 2.0 * torch.rand(CLIPS, 4, generator=rng) - 1.0
        found.append(env.step(skill * env.script() + (1.0 - skill) * chance))
    env.close()
    poses = torch.stack([step.poses for step in found if step.poses is not None])
    still = torch.zeros(STEPS, 4)
    clips = [
        Clip(new_id(), still, still, torch.zeros(STEPS), poses[:, k].clone(), None, 0, k, 0)
        for k in range(CLIPS)
    ]
    questions = [
        Question(new_id(), clips[k % CLIPS].id, clips[(k + 1 + k // CLIPS % 30) % CLIPS].id, "uniform", 0)
        for k in range(QUESTIONS)
    ]
    store.ask(questions, clips)
    store.board.set_setting("repeat_share", 0.0)
    store.board.put_asset(SCENE, scene_of(TASKS["reach"]), SCENE_TYPE)
    status = {"phase": "practising", "task": "reach", "control_dt": 0.05, "labels": 10_000}
    store.board.set_status(status)


@contextmanager
def served(database: Path, checkout: Path | None = None) -> Iterator[tuple[str, psutil.Process]]:
    """checkout: whose server and page, if not this one's. -> where, the server's process."""
    env = os.environ | ({"PYTHONPATH": str(checkout / "src")} if checkout else {})
    command = [sys.executable, "-m", "armchair.web", "--store", str(database), "--run", "reach-001"]
    command += ["--run-path", str(database.parent), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())["listening"], psutil.Process(server.pid)
        finally:
            server.terminate()


@contextmanager
def browser(origin: str, token: str) -> Iterator[BrowserContext]:
    """A context of Chromium's, logged in."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        executable = next(filter(None, map(shutil.which, names)), None)
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        context = chromium.new_context(viewport=SIZE)
        seen = "localStorage.setItem('armchair.guide', 'seen')"
        context.add_init_script(f"if (location.protocol === 'http:') {seen}")
        context.request.post(f"{origin}/api/login", data={"token": token}, headers={"X-Armchair": "1"})
        yield context
        chromium.close()


def open_page(context: BrowserContext, origin: str) -> tuple[Page, float]:
    """-> the page, ms until both clips move by the page's own clock."""
    page = context.new_page()
    page.goto(origin, wait_until="commit")
    end, moving = time.monotonic() + 60.0, 0.0
    while not moving and time.monotonic() < end:
        moving = page.evaluate(MOVING)
    return page, moving


def press(page: Page) -> list[float]:
    """Answer as fast as a person could, five a second at most. -> ms of each."""
    page.wait_for_timeout(1500)
    for k in range(PRESSES):
        page.keyboard.press(("ArrowLeft", "ArrowRight", "ArrowDown")[k % 3])
        page.wait_for_timeout(200)
    return page.evaluate("performance.getEntriesByName('armchair:next-pair').map((one) => one.duration)")


def first_load(context: BrowserContext, origin: str) -> int:
    """Bytes that come over the wire until clips move, with an empty cache, the clips not counted."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    names: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on("Network.requestWillBeSent", lambda e: names.update({e["requestId"]: e["request"]["url"]}))
    session.on(
        "Network.loadingFinished", lambda e: sizes.update({e["requestId"]: int(e["encodedDataLength"])})
    )
    page.goto(origin)
    page.locator("#stage[data-left]").wait_for(timeout=60_000)
    page.close()
    return sum(size for name, size in sizes.items() if "/api/clips/" not in names.get(name, "/api/clips/"))


def measure_page(database: Path, store: Store) -> Figures:
    """Open the page a few times and answer."""
    with (
        served(database) as (origin, server),
        browser(origin, store.people.invite("owner", "owner")) as context,
    ):
        first = first_load(context, origin)
        openings = []
        for _ in range(OPENINGS):
            context.clear_permissions()
            page, moving = open_page(context, origin)
            openings.append(moving)
            page.close()
        page, _ = open_page(context, origin)
        presses = press(page)
        clips = [store.replay(record.question.left).poses for record in store.records()[:CLIPS]]
        sizes = [len(gzip.compress(poses, 6)) for poses in clips if poses is not None]
        return Figures(presses, openings, first, statistics.mean(sizes), server.memory_info().rss / 2**20)


def training() -> float:
    """Steps of many copies and of a small network in torch. -> CPU seconds of this process."""
    torch.set_num_threads(1)
    env = make_env("reach", num_envs=64, seed=1)
    net = torch.nn.Sequential(torch.nn.Linear(env.obs_dim, 64), torch.nn.Tanh(), torch.nn.Linear(64, 4))
    optimiser = torch.optim.Adam(net.parameters())
    start = time.perf_counter(), time.process_time()
    obs = env.reset()
    for _ in range(TRAINING_STEPS):
        loss = net(obs).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        obs = env.step(torch.rand(64, 4)).obs
    took = time.perf_counter() - start[0], time.process_time() - start[1]
    env.close()
    return took[1]


def measure_idle(database: Path, store: Store) -> tuple[float, float]:
    """-> training's CPU time with an open page, over without; the share of a core that the server takes."""
    ratios, shares = [], []
    training()
    for _ in range(ROUNDS):
        alone = training()
        with served(database) as (origin, server):
            token = store.people.invite("owner", "owner")
            with httpx.Client(base_url=origin, headers={"X-Armchair": "1"}) as client:
                client.post("/api/login", json={"token": token})
                with client.stream("GET", "/api/events") as stream:
                    assert stream.status_code == 200
                    before, start = sum(server.cpu_times()[:2]), time.perf_counter()
                    beside = training()
                    took = time.perf_counter() - start
                    shares.append((sum(server.cpu_times()[:2]) - before) / took)
        ratios.append(beside / alone)
    return statistics.median(ratios), statistics.median(shares)


def against(other: Path) -> None:
    """Key presses on both pages, in turns, and their ratio."""
    presses: dict[str, list[float]] = {"here": [], "there": []}
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "armchair.db") as store:
        fill(store)
        for turn in range(2 * ROUNDS):
            name, checkout = ("here", None) if turn % 4 in (0, 3) else ("there", other)
            with (
                served(Path(folder) / "armchair.db", checkout) as (origin, _),
                browser(origin, store.people.invite(f"owner {turn}", "owner")) as context,
            ):
                page, _ = open_page(context, origin)
                presses[name] += press(page)
    here, there = (statistics.median(presses[name]) for name in ("here", "there"))
    print(f"key press to next pair drawn: {here:.1f} ms here, {there:.1f} ms there, {here / there:.2f} times")
    finish({"1.25 times there over here": (1.25 * there / here, 1.0)})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--against", type=Path, help="another checkout, its page built")
    other = parser.parse_args().against
    if other:
        against(other.resolve())
    else:
        whole()


def whole() -> None:
    """All of this checkout's page."""
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "armchair.db") as store:
        fill(store)
        database = Path(folder) / "armchair.db"
        page = measure_page(database, store)
        slower, share = measure_idle(database, store)
    cuts = statistics.quantiles(page.presses, n=20)
    p50, p95, opened = statistics.median(page.presses), cuts[18], statistics.median(page.openings)
    presses = f"p50 {p50:.0f} ms, p95 {p95:.0f} ms over {len(page.presses)} presses"
    print(f"key press to next pair drawn: {presses}")
    print(f"page open to clips moving: {opened:.0f} ms; first load {page.first / 1000:.0f} kB over the wire")
    print(f"a clip: {page.clip / 1000:.1f} kB gzipped; the server: {page.memory:.0f} MB")
    print(f"training beside an idle page: {slower:.3f} times the CPU; the server takes {share:.1%} of a core")
    finish(
        {
            "50 ms over p50": (50.0 / p50, 1.0),
            "80 ms over p95": (80.0 / p95, 1.0),
            "2 s over opening": (2000.0 / opened, 1.0),
            "500 kB over the first load": (500_000 / page.first, 1.0),
            "20 kB over a clip": (20_000 / page.clip, 1.0),
            "250 MB over the server's memory": (250.0 / page.memory, 1.0),
            "5 % over what training loses": (0.05 / max(slower - 1.0 + share, 1e-3), 1.0),
        }
    )


if __name__ == "__main__":
    main()
