"""Reading a store: what was asked, shown and answered. Each call sees one state of the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from armchair.errors import StoreError
from armchair.store import board
from armchair.store.batches import BatchBuilder
from armchair.store.board import Settings, Status
from armchair.store.database import Database
from armchair.store.rows import annotators, audit, counts, leases, records, wishes
from armchair.store.rows import clips as clip_rows
from armchair.store.rows.clips import ClipInfo, Replay
from armchair.store.rows.counts import Counts
from armchair.store.rows.kept import changes
from armchair.store.rows.kept.changes import Part
from armchair.store.rows.meta import IDENTITY, get_meta
from armchair.store.rows.records import Record, Wanted
from armchair.store.rows.wishes import EVERY
from armchair.types import Choice, Clip, PreferenceBatch, Question, Wish


class Glance(NamedTuple):
    """A store at one moment, in few words."""

    position: int
    settings: Settings
    status: Status | None
    assets: Mapping[str, str]  # SHA-256 of every file there is, by name


class Standing(NamedTuple):
    """What decides whether somebody is given more questions."""

    settings: Settings
    status: Status | None
    counts: Counts
    held: list[Question]  # what they have claimed and not answered yet

    @property
    def phase(self) -> object:
        """What the trainer said that it does."""
        return None if self.status is None else self.status.value.get("phase")


class Reader:
    """The part of a store that changes nothing: see `store.Store`.

    Where `wish` can be said, it is the name of one, None for the skill itself, or `EVERY` for all of them; an
    unknown one raises InvalidInput.
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        """`clock` gives seconds since the epoch."""
        self._database, self._clock = database, clock
        self._batches = BatchBuilder()

    @property
    def is_file(self) -> bool:
        """Whether it is a file; else a server keeps it."""
        return self._database.is_file

    def identity(self) -> str:
        """A name that tells this store from any other, the same for all who have opened it."""
        with self._database.read() as conn:
            return (get_meta(conn, IDENTITY) or "store").replace("-", "")[:12]

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

    def wishes(self) -> list[Wish]:
        """The wishes in the order in which they were added, with the questions that they are asked by."""
        with self._database.read() as conn:
            return wishes.find(conn)

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
        questions: Sequence[str] | None = None,
    ) -> list[Record]:
        """An annotator's answers in force, or (None) everyone's, excluded or not; the latest first.

        before: only those recorded before this `Record.seq`, which is how to turn pages. against: only those
        for the other side than the model had guessed. questions: only those to one of these (ids).
        """
        wanted = Wanted(0, before, annotator, (), choice, strategy, excluded=True, against=against)
        with self._database.read() as conn:
            if questions is not None:
                return records.about(conn, wanted, questions)[:limit]
            if limit is None:
                return records.find(conn, wanted, newest=records.END)
            return records.latest(conn, wanted, limit)

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
        wish: str | None = EVERY,
    ) -> list[Record]:
        """Answers in force recorded after the position `since`, in the order of recording.

        exclude: annotators to leave out. excluded: also those of annotators excluded from the run.
        strategy: only answers to questions that were chosen this way, such as "progress". wish: only answers
        to questions of this one.
        """
        wanted = Wanted(since=since, exclude=exclude, excluded=excluded, strategy=strategy, wish=wish)
        with self._database.read() as conn:
            wishes.check_known(conn, wish)
            return records.find(conn, wanted)

    def changes(self, since: int = 0, limit: int = 500, compared: Collection[str] = ()) -> Part:
        """What was recorded after the position `since`, at most `limit` of it; see `rows.kept.changes`."""
        with self._database.read() as conn:
            return changes.find(conn, since, limit, compared)

    def answered_by(self, questions: Iterable[str]) -> set[tuple[str, str]]:
        """Who has answered which of these questions (ids): (annotator, question)."""
        found: set[tuple[str, str]] = set()
        with self._database.read() as conn:
            for chunk in clip_rows.chunks(questions):
                found |= changes.answered_by(conn, chunk)
        return found

    def standing(self, annotator: str) -> Standing:
        """What decides whether somebody is given more questions, in one look."""
        with self._database.read() as conn:
            now = self._clock()
            told = board.read_settings(conn), board.read_status(conn), counts.count(conn, now)
            return Standing(*told, leases.held(conn, annotator, now))

    def glance(self) -> Glance:
        """What tells whether anything is new, in one look."""
        with self._database.read() as conn:
            told = board.read_settings(conn), board.read_status(conn), board.read_versions(conn)
            return Glance(audit.head(conn).seq, *told)

    def counts(self, wish: str | None = EVERY) -> Counts:
        """How many questions were put, wait, were answered and how: all of them, or those of one wish."""
        with self._database.read() as conn:
            wishes.check_known(conn, wish)
            return counts.count(conn, self._clock(), wish)

    def asked_of_wishes(self) -> dict[str, int]:
        """How many questions about each wish were answered, by its name."""
        with self._database.read() as conn:
            return counts.asked_of(conn)

    def preferences(
        self, since: int = 0, exclude: Sequence[str] = (), *, wish: str | None = None
    ) -> PreferenceBatch:
        """What was answered, ready for fitting, in the order of recording; "can't tell" is left out.

        since: only what was recorded after this `position`. exclude: annotators to leave out, beside those
        who are excluded from the run. wish: only answers to questions of this one. None: the skill's own, so
        that what was said of how it is done does not teach what to do; without wishes that is everything.
        The weight is the answer's strength; a tie and "both bad" have the target 0.5.
        """
        with self._database.read() as conn:
            wishes.check_known(conn, wish)
            found = records.find(conn, Wanted(since=since, exclude=exclude, wish=wish))
            return self._batches.build(conn, found)
