"""Any order of claiming, answering and taking back, against a model of a few lines."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
import torch
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import integers, sampled_from

from armchair.errors import StoreError
from armchair.ids import new_id
from armchair.store.rows import audit as chain
from armchair.store.rows.kept import tallies
from armchair.store.store import Store
from armchair.types import Answer, Choice, Clip, Question

PEOPLE = ("ann", "bob", "eve")
CHOICES: tuple[Choice, ...] = ("left", "right", "tie", "both_bad", "cant_tell")
TARGETS = {"left": 0.0, "right": 1.0, "tie": 0.5, "both_bad": 0.5}
LEASE = 10.0


class StoreMachine(RuleBasedStateMachine):
    """The store and, beside it, who holds what until when and the answers in the order they came."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.now = 0.0
        self.store = Store.open(self.new_database(), clock=lambda: self.now)
        self.store.board.set_setting("repeat_share", 0.0)
        self.waiting: list[str] = []  # asked and not retired, oldest first
        self.leases: dict[tuple[str, str], float] = {}  # question and holder: until when
        self.answers: list[Answer] = []
        self.sent: list[Answer] = []
        self.out: set[str] = set()  # who is excluded

    def new_database(self) -> str:
        return f"{self.folder.name}/armchair.db"

    def counted(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.annotator not in self.out]

    def answered(self) -> set[str]:
        return {answer.question for answer in self.counted()}

    def free(self) -> list[str]:
        live = {name for (name, _), until in self.leases.items() if until > self.now}
        return [name for name in self.waiting if name not in live | self.answered()]

    def free_to(self, who: str, overlap: int) -> list[str]:
        """What someone is given when so many may answer the same question."""
        counted = [answer.question for answer in self.counted()]
        own = {answer.question for answer in self.answers if answer.annotator == who}
        live = [key for key, until in self.leases.items() if until > self.now]
        taken = counted + [name for name, _ in live]
        return [
            name
            for name in self.waiting
            if taken.count(name) < overlap and (name, who) not in live and name not in own
        ]

    def forget(self, names: Sequence[str] = (), who: str | None = None) -> None:
        self.leases = {key: t for key, t in self.leases.items() if key[0] not in names and key[1] != who}

    @rule(n=integers(1, 3))
    def ask(self, n: int) -> None:
        for _ in range(n):
            none = torch.zeros(1, 1)
            left, right = (Clip(new_id(), none, none, none[0], None, None, 0, 0, 0) for _ in range(2))
            question = Question(new_id(), left.id, right.id, "uniform", 0)
            self.store.ask([question], [left, right])
            self.waiting.append(question.id)

    @rule(who=sampled_from(PEOPLE), n=integers(1, 3), overlap=integers(1, 3))
    def claim(self, who: str, n: int, overlap: int) -> None:
        if who in self.out:
            with pytest.raises(StoreError, match="excluded"):
                self.store.claim(who, n=n)
            return
        expected = self.free_to(who, overlap)[:n]
        taken = self.store.claim(who, n=n, lease_seconds=LEASE, overlap=overlap)
        got = [question.id for question in taken]
        assert got == expected
        self.leases = {key: t for key, t in self.leases.items() if key[0] not in got or t > self.now}
        self.leases |= {(name, who): self.now + LEASE for name in got}

    @rule(who=sampled_from(PEOPLE), n=integers(1, 2))
    def release(self, who: str, n: int) -> None:
        names = [name for name, holder in self.leases if holder == who][:n]
        self.store.release(who, names)
        self.leases = {key: t for key, t in self.leases.items() if key[1] != who or key[0] not in names}

    @rule(who=sampled_from(PEOPLE))
    def exclude_or_include(self, who: str) -> None:
        if who not in self.store.annotators():
            return
        self.out ^= {who}
        before = self.store.position()
        self.store.people.exclude(who, who in self.out)
        assert self.store.position() > before
        self.forget(who=who)

    @rule()
    def wait(self) -> None:
        self.now += 0.6 * LEASE

    @precondition(lambda self: self.waiting)
    @rule(who=sampled_from(PEOPLE), choice=sampled_from(CHOICES), k=integers(0, 20))
    def submit(self, who: str, choice: Choice, k: int) -> None:
        name = self.waiting[k % len(self.waiting)]
        answer = Answer(new_id(), name, who, choice, 1.0, 0.0, 0.0)
        own = {answer.question for answer in self.answers if answer.annotator == who}
        if (name, who) in self.leases and name not in own:
            assert self.store.submit(answer)
            self.answers.append(answer)
            self.sent.append(answer)
            del self.leases[name, who]
        else:
            with pytest.raises(StoreError):
                self.store.submit(answer)

    @precondition(lambda self: self.sent)
    @rule(k=integers(0, 20))
    def send_again(self, k: int) -> None:
        assert not self.store.submit(self.sent[k % len(self.sent)])

    @rule(who=sampled_from(PEOPLE))
    def undo(self, who: str) -> None:
        if who in self.out:
            with pytest.raises(StoreError, match="excluded"):
                self.store.undo(who)
            return
        mine = [answer for answer in self.answers if answer.annotator == who]
        question = self.store.undo(who, lease_seconds=LEASE)
        assert (question and question.id) == (mine[-1].question if mine else None)
        if mine:
            self.answers.remove(mine[-1])
            self.leases[mine[-1].question, who] = self.now + LEASE

    @precondition(lambda self: self.answers)
    @rule(k=integers(0, 20))
    def flip(self, k: int) -> None:
        old = self.answers[k % len(self.answers)]
        if old.choice not in ("left", "right"):
            return
        flipped = self.store.flip(old.id)
        self.answers.remove(old)
        self.answers.append(flipped)
        assert {old.choice, flipped.choice} == {"left", "right"}

    @rule()
    def retire(self) -> None:
        stale = self.free()
        assert self.store.retire(older_than=1) == len(stale)
        self.waiting = [name for name in self.waiting if name not in stale]
        self.forget(stale)

    @invariant()
    def the_store_agrees(self) -> None:
        if not hasattr(self, "store"):
            return
        counted = self.counted()
        said = [answer for answer in counted if answer.choice != "cant_tell"]
        assert self.store.preferences().target.tolist() == [TARGETS[answer.choice] for answer in said]
        counts = self.store.counts()
        assert (counts.asked, counts.answers) == (len(counted), len(said))
        assert counts.open == len(set(self.waiting) - self.answered())
        for who in PEOPLE:
            mine = [answer.id for answer in reversed(self.answers) if answer.annotator == who]
            assert [record.answer.id for record in self.store.history(who)] == mine
            live = {name for (name, by), until in self.leases.items() if by == who and until > self.now}
            assert {question.id for question in self.store.held(who)} == live

    @invariant()
    def the_chain_holds(self) -> None:
        if hasattr(self, "store"):
            with self.store._database.read() as conn:
                assert chain.verify(conn) == []

    @invariant()
    def nothing_is_counted_wrongly(self) -> None:
        """All changes together are what is in force, too."""
        if not hasattr(self, "store"):
            return
        with self.store._database.read() as conn:
            assert tallies.differences(conn) == []
        followed: set[int] = set()
        for change in self.store.changes(limit=10_000).changes:
            followed.discard(change.was or 0)
            followed |= {change.seq} if change.choice is not None and not change.excluded else set()
        assert followed == {record.seq for record in self.store.records()}

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


StoreMachine.TestCase.settings = settings(max_examples=8, stateful_step_count=25, deadline=None)
TestStore = StoreMachine.TestCase


@pytest.mark.slow
def test_the_same_holds_on_a_server(postgresql: str) -> None:
    engine = sa.create_engine(postgresql, isolation_level="AUTOCOMMIT")

    class OnServer(StoreMachine):
        def new_database(self) -> str:
            name = f"model_{new_id().replace('-', '')}"
            with engine.connect() as conn:
                conn.exec_driver_sql(f"CREATE DATABASE {name}")
            return sa.make_url(postgresql).set(database=name).render_as_string()

    few = settings(max_examples=8, stateful_step_count=25, deadline=None, database=None)
    run_state_machine_as_test(OnServer, settings=few)
    engine.dispose()
