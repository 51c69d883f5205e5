"""Every statement that a request makes, at 100 000 answers: how long it takes, and by which plan.

A store is filled with answers of 200 people, one of whom gave a fifth of them, then people do over the page's
server all that the page can do. Each statement is caught there and run again by itself, the reading ones
with their rows fetched, so that nothing but the database is in the figure: the least of 15 runs, since the
machine may be busy, of the slowest of the values that it was run with. People hold the questions that come
first. `--plans FILE` writes every statement with its plan.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
import torch
from _postgres import postgresql
from _timing import finish
from fastapi import FastAPI
from fastapi.testclient import TestClient

from armchair.ids import new_id
from armchair.store import schema
from armchair.store.migrations import open_database
from armchair.store.people import Role
from armchair.store.rows import audit
from armchair.store.rows.codec import digest, encode
from armchair.store.rows.kept import tallies
from armchair.store.second_looks import offer
from armchair.store.store import Store
from armchair.types import Clip
from armchair.web.app import create_app
from armchair.web.options import Options

CLIPS, STEPS, BODIES, PEOPLE = 20_000, 4, 12, 200
AHEAD, HELD = 10_000, 8  # questions that wait; those that each person holds
WANTED, ASKED_FOR = 2.0, 5.0  # ms
RUNS, VALUES = 15, 12  # of a statement; sets of values of each that are tried
ROWS = 1000  # written at a time


def fill(url: str, number: int) -> list[str]:
    """A store with so many answers, and those that wait. -> the ids of some answers of "person 0"."""
    rng, now = random.Random(0), time.time() - number
    with open_database(url) as database, database.write(durable=False) as conn:
        clips = list(_clips())
        _write(conn, schema.clips, clips)
        sha = {row["id"]: row["sha256"] for row in clips}
        names = [f"person {k}" for k in range(PEOPLE)]
        _write(conn, schema.annotators, [{"name": name, "kind": "person", "created": now} for name in names])
        conn.execute(schema.wishes.insert().values(name="high", question="Higher?", created=now))
        asked = [_question(rng, clips, k, number) for k in range(number + AHEAD)]
        _write(conn, schema.questions, asked)
        head, rows = audit.EMPTY, list[dict[str, Any]]()
        for seq, question in enumerate(asked[:number], start=1):
            row = _answer(rng, question, names, seq, now)
            shown = {"left": question["left_clip"], "right": question["right_clip"]}
            shown |= {f"{side}_sha256": sha[name] for side, name in shown.items()}
            wish = {} if question["wish"] is None else {"wish": question["wish"]}
            head = head.followed_by(row | shown | wish)
            rows.append(row | {"hash": head.hash})
        _write(conn, schema.answers, rows)
        audit.set_head(conn, head)
        held = [
            {"question": asked[-1 - k]["id"], "annotator": names[k // HELD]} for k in range(PEOPLE * HELD)
        ]
        _write(conn, schema.leases, [row | {"expires": time.time() + 3000.0} for row in held])
        tallies.write_anew(conn)
    return [row["id"] for row in rows if row["annotator"] == names[0]][-50:]


def _clips() -> Iterator[dict[str, Any]]:
    still, shown = torch.zeros(STEPS, 4), torch.rand(STEPS, BODIES, 7)
    clip = Clip(new_id(), still, still, torch.zeros(STEPS), shown, None, 0, 0, 0)
    arrays = encode(clip)
    sha256 = digest(arrays, None).hex()
    for k in range(CLIPS):
        row = {"id": new_id(), "sha256": sha256, "policy_step": 1000 * (k // 100), "episode": k, "start": 0}
        yield row | {"reward_known": True, "arrays": arrays}


def _question(rng: random.Random, clips: list[dict[str, Any]], k: int, number: int) -> dict[str, Any]:
    left, right = rng.sample(range(CLIPS), 2)
    return {
        "id": new_id(),
        "left_clip": clips[left]["id"],
        "right_clip": clips[right]["id"],
        "strategy": "progress" if k % 5 == 0 else "disagreement",
        "policy_step": 10 * k,
        "priority": 0.0,
        "state": "open",
        "answered": int(k < number),
        "guess": rng.random(),
        "wish": "high" if k % 3 == 0 else None,
    }


def _answer(
    rng: random.Random, asked: dict[str, Any], names: list[str], seq: int, now: float
) -> dict[str, Any]:
    who = names[0] if seq % 5 == 0 else rng.choice(names)
    choice = rng.choices(schema.CHOICES, (40, 40, 10, 5, 5))[0]
    row = {"seq": seq, "id": new_id(), "question": asked["id"], "annotator": who, "choice": choice}
    row |= {"strength": 1.0, "seconds": 2.0, "created": now + seq, "supersedes": None}
    return row | {"swapped": False, "page": ""}


def _write(conn: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), ROWS):
        conn.execute(table.insert(), rows[start : start + ROWS])


# ---- what people do


def use(url: str, mine: list[str], seen: dict[str, list[Any]]) -> None:
    """Do over the server what the page does, and keep every statement with the values it was run with."""
    app = create_app(url, Options(run="many", dashboard=False))
    store: Store = app.state.context.store
    store.board.set_status({"phase": "practising", "task": "reach", "labels": 10_000_000})
    store.board.set_setting("repeat_share", 0.5)
    store.board.set_setting("show_guess", True)
    engine = store._database._engine
    with TestClient(app, "http://localhost", headers={"X-Armchair": "1"}) as client:
        ann, olga = _enter(app, store, "person 0"), _enter(app, store, "olga", "owner")
        while client.get("/readyz").status_code != 200:  # the answers there are, followed for the first time
            time.sleep(0.5)

        def note(
            conn: object, cursor: object, statement: str, values: object, context: object, many: bool
        ) -> None:
            kept = seen.setdefault(statement, [])
            if not many:
                kept.append((values, time.perf_counter()))

        def timed(
            conn: object, cursor: object, statement: str, values: object, context: object, many: bool
        ) -> None:
            if not many:
                began = seen[statement].pop()[1]
                seen[statement].append((values, time.perf_counter() - began))

        sa.event.listen(engine, "before_cursor_execute", note)
        sa.event.listen(engine, "after_cursor_execute", timed)
        offer(store.board, _questions_of(store, mine[:4]))
        _label(ann, 30)
        _look(ann, olga, mine)
        sa.event.remove(engine, "before_cursor_execute", note)
        sa.event.remove(engine, "after_cursor_execute", timed)


def _label(ann: TestClient, number: int) -> None:
    """Answer, take back, give back."""
    for k in range(number):
        (pair, *others) = ann.post("/api/pairs", json={"want": 8, "visit": new_id()}).json()["pairs"]
        body = {"id": new_id(), "question": pair["question"], "choice": "left", "seconds": 1.0}
        ann.post("/api/answers", json=body).raise_for_status()
        ann.get("/api/state").raise_for_status()
        ann.get(pair["left"]["url"]).raise_for_status()
        if k % 5 == 0:
            ann.post("/api/undo", json={"id": new_id()}).raise_for_status()
            ann.post("/api/release", json={"questions": [one["question"] for one in others]})


def _look(ann: TestClient, olga: TestClient, mine: list[str]) -> None:
    """Look back, turn answers round, see who is there."""
    for k in range(10):
        ann.get("/api/history", params={"limit": 50}).raise_for_status()
        ann.get("/api/history", params={"limit": 50, "choice": "both_bad"}).raise_for_status()
        ann.get("/api/history", params={"limit": 50, "against": True}).raise_for_status()
        ann.post(f"/api/answers/{mine[-1 - k]}/flip", json={"id": new_id()})
        ann.get("/api/look-again").raise_for_status()
        olga.get("/api/people").raise_for_status()
        olga.get("/api/wishes").raise_for_status()
        olga.get("/api/history", params={"everyone": True, "limit": 50})


def _questions_of(store: Store, answers: list[str]) -> list[str]:
    return [store.record(name).question.id for name in answers]


def _enter(app: FastAPI, store: Store, name: str, role: Role = "annotator") -> TestClient:
    client = TestClient(app, "http://localhost", headers={"X-Armchair": "1"})
    client.post("/api/login", json={"token": store.people.invite(name, role)}).raise_for_status()
    return client


# ---- what the statements take


def measure(url: str, seen: dict[str, list[Any]]) -> dict[str, tuple[float, str]]:
    """Milliseconds and plan of each statement."""
    found: dict[str, tuple[float, str]] = {}
    with open_database(url) as database, database._engine.connect() as conn:
        raw = cast("sqlite3.Connection", conn.connection.driver_connection)  # or psycopg's, which is like it
        explain = "EXPLAIN QUERY PLAN " if conn.dialect.name == "sqlite" else "EXPLAIN "
        for statement, runs in seen.items():
            word = statement.split(None, 1)[0].upper()
            if not runs or word not in ("SELECT", "INSERT", "UPDATE", "DELETE"):
                continue
            plan = _run(raw, explain + statement, runs[0][0])[0]
            told = "\n".join(str(row[-1]) for row in plan)
            if word in ("SELECT", "UPDATE", "DELETE") and "pg_advisory" not in statement:
                took = max(
                    min(_run(raw, statement, values)[1] for _ in range(RUNS))
                    for values, _ in random.Random(1).sample(runs, min(VALUES, len(runs)))
                )
            else:  # an insert, as it was: it cannot be done again
                took = min(seconds for _, seconds in runs)
            found[statement] = 1000 * took, told
    return found


def _run(raw: sqlite3.Connection, statement: str, values: Sequence[object]) -> tuple[list[Any], float]:
    cursor = raw.cursor()
    if isinstance(raw, sqlite3.Connection):
        cursor.execute("BEGIN")
    start = time.perf_counter()
    cursor.execute(statement, values)
    rows = cursor.fetchall() if cursor.description else []
    took = time.perf_counter() - start
    cursor.close()
    raw.rollback()
    return rows, took


def study(kind: str, url: str, number: int) -> dict[str, tuple[float, str]]:
    start = time.perf_counter()
    mine = fill(url, number)
    if kind == "postgresql":
        with open_database(url) as database, database._engine.connect() as conn:
            conn.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    print(f"{kind}: filled in {time.perf_counter() - start:.0f} s", flush=True)
    seen: dict[str, list[Any]] = {}
    start = time.perf_counter()
    use(url, mine, seen)
    print(f"{kind}: used in {time.perf_counter() - start:.0f} s, {len(seen)} statements", flush=True)
    found = measure(url, seen)
    for statement, (took, _) in sorted(found.items(), key=lambda row: -row[1][0])[:8]:
        print(f"  {took:7.2f} ms  {' '.join(statement.split())[:150]}", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--plans", type=Path, help="a file to write statements and plans to")
    args = parser.parse_args()
    rows: dict[str, tuple[float, float]] = {}
    plans: list[str] = []
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        for kind in ("sqlite", "postgresql"):
            if args.only in (None, kind):
                url = (
                    f"{folder}/armchair.db"
                    if kind == "sqlite"
                    else stack.enter_context(postgresql("fsync=off"))
                )
                found = study(kind, url, args.answers)
                slowest = max(took for took, _ in found.values())
                rows[f"{kind}: {ASKED_FOR:g} ms over the slowest statement"] = (ASKED_FOR / slowest, 1.0)
                over = sum(took > WANTED for took, _ in found.values())
                print(f"{kind}: {over} of {len(found)} statements take more than {WANTED:g} ms")
                plans += [
                    f"-- {kind}, {took:.2f} ms\n{text}\n{plan}\n" for text, (took, plan) in found.items()
                ]
    if args.plans:
        args.plans.write_text("\n".join(plans))
    finish(rows)


if __name__ == "__main__":
    sys.exit(main())
