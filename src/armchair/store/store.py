"""The store: clips, questions and answers, where trainer, page and simulated teachers meet.

It may be used by several processes at once. Every call is one transaction, and what it wrote is on disk
when it returns; only claims, which a power cut may undo, are not waited for. See `rows` for transactions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from armchair.errors import InvalidInput, StoreError
from armchair.ids import new_id
from armchair.store.batches import BatchBuilder
from armchair.store.board import Board, read_settings
from armchair.store.database import Database
from armchair.store.migrations import open_database
from armchair.store.people import People
from armchair.store.rows import annotators, answers, audit, counts, leases, records
from armchair.store.rows import clips as clip_rows
from armchair.store.rows.binds import LONGEST_LEASE
from armchair.store.rows.clips import ClipInfo, Replay
from armchair.store.rows.counts import Counts
from armchair.store.rows.records import Record, Wanted
from armchair.types import Answer, Choice, Clip, PreferenceBatch, Question

LEASE_SECONDS = 600.0


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
        self._batches = BatchBuilder()
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
            annotators.register(conn, annotator, kind, self._clock())

    def claim(
        self, annotator: str, *, n: int = 1, lease_seconds: float = LEASE_SECONDS, overlap: int | None = None
    ) -> list[Question]:
        """Up to n questions that this annotator alone may answer now, best first.

        Highest priority first, then newest behaviour. They come back to others `lease_seconds` from now.
        overlap: how many annotators may answer the same question; None: as the settings say. In the place
        of a share of them (`Settings.repeat_share`) a person is given again what they answered at least
        ten answers ago, with the sides exchanged (`Question.repeat_of`). Raises StoreError for an annotator
        who is excluded.
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
                annotators.register(conn, annotator, "person", now)
                annotators.check_included(conn, annotator)
                set_to = read_settings(conn)
                terms = leases.Terms(overlap or set_to.overlap, set_to.repeat_share, now, now + lease_seconds)
                taken = leases.claim(conn, annotator, n, terms)
        return taken

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

    # ---- reading

    def position(self) -> int:
        """Grows with every answer, undo, flip and exclusion; when it has not changed, no answer has."""
        with self._database.read() as conn:
            return audit.head(conn).seq

    def question(self, question_id: str) -> Question:
        """The question of this id; StoreError when there is none."""
        with self._database.read() as conn:
            found = clip_rows.find_question(conn, question_id)
        if found is None:
            raise StoreError(f"there is no question {question_id} in the store")
        return found

    def put(self) -> list[Question]:
        """The questions that wait or were answered, in the order in which they were put; repeats left out."""
        with self._database.read() as conn:
            return clip_rows.put(conn)

    def clips(self, clip_ids: Sequence[str]) -> list[Clip]:
        """The clips of these ids, in their order; StoreError when one is unknown or damaged."""
        with self._database.read() as conn:
            return clip_rows.load_clips(conn, clip_ids)

    def rewards_known(self, clip_ids: Sequence[str]) -> bool:
        """Whether the true reward is known of all these clips."""
        with self._database.read() as conn:
            return clip_rows.rewards_known(conn, clip_ids)

    def clip_info(self, clip_ids: Sequence[str]) -> dict[str, ClipInfo]:
        """What there is to show of these clips, by id; StoreError when one is unknown."""
        with self._database.read() as conn:
            return clip_rows.clip_info(conn, clip_ids)

    def replay(self, clip_id: str) -> Replay:
        """What is needed to show a clip; StoreError when it is unknown or damaged."""
        with self._database.read() as conn:
            return clip_rows.load_replay(conn, clip_id)

    def history(
        self,
        annotator: str | None,
        limit: int | None = None,
        *,
        before: int | None = None,
        choice: Choice | None = None,
        strategy: str | None = None,
        against: bool = False,
    ) -> list[Record]:
        """An annotator's answers in force, or (None) everyone's, excluded or not; the latest first.

        before: only those recorded before this `Record.seq`, which is how to turn pages. against: only those
        for the other side than the model had guessed.
        """
        wanted = Wanted(0, before, annotator, (), choice, strategy, excluded=True, against=against)
        with self._database.read() as conn:
            return records.find(conn, wanted, newest=2**31 - 1 if limit is None else limit)

    def record(self, answer_id: str) -> Record:
        """The answer of this id with its question; StoreError when it is unknown or no longer in force."""
        with self._database.read() as conn:
            found = records.find(conn, Wanted(answer=answer_id, excluded=True))
        if not found:
            raise StoreError(f"no answer {answer_id} is in force")
        return found[0]

    def count_answers(self, annotator: str, since: float = 0.0) -> int:
        """How many answers of an annotator are in force that were given since then (s since the epoch)."""
        with self._database.read() as conn:
            return counts.count_answers(conn, annotator, since)

    def annotators(self) -> dict[str, str]:
        """The annotators' names and kinds."""
        with self._database.read() as conn:
            return annotators.kinds(conn)

    def records(
        self,
        since: int = 0,
        exclude: Sequence[str] = (),
        *,
        excluded: bool = False,
        strategy: str | None = None,
    ) -> list[Record]:
        """Answers in force recorded after the position `since`, in the order of recording.

        exclude: annotators to leave out. excluded: also those of annotators excluded from the run.
        strategy: only answers to questions that were chosen this way, such as "progress".
        """
        wanted = Wanted(since=since, exclude=exclude, excluded=excluded, strategy=strategy)
        with self._database.read() as conn:
            return records.find(conn, wanted)

    def counts(self) -> Counts:
        """How many questions were put, wait, were answered and how."""
        with self._database.read() as conn:
            return counts.count(conn, self._clock())

    def preferences(self, since: int = 0, exclude: Sequence[str] = ()) -> PreferenceBatch:
        """What was answered, ready for fitting, in the order of recording; "can't tell" is left out.

        since: only what was recorded after this `position`. exclude: annotators to leave out, beside those
        who are excluded from the run. The weight is the answer's strength; a tie and "both bad" have the
        target 0.5.
        """
        with self._database.read() as conn:
            return self._batches.build(conn, records.find(conn, Wanted(since=since, exclude=exclude)))
