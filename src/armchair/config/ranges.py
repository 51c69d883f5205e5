"""The ranges of whole numbers in a configuration: what takes memory or never ends has an upper limit."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from armchair.reading.limits import COPIES

MOST_SEED = 10**15
MOST_FILMED = 1024  # of these with poses or pictures
MOST_STEPS = 100_000  # in an episode, a clip, a rollout
MOST_AT_ONCE = 2**22  # steps of all copies together, in a rollout or a gradient
MOST_ANSWERS = 1_000_000
MOST_QUEUED = 10_000
MOST_UPDATES = 10_000_000

Seed = Annotated[int, Field(ge=0, le=MOST_SEED)]
Copies = Annotated[int, Field(ge=1, le=COPIES)]
Filmed = Annotated[int, Field(ge=1, le=MOST_FILMED)]
Steps = Annotated[int, Field(ge=1, le=MOST_STEPS)]
Answers = Annotated[int, Field(ge=1, le=MOST_ANSWERS)]
Queued = Annotated[int, Field(ge=1, le=MOST_QUEUED)]
Updates = Annotated[int, Field(ge=1, le=MOST_UPDATES)]
SomeUpdates = Annotated[int, Field(ge=0, le=MOST_UPDATES)]
