"""Many processes at one store: each question is given to as many as it should be, and to no more."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from armchair.ids import new_id
from armchair.store.store import Store
from armchair.types import Clip, Question

PROCESSES, QUESTIONS, ABANDONED = 16, 1000, 20
PATIENCE = 3.0  # s without a question after which a worker takes it that there are none left
WORKER = """
import json, sys, time
from armchair.store.store import Store
from armchair.ids import new_id
from armchair.types import Answer
url, name, overlap, patience = sys.argv[1:]
given, slowest = [], 0.0
with Store.open(url) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    idle = None
    while idle is None or time.monotonic() - idle < float(patience):
        began = time.monotonic()
        taken = store.claim(name, overlap=int(overlap))
        if not taken:
            idle = idle or began
            time.sleep(0.1)
            continue
        idle = None
        store.submit(Answer(new_id(), taken[0].id, name, "left", 1.0, 0.0, 0.0))
        slowest = max(slowest, time.monotonic() - began)
        given.append(taken[0].id)
print(json.dumps([given, slowest]), flush=True)
"""


def put(store: Store, n: int) -> list[str]:
    """Put n questions about two clips. -> their ids."""
    zeros = torch.zeros(1, 1)
    left, right = (Clip(new_id(), zeros, zeros, zeros[0], None, None, 0, 0, 0) for _ in range(2))
    questions = [Question(new_id(), left.id, right.id, "uniform", 0) for _ in range(n)]
    store.ask(questions, [left, right])
    store.board.set_setting("repeat_share", 0.0)
    return [question.id for question in questions]


@pytest.mark.slow
@pytest.mark.parametrize("overlap", [1, 2])
def test_sixteen_processes_share_a_thousand_questions(url: str, overlap: int) -> None:
    with Store.open(url) as store:
        questions = put(store, QUESTIONS)
    command = [sys.executable, "-c", WORKER, url]
    workers = [
        subprocess.Popen(
            [*command, f"worker {k}", str(overlap), str(PATIENCE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for k in range(PROCESSES)
    ]
    for worker in workers:
        assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
    with Store.open(url) as store:  # someone who takes questions and never comes back
        assert len(store.claim("lost", n=ABANDONED, lease_seconds=1.0)) == ABANDONED
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("\n")
            worker.stdin.flush()
        found = [json.loads(worker.communicate(timeout=500)[0]) for worker in workers]
        assert [worker.returncode for worker in workers] == [0] * PROCESSES
        times = Counter(name for given, _ in found for name in given)
        assert times == dict.fromkeys(questions, overlap)
        assert store.counts().asked == QUESTIONS * overlap == store.position()
        assert all(len(set(given)) == len(given) for given, _ in found), "nobody is asked twice"
    fair = QUESTIONS * overlap / PROCESSES
    assert min(len(given) for given, _ in found) > fair / 10, "nobody starves"
    assert max(slowest for _, slowest in found) < 15.0


@pytest.mark.slow
def test_expired_leases_come_back_within_a_second(url: str) -> None:
    with Store.open(url) as store:
        questions = put(store, 50)
        assert len(store.claim("lost", n=50, lease_seconds=1.0)) == 50
        expire = time.time() + 1.0
        assert store.claim("ann") == []
        back: list[str] = []
        while len(back) < 50 and time.time() < expire + 5.0:
            back += [question.id for question in store.claim("ann", n=50)]
        assert sorted(back) == sorted(questions) and time.time() < expire + 1.0


def test_two_who_claim_the_last_question_at_once_do_not_both_get_it(url: str) -> None:
    """On a server the second one waits for the first, finds it taken, and is told that there is none."""
    with Store.open(url) as first, Store.open(url) as second:
        (name,) = put(first, 1)
        first.register("ann")
        for _ in range(20):
            with ThreadPoolExecutor(2) as pool:
                both = list(pool.map(lambda one: one[0].claim(one[1]), ((first, "ann"), (second, "bob"))))
            assert sorted(len(taken) for taken in both) == [0, 1]
            for who in ("ann", "bob"):
                first.release(who, [name])
