"""What the API takes and gives, as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from typing_extensions import TypedDict  # pydantic wants this one below Python 3.12

from armchair.ids import check_id
from armchair.store.board import Settings
from armchair.types import Choice
from armchair.web.caches.clips import ClipRef

MAX_WANTED, MAX_ROWS, MAX_RELEASED = 8, 200, 100
MAX_SECONDS = 7 * 86400.0
MAX_MORE = 10_000  # answers by which a budget is raised at once
Reason = Literal["empty", "budget", "paused", "done", "read_only"]


def _strength(value: float) -> float:
    if value not in (0.5, 1.0, 2.0):
        raise ValueError("the strength is 0.5 (slightly), 1 or 2 (much)")
    return value


Id = Annotated[str, Field(max_length=36), AfterValidator(lambda value: check_id("what is named", value))]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Given(BaseModel):
    """Unknown names are an error, so that a misspelt one is not passed over."""

    model_config = ConfigDict(extra="forbid", strict=True)


class LogIn(_Given):
    """The token of a link, used up by this."""

    token: Annotated[str, Field(min_length=1, max_length=200)]


class Wanted(_Given):
    """How many pairs the page would like to have at hand."""

    want: Annotated[int, Field(ge=1, le=MAX_WANTED)] = MAX_WANTED
    visit: Id | None = None
    """Made by each page when it is opened; what was given to it goes back when it ends."""


class Given(_Given):
    """An answer; `choice` speaks of the question's own left and right, however they were shown."""

    id: Id
    question: Id
    choice: Choice
    strength: Annotated[float, AfterValidator(_strength)] = 1.0
    seconds: Annotated[float, Field(ge=0, le=MAX_SECONDS, allow_inf_nan=False)]
    swapped: bool = False
    page: Annotated[str, Field(max_length=64)] = ""


class Named(_Given):
    """A UUID made by the page, so that sending the same request twice is harmless."""

    id: Id


class Released(_Given):
    """Questions to give back unanswered."""

    questions: Annotated[list[Id], Field(max_length=MAX_RELEASED)]
    ends: Id | None = None
    """The visit that is over: all that it was given goes back too, but for `keeps`."""
    keeps: Annotated[list[Id], Field(max_length=MAX_ROWS)] = []
    """Questions whose answers wait in the browser."""


class Setting(_Given):
    """A setting and its new value."""

    key: Annotated[str, Field(max_length=64)]
    value: bool | int | float | str | None


class Invited(_Given):
    """Whom to invite."""

    annotator: Name
    role: Literal["owner", "annotator"] = "annotator"


class Excluded(_Given):
    """Whether someone's answers are left out."""

    excluded: bool


class Weighed(_Given):
    """How much is wanted of a wish, from 0 to 1; None: that is left open."""

    name: Name
    weight: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None


class TeachOn(_Given):
    """Go on with the run: for so many answers beyond those there are; 0 leaves the budget as it is."""

    labels: Annotated[int, Field(ge=0, le=MAX_MORE)]


class Settle(_Given):
    """Whether comparisons after the budget are given out."""

    on: bool


class UseOlder(_Given):
    """Whether the older policy is to be the run's."""

    older: bool


class Pair(TypedDict):
    """A question as the page shows it. What the model guesses is not in it."""

    question: str
    left: ClipRef
    right: ClipRef
    policy_step: int
    alike: bool
    """Whether both clips begin alike, as far as can be seen."""
    wish: str | None
    """The wish that it is about; None: the skill itself."""
    asks: str | None
    """What is asked about the wish, in plain words; None: the run's own question."""


class Pairs(TypedDict):
    """Pairs that the annotator holds; `reason` says why there are none."""

    pairs: list[Pair]
    reason: Reason | None


class Guess(TypedDict):
    """What the model had expected, and how surely: from 0.5 to 1."""

    choice: Literal["left", "right"]
    probability: float


class Saved(TypedDict):
    """An answer that is on disk."""

    saved: bool
    new: bool
    guess: Guess | None


class _Row(TypedDict):
    id: str
    question: str
    annotator: str
    choice: Choice
    strength: float
    seconds: float
    created: float


class AnswerRow(_Row):
    """An answer."""

    swapped: bool
    page: str


class Undone(TypedDict):
    """The answer that was taken back, and its pair again."""

    undone: AnswerRow | None
    pair: Pair | None


class HistoryRow(_Row):
    """An answer in force with its clips."""

    seq: int
    left: ClipRef
    right: ClipRef
    can_flip: bool
    guess: Guess | None
    wish: str | None
    asks: str | None
    """As in `Pair`."""


class SecondLook(_Given):
    """What came of a second look at an answer of one's own: another choice, or None to keep it."""

    answer: Id
    choice: Choice | None = None
    id: Id


class SecondLooks(TypedDict):
    """Answers that the model is surest to be otherwise, the surest first."""

    rows: list[HistoryRow]


class History(TypedDict):
    """Answers, the latest first; `next` is the `before` of the next page."""

    rows: list[HistoryRow]
    next: int | None


class Flipped(TypedDict):
    """The answer now in force."""

    answer: HistoryRow


class PersonRow(TypedDict):
    """An annotator."""

    name: str
    kind: str
    role: str
    excluded: bool
    created: float
    answers: int


class Pass(TypedDict):
    """A session, or a link that nobody has used yet; times in s since the epoch."""

    name: str
    role: str
    created: float
    expires: float


class People(TypedDict):
    """Everyone who may answer or has answered, and what lets people in now."""

    people: list[PersonRow]
    sessions: list[Pass]
    links: list[Pass]


class Invitation(TypedDict):
    """Where the invited person goes; works once. The token is in the fragment, which no server logs."""

    path: str


class WishRow(TypedDict):
    """A wish, how much is wanted of it, and how many answers there are to its questions."""

    name: str
    question: str
    weight: float | None
    answers: int


class Wishes(TypedDict):
    """All wishes of the run, in the order in which they came."""

    wishes: list[WishRow]


class Misunderstood(_Given):
    """The wish of which something else was understood than was meant, and the clips that were shown."""

    wish: Name
    best: Annotated[list[Id], Field(min_length=2, max_length=2)]
    worst: Annotated[list[Id], Field(min_length=2, max_length=2)]


class Said(TypedDict):
    """How often that was said of it, and how many more questions are asked about it for that."""

    count: int
    more: int


class NowSet(TypedDict):
    """All settings after the change."""

    settings: Settings


class TaughtOn(TypedDict):
    """The budget now, and whether a trainer was started; where one was at work it goes on."""

    labels: int | None
    started: bool
