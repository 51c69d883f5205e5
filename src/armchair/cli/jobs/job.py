"""One run of several, which any process and any machine can make: all that it hangs on is in the job."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import torch

from armchair.agents.presets import Preset
from armchair.cli.jobs.whole import Packed, made_whole, pack, unpack
from armchair.config.read import as_yaml
from armchair.config.teach import TeachConfig
from armchair.jsonable import Json
from armchair.parallel.events import Tell
from armchair.reports import curves
from armchair.reports.curves import Point
from armchair.runs.folder import RunDir
from armchair.training.asking.described import make_described


@dataclass(frozen=True)
class Job:
    """A run of teaching by a simulated teacher, or of training on the task's own reward."""

    folder: str
    """The name of its folder."""
    kind: str
    """What runs are called that differ from it in their seeds only."""
    config: TeachConfig
    """What is to be done, its seed included."""
    points: int
    """Evaluations to come, at most."""
    teacher: str = ""
    """Who answers; "": nobody, it learns from the task's own reward."""
    own: Preset | None = None
    """How it learns from the task's own reward."""

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.kind}, seed {self.config.seed}"

    def about(self) -> dict[str, Json]:
        """What its folder says of it."""
        if self.own is None:
            return {**as_yaml(self.config), "teacher": {"name": self.teacher}}
        practice = replace(self.config.practice, num_envs=self.own.num_envs, rollout=self.own.rollout)
        plan = replace(self.config, practice=practice, ppo=self.own.ppo)
        kept = ("task", "seed", "env", "practice", "ppo")
        about = {key: value for key, value in as_yaml(plan).items() if key in kept}
        about["demonstrations"] = {"starts": plan.demonstrations.starts}
        return {"command": "train", **about, "steps": self.own.steps}

    def begin(self, run: RunDir) -> Generator[Point]:
        """Make it in the folder of `run`; each turn is one evaluation."""
        if self.own is not None:
            return curves.train_with_curve(self.config, self.own, run)
        teacher = make_described({"name": self.teacher}, self.config)
        assert teacher is not None, "a simulated one is asked for"
        return curves.teach_with_curve(self.config, teacher, run)


class Sent(NamedTuple):
    """A run that was made elsewhere."""

    seconds: float
    packed: Packed


def do_in(draft: Path, job: Job, tell: Tell) -> float:
    """Make the run in a folder that is there and empty, and tell of each evaluation. -> seconds it took."""
    torch.set_num_threads(1)  # the networks are small: more threads would only wait for each other
    began, run = time.perf_counter(), RunDir(draft)
    run.begin(job.about())
    with closing(job.begin(run)) as points:
        for point in points:
            tell(point)
    return time.perf_counter() - began


def do_here(root: Path, job: Job, tell: Tell) -> float:
    """Make the run as a folder under `root`, which appears once it is whole. -> seconds it took."""
    return made_whole(root / job.folder, lambda draft: do_in(draft, job, tell))


def do_away(job: Job, tell: Tell) -> Sent:
    """Make the run where its folder is not wanted, and send that."""
    with tempfile.TemporaryDirectory(prefix="armchair-") as folder:
        seconds = do_in(Path(folder), job, tell)
        return Sent(seconds, pack(Path(folder)))


def keep_sent(root: Path, job: Job, sent: Sent) -> float:
    """Have a run that was made elsewhere as a folder under `root`. -> seconds it took."""
    made_whole(root / job.folder, lambda draft: unpack(sent.packed, draft))
    return sent.seconds
