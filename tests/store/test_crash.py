"""What was acknowledged is there after a crash."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from armchair.store.store import Store
from armchair.types import Question

AskAbout = Callable[[Sequence[tuple[float, float]]], list[Question]]

ANSWER_FOREVER = """
import sys
from armchair.store.store import Store
from armchair.ids import new_id
from armchair.types import Answer
with Store.open(sys.argv[1]) as store:
    while questions := store.claim("ann", lease_seconds=1e-3):
        answer = Answer(new_id(), questions[0].id, "ann", "left", 1.0, 0.0, 0.0)
        store.submit(answer)
        print(answer.id, flush=True)
"""


def kill_while_answering(path: Path, rng: random.Random) -> list[str]:
    """Start an annotator, kill -9 it somewhere in its work. -> ids of the answers it was told are stored."""
    worker = subprocess.Popen(
        [sys.executable, "-c", ANSWER_FOREVER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    first = worker.stdout.readline()
    time.sleep(rng.uniform(0.0, 0.05))
    worker.send_signal(signal.SIGKILL)
    rest = worker.stdout.read()
    worker.stdout.close()
    assert worker.wait(timeout=30) == -signal.SIGKILL
    return [line for line in (first + rest).splitlines() if len(line) == 36]


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_every_acknowledged_answer_survives_a_kill(tmp_path: Path, ask: AskAbout, kills: int) -> None:
    path = tmp_path / "armchair.db"
    ask([(0, 1)] * (kills * 40))
    rng = random.Random(0)
    told: list[str] = []
    for _ in range(kills):
        told += kill_while_answering(path, rng)
        with Store.open(path) as store:
            records = store.history("ann")
            there = [record.answer.id for record in records]
            assert set(told) <= set(there)
            assert len(told) <= len(there) <= len(told) + kills, "at most one unacknowledged a kill"
            assert len({record.question.id for record in records}) == len(there)
            clips = [name for r in store.records() for name in (r.question.left, r.question.right)]
            assert len(store.clips(clips)) == len(clips) > 0
    assert len(told) >= kills
