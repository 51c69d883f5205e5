"""Many processes at one store: each question is given to as many as it should be, and to no more."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
import torch

from armchair.errors import InvalidInput, StoreError
from armchair.ids import new_id
from armchair.store.integrity import check_store
from armchair.store.store import Store
from armchair.types import Answer, Clip, Question

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


def answer(question: str, who: str) -> Answer:
    return Answer(new_id(), question, who, "left", 1.0, 0.0, 0.0)


def test_answers_of_many_go_into_one_transaction_and_one_that_is_wrong_stops_none(
    store: Store, url: str
) -> None:
    put(store, 6)
    people = ("ann", "bob", "eve")
    held = {who: [question.id for question in store.claim(who, n=2)] for who in people}
    shared = held["ann"][0]
    assert store.claim("bob", overlap=2, only=shared) and store.claim("late", n=0) == []
    good = {who: answer(held[who][1], who) for who in people}
    ann, bob = answer(shared, "ann"), answer(shared, "bob")
    given = [
        *good.values(),
        ann,
        bob,  # to the same question
        ann,  # sent again
        ann._replace(choice="right"),  # under the same id
        answer(shared, "ann"),  # under another
        answer(shared, "eve"),  # who does not hold it
        answer(new_id(), "ann"),
        ann._replace(id="none"),
        answer(held["bob"][0], "bob")._replace(page="\0"),
    ]
    before = store.position()
    told = store.submit_all(given)
    assert told[:6] == [True, True, True, True, True, False]
    why = [str(one) for one in told[6:]]
    assert "already has the id" in why[0] and "has answered" in why[1] and "does not hold" in why[2]
    assert "there is no question" in why[3] and [type(one) for one in told[6:]] == [StoreError] * 4 + [
        InvalidInput,
        InvalidInput,
    ]
    assert store.position() == before + 5
    assert [record.answer for record in store.records(excluded=True)] == given[:5]
    assert store.counts().asked == 5
    assert store.held("ann") == []
    with pytest.raises(StoreError, match="has answered"):
        store.submit(answer(shared, "ann"))
    assert all(finding.ok for finding in check_store(url)), "counts and chain are right"


def test_many_answers_take_hardly_more_statements_than_one(store: Store) -> None:
    put(store, 40)
    names = [f"person {k}" for k in range(20)]
    held = {who: store.claim(who, n=2) for who in names}
    seen: list[str] = []
    sa.event.listen(store._database._engine, "before_cursor_execute", lambda *told: seen.append(str(told[2])))
    assert store.submit_all([answer(held[names[0]][0].id, names[0])]) == [True]
    one = len(seen)
    assert store.submit_all([answer(held[who][1].id, who) for who in names]) == [True] * 20
    assert len(seen) - one <= one + 1  # whoever has not answered before gets a row of their own


def test_those_who_give_out_questions_take_turns_on_a_server(url: str) -> None:
    """Two servers that look how much room the budget has, and then claim, give out no more than there is."""
    if url.startswith("sqlite"):
        pytest.skip("servers that share a file are one process")
    with Store.open(url) as one, Store.open(url) as two:
        put(one, 20)
        inside: list[str] = []

        def give(store: Store, who: str) -> int:
            with store.giving():
                inside.append(who)
                room = 6 - store.counts().leased
                time.sleep(0.2)
                taken = store.claim(who, n=max(room, 0))
                assert inside[-1] == who, "nobody came in meanwhile"
                return len(taken)

        with ThreadPoolExecutor(2) as threads:
            given = sorted(threads.map(give, [one, two], ["ann", "bob"]))
        assert given == [0, 6]


def test_a_page_of_the_history_before_the_first_answer_is_empty(store: Store) -> None:
    put(store, 1)
    (question,) = store.claim("ann")
    assert store.submit(answer(question.id, "ann"))
    assert store.history("ann", 5, before=0) == []
    assert len(store.history("ann", 5, before=2**53)) == 1
