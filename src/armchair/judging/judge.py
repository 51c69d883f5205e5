"""One question after another: claim it, draw it, ask the model twice, answer it or leave it to people."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from armchair.errors import InvalidInput, StoreError
from armchair.ids import new_id
from armchair.judging.asking import Said
from armchair.judging.deciding import FATES, Fate, decide, is_audited
from armchair.judging.figures import Figures, figures, put, seen
from armchair.judging.verdicts import Verdict, VerdictFile
from armchair.store.board import budget_of
from armchair.store.schema import SETTLING
from armchair.store.store import Store
from armchair.types import Answer, Clip, Question

KIND = "model"
POLL = 2.0  # s between two looks for new questions
LEASE = 300.0  # s; a question whose judge was killed comes back to people after that
TOLD = 10.0  # s between two notes on the board, at least
UNSEEN = Said("cannot_tell", "", 0)


class Asks(Protocol):
    """What asks a model; `asking.Model` is one."""

    @property
    def reserve(self) -> int:
        """Tokens that the next request may cost."""
        ...

    def compare(self, question: str, first: bytes, second: bytes) -> Said:
        """Which of two pictures is better for the question."""
        ...


class Draws(Protocol):
    """What draws clips; `stage.Stage` is one."""

    def strips(self, left: Clip, right: Clip) -> tuple[bytes, bytes]:
        """A picture of each. Raises InvalidInput for clips that cannot be shown."""
        ...


@dataclass(frozen=True)
class Terms:
    """On what terms a model judges."""

    model: str
    """What the server calls it."""
    audit: float = 0.1
    """Share of what it would answer that people answer in its place."""
    tokens: int | None = None
    """That it may use for this run in all, earlier starts included."""
    limit: int | None = None
    """Questions to judge, from this start on."""
    once: bool = False
    """Whether to end when nothing waits."""


class Judge:
    """A model as an annotator of a store."""

    def __init__(
        self,
        store: Store,
        asks: Asks,
        draws: Draws,
        file: VerdictFile,
        terms: Terms,
        tell: Callable[[str], None],
    ) -> None:
        """tell: gets a line for each question. Raises InvalidInput where the name is somebody else's."""
        self._store, self._asks, self._draws = store, asks, draws
        self._file, self._terms, self._tell = file, terms, tell
        self.name, self._began = file.annotator, len(file.said)
        self._left_alone = set[str]()  # questions that are for people alone
        self._told_at = -TOLD
        kind = store.annotators().get(self.name, KIND)
        if kind != KIND:
            told = "a person" if kind == "person" else kind
            raise InvalidInput(f"{self.name!r} is {told} in this run: give the model another name, --name")
        store.register(self.name, KIND)

    def run(self, wait: Callable[[float], None] = time.sleep) -> str:
        """Judge until there is a reason to end. -> that reason. Raises StoreError once it is excluded.

        wait: passes time, in s. However it ends, nothing is held any more and the board is up to date.
        """
        self._store.claim(self.name, n=0)  # raises where it is excluded
        try:
            self._let_go()  # of what an earlier start held that was killed
            self._submit_pending()
            while (why := self._enough()) is None:
                question = self._next()
                if question is not None:
                    self._take(question)
                elif self._terms.once or self._is_done():
                    return "nothing waits that it has not judged"
                else:
                    wait(POLL)
                self._publish()
            return why
        finally:
            self._let_go()
            self._publish(now=True)

    def figures(self) -> Figures:
        """How it fares, as of now."""
        people = {name for name, kind in self._store.annotators().items() if kind == "person"}
        judged = [seen(verdict) for verdict in self._file.said.values()]
        return figures(self.name, judged, self._store.records(), people)

    @property
    def judged(self) -> int:
        """How many questions it has judged since it was started."""
        return len(self._file.said) - self._began

    @property
    def used(self) -> int:
        """The tokens used for this run so far."""
        return sum(verdict.tokens for verdict in self._file.said.values())

    def _let_go(self) -> None:
        self._store.release(self.name, [question.id for question in self._store.held(self.name)])

    def _enough(self) -> str | None:
        limit, tokens = self._terms.limit, self._terms.tokens
        if limit is not None and self.judged >= limit:
            return f"it has judged {self.judged} questions, as many as --limit allows"
        if tokens is not None and self.used + 2 * self._asks.reserve > tokens:
            return (
                f"{self.used} tokens are used of --tokens {tokens}, and the next question may take "
                f"{2 * self._asks.reserve}"
            )
        return None

    # ---- which question

    def _next(self) -> Question | None:
        """A question that it holds now and has not judged; None where there is none."""
        settings = self._store.board.settings()
        budget, counts = budget_of(settings, self._store.board.status()), self._store.counts()
        if settings.paused or (budget is not None and counts.asked + counts.leased >= budget):
            return None
        while True:
            known = self._file.said.keys() | self._left_alone
            free = [one for one in self._store.free(self.name, len(known) + 1) if one.id not in known]
            if not free:
                return None
            if free[0].strategy == SETTLING:  # whether people see that the arm has become better
                self._left_alone.add(free[0].id)
            elif claimed := self._store.claim(self.name, only=free[0].id, lease_seconds=LEASE):
                return claimed[0]

    def _is_done(self) -> bool:
        status = self._store.board.status()
        return status is not None and status.value.get("phase") == "done"

    # ---- one question

    def _take(self, question: Question) -> None:
        """Judge a question that is held, and let go of it."""
        began = time.monotonic()
        one, two, fate = self._ask(question)
        choice = None
        if fate is None:
            audited = is_audited(question.id, self._terms.audit)
            choice, fate = decide(one.better, two.better, question.guess, audited=audited)
        verdict = Verdict(
            question=question.id,
            wish=question.wish,
            model=self._terms.model,
            first=one.better,
            second=two.better,
            why=(one.why, two.why),
            guess=question.guess,
            choice=choice,
            fate=fate,
            answer=new_id() if fate == "answered" else None,
            tokens=one.tokens + two.tokens,
            seconds=round(time.monotonic() - began, 3),
            created=time.time(),
        )
        self._file.add(verdict)
        fate = self._submit(verdict)
        self._tell(f"{question.id[:8]}: {choice or 'no side'}; {FATES[fate]} ({verdict.tokens} tokens)")

    def _ask(self, question: Question) -> tuple[Said, Said, Fate | None]:
        """Both verdicts, and what becomes of a question of which there are none."""
        try:
            clips = self._store.clips([question.left, question.right])
            left, right = self._draws.strips(*clips)
        except InvalidInput as error:
            return UNSEEN._replace(why=str(error)), UNSEEN, "unseen"
        words = self._words(question)
        return self._asks.compare(words, left, right), self._asks.compare(words, right, left), None

    def _words(self, question: Question) -> str:
        """What is asked: the wish's question, or the run's own."""
        for wish in self._store.wishes():
            if wish.name == question.wish:
                return wish.question
        status = self._store.board.status()
        told = None if status is None else status.value.get("question")
        return self._store.board.settings().question or (
            told if isinstance(told, str) else "Which one is better?"
        )

    def _submit(self, verdict: Verdict) -> Fate:
        """Submit the answer where there is to be one, and let go of the question. -> what became of it."""
        fate = verdict.fate
        if verdict.answer is not None and verdict.choice is not None:
            given = (verdict.answer, verdict.question, self.name, verdict.choice, 1.0)
            try:
                self._store.submit(Answer(*given, verdict.seconds, verdict.created))
            except StoreError:
                self._store.question(verdict.question)  # raises where it is the store that cannot be used
                fate = "lost"
                self._file.add(verdict._replace(fate=fate, answer=None))
        self._store.release(self.name, [verdict.question])
        return fate

    def _submit_pending(self) -> None:
        """What a crash kept from the store, where nobody else has answered since."""
        given = {record.answer.id for record in self._store.history(self.name)}
        for verdict in list(self._file.said.values()):
            missing = verdict.answer is not None and verdict.answer not in given
            if missing and self._store.claim(self.name, only=verdict.question):
                self._submit(verdict)

    def _publish(self, *, now: bool = False) -> None:
        """Leave the figures on the board. now: in any case."""
        if now or time.monotonic() - self._told_at >= TOLD:
            put(self._store.board, self.name, [seen(verdict) for verdict in self._file.said.values()])
            self._told_at = time.monotonic()
