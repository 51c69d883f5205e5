"""The store: clips, questions and answers, where trainer, page and simulated teachers meet.

It may be used by several processes at once. Every call is one transaction, and what it wrote is on disk
when it returns. What happens within a transaction is in `clip_rows`, `leases` and `answers`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
import torch
from torch import Tensor

from armchair.errors import InvalidInput, StoreError
from armchair.feedback import answers, clip_rows, leases
from armchair.feedback import schema as tables
from armchair.feedback.database import Database
from armchair.ids import new_id
from armchair.types import Answer, Choice, Clip, PreferenceBatch, Question

LEASE_SECONDS = 600.0
TARGETS: dict[Choice, float] = {"left": 0.0, "right": 1.0, "tie": 0.5, "both_bad": 0.5}


class Counts(NamedTuple):
    """How far the asking has come; answers that were taken back are not counted."""

    questions: int  # ever put
    open: int  # waiting for a first answer
    leased: int  # of the open ones, those in someone's hands
    retired: int  # closed without an answer
    asked: int  # answers of any kind, "can't tell" too: what a budget is charged with
    answers: int  # answers that say something, so without "can't tell"
    by_choice: dict[Choice, int]


class Record(NamedTuple):
    """An answer in force and what it speaks of."""

    answer: Answer
    question: Question


class Store:
    """Clips, questions, leases and answers in one database.

    >>> store = Store.open("run/armchair.db")
    >>> store.ask([question], clips=[left, right])
    >>> (question,) = store.claim("ann", n=1)
    >>> store.submit(Answer(new_id(), question.id, "ann", "left", 1.0, 2.5, time.time()))
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since the epoch; leases are counted by it."""
        self._database = database
        self._clock = clock
        self._visible: dict[str, Tensor] = {}  # clips never change, so what was read once stays right

    @classmethod
    def open(
        cls, url_or_path: str | Path, *, create: bool = True, clock: Callable[[], float] = time.time
    ) -> Store:
        """Open the store in a SQLite file, or in a database by URL; make it when there is none.

        Raises StoreError when it cannot be used, or was written by a newer armchair.
        """
        return cls(Database(url_or_path, create=create), clock)

    def close(self) -> None:
        """Close the connections; twice is harmless."""
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- putting questions

    def add_clips(self, clips: Sequence[Clip], *, reward_known: bool = True) -> None:
        """Store clips. The same clip again is harmless; all clips of a store have one shape.

        reward_known: False where the true reward is not known and `Clip.reward` holds zeros.
        Raises InvalidInput for one that cannot be stored; then none is.
        """
        with self._database.write() as conn:
            clip_rows.insert_clips(conn, clips, reward_known)

    def ask(
        self, questions: Sequence[Question], clips: Sequence[Clip] = (), *, priority: float = 0.0
    ) -> None:
        """Put questions, together with those of their clips that the store does not have yet.

        The same question again is harmless and opens it again when it was retired. Raises StoreError when
        a clip is missing, InvalidInput for a clip that cannot be stored; then nothing is.
        """
        with self._database.write() as conn:
            clip_rows.insert_clips(conn, clips, reward_known=True)
            clip_rows.insert_questions(conn, questions, priority)

    def retire(self, older_than: int) -> int:
        """Close unanswered questions put before that policy step, unless someone holds them. -> how many."""
        with self._database.write() as conn:
            return leases.retire(conn, older_than, self._clock())

    # ---- answering

    def register(self, annotator: str, kind: str = "person") -> None:
        """Make an annotator known: a "person", "simulated" or "imported". The first claim does so, too."""
        with self._database.write() as conn:
            leases.register(conn, annotator, kind, self._clock())

    def claim(
        self, annotator: str, *, n: int = 1, lease_seconds: float = LEASE_SECONDS, overlap: int = 1
    ) -> list[Question]:
        """Up to n questions that this annotator alone may answer now, best first.

        Highest priority first, then newest behaviour. They come back to others `lease_seconds` from now.
        overlap: how many annotators may answer the same question.
        """
        if n < 0 or overlap < 1 or not lease_seconds > 0:
            raise InvalidInput(
                f"n must be at least 0, overlap at least 1, lease_seconds positive; got {n}, {overlap}, "
                f"{lease_seconds}"
            )
        with self._database.write() as conn:
            now = self._clock()
            leases.register(conn, annotator, "person", now)
            until = now + lease_seconds
            return leases.claim(conn, annotator, n=n, overlap=overlap, now=now, expires=until)

    def held(self, annotator: str) -> list[Question]:
        """The questions that an annotator has claimed and not yet answered."""
        with self._database.read() as conn:
            return leases.held(conn, annotator, self._clock())

    def release(self, annotator: str, questions: Sequence[str]) -> None:
        """Give claimed questions (ids) back unanswered."""
        with self._database.write() as conn:
            leases.drop(conn, annotator, questions)

    def submit(self, answer: Answer) -> bool:
        """Store an answer; on disk when this returns. -> False when it was there already.

        Raises InvalidInput for one that makes no sense, StoreError for an unknown question, one that the
        annotator does not hold or has answered, and for an id that was used for another answer.
        """
        with self._database.write() as conn:
            return answers.submit(conn, answer)

    def undo(
        self, annotator: str, undo_id: str | None = None, *, lease_seconds: float = LEASE_SECONDS
    ) -> Question | None:
        """Take the annotator's latest answer back and hold its question for them again.

        An answer that was flipped is taken back altogether. None: there was nothing to take back.
        undo_id: a UUID made by the client; sent twice it takes back one answer.
        """
        with self._database.write() as conn:
            now = self._clock()
            row_id, expires = undo_id or new_id(), now + lease_seconds
            return answers.take_back(conn, annotator, row_id, now=now, expires=expires)

    def flip(self, answer_id: str, flip_id: str | None = None) -> Answer:
        """Turn an answer round, left for right. -> the answer now in force.

        Raises StoreError when that answer is unknown, taken back or changed, InvalidInput when it has no
        sides. flip_id: a UUID made by the client, so that sending it twice is harmless.
        """
        with self._database.write() as conn:
            return answers.flip(conn, answer_id, flip_id or new_id(), self._clock())

    def retract(self, annotator: str, after: int) -> int:
        """Take back what an annotator answered after a `position`, as a run needs that goes back there."""
        with self._database.write() as conn:
            return answers.retract(conn, annotator, after, self._clock())

    def import_answers(
        self, clips: Sequence[Clip], questions: Sequence[Question], given: Sequence[Answer]
    ) -> int:
        """Store questions that were answered elsewhere: all of it or, when something is wrong, nothing.

        The true reward of the clips counts as unknown. -> how many answers are new.
        """
        with self._database.write() as conn:
            clip_rows.insert_clips(conn, clips, reward_known=False)
            clip_rows.insert_questions(conn, questions, 0.0)
            new = 0
            for answer in given:
                leases.register(conn, answer.annotator, "imported", self._clock())
                if not answers.has_answered(conn, answer.question, answer.annotator):
                    leases.give(conn, answer.question, answer.annotator, self._clock())
                new += answers.submit(conn, answer)
            return new

    # ---- reading

    def position(self) -> int:
        """Grows with every answer, undo and flip; when it has not changed, no answer has."""
        with self._database.read() as conn:
            return answers.position(conn)

    def question(self, question_id: str) -> Question:
        """The question of this id; StoreError when there is none."""
        with self._database.read() as conn:
            found = clip_rows.find_question(conn, question_id)
        if found is None:
            raise StoreError(f"there is no question {question_id} in the store")
        return found

    def clip(self, clip_id: str) -> Clip:
        """The clip of this id; StoreError when it is unknown or damaged."""
        return self.clips([clip_id])[0]

    def clips(self, clip_ids: Sequence[str]) -> list[Clip]:
        """The clips of these ids, in their order; StoreError when one is unknown or damaged."""
        with self._database.read() as conn:
            return clip_rows.load_clips(conn, clip_ids)

    def rewards_known(self, clip_ids: Sequence[str]) -> bool:
        """Whether the true reward is known of all these clips."""
        with self._database.read() as conn:
            return clip_rows.rewards_known(conn, clip_ids)

    def history(self, annotator: str, limit: int | None = None) -> list[Answer]:
        """An annotator's answers in force, the latest first."""
        with self._database.read() as conn:
            return answers.history(conn, annotator, limit)

    def annotators(self) -> dict[str, str]:
        """The annotators' names and kinds."""
        with self._database.read() as conn:
            rows = conn.execute(sa.select(tables.annotators).order_by(tables.annotators.c.name))
            return {row.name: row.kind for row in rows}

    def records(self, since: int = 0, exclude: Sequence[str] = ()) -> list[Record]:
        """Answers in force recorded after the position `since`, in the order of recording."""
        with self._database.read() as conn:
            return [Record(*pair) for pair in answers.in_order(conn, since, exclude)]

    def counts(self) -> Counts:
        """How many questions were put, wait, were answered and how."""
        with self._database.read() as conn:
            choices = answers.by_choice(conn)
            put, waiting, leased, retired = leases.count_questions(conn, self._clock())
        asked = sum(choices.values())
        return Counts(put, waiting, leased, retired, asked, asked - choices["cant_tell"], choices)

    def preferences(self, since: int = 0, exclude: Sequence[str] = ()) -> PreferenceBatch:
        """What was answered, ready for fitting, in the order of recording; "can't tell" is left out.

        since: only what was recorded after this `position`. exclude: annotators to leave out.
        The weight is the answer's strength; a tie and "both bad" have the target 0.5.
        """
        with self._database.read() as conn:
            found = [
                (answer, question)
                for answer, question in answers.in_order(conn, since, exclude)
                if answer.choice != "cant_tell"
            ]
            self._remember(conn, [name for _, question in found for name in (question.left, question.right)])
            length, width = clip_rows.stored_shape(conn) or (0, 0)
        left = [self._visible[question.left] for _, question in found]
        right = [self._visible[question.right] for _, question in found]
        none = torch.empty(0, length, width)
        return PreferenceBatch(
            left=torch.stack(left) if left else none,
            right=torch.stack(right) if right else none,
            target=torch.tensor([TARGETS[answer.choice] for answer, _ in found], dtype=torch.float32),
            weight=torch.tensor([answer.strength for answer, _ in found], dtype=torch.float32),
            both_bad=torch.tensor([answer.choice == "both_bad" for answer, _ in found], dtype=torch.bool),
        )

    def _remember(self, conn: sa.Connection, names: Sequence[str]) -> None:
        """Load what clips show, of those not yet loaded; a few kB each."""
        new = [name for name in dict.fromkeys(names) if name not in self._visible]
        self._visible.update({clip.id: clip.visible for clip in clip_rows.load_clips(conn, new)})
