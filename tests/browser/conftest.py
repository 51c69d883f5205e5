"""A real server over a store with clips of the arm, and people with browsers of their own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from armchair.engines.display.scene_asset import SCENE, SCENE_TYPE
from armchair.envs.arm_env import make_env
from armchair.envs.scene import scene_of
from armchair.ids import new_id
from armchair.store.store import Store
from armchair.tasks import TASKS
from armchair.types import Answer, Clip, Question

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--enable-unsafe-swiftshader"]
SIZES = {"desk": (1440, 900), "small": (1024, 768), "phone": (390, 844)}
AXE = Path(__file__).parents[2] / "src/armchair/web/frontend/node_modules/axe-core/axe.min.js"
STEPS, POOL = 32, 16
LONG = 60_000  # ms; a busy machine takes its time, and only a test that fails waits that long

# Pictures drawn by the processor leave it no time for anything else. Where a test looks at no motion, the
# page draws two pictures a second.
CALM = """
window.requestAnimationFrame = (run) => setTimeout(() => run(performance.now()), 500);
window.cancelAnimationFrame = clearTimeout;
"""


@contextlib.contextmanager
def listed(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The list of runs of a folder, served by `armchair` with these words. -> the command, its link."""
    told = folder / "told.txt"
    with told.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "armchair.cli", *words, "--no-open", "--port", "0"],
            cwd=folder,
            stdout=out,
            stderr=out,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    found, end = None, time.monotonic() + 90
    while found is None:
        assert process.poll() is None and time.monotonic() < end, told.read_text()
        found = re.search(r"^your runs: (\S+)$", told.read_text(), re.MULTILINE)
        time.sleep(0.05)
    yield process, found[1]
    process.send_signal(signal.SIGINT)
    process.wait(60)


@pytest.fixture(scope="session")
def list_of_runs() -> Callable[..., Any]:
    """See `listed`."""
    return listed


@pytest.fixture(scope="session")
def pool() -> list[Clip]:
    """Clips of the arm at reach, from well done to at random; all begin at the same moment."""
    rng = torch.Generator().manual_seed(0)
    env = make_env("reach", num_envs=POOL, seed=3, record_poses=True)
    skill = torch.linspace(0.0, 1.0, POOL)[:, None]
    env.reset()
    steps = []
    for _ in range(STEPS):
        chance = 2.0 * torch.rand(POOL, 4, generator=rng) - 1.0
        steps.append(env.step(skill * env.script() + (1.0 - skill) * chance))
    poses = torch.stack([step.poses for step in steps if step.poses is not None])
    visible = torch.stack([step.visible for step in steps])
    env.close()
    reward = torch.stack([step.reward for step in steps])
    still = torch.zeros(STEPS, 4)
    return [
        Clip(new_id(rng), visible[:, k], still, reward[:, k], poses[:, k].clone(), None, 1000, k, 0)
        for k in range(POOL)
    ]


class Place(NamedTuple):
    """A run's folder, its store as a trainer has it, and where it is served."""

    path: Path
    store: Store
    origin: str
    process: subprocess.Popen[str]
    clips: list[Clip]
    teller: Store  # with a clock that is ahead, so that a slow test does not outlive what the trainer said

    def ask(self, number: int, only_for: str | None, priority: float = 0.0) -> list[Question]:
        """Put questions, for one person or for all; the model's guess is that the right one is better."""
        names = [clip.id for clip in self.clips]
        made = [
            Question(new_id(), names[i % len(names)], names[(3 * i + 1) % len(names)], "uniform", 1000, 0.8)
            for i in range(number + number // len(names) + 1)
        ]
        made = [question._replace(only_for=only_for) for question in made if question.left != question.right]
        self.store.ask(made[:number], priority=priority)
        return made[:number]

    def tell(self, phase: str = "practising", **more: Any) -> None:
        """What the trainer does."""
        status = {"phase": phase, "task": "reach", "control_dt": 0.05, "labels": 1000, "success": 0.4}
        status |= {
            "question": "In which one is the tool closer to the red ball, over the whole clip?",
            "updates": 12,
        }
        self.teller.board.set_status({**status, "of_updates": 100, "env_steps": 48_000, **more})


def start_server(database: Path, port: int = 0, *more: str) -> tuple[subprocess.Popen[str], str]:
    """-> the process, where it listens."""
    command = [sys.executable, "-m", "armchair.web", "--store", str(database), "--run", "reach-001"]
    command += ["--run-path", str(database.parent), "--port", str(port), "--stop-with-stdin", *more]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())["listening"]


def stop_server(process: subprocess.Popen[str]) -> None:
    """Twice is harmless."""
    assert process.stdin is not None and process.stdout is not None
    process.stdin.close()
    process.wait(60)
    process.stdout.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, pool: list[Clip]) -> Iterator[Place]:
    """A run with its server, for all tests of a file."""
    path = tmp_path_factory.mktemp("reach-001")
    with Store.open(path / "armchair.db") as store:
        store.board.set_setting("repeat_share", 0.0)
        store.board.put_asset(SCENE, scene_of(TASKS["reach"]), SCENE_TYPE)
        store.add_clips(pool)
        process, origin = start_server(path / "armchair.db")
        with Store.open(path / "armchair.db", clock=lambda: time.time() + 3600.0) as ahead:
            place = Place(path, store, origin, process, pool, ahead)
            place.tell()
            yield place
        stop_server(process)


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable[..., Any]]:
    """Starts Chromium, with further flags where wanted."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=LONG)
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright, contextlib.ExitStack() as stack:

        def start(*flags: str) -> Any:
            browser = playwright.chromium.launch(executable_path=executable, args=[*FLAGS, *flags])
            stack.callback(browser.close)
            return browser

        yield start


@pytest.fixture(scope="module")
def chromium(launch: Callable[..., Any]) -> Any:
    return launch()


class Person:
    """Somebody with a browser of their own, logged in."""

    def __init__(
        self, place: Place, browser: Any, name: str, role: str, lively: bool = False, **looks: Any
    ) -> None:
        """lively: the page draws as many pictures as it can, and as fine."""
        self.place, self.name = place, name
        self.asked: list[str] = []  # every address that any page of theirs wanted
        self.wrong: list[str] = []  # errors of scripts, and what the page's policy forbade
        self.context = browser.new_context(**looks)
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.context.on("weberror", lambda error: self.wrong.append(str(error.error)))
        self.context.on("console", self._hear)
        self.context.set_default_timeout(LONG)
        self.remember(guide="seen", quality="high" if lively else "low")
        if not lively:
            self.context.add_init_script(CALM)
        self.token = place.store.people.invite(name, role)  # type: ignore[arg-type]
        self.page: Any = None

    def _hear(self, message: Any) -> None:
        expected = "Failed to load resource" in message.text  # of tests that break the network
        if message.type == "error" and not expected:
            self.wrong.append(message.text)

    def remember(self, **choices: str) -> None:
        """What the page finds in the browser from earlier visits."""
        for name, value in choices.items():
            put = f"localStorage.setItem('armchair.{name}', '{value}')"
            self.context.add_init_script(f"if (location.protocol === 'http:') {put}")

    def log_in(self) -> None:
        """As the login page does."""
        where = f"{self.place.origin}/api/login"
        reply = self.context.request.post(where, data={"token": self.token}, headers={"X-Armchair": "1"})
        assert reply.status == 204

    def open(self, path: str = "/") -> Any:
        """Open the page in a tab, without waiting for anything."""
        self.page = self.context.new_page()
        self.page.goto(self.place.origin + path)
        return self.page

    def sit_down(self) -> Any:
        """Open the page and wait until a pair is on the screen."""
        from playwright.sync_api import expect

        page = self.open()
        expect(page.locator("#stage[data-question][data-left]")).to_be_attached()
        return page

    def stocked(self) -> None:
        """Wait until as many pairs are at hand as the page wants, with their clips."""
        loaded = "performance.getEntriesByType('resource').map((one) => one.name.split('/').pop())"

        def complete() -> bool:
            held = self.place.store.held(self.name)
            clips = {clip for question in held for clip in (question.left, question.right)}
            return len(held) == 8 and clips <= set(self.page.evaluate(loaded))

        until(complete, lambda: "fewer than 8 pairs are at hand")

    @property
    def shown(self) -> dict[str, str]:
        """The ids of what is on the screen: question, left, right."""
        return self.page.evaluate("({...document.getElementById('stage').dataset})")

    def press(self, *keys: str) -> list[dict[str, str]]:
        """Press keys, each at a pair. -> what was on the screen before each."""
        seen = []
        for key in keys:
            self.page.locator("#stage[data-question]").wait_for()
            seen.append(self.shown)
            self.page.keyboard.press(key)
        return seen

    def next_after(self, shown: dict[str, str]) -> None:
        """Wait until another pair is on the screen than `shown`."""
        until(lambda: self.shown.get("question") not in (None, shown["question"]), lambda: "the same pair")

    def answers(self, number: int) -> list[Answer]:
        """The answers of theirs that the store holds, oldest first; waits until there are that many."""
        until(lambda: len(self.held()) == number, lambda: f"{len(self.held())} answers, not {number}")
        return self.held()

    def held(self) -> list[Answer]:
        records = self.place.store.history(self.name, limit=200)
        return [record.answer for record in reversed(records)]

    def settle(self) -> None:
        """Wait until the page says that all is saved."""
        from playwright.sync_api import expect

        expect(self.page.locator("#saved")).to_have_attribute("data-state", "saved")

    def drawn(self) -> None:
        """Wait until the page has drawn all that it was told until now."""
        self.page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
        )

    def picture(self, side: str, tall: float = 0.8) -> NDArray[np.uint8]:
        """What is seen of one clip, without the label in its corner. -> (height, width, 3)"""
        self.drawn()
        box = self.page.locator(f"#pane-{side}").bounding_box()
        cut = {"x": box["x"] + 4, "width": box["width"] - 8, "height": tall * box["height"]}
        shot = self.page.screenshot(clip={**cut, "y": box["y"] + (1.0 - tall) * box["height"]})
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))

    def axe(self) -> list[str]:
        """What axe finds that is serious or worse."""
        if not AXE.exists():
            missing = "no axe-core: npm ci in src/armchair/web/frontend"
            pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [
            f"{one['id']}: {node['html'][:160]}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    def leave(self) -> None:
        """Close everything; nothing went wrong meanwhile and nothing was asked of anybody else."""
        self.context.close()
        inside = (self.place.origin, self.place.origin.replace("http", "ws"), "data:", "blob:")
        assert not [url for url in self.asked if not url.startswith(inside)]
        assert not self.wrong


def until(
    true: Callable[[], bool], why: Callable[[], str] = lambda: "", seconds: float = LONG / 1000
) -> None:
    """Wait for something that no page shows."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, why()
        time.sleep(0.05)


Meet = Callable[..., Person]


@pytest.fixture
def meet(place: Place, chromium: Any, request: pytest.FixtureRequest) -> Iterator[Meet]:
    """Make a person, logged in, with questions that are for them alone."""
    people: list[Person] = []

    def make(questions: int = 12, *, role: str = "annotator", size: str = "small", **looks: Any) -> Person:
        name = f"{request.node.name[:60]} {len(people)}"
        browser, at = looks.pop("browser", chromium), looks.pop("at", place)
        width, height = SIZES[size]
        look = {"viewport": {"width": width, "height": height}, "reduced_motion": "no-preference"}
        person = Person(at, browser, name, role, **{**look, **looks})
        people.append(person)
        place.tell()
        place.ask(questions, name)
        person.log_in()
        return person

    yield make
    for person in people:
        person.leave()


@pytest.fixture
def below(place: Place) -> Iterator[Place]:
    """The same run, by a second server below a path."""
    process, origin = start_server(
        place.path / "armchair.db", 0, "--base-path", "/robot/arm", "--no-dashboard"
    )
    yield place._replace(origin=origin, process=process)
    stop_server(process)


@pytest.fixture
def restart(place: Place) -> Iterator[Callable[[Place], contextlib.AbstractContextManager[None]]]:
    """Stops the server of this file's tests for a while; it comes back at the same address."""
    made: list[subprocess.Popen[str]] = []

    @contextlib.contextmanager
    def away(place: Place) -> Iterator[None]:
        stop_server(place.process)
        yield
        process, origin = start_server(place.path / "armchair.db", int(place.origin.rsplit(":", 1)[1]))
        assert origin == place.origin
        made.append(process)

    yield away
    for process in made:
        stop_server(process)


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., None]:
    return until
