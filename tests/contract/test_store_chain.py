"""Whatever is altered in a store's answers is noticed, in any database."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
import torch

from armchair.ids import new_id
from armchair.store.rows import audit as chain
from armchair.store.store import Store
from armchair.types import Answer, Clip, Question


def make_clip(value: float) -> Clip:
    zeros = torch.zeros(2, 2)
    return Clip(new_id(), torch.full((2, 3), value), zeros, zeros[0], None, None, 0, 0, 0)


def fill(store: Store) -> list[str]:
    """Changes 1 to 6: three answers, an exclusion, a flip, an undo. -> ids of the answers."""
    store.board.set_setting("repeat_share", 0.0)
    ids: list[str] = []
    for number in range(3):
        left, right = make_clip(2 * number), make_clip(2 * number + 1)
        question = Question(new_id(), left.id, right.id, "uniform", number)
        store.ask([question], [left, right])
        who = "bob" if number == 1 else "ann"
        (taken,) = store.claim(who)
        ids.append(new_id())
        store.submit(Answer(ids[-1], taken.id, who, "left", 1, 1.25, time.time(), page="3.1"))
    store.people.exclude("bob")
    store.flip(ids[0])
    store.undo("ann")
    return ids


def findings(store: Store) -> list[str]:
    with store._database.read() as conn:
        return chain.verify(conn)


def test_what_nobody_touched_is_sound(store: Store) -> None:
    assert findings(store) == []
    fill(store)
    assert findings(store) == [] and store.position() == 6


SWAP = """UPDATE clips SET arrays = (SELECT o.arrays FROM clips o WHERE o.id = {other}),
sha256 = (SELECT o.sha256 FROM clips o WHERE o.id = {other})
WHERE id = (SELECT left_clip FROM questions ORDER BY seq LIMIT 1)""".format(
    other="(SELECT right_clip FROM questions ORDER BY seq LIMIT 1)"
)


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        ("UPDATE answers SET choice = 'right' WHERE seq = 2", ["change 2, is not what was recorded"]),
        ("UPDATE answers SET annotator = 'bob' WHERE seq = 1", ["answer {0} of bob, change 1, is not"]),
        ("UPDATE answers SET created = created + 1 WHERE seq = 3", ["answer {2} of ann, change 3, is not"]),
        (
            "UPDATE questions SET left_clip = right_clip WHERE seq = 2",
            ["answer {1} of bob, change 2, is not"],
        ),
        (SWAP, ["change 1, is not", "change 5, is not", "change 6, is not"]),
        ("DELETE FROM answers WHERE seq = 2", ["change 2 is missing"]),
        ("DELETE FROM answers WHERE seq IN (2, 3)", ["changes 2 to 3 are missing"]),
        ("DELETE FROM answers WHERE seq > 4", ["changes 5 to 6 are missing"]),
        ("DELETE FROM exclusions", ["change 4 is missing"]),
        ("UPDATE exclusions SET annotator = 'ann'", ["exclusion of ann, change 4, is not"]),
        ("UPDATE answers SET hash = 'x' WHERE seq = 6", ["change 6, is not", "the chain ends with change 6"]),
    ],
)
def test_what_is_altered_is_named(store: Store, url: str, harm: str, expected: list[str]) -> None:
    ids = fill(store)
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        conn.exec_driver_sql(harm)
    engine.dispose()
    found = findings(store)
    assert len(found) == len(expected), found
    for line, part in zip(found, expected, strict=True):
        assert part.format(*ids) in line


def test_who_recomputes_a_hash_must_recompute_all_after_it(store: Store) -> None:
    fill(store)
    with store._database.write() as conn:
        old = chain.head(conn)
        third = next(link for link in chain.links(conn) if link.seq == 3)
        second = next(link for link in chain.links(conn) if link.seq == 2)
        lie = third.content | {"choice": "right"}
        values = {"choice": "right", "hash": chain.seal(second.hash, lie)}
        conn.execute(sa.update(chain.answers).where(chain.answers.c.seq == 3).values(values))
        assert "change 4" in chain.verify(conn)[0]
        chain.seal_all(conn, 0)
        assert chain.verify(conn) == [] and chain.head(conn) != old, "a head noted elsewhere gives it away"


def test_a_store_of_version_2_gets_its_chain_when_it_is_opened(store: Store, url: str) -> None:
    fill(store)
    before = [record.answer for record in store.history(None)]
    store.close()
    engine = sa.create_engine(url)
    with engine.begin() as conn:  # takes away what version 3 has more
        conn.exec_driver_sql("DROP TABLE exclusions")
        conn.exec_driver_sql("DROP TABLE wishes")
        conn.exec_driver_sql("ALTER TABLE answers DROP COLUMN hash")
        conn.exec_driver_sql("DELETE FROM meta WHERE key = 'head'")
        conn.exec_driver_sql("INSERT INTO meta VALUES ('position', '8')")  # two exclusions came last
        conn.exec_driver_sql("UPDATE meta SET value = '2' WHERE key = 'schema'")
    engine.dispose()
    for _ in range(2):
        with Store.open(url) as old:
            assert findings(old) == [] and old.position() == 8
            assert [record.answer for record in old.history(None)] == before
    with Store.open(url) as old:
        old.people.exclude("bob", excluded=False)
        assert findings(old) == [] and old.position() == 9


def test_positions_are_read_on_from_while_others_write(store: Store, url: str) -> None:
    """A reader who goes on from the position it saw misses nothing."""
    from concurrent.futures import ThreadPoolExecutor

    left, right = make_clip(0), make_clip(1)
    store.board.set_setting("repeat_share", 0.0)
    store.ask([Question(new_id(), left.id, right.id, "uniform", 0) for _ in range(60)], [left, right])

    def work(who: str) -> None:
        with Store.open(url) as own:
            while taken := own.claim(who):
                own.submit(Answer(new_id(), taken[0].id, who, "left", 1.0, 0.0, 0.0))

    seen: list[int] = []
    with ThreadPoolExecutor(3) as pool:
        working = [pool.submit(work, who) for who in ("ann", "bob", "eve")]
        read_on(store, seen, lambda: all(one.done() for one in working))
        for one in working:
            one.result()
    read_on(store, seen, lambda: True)
    assert seen == list(range(1, 61))


def read_on(store: Store, seen: list[int], done: Callable[[], bool]) -> None:
    while True:
        seen += [record.seq for record in store.records(since=seen[-1] if seen else 0)]
        if done():
            return
