"""The 3D scene of an environment of others on the labelling page, beside that of our reach, in turns.

Pictures are counted while both clips play at 1440x900, drawn by the processor (SwiftShader): once as finely
as with a graphics card and without a limit, once as the page itself chooses. Those of a second of the
browser's CPU time do not hang on what else the machine does. The first load is what comes over the wire until
clips move, the clips not counted.

    python benchmarks/scene_of_others.py
    python benchmarks/scene_of_others.py --env gymnasium_robotics:FetchReachDense-v4
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil
import torch
from _timing import finish
from page_latency import browser, first_load, served

from armchair.engines.display.scene_asset import SCENE, SCENE_TYPE
from armchair.envs.base import Poses
from armchair.envs.spec import resolve_task
from armchair.ids import new_id
from armchair.runs.trust import gate
from armchair.store.store import Store
from armchair.types import Clip, Question

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

OURS, THEIRS = "reach", "gymnasium:Pusher-v5"
CLIPS, STEPS, QUESTIONS = 8, 50, 40
ROUNDS, SECONDS = 3, 6.0
COUNTING = """
window.pictures = 0;
let drew = false;
const draw = WebGL2RenderingContext.prototype.drawElements;
WebGL2RenderingContext.prototype.drawElements = function (...words) {
  drew = true;
  return draw.apply(this, words);
};
const next = window.requestAnimationFrame;
window.requestAnimationFrame = (run) => next((now) => {
  drew = false;
  run(now);
  if (drew) window.pictures += 1;
});
"""


class Pace(NamedTuple):
    """Pictures a second."""

    seen: float  # of the clock's
    drawn: float  # of CPU time, all of the browser's processes together

    def __str__(self) -> str:
        """Both in words."""
        return f"{self.seen:.1f} pictures a second, {self.drawn:.1f} a second of CPU time"


def fill(store: Store, task: str) -> None:
    """A run with clips of random actions, held for five steps each."""
    rng = torch.Generator().manual_seed(0)
    env = resolve_task(task).make(CLIPS, record=True)
    assert isinstance(env, Poses), f"{task} has no poses"
    env.reset(3)
    scene, found = env.scene_asset(), list[torch.Tensor]()
    for step in range(STEPS):
        if step % 5 == 0:
            action = 2.0 * torch.rand(CLIPS, env.action_dim, generator=rng) - 1.0
        poses = env.step(action).poses
        assert poses is not None
        found.append(poses)
    dt = env.dt
    env.close()
    poses, still = torch.stack(found), torch.zeros(STEPS, 4)
    clips = [
        Clip(new_id(), still, still, torch.zeros(STEPS), poses[:, k].clone(), None, 0, k, 0)
        for k in range(CLIPS)
    ]
    pairs = [(clips[k % CLIPS].id, clips[(k + 1 + k // CLIPS) % CLIPS].id) for k in range(QUESTIONS)]
    store.ask([Question(new_id(), *pair, "uniform", 0) for pair in pairs], clips)
    store.board.put_asset(SCENE, scene, SCENE_TYPE)
    store.board.set_status({"phase": "practising", "task": task, "control_dt": dt, "labels": 10_000})


@contextmanager
def opened(store: Store, database: Path, name: str) -> Iterator[tuple[BrowserContext, str]]:
    """A browser that is logged in, and where the page is."""
    token = store.people.invite(name, "owner")
    with served(database) as (origin, _), browser(origin, token) as context:
        yield context, origin


def busy() -> float:
    """CPU seconds of the browser so far."""
    spent = 0.0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "chrom" in process.name():
                spent += sum(process.cpu_times()[:2])
    return spent


def pace(context: BrowserContext, origin: str, quality: str) -> Pace:
    """While clips play; quality: "high", or "" for what the page chooses."""
    page = context.new_page()
    page.add_init_script(COUNTING)
    if quality:
        page.add_init_script(f"localStorage.setItem('armchair.quality', '{quality}')")
    page.goto(origin)
    page.locator("#stage[data-left]").wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    before, start, spent = *page.evaluate("[window.pictures, performance.now()]"), busy()
    page.wait_for_timeout(1000.0 * SECONDS)
    after, end, spent = *page.evaluate("[window.pictures, performance.now()]"), busy() - spent
    page.close()
    return Pace(1000.0 * (after - before) / (end - start), (after - before) / spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--env", default=THEIRS)
    theirs = parser.parse_args().env
    gate.allow(theirs)
    tasks = {"ours": OURS, "theirs": theirs}
    fine: dict[str, list[Pace]] = {OURS: [], theirs: []}
    usual: dict[str, list[Pace]] = {OURS: [], theirs: []}
    loads: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for whose, task in tasks.items():
            with Store.open(Path(folder, f"{whose}.db")) as store:
                fill(store, task)
        for turn in range(2 * ROUNDS):
            whose = ("ours", "theirs", "theirs", "ours")[turn % 4]
            task, database = tasks[whose], Path(folder, f"{whose}.db")
            with (
                Store.open(database, create=False) as store,
                opened(store, database, f"owner {turn}") as (context, origin),
            ):
                loads.setdefault(task, first_load(context, origin))
                usual[task].append(pace(context, origin, ""))
                fine[task].append(pace(context, origin, "high"))
            print(f"{task}: fine {fine[task][-1]}; as the page chooses {usual[task][-1]}", flush=True)
    print(f"at first {loads[OURS] / 1000:.0f} kB and {loads[theirs] / 1000:.0f} kB")
    finish(
        {
            "pictures a CPU second, theirs over ours": (over(fine[theirs], fine[OURS]), 0.7),
            "the same as the page chooses": (over(usual[theirs], usual[OURS]), 0.7),
            "4 MB over the first load": (4_000_000 / loads[theirs], 1.0),
        }
    )


def over(theirs: list[Pace], ours: list[Pace]) -> float:
    """How many times as many pictures a second of CPU time, by medians."""
    drawn = (statistics.median(one.drawn for one in found) for found in (theirs, ours))
    return next(drawn) / next(drawn)


if __name__ == "__main__":
    main()
