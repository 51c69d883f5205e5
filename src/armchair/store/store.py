"""The store: clips, questions and answers, where trainer, page and simulated teachers meet.

It may be used by several processes at once. Every call is one transaction, and what it wrote is on disk
when it returns; only claims, which a power cut may undo, are not waited for. See `rows` for transactions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from armchair.errors import ArmchairError, InvalidInput
from armchair.ids import new_id
from armchair.store.board import Board, read_settings
from armchair.store.database import Database
from armchair.store.migrations import open_database
from armchair.store.people import People
from armchair.store.reader import Reader
from armchair.store.rows import annotators, answers, leases, objects, wishes
from armchair.store.rows import clips as clip_rows
from armchair.store.rows.binds import LONGEST_LEASE
from armchair.types import Answer, Choice, Clip, Question

LEASE_SECONDS = 600.0
GIVE_LOCK = 0x41524D47  # PostgreSQL's advisory lock that stands for "who gives out questions"


class Store(Reader):
    """Clips, questions, leases and answers in one database.

    >>> store = Store.open("run/armchair.db")
    >>> store.ask([question], clips=[left, right])
    >>> (question,) = store.claim("ann", n=1)
    >>> store.submit(Answer(new_id(), question.id, "ann", "left", 1.0, 2.5, time.time()))
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since the epoch; leases are counted by it."""
        super().__init__(database, clock)
        self.people = People(database, clock)
        self.board = Board(database, clock)

    @classmethod
    def open(
        cls, url_or_path: str | Path, *, create: bool = True, clock: Callable[[], float] = time.time
    ) -> Store:
        """Open the store in a SQLite file, or in a database by URL; make it when there is none.

        Raises StoreError when it cannot be used, or was written by a newer armchair.
        """
        return cls(open_database(url_or_path, create=create), clock)

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
        self._put_elsewhere(clips)
        with self._database.write() as conn:
            clip_rows.insert_clips(conn, clips, reward_known)

    def keep_clips_at(self, url: str) -> None:
        """Keep the bytes of clips that come from now on in a store of objects, such as s3://bucket/clips.

        They are written before the row that names them, and checked by their SHA-256 when they are read.
        Raises InvalidInput for a URL that is none, StoreError where nothing can be kept there.
        """
        with self._database.write() as conn:
            objects.settle(conn, url)

    def _put_elsewhere(self, clips: Sequence[Clip]) -> None:
        """Where clips are kept elsewhere, before anybody waits for the transaction that names them."""
        if clips:
            with self._database.read() as conn:
                place = objects.place_of(conn)
            if place is not None:
                clip_rows.put_elsewhere(place, clips)

    def ask(
        self, questions: Sequence[Question], clips: Sequence[Clip] = (), *, priority: float = 0.0
    ) -> None:
        """Put questions, together with those of their clips that the store does not have yet.

        The same question again is harmless and opens it again when it was retired. Raises StoreError when
        a clip is missing, InvalidInput for a clip that cannot be stored or a wish that was not added; then
        nothing is.
        """
        self._put_elsewhere(clips)
        with self._database.write() as conn:
            clip_rows.insert_clips(conn, clips, reward_known=True)
            clip_rows.insert_questions(conn, questions, priority)

    def add_wish(self, name: str, question: str) -> None:
        """Make a wish known before its questions are put; again is harmless and rewords its question.

        name: 1 to 64 printable characters. question: in plain words, one line of at most 200 characters.
        Raises InvalidInput for others.
        """
        with self._database.write() as conn:
            wishes.add(conn, name, question, self._clock())

    def weigh(self, name: str, weight: float | None) -> None:
        """Say how much is wanted of a wish, from 0 to 1; None: nobody has chosen.

        Raises InvalidInput for another weight and for a wish that is not in the store.
        """
        with self._database.write() as conn:
            wishes.weigh(conn, name, weight)

    def retire(self, older_than: int) -> int:
        """Close unanswered questions put before that policy step, unless someone holds them. -> how many."""
        with self._database.write() as conn:
            return leases.retire(conn, older_than, self._clock())

    # ---- answering

    def register(self, annotator: str, kind: str = "person") -> None:
        """Make an annotator known: a "person", "simulated", "imported" or "model". A claim does so, too."""
        with self._database.write() as conn:
            annotators.register(conn, annotator, kind, self._clock())

    def free(self, annotator: str, n: int) -> list[Question]:
        """The n questions that `claim` would give this annotator now, best first; they stay free."""
        with self._database.read() as conn:
            set_to, now = read_settings(conn), self._clock()
            return leases.free(conn, annotator, n, leases.Terms(set_to.overlap, 0.0, now, now, ""))

    def claim(
        self,
        annotator: str,
        *,
        n: int = 1,
        lease_seconds: float = LEASE_SECONDS,
        overlap: int | None = None,
        only: str | None = None,
    ) -> list[Question]:
        """Up to n questions that this annotator alone may answer now, best first.

        Highest priority first, then newest behaviour. Where there are wishes, people get ten questions of one
        in a row before those of another. They come back to others `lease_seconds` from now.
        overlap: how many annotators may answer the same question; None: as the settings say. In the place
        of a share of them (`Settings.repeat_share`) a person is given again what they answered at least
        ten answers ago, with the sides exchanged (`Question.repeat_of`). only: the id of the question that is
        wanted, which is then given or none. Raises StoreError for an annotator who is excluded.
        """
        if n < 0 or (overlap is not None and overlap < 1) or not 0 < lease_seconds <= LONGEST_LEASE:
            raise InvalidInput(
                f"n must be at least 0, overlap at least 1, lease_seconds above 0 and at most "
                f"{LONGEST_LEASE:g}; got {n}, {overlap}, {lease_seconds}"
            )
        taken = None
        while taken is None:
            with self._database.write_rows() as conn:
                now = self._clock()
                kind = annotators.admit(conn, annotator, now)
                set_to = read_settings(conn)
                expires = now + lease_seconds
                terms = leases.Terms(overlap or set_to.overlap, set_to.repeat_share, now, expires, kind)
                taken = leases.claim(conn, annotator, n, terms, only)
        return taken

    @contextmanager
    def giving(self) -> Generator[None]:
        """Held by whoever looks how much room a budget leaves and then claims; of all who use the database.

        A file has no such lock: there, those who share it have to take turns by themselves.
        """
        if self.is_file:
            yield
            return
        with self._database.read() as conn:
            conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({GIVE_LOCK})")
            yield

    def held(self, annotator: str) -> list[Question]:
        """The questions that an annotator has claimed and not yet answered."""
        with self._database.read() as conn:
            return leases.held(conn, annotator, self._clock())

    def release(self, annotator: str, questions: Sequence[str]) -> None:
        """Give claimed questions (ids) back unanswered."""
        with self._database.write_rows() as conn:
            leases.release(conn, annotator, questions)

    def submit(self, answer: Answer) -> bool:
        """Store an answer; on disk when this returns. -> False when it was there already.

        Raises InvalidInput for one that makes no sense, StoreError for an unknown question, one that the
        annotator does not hold or has answered, and for an id that was used for another answer.
        """
        with self._database.write() as conn:
            return answers.submit(conn, answer)

    def submit_all(self, several: Sequence[Answer]) -> list[bool | ArmchairError]:
        """`submit` of several answers at once, which costs little more than one.

        -> of each, what it returns or raises. One that is wrong keeps none of the others from being stored.
        """
        with self._database.write() as conn:
            return answers.submit_all(conn, several)

    def undo(
        self, annotator: str, undo_id: str | None = None, *, lease_seconds: float = LEASE_SECONDS
    ) -> Question | None:
        """Take the annotator's latest answer back and hold its question for them again.

        An answer that was flipped is taken back altogether. None: there was nothing to take back.
        undo_id: a UUID made by the client; sent twice it takes back one answer.
        """
        with self._database.write() as conn:
            now = self._clock()
            return answers.undo(conn, annotator, undo_id or new_id(), now=now, expires=now + lease_seconds)

    def flip(self, answer_id: str, flip_id: str | None = None, to: Choice | None = None) -> Answer:
        """Turn an answer round, left for right, or make it `to`. -> the answer now in force.

        Raises StoreError when that answer is unknown, taken back or changed, InvalidInput when it cannot be
        turned. flip_id: a UUID made by the client, so that sending it twice is harmless.
        """
        with self._database.write() as conn:
            return answers.flip(conn, answer_id, flip_id or new_id(), self._clock(), to)

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
        self._put_elsewhere(clips)
        with self._database.write() as conn:
            clip_rows.insert_clips(conn, clips, reward_known=False)
            clip_rows.insert_questions(conn, questions, 0.0)
            new = 0
            for answer in given:
                annotators.register(conn, answer.annotator, "imported", self._clock())
                if not answers.has_answered(conn, answer.question, answer.annotator):
                    leases.grant(conn, answer.question, answer.annotator, self._clock())
                new += answers.submit(conn, answer)
            return new
