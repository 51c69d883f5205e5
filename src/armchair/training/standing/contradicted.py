"""Answers that the reward model most surely contradicts: worth a second look by whoever gave them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from torch import Tensor

from armchair.store.rows.records import Record

MOST = 4  # at once
UNLIKELY = 0.25  # an answer that members which did not see it give less than this
TARGETS = {"left": 0.0, "right": 1.0}


def contradicted(
    records: Sequence[Record], target: Tensor, alone: Tensor, passed_over: Collection[str]
) -> list[str]:
    """Questions, the least likely answer first.

    records: what was answered, in the order of `target` and `alone` (M,), which is the probability of the
    right side by members that did not see the answer, NaN where all did. passed_over: not these questions.
    """
    found: list[tuple[float, str]] = []
    for record, wanted, right in zip(records, target.tolist(), alone.tolist(), strict=True):
        side = TARGETS.get(record.answer.choice)
        if side is None or side != wanted or record.question.id in passed_over:
            continue
        likely = right if side else 1.0 - right
        if likely < UNLIKELY:  # NaN is not
            found.append((likely, record.question.id))
    return list(dict.fromkeys(question for _, question in sorted(found)))[:MOST]
