"""Any order of claiming, answering and taking back, against a model of a few lines."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.strategies import integers, sampled_from

from armchair.errors import StoreError
from armchair.feedback.store import Store
from armchair.ids import new_id
from armchair.types import Answer, Choice, Clip, Question

PEOPLE = ("ann", "bob")
CHOICES: tuple[Choice, ...] = ("left", "right", "tie", "both_bad", "cant_tell")
TARGETS = {"left": 0.0, "right": 1.0, "tie": 0.5, "both_bad": 0.5}
LEASE = 10.0


class StoreMachine(RuleBasedStateMachine):
    """The store and, beside it, who holds what until when and the answers in the order they came."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.now = 0.0
        self.store = Store.open(Path(self.folder.name) / "armchair.db", clock=lambda: self.now)
        self.waiting: list[str] = []  # asked and not retired, oldest first
        self.leases: dict[str, tuple[str, float]] = {}
        self.answers: list[Answer] = []
        self.sent: list[Answer] = []

    def answered(self) -> set[str]:
        return {answer.question for answer in self.answers}

    def free(self) -> list[str]:
        live = {name for name, (_, until) in self.leases.items() if until > self.now}
        return [name for name in self.waiting if name not in live | self.answered()]

    @rule(n=integers(1, 3))
    def ask(self, n: int) -> None:
        for _ in range(n):
            none = torch.zeros(1, 1)
            left, right = (Clip(new_id(), none, none, none[0], None, None, 0, 0, 0) for _ in range(2))
            question = Question(new_id(), left.id, right.id, "uniform", 0)
            self.store.ask([question], [left, right])
            self.waiting.append(question.id)

    @rule(who=sampled_from(PEOPLE), n=integers(1, 3))
    def claim(self, who: str, n: int) -> None:
        expected = self.free()[:n]
        got = [question.id for question in self.store.claim(who, n=n, lease_seconds=LEASE)]
        assert got == expected
        self.leases |= dict.fromkeys(got, (who, self.now + LEASE))

    @rule()
    def wait(self) -> None:
        self.now += 0.6 * LEASE

    @precondition(lambda self: self.waiting)
    @rule(who=sampled_from(PEOPLE), choice=sampled_from(CHOICES), k=integers(0, 20))
    def submit(self, who: str, choice: Choice, k: int) -> None:
        name = self.waiting[k % len(self.waiting)]
        answer = Answer(new_id(), name, who, choice, 1.0, 0.0, 0.0)
        if self.leases.get(name, ("", 0.0))[0] == who:
            assert self.store.submit(answer)
            self.answers.append(answer)
            self.sent.append(answer)
            del self.leases[name]
        else:
            with pytest.raises(StoreError):
                self.store.submit(answer)

    @precondition(lambda self: self.sent)
    @rule(k=integers(0, 20))
    def send_again(self, k: int) -> None:
        assert not self.store.submit(self.sent[k % len(self.sent)])

    @rule(who=sampled_from(PEOPLE))
    def undo(self, who: str) -> None:
        mine = [answer for answer in self.answers if answer.annotator == who]
        question = self.store.undo(who, lease_seconds=LEASE)
        assert (question and question.id) == (mine[-1].question if mine else None)
        if mine:
            self.answers.remove(mine[-1])
            self.leases[mine[-1].question] = (who, self.now + LEASE)

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
        for name in stale:
            self.leases.pop(name, None)

    @invariant()
    def the_store_agrees(self) -> None:
        if not hasattr(self, "store"):
            return
        said = [answer for answer in self.answers if answer.choice != "cant_tell"]
        assert self.store.preferences().target.tolist() == [TARGETS[answer.choice] for answer in said]
        counts = self.store.counts()
        assert (counts.asked, counts.answers) == (len(self.answers), len(said))
        assert counts.open == len(set(self.waiting) - self.answered())
        for who in PEOPLE:
            mine = [answer.id for answer in reversed(self.answers) if answer.annotator == who]
            assert [answer.id for answer in self.store.history(who)] == mine
            live = {name for name, (by, until) in self.leases.items() if by == who and until > self.now}
            assert {question.id for question in self.store.held(who)} == live

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


StoreMachine.TestCase.settings = settings(max_examples=8, stateful_step_count=25, deadline=None)
TestStore = StoreMachine.TestCase
